"""How far each audited feature separates synthetic from real."""

from collections.abc import Sequence

import plotly.graph_objects as go

from core.figures.style import PALETTES, Theme, template
from core.reading.blinding_audit.audit import LEAK_AUC, AuditedFeature

FEATURE_HEIGHT_PX = 28


def auc_by_feature(features: Sequence[AuditedFeature], theme: Theme) -> go.Figure:
    """AUC with its 95 % interval, the first feature on top; leaks are filled, the harmless range is shaded."""
    palette = PALETTES[theme]
    figure = go.Figure(
        go.Scatter(
            x=[feature.auc for feature in features],
            y=[feature.name for feature in features],
            mode="markers",
            marker={
                "color": palette.text,
                "size": 10,
                "symbol": ["circle" if feature.is_leak else "circle-open" for feature in features],
            },
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [feature.ci95[1] - feature.auc for feature in features],
                "arrayminus": [feature.auc - feature.ci95[0] for feature in features],
                "color": palette.muted_text,
                "thickness": 1.5,
                "width": 0,
            },
            customdata=[[*feature.ci95, feature.p] for feature in features],
            hovertemplate=(
                "%{y}: AUC %{x:.3f} (%{customdata[0]:.3f} to %{customdata[1]:.3f}), p %{customdata[2]:.4f}"
                "<extra></extra>"
            ),
        )
    )
    figure.add_vrect(
        x0=1 - LEAK_AUC, x1=LEAK_AUC, fillcolor=palette.grid, opacity=0.35, line_width=0, layer="below"
    )
    figure.add_vline(x=0.5, line={"color": palette.muted_text, "width": 1})
    figure.update_layout(
        template=template(theme),
        height=110 + FEATURE_HEIGHT_PX * len(features),
        margin={"t": 24},
        showlegend=False,
        xaxis={
            "range": [-0.02, 1.02],
            "tickvals": [0, 0.3, 0.5, 0.7, 1],
            "title": {"text": "AUC, synthetic against real"},
        },
        yaxis={"autorange": "reversed", "showgrid": False},
    )
    return figure
