"""How far images are from the nearest training image: a set's beside held-out patients'."""

from collections.abc import Sequence

import plotly.graph_objects as go

from core.figures.style import PALETTES, Theme, template
from core.imageset.record import ImageKind

HEIGHT_PX = 380


def nearest_distances(
    of_set: Sequence[float],
    held_out: Sequence[float] | None,
    *,
    limit: float | None,
    distances_in: str,
    theme: Theme,
) -> go.Figure:
    """From the 0th to the 100th percentile of each: how many images are as near. Below `limit` lie near-copies."""
    palette = PALETTES[theme]
    figure = go.Figure()
    lines = [("The set", of_set, ImageKind.SYNTHETIC), ("New patients' images", held_out, ImageKind.REAL)]
    for name, distances, kind in lines:
        if distances is not None:
            figure.add_scatter(
                x=distances,
                y=[100 * place / (len(distances) - 1) for place in range(len(distances))],
                name=name,
                mode="lines",
                line={
                    "color": palette.truth[kind],
                    "width": 2,
                    "dash": "solid" if kind is ImageKind.SYNTHETIC else "dash",
                },
                hovertemplate=f"{name}: %{{y:.0f}} % within %{{x:.0f}}<extra></extra>",
            )
    if limit is not None:
        line = {"dash": "dot", "color": palette.muted_text, "width": 1.5}
        figure.add_vline(x=limit, line=line, annotation_text="near-copies", annotation_position="top left")
    figure.update_layout(
        template=template(theme),
        height=HEIGHT_PX,
        title_text="Distance to the nearest training image",
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        margin_t=88,
    )
    figure.update_xaxes(title_text=distances_in, rangemode="tozero", fixedrange=True)
    figure.update_yaxes(title_text="images as near or nearer", ticksuffix=" %", range=[0, 101], fixedrange=True)
    return figure
