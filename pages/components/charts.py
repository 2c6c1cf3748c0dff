"""Drawing figures and rates the same way on every page."""

import plotly.graph_objects as go
import streamlit as st

from core.figures.style import Theme


def page_theme() -> Theme:
    """The theme that this browser shows."""
    return Theme.DARK if st.context.theme.type == "dark" else Theme.LIGHT


def draw(figure: go.Figure, key: str) -> None:
    """Draw a figure as it is, without Streamlit's own colors, with a button that saves it as a picture."""
    config = {"displaylogo": False, "modeBarButtons": [["toImage"]]}
    st.plotly_chart(figure, key=key, theme=None, width="stretch", config=config)
