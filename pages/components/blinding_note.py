"""What every page says of a study's blinding: the remedies it takes and what the audit at its lock found."""

import streamlit as st

from core.reading.blinding_audit.report import locked_audit_lines
from core.reading.remedies import HIGHEST_FLOOR, LARGEST_STEP, WIDEST_BORDER, Remedies
from core.reading.study import Study
from core.settings import WorkspacePaths
from core.workflows.blinding import locked_audit


def blinding_note(paths: WorkspacePaths, study: Study) -> None:
    """Nothing for a draft without remedies."""
    if study.protocol.remedies != Remedies():
        st.caption(f"Remedies applied to all stimuli: {study.protocol.remedies}")
    locked = locked_audit(paths, study.name)
    if locked is not None:
        st.caption("  \n".join(locked_audit_lines(locked)))


def remedy_fields() -> Remedies:
    """What a new study applies to all its stimuli alike."""
    left, middle, right = st.columns(3)
    border = left.number_input(
        "Common border", 0, WIDEST_BORDER, 0, help="Pixels at each side that become black in all images."
    )
    floor = middle.number_input(
        "Common background floor", 0, HIGHEST_FLOOR, 0, help="Gray values up to it become black in all images."
    )
    step = right.number_input(
        "Common gray step", 1, LARGEST_STEP, 1, help="Gray values of all images become its multiples."
    )
    return Remedies(border=border, background_floor=floor, gray_step=step)
