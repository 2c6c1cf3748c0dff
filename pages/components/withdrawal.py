"""Taking a reader out of a study."""

import streamlit as st

from core.settings import WorkspacePaths
from core.workflows.access import withdraw_reader
from core.workflows.studies import StudyStatus
from pages.components.error_boundary import shown_errors
from pages.components.feedback import done


def withdraw_a_reader(paths: WorkspacePaths, status: StudyStatus) -> None:
    """A form behind a button, where there is a reader who has not withdrawn."""
    name, names = status.study.name, [reader.name for reader in status.remaining]
    if not names:
        return
    with st.popover("Withdraw a reader"), st.form(f"withdraw {name}", border=False):
        st.write("The link ends, and what the reader answered is erased. It cannot be undone.")
        reader = st.selectbox("Reader", names, index=None)
        if st.form_submit_button("Withdraw and erase") and reader is not None:
            with shown_errors():
                n_erased = withdraw_reader(paths, name, reader)
                done(f"{reader} has withdrawn from {name}; {n_erased} responses were erased.")
