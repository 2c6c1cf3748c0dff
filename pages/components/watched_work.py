"""Work in a process of its own, as a page shows it: how far it is, until it has ended."""

from collections.abc import Callable

import streamlit as st

from core.workflows.watched_work import WorkProgress

LOOK_EVERY_S = 1.0


def watch(
    progress_of: Callable[[], WorkProgress | None], doing: str, *, below: Callable[[], None] = lambda: None
) -> None:
    """Looks again every few seconds, and draws the page anew when nothing is at work any more."""
    st.fragment(_look, run_every=LOOK_EVERY_S)(progress_of, doing, below)


def _look(progress_of: Callable[[], WorkProgress | None], doing: str, below: Callable[[], None]) -> None:
    progress = progress_of()
    if progress is None or not progress.running:
        st.rerun()
    st.progress(progress.n_done / max(1, progress.n_steps), doing)
    st.caption("A process of its own: it goes on when you leave this page.")
    below()
