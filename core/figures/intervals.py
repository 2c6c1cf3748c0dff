"""Estimates as dots with their intervals: a row for each name, a panel for each quantity, numbers beside them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.figures.style import PALETTES, Theme, template

ROW_HEIGHT_PX = 36
_TEXT_SHARE = 0.5  # of a panel's width, beside the dots


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """One estimate; without a `value` its `text` says why. `color` is the text's where none is given."""

    value: float | None
    interval: tuple[float, float] | None
    text: str
    color: str | None = None
    symbol: str = "circle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """The dots of one quantity, in the order of the figure's rows; `reference` is a dotted line."""

    title: str
    dots: Sequence[Dot]
    low: float
    high: float
    ticks: Sequence[float] | None = None
    unit: str = ""
    reference: float | None = None


def interval_panels(labels: Sequence[str], panels: Sequence[Panel], *, title: str, theme: Theme) -> go.Figure:
    """The panels side by side, the first label on top."""
    figure = make_subplots(cols=len(panels), shared_yaxes=True, horizontal_spacing=0.04)
    for column, panel in enumerate(panels, start=1):
        figure.add_trace(_dots(labels, panel, theme), row=1, col=column)
        _add_texts(figure, panel, column=column)
        _lay_out_axis(figure, panel, column=column, theme=theme)
    n = len(labels)
    height_px = 148 + ROW_HEIGHT_PX * n
    figure.update_layout(template=template(theme), height=height_px, title_text=title, margin_t=88)
    figure.update_yaxes(range=[n - 0.5, -0.5], showgrid=False, fixedrange=True)
    figure.update_yaxes(tickvals=list(range(n)), ticktext=[escape(label) for label in labels], col=1)
    return figure


def _dots(labels: Sequence[str], panel: Panel, theme: Theme) -> go.Scatter:
    known = [(y, dot, dot.value) for y, dot in enumerate(panel.dots) if dot.value is not None]
    intervals = [dot.interval or (value, value) for _, dot, value in known]
    text_color = PALETTES[theme].text
    return go.Scatter(
        x=[value for _, _, value in known],
        y=[y for y, _, _ in known],
        customdata=[[escape(labels[y]), *interval] for (y, _, _), interval in zip(known, intervals, strict=True)],
        error_x={
            "array": [high - value for (_, high), (_, _, value) in zip(intervals, known, strict=True)],
            "arrayminus": [value - low for (low, _), (_, _, value) in zip(intervals, known, strict=True)],
            "color": PALETTES[theme].muted_text,
            "thickness": 1.5,
            "width": 5,
        },
        mode="markers",
        marker={
            "color": [dot.color or text_color for _, dot, _ in known],
            "symbol": [dot.symbol for _, dot, _ in known],
            "size": 10,
            "line": {"width": 2, "color": [dot.color or text_color for _, dot, _ in known]},
        },
        showlegend=False,
        hovertemplate=(
            f"%{{customdata[0]}}: %{{x:.2f}}{panel.unit} (%{{customdata[1]:.2f}} to %{{customdata[2]:.2f}})"
            "<extra></extra>"
        ),
    )


def _add_texts(figure: go.Figure, panel: Panel, *, column: int) -> None:
    """The panel's title above its axis, and each dot's text to the right of it."""
    at = panel.high + 0.06 * (panel.high - panel.low)
    for y, dot in enumerate(panel.dots):
        figure.add_annotation(x=at, y=y, text=dot.text, xanchor="left", showarrow=False, row=1, col=column)
    above = {"xref": f"x{column}", "x": panel.low, "xanchor": "left", "yref": "paper", "y": 1, "yanchor": "bottom"}
    figure.add_annotation(above, text=f"<b>{panel.title}</b>", showarrow=False)


def _lay_out_axis(figure: go.Figure, panel: Panel, *, column: int, theme: Theme) -> None:
    width = panel.high - panel.low
    axis = {"range": [panel.low - 0.03 * width, panel.high + _TEXT_SHARE * width], "fixedrange": True}
    ticks = _round_ticks(panel.low, panel.high) if panel.ticks is None else panel.ticks
    texts = [f"{tick:g}{panel.unit}" for tick in ticks]
    figure.update_xaxes(axis, tickvals=list(ticks), ticktext=texts, col=column)
    if panel.reference is not None:
        line = {"dash": "dot", "color": PALETTES[theme].muted_text, "width": 1.5}
        figure.add_vline(x=panel.reference, line=line, row=1, col=column)


def _round_ticks(low: float, high: float) -> list[float]:
    """Up to six round numbers from `low` to `high`: beyond it stand the texts."""
    finest = 10.0 ** math.floor(math.log10(high - low)) / 10
    step = next(step for factor in (1, 2, 5, 10, 20, 50) if (high - low) / (step := finest * factor) <= 5)
    return [step * place for place in range(math.ceil(low / step), math.floor(high / step) + 1)]


def muted(text: str, theme: Theme) -> str:
    return f"<span style='color:{PALETTES[theme].muted_text}'>{text}</span>"
