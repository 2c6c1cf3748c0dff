"""The results' tables on a page, as the report has them."""

import pandas as pd
import streamlit as st

from core.observer_performance.study_report.blocks import Table, filled_table

LONGEST_NAME = 24
_UNBROKEN = str.maketrans({" ": "\u00a0", "-": "\u2011"})


def show_table(table: Table) -> None:
    """Its caption above it; columns with nothing in them are left out."""
    st.markdown(f"**{table.caption}**")
    filled = filled_table(table)
    if not filled.rows:
        st.caption("none")
        return
    rows = [[_unbroken(name), *(cell.replace("\n", "  \n") for cell in cells)] for name, *cells in filled.rows]
    frame = pd.DataFrame(rows, columns=list(filled.header))
    st.table(frame, border="horizontal", hide_index=True)


def _unbroken(name: str) -> str:
    """What a row is about, on one line where it is short."""
    return name.translate(_UNBROKEN) if len(name) <= LONGEST_NAME else name
