"""Waiting for what other processes do."""

import time
from collections.abc import Callable

PATIENCE_S = 200.0  # torch alone takes seconds to load, on a busy machine many


def wait_until(there: Callable[[], object]) -> None:
    patient_until = time.monotonic() + PATIENCE_S
    while not there():
        assert time.monotonic() < patient_until
        time.sleep(0.05)
