"""What a planned study would find: power over the number of images, and interval widths over both numbers."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from core.figures.style import PALETTES, Theme, template

HEIGHT_PX = 340
_DASHES = ("dot", "dash", "solid")


def power_curve(
    n_images: NDArray[np.int_], power: NDArray[np.float64], *, first: int | None, wanted: float, theme: Theme
) -> go.Figure:
    """Power (0..1) against the number of images; marked is the `first` from which on it stays as `wanted`."""
    palette = PALETTES[theme]
    figure = _empty_figure("Power by number of images", "images that one reader judges", "power", theme)
    figure.add_scatter(
        x=n_images,
        y=100 * power,
        mode="lines",
        line={"color": palette.text, "width": 2},
        hovertemplate="%{x} images: %{y:.1f} %<extra></extra>",
    )
    figure.add_hline(y=100 * wanted, line={"dash": "dot", "color": palette.muted_text, "width": 1.5})
    if first is not None:
        figure.add_vline(x=first, line={"dash": "dot", "color": palette.muted_text, "width": 1.5})
        figure.add_annotation(
            x=first,
            y=8,
            text=f"{first} images",
            xanchor="left",
            xshift=6,
            showarrow=False,
            bgcolor=palette.background,
        )
    figure.update_yaxes(range=[0, 103], ticksuffix=" %")
    return figure


def interval_widths(
    n_images: NDArray[np.int_], widths: Mapping[int, NDArray[np.float64]], *, theme: Theme
) -> go.Figure:
    """Width (0..1) of the 95 % interval against the number of images, a line for each number of readers."""
    palette = PALETTES[theme]
    title = "Width of the 95 % interval"
    figure = _empty_figure(title, "images that each reader judges", "percentage points", theme)
    for position, (n_readers, width) in enumerate(widths.items()):
        # The number of readers is told by dash and by the words at the line's end: hue says real or synthetic.
        figure.add_scatter(
            x=n_images,
            y=100 * width,
            mode="lines",
            line={"color": palette.text, "width": 2, "dash": _DASHES[position % len(_DASHES)]},
            hovertemplate=f"{n_readers} readers, %{{x}} images: %{{y:.1f}} points<extra></extra>",
        )
        figure.add_annotation(
            x=n_images[-1],
            y=100 * float(width[-1]),
            text=f"{n_readers} readers",
            xanchor="left",
            xshift=8,
            showarrow=False,
        )
    figure.update_layout(margin_r=96)
    figure.update_xaxes(range=[0, n_images[-1]])
    figure.update_yaxes(rangemode="tozero")
    return figure


def _empty_figure(title: str, x_title: str, y_title: str, theme: Theme) -> go.Figure:
    figure = go.Figure()
    figure.update_layout(template=template(theme), height=HEIGHT_PX, title_text=title, showlegend=False)
    figure.update_xaxes(title_text=x_title, fixedrange=True)
    figure.update_yaxes(title_text=y_title, fixedrange=True)
    return figure
