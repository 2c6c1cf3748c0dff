"""The only user of st.session_state: a browser tab's passing notes. Nothing here outlives a reload."""

from typing import Any

import streamlit as st


def remember(key: str, value: object) -> None:
    st.session_state[key] = value


def recall(key: str) -> Any:
    """Return what was remembered, or None."""
    return st.session_state.get(key)


def take(key: str) -> Any:
    """Return what was remembered and forget it: for a message that is shown once."""
    return st.session_state.pop(key, None)
