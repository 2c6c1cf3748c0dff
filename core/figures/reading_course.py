"""How a reading went: accuracy along it, and how long answers took in each arm."""

from collections.abc import Iterator, Mapping, Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.figures.intervals import Dot, Panel, interval_panels, muted
from core.figures.readers import PERCENT_TICKS
from core.figures.style import PALETTES, SYMBOLS, Theme, template
from core.observer_performance.analysis import Analysis
from core.observer_performance.contingency import SIGNALS
from core.observer_performance.performance import Performance
from core.observer_performance.proportions import Proportion
from core.observer_performance.response_time import ResponseTime
from core.observer_performance.wording import NOT_ESTIMABLE
from core.reading.case import Arm
from core.reading.protocol import Question

HEIGHT_PX = 340
QUARTERS = ("first", "second", "third", "last")


def accuracy_by_quarter(
    analysis: Analysis, shown: Performance, questions: Sequence[Question], theme: Theme
) -> go.Figure:
    """Right answers in each quarter of the reading: thin lines for readers, a thick one for whom is `shown`."""
    titles = [SIGNALS[question].title for question in questions]
    figure = make_subplots(cols=len(questions), shared_yaxes=True, horizontal_spacing=0.06, subplot_titles=titles)
    for column, question in enumerate(questions, start=1):
        for line in _lines(analysis, shown, question, theme):
            figure.add_trace(line, row=1, col=column)
    n = max(shown.drift[question].n for question in questions)
    title = f"Right answers by quarter of the reading (n = {n})"
    figure.update_layout(
        template=template(theme), height=HEIGHT_PX, title_text=title, showlegend=False, margin_t=96
    )
    figure.update_yaxes(range=[0, 102], tickvals=PERCENT_TICKS, fixedrange=True)
    figure.update_yaxes(ticktext=[f"{tick} %" for tick in PERCENT_TICKS])
    figure.update_xaxes(fixedrange=True)
    figure.add_hline(y=50, line={"dash": "dot", "color": PALETTES[theme].muted_text, "width": 1.5})
    return figure


def times_by_arm(shown: Performance, questions: Sequence[Question], theme: Theme) -> go.Figure:
    """Median response time of each arm with its quartiles."""
    panels = [
        _times_panel(shown.response_times[question], SIGNALS[question].title, theme) for question in questions
    ]
    labels = [str(arm).capitalize() for arm in Arm]
    return interval_panels(labels, panels, title="Median response time, with quartiles", theme=theme)


def _lines(analysis: Analysis, shown: Performance, question: Question, theme: Theme) -> Iterator[go.Scatter]:
    palette = PALETTES[theme]
    if len(analysis.readers) > 1:
        for reader, found in analysis.per_reader.items():
            yield _line(found.drift[question].quarters, reader, color=palette.muted_text, width=1)
    yield _line(shown.drift[question].quarters, "", color=palette.text, width=3)


def _line(quarters: Sequence[Proportion], name: str, *, color: str, width: int) -> go.Scatter:
    return go.Scatter(
        x=QUARTERS[: len(quarters)],
        y=[None if part.estimate is None else 100 * part.estimate for part in quarters],
        customdata=[[part.k, part.n] for part in quarters],
        mode="lines+markers" if width > 1 else "lines",
        line={"color": color, "width": width},
        name=name,
        hovertemplate="%{customdata[0]} of %{customdata[1]}, %{y:.1f} %<extra>" + name + "</extra>",
    )


def _times_panel(times: Mapping[Arm, ResponseTime], title: str, theme: Theme) -> Panel:
    dots = [_time_dot(arm, times[arm], theme) for arm in Arm]
    highest = max((dot.interval[1] for dot in dots if dot.interval), default=1.0)
    return Panel(title=title, dots=dots, low=0, high=1.05 * highest, unit=" s")


def _time_dot(arm: Arm, time: ResponseTime, theme: Theme) -> Dot:
    if time.median_ms is None or time.quartiles_ms is None:
        return Dot(value=None, interval=None, text=NOT_ESTIMABLE)
    low, high = time.quartiles_ms
    return Dot(
        value=time.median_ms / 1000,
        interval=(low / 1000, high / 1000),
        text=f"{time.median_ms / 1000:.1f} s {muted(f'n = {time.n}', theme)}",
        color=PALETTES[theme].truth[arm.truth],
        symbol=SYMBOLS[arm.tumor_status],
    )
