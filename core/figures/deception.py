"""How often each generator's images were called real."""

from collections.abc import Sequence

import plotly.graph_objects as go

from core.figures.intervals import Dot, Panel, interval_panels, muted
from core.figures.readers import PERCENT_TICKS
from core.figures.style import PALETTES, Theme
from core.imageset.record import ImageKind
from core.observer_performance.deception import GeneratorDeception
from core.observer_performance.wording import percent


def deception_by_generator(generators: Sequence[GeneratorDeception], theme: Theme) -> go.Figure:
    """The most deceiving generator first; half is what chance would give."""
    dots = [_dot(found, theme) for found in generators]
    panel = Panel(title="", dots=dots, low=0, high=100, ticks=PERCENT_TICKS, unit=" %", reference=50)
    labels = [found.generator or "not stated" for found in generators]
    return interval_panels(labels, [panel], title="Synthetic images called real, with 95 % intervals", theme=theme)


def _dot(found: GeneratorDeception, theme: Theme) -> Dot:
    rate, interval = found.called_real, found.ci95
    return Dot(
        value=None if rate.estimate is None else 100 * rate.estimate,
        interval=None if interval is None else (100 * interval[0], 100 * interval[1]),
        text=f"{percent(rate.estimate)} {muted(f'{rate.k} of {rate.n}', theme)}",
        color=PALETTES[theme].truth[ImageKind.SYNTHETIC],
    )
