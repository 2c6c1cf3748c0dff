"""How a training goes: small charts over the images shown, a line for each run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.figures.style import PALETTES, Palette, Theme, template
from core.synthesis.run_folder import Tick

HEIGHT_PX = 520
COLUMNS = 3
MOST_RUNS = 4
_SMALL_PT = 12


@dataclass(frozen=True, slots=True)
class Measure:
    """One chart: what it is called and what it shows of a tick; None where a tick does not say."""

    title: str
    of: Callable[[Tick], float | None]


MEASURES = (
    Measure("Discriminator loss", lambda tick: tick.discriminator_loss),
    Measure("Generator loss", lambda tick: tick.generator_loss),
    Measure("Gradient penalty", lambda tick: tick.gradient_penalty),
    Measure("Wasserstein distance, estimated", lambda tick: tick.wasserstein_distance),
    Measure("Sliced Wasserstein distance, times 1000", lambda tick: fmean(tick.swd.values()) if tick.swd else None),
    Measure("Images per second", lambda tick: tick.images_per_s),
)


def training_curves(runs: Mapping[str, Sequence[Tick]], theme: Theme) -> go.Figure:
    """At most MOST_RUNS runs by name. Of one run alone, the start of each resolution is marked."""
    palette = PALETTES[theme]
    titles = [measure.title for measure in MEASURES]
    figure = empty_charts(titles, "images shown (thousands)", theme)
    for (name, ticks), line in zip(runs.items(), run_lines(palette), strict=False):
        for position, measure in enumerate(MEASURES):
            _add_line(figure, position, name, [(tick.kimg, measure.of(tick)) for tick in ticks], line)
    if len(runs) == 1:
        for (ticks,) in [tuple(runs.values())]:
            _mark_resolutions(figure, ticks, palette)
    figure.update_layout(showlegend=len(runs) > 1)
    return figure


def run_lines(palette: Palette) -> list[dict[str, object]]:
    """Runs are told apart by lightness and dash: hue says real or synthetic."""
    colors = (palette.text, palette.muted_text)
    return [{"color": color, "dash": dash, "width": 1.75} for dash in ("solid", "dot") for color in colors]


def empty_charts(titles: Sequence[str], x_title: str, theme: Theme, *, height_px: int = HEIGHT_PX) -> go.Figure:
    """COLUMNS of them in a row."""
    rows = -(-len(titles) // COLUMNS)
    figure = make_subplots(
        rows,
        COLUMNS,
        subplot_titles=titles,
        shared_xaxes=True,
        horizontal_spacing=0.06,
        vertical_spacing=0.16,
    )
    figure.update_annotations(font_size=14, xanchor="left", yshift=_SMALL_PT + 4)
    for position, title in enumerate(figure.layout.annotations):
        title.x = figure.layout[_axis("xaxis", position)].domain[0]
    figure.update_layout(
        template=template(theme),
        height=height_px,
        margin={"t": 56, "b": 48},
        legend={"orientation": "h", "y": -0.12, "yanchor": "top", "x": 0},
    )
    figure.update_xaxes(fixedrange=True, rangemode="tozero")
    figure.update_xaxes(title_text=x_title, row=rows)
    figure.update_yaxes(fixedrange=True, nticks=5)
    return figure


def _axis(kind: str, position: int) -> str:
    return kind if position == 0 else f"{kind}{position + 1}"


def _add_line(
    figure: go.Figure,
    position: int,
    name: str,
    points: Sequence[tuple[float, float | None]],
    line: Mapping[str, object],
) -> None:
    said = [(kimg, value) for kimg, value in points if value is not None]
    figure.add_scatter(
        x=[kimg for kimg, _ in said],
        y=[value for _, value in said],
        mode="lines+markers" if len(said) < 2 else "lines",
        name=name,
        legendgroup=name,
        showlegend=position == 0,
        line=line,
        hovertemplate="%{x:,.1f} thousand images: %{y:.4g}<extra></extra>",
        row=position // COLUMNS + 1,
        col=position % COLUMNS + 1,
    )


def _mark_resolutions(figure: go.Figure, ticks: Sequence[Tick], palette: Palette) -> None:
    """A thin line in every chart where a resolution begins, and its name at the top of the upper ones."""
    before = None
    for tick in ticks:
        if tick.resolution == before:
            continue
        for position in range(len(MEASURES)):
            _mark(figure, position, tick, palette)
        before = tick.resolution


def _mark(figure: go.Figure, position: int, tick: Tick, palette: Palette) -> None:
    place = {"row": position // COLUMNS + 1, "col": position % COLUMNS + 1}
    figure.add_vline(x=tick.kimg, line={"color": palette.grid, "width": 1}, layer="below", **place)
    figure.add_annotation(
        x=tick.kimg,
        y=1,
        yref=f"{_axis('y', position)} domain",
        text=f"{tick.resolution} px",
        font={"size": _SMALL_PT, "color": palette.muted_text},
        xanchor="left",
        yanchor="bottom",
        showarrow=False,
        **place,
    )
