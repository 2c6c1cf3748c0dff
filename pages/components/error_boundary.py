"""Where errors become words on a page: what happened and what to do next, never a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from core.errors import MrTuringError, from_os_error


@contextmanager
def shown_errors() -> Iterator[None]:
    """Show an error of the app in place of what could not be done; the rest of the page stays."""
    try:
        yield
    except MrTuringError as error:
        show_error(error)
    except OSError as error:
        show_error(from_os_error(error))


def show_error(error: MrTuringError) -> None:
    lines = [*error.what.splitlines(), error.next_step]
    st.error("  \n".join(lines))
