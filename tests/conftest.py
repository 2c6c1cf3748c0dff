"""Fixtures that more than one folder of tests needs: a real browser, and the patient data where it is."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

PROJECT_ROOT = Path(__file__).resolve().parent.parent

# Networks in tests are small, and threads that wait for each other on busy cores make them ten times slower. What
# the tests start inherits this; it is read when torch or numpy loads.
os.environ.setdefault("OMP_NUM_THREADS", "1")

CHROMIUM_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data beside the project root (never part of the repository)."""
    folder = PROJECT_ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"The real data is not here: {folder} does not exist.")
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium: the system's, else the one that Playwright itself installed.

    Per module, not per session: while Playwright's synchronous driver lives, its event loop counts as running
    in the main thread, and every `asyncio.run` of later tests would be refused. A launch takes 0.5 s.
    """
    with sync_playwright() as playwright:
        executable = shutil.which("chromium") or shutil.which("chromium-browser")
        if executable is None and not Path(playwright.chromium.executable_path).exists():
            pytest.skip("No Chromium: `apt-get install chromium`, or `playwright install chromium`.")
        launched = playwright.chromium.launch(executable_path=executable, args=list(CHROMIUM_FLAGS))
        yield launched
        launched.close()
