"""Asking for what takes seconds while the page stays usable: a thread waits for the process that does the work."""

from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import streamlit as st

from pages.components.error_boundary import shown_errors
from pages.components.session_store import recall, remember

T = TypeVar("T")

LOOK_EVERY_S = 1.0
_waiting = ThreadPoolExecutor(max_workers=2, thread_name_prefix="page")


def ask(key: str, question: Hashable, work: Callable[[], T]) -> None:
    """Let `work` begin, as this tab's answer to `question`; what was asked under `key` before is forgotten."""
    remember(key, (question, _waiting.submit(work)))


def answer(key: str, question: Hashable, meanwhile: str) -> T | None:
    """What `work` returned; None while it is under way, where it failed (shown), or was not asked for this."""
    asked, future = recall(key) or (None, None)
    if future is None or asked != question:
        return None
    if not future.done():
        st.fragment(_look, run_every=LOOK_EVERY_S)(future, meanwhile)
        return None
    with shown_errors():
        return future.result()
    return None


def _look(future: Future[T], meanwhile: str) -> None:
    if future.done():
        st.rerun()
    st.caption(f":material/hourglass_top: {meanwhile}")
