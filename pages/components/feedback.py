"""What a person is told while something runs and after it was done."""

from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn

import streamlit as st

from pages.components.error_boundary import shown_errors
from pages.components.session_store import remember, take

_MESSAGE = "message"


def done(text: str, *, link: str | None = None, skipped: Sequence[Mapping[str, str]] = ()) -> NoReturn:
    """Draw the page anew and say there what was done, once."""
    remember(_MESSAGE, (text, link, skipped))
    st.rerun()


def say_what_was_done() -> None:
    """Show the message of the last action, if there is one."""
    message = take(_MESSAGE)
    if message is None:
        return
    text, link, skipped = message
    st.success(text)
    if link:
        st.code(link, language=None)
    if skipped:
        st.warning(f"{len(skipped)} could not be used:")
        st.dataframe(list(skipped), hide_index=True, width="stretch")


def progress_bar(label: str) -> Callable[[int, int], None]:
    """A bar in the page; returns what moves it."""
    bar = st.progress(0.0, label)

    def move(n_done: int, n_total: int) -> None:
        bar.progress(n_done / n_total, f"{label}: {n_done} of {n_total}")

    return move


def delete_button(what: str, delete: Callable[[], object]) -> None:
    """A button that asks once more before it deletes."""
    with st.popover("Delete"):
        st.write(f"Delete {what}? This cannot be undone.")
        if st.button("Delete it", key=f"delete {what}", type="primary"):
            with shown_errors():
                delete()
                done(f"Deleted {what}.")
