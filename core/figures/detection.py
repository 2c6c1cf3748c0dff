"""How detectors learn and what they come to: curves over epochs, ROC curves, confusion matrices."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from core.detection.run_folder import Tick
from core.figures.style import PALETTES, Theme, readable_on, share_color, template
from core.figures.training import COLUMNS, empty_charts, run_lines

CURVES_HEIGHT_PX = 340
ROC_HEIGHT_PX = 420
MATRIX_HEIGHT_PX = 300
_TITLES = ("Loss", "Accuracy", "Images per second")
_WORDS = ("tumor", "nontumor")
_DASHES = ("solid", "dash", "dot", "dashdot")
Points = Sequence[tuple[float, float]]


def detector_curves(ticks: Sequence[Tick], theme: Theme) -> go.Figure:
    """Of training and validation, and the speed."""
    figure = empty_charts(_TITLES, "epochs", theme, height_px=CURVES_HEIGHT_PX)
    validated = [(tick.epoch, tick.validation) for tick in ticks if tick.validation]
    charts: list[dict[str, Points]] = [
        {
            "validation": [(epoch, found.loss) for epoch, found in validated],
            "training": [(tick.epoch, tick.loss) for tick in ticks],
        },
        {
            "validation": [(epoch, found.accuracy) for epoch, found in validated],
            "training": [(tick.epoch, tick.accuracy) for tick in ticks],
        },
        {"speed": [(tick.epoch, tick.images_per_s) for tick in ticks]},
    ]
    for column, chart in enumerate(charts, start=1):
        for (name, points), line in zip(chart.items(), run_lines(PALETTES[theme]), strict=False):
            figure.add_scatter(
                x=[x for x, _ in points],
                y=[y for _, y in points],
                name=name,
                line=line,
                mode="lines+markers" if len(points) < 2 else "lines",
                showlegend=column == 1,
                hovertemplate="epoch %{x:.3g}: %{y:.4g}<extra></extra>",
                row=1,
                col=min(column, COLUMNS),
            )
    figure.update_layout(legend_y=-0.26, margin_b=80)  # below the axes' title, which a low figure has nearer
    return figure


def detector_roc(curves: Mapping[str, Points], theme: Theme) -> go.Figure:
    """A curve for each name, told apart by dashes and lightness."""
    palette = PALETTES[theme]
    figure = go.Figure()
    for number, (name, points) in enumerate(curves.items()):
        figure.add_scatter(
            x=[100 * x for x, _ in points],
            y=[100 * y for _, y in points],
            name=name,
            mode="lines",
            line={"color": palette.text, "dash": _DASHES[number % len(_DASHES)], "width": 1.75},
            hovertemplate="%{y:.0f} % of tumors at %{x:.0f} % false alarms<extra>%{fullData.name}</extra>",
        )
    axis = {"range": [-1, 101], "fixedrange": True, "ticksuffix": " %"}
    figure.update_layout(
        template=template(theme), height=ROC_HEIGHT_PX, title_text="ROC curves on the test partition"
    )
    figure.update_xaxes(axis, title_text="nontumor called tumor", constrain="domain")
    figure.update_yaxes(axis, title_text="tumor called tumor", scaleanchor="x", constrain="domain")
    return figure


def detector_confusion(counts: tuple[tuple[int, int], tuple[int, int]], title: str, theme: Theme) -> go.Figure:
    """`counts`: [truth][decision], tumor first."""
    shares = [[n / max(1, sum(row)) for n in row] for row in counts]
    figure = go.Figure(
        go.Heatmap(
            z=[[100 * share for share in row] for row in shares],
            x=_WORDS,
            y=_WORDS,
            zmin=0,
            zmax=100,
            colorscale=list(PALETTES[theme].share_scale),
            showscale=False,
            xgap=4,
            ygap=4,
            hoverinfo="skip",
        )
    )
    for truth, row, of_row in zip(_WORDS, counts, shares, strict=True):
        for decision, n, share in zip(_WORDS, row, of_row, strict=True):
            figure.add_annotation(
                x=decision,
                y=truth,
                text=f"<b>{n}</b><br>{share:.0%}",
                font={"color": readable_on(share_color(share, theme))},
                showarrow=False,
            )
    n_all = sum(map(sum, counts))
    figure.update_layout(template=template(theme), height=MATRIX_HEIGHT_PX, title_text=f"{title} (n = {n_all})")
    figure.update_xaxes(title_text="decision", showgrid=False, fixedrange=True)
    figure.update_yaxes(title_text="truth", showgrid=False, fixedrange=True, autorange="reversed")
    return figure
