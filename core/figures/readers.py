"""Readers side by side: accuracy, d' and criterion, ROC curves."""

from collections.abc import Sequence
from html import escape

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.figures.intervals import Dot, Panel, interval_panels, muted
from core.figures.style import PALETTES, Theme, template
from core.observer_performance.analysis import Analysis
from core.observer_performance.contingency import SIGNALS
from core.observer_performance.performance import QuestionResult
from core.observer_performance.proportions import Z95, Proportion
from core.observer_performance.roc import RocArea
from core.observer_performance.wording import NOT_ESTIMABLE, number, percent, ratio_interval
from core.reading.protocol import Question

PERCENT_TICKS = (0, 25, 50, 75, 100)
ROC_HEIGHT_PX = 440
_DASHES = ("solid", "dash", "dot", "dashdot")


def accuracy_by_reader(analysis: Analysis, questions: Sequence[Question], theme: Theme) -> go.Figure:
    """Each reader's accuracy, with Wilson 95 % intervals, against 50 %; a panel for each question."""
    panels = [
        Panel(
            title=SIGNALS[question].title,
            dots=[_rate_dot(found.of(question).accuracy, theme) for found in analysis.per_reader.values()],
            low=0,
            high=100,
            ticks=PERCENT_TICKS,
            unit=" %",
            reference=50,
        )
        for question in questions
    ]
    title = f"Accuracy per reader with Wilson 95 % intervals ({_counted(analysis)})"
    return interval_panels(analysis.readers, panels, title=title, theme=theme)


def detection_by_reader(analysis: Analysis, question: Question, theme: Theme) -> go.Figure:
    """Each reader's d' and criterion, with intervals of 1.96 standard errors, against 0."""
    signal = SIGNALS[question]
    criterion = f"Criterion: below 0 calls {signal.present} readily"
    results = [found.of(question) for found in analysis.per_reader.values()]
    panels = [
        _around_zero("d': how well they tell", [_dprime_dot(result, theme) for result in results]),
        _around_zero(criterion, [_criterion_dot(result, theme) for result in results]),
    ]
    title = f"{signal.title}: d' and criterion per reader with 95 % intervals ({_counted(analysis)})"
    return interval_panels(analysis.readers, panels, title=title, theme=theme)


def roc_curves(analysis: Analysis, questions: Sequence[Question], theme: Theme) -> go.Figure | None:
    """Each reader's curve, and the mean area; None where nobody's confidence was asked."""
    areas = {question: _areas(analysis, question) for question in questions}
    scored = [question for question, found in areas.items() if found]
    if not scored:
        return None
    titles = [_area_title(analysis, question) for question in scored]
    figure = make_subplots(cols=len(scored), horizontal_spacing=0.12, subplot_titles=titles)
    ticks = {"tickvals": PERCENT_TICKS, "ticktext": [f"{tick} %" for tick in PERCENT_TICKS]}
    axis = {"range": [-1, 101], "fixedrange": True} | ticks
    for column, question in enumerate(scored, start=1):
        _add_curves(figure, areas[question], column=column, theme=theme)
        signal = SIGNALS[question]
        x_title, y_title = (f"{word} called {signal.present}" for word in (signal.absent, signal.present))
        figure.update_xaxes(axis, title_text=x_title, constrain="domain", col=column)
        figure.update_yaxes(axis, title_text=y_title, scaleanchor=f"x{column}", constrain="domain", col=column)
    title = f"ROC curve per reader, from decision and confidence ({_counted(analysis)})"
    figure.update_layout(template=template(theme), height=ROC_HEIGHT_PX, title_text=title, margin_t=104)
    return figure


def _areas(analysis: Analysis, question: Question) -> dict[str, RocArea]:
    areas = {reader: found.of(question).area for reader, found in analysis.per_reader.items()}
    return {reader: area for reader, area in areas.items() if area is not None}


def _add_curves(figure: go.Figure, areas: dict[str, RocArea], *, column: int, theme: Theme) -> None:
    palette = PALETTES[theme]
    diagonal = {"color": palette.muted_text, "width": 1, "dash": "dot"}
    figure.add_scatter(
        x=[0, 100], y=[0, 100], mode="lines", line=diagonal, showlegend=False, hoverinfo="skip", row=1, col=column
    )
    for place, (reader, area) in enumerate(areas.items()):
        x, y = zip(*area.curve, strict=True)
        figure.add_scatter(
            x=[100 * one for one in x],
            y=[100 * one for one in y],
            mode="lines",
            name=escape(reader),
            legendgroup=reader,
            showlegend=column == 1,
            line={
                "color": (palette.text, palette.muted_text)[place // len(_DASHES) % 2],
                "width": 2,
                "dash": _DASHES[place % len(_DASHES)],
            },
            hovertemplate=f"{escape(reader)}: AUC {area.auc:.2f}, n = {area.n}<extra></extra>",
            row=1,
            col=column,
        )


def _area_title(analysis: Analysis, question: Question) -> str:
    title = SIGNALS[question].title
    mean = analysis.across_readers[question].auc
    if mean.estimate is not None:
        interval = ratio_interval(mean.ci95)
        return f"{title}: mean AUC {number(mean.estimate)}" + (f" (95 % {interval})" if interval else "")
    result = analysis.overall.of(question)
    if result.area is None or len(analysis.readers) > 1:
        return title
    interval = ratio_interval(result.auc_ci95)
    return f"{title}: AUC {number(result.area.auc)}" + (f" (95 % {interval})" if interval else "")


def _rate_dot(rate: Proportion, theme: Theme) -> Dot:
    interval = rate.wilson95
    return Dot(
        value=None if rate.estimate is None else 100 * rate.estimate,
        interval=None if interval is None else (100 * interval[0], 100 * interval[1]),
        text=f"{percent(rate.estimate)} {muted(f'of {rate.n}', theme)}",
    )


def _dprime_dot(result: QuestionResult, theme: Theme) -> Dot:
    found = result.detection
    if found is None:
        return Dot(value=None, interval=None, text=NOT_ESTIMABLE)
    return _estimate_dot(result, found.dprime, found.dprime_se, theme)


def _criterion_dot(result: QuestionResult, theme: Theme) -> Dot:
    found = result.detection
    if found is None:
        return Dot(value=None, interval=None, text=NOT_ESTIMABLE)
    return _estimate_dot(result, found.criterion, found.criterion_se, theme)


def _estimate_dot(result: QuestionResult, value: float, se: float, theme: Theme) -> Dot:
    n = muted(f"n = {result.counts.table.n}", theme)
    return Dot(value=value, interval=(value - Z95 * se, value + Z95 * se), text=f"{number(value)} {n}")


def _around_zero(title: str, dots: Sequence[Dot]) -> Panel:
    ends = [end for dot in dots if dot.interval for end in dot.interval]
    return Panel(title=title, dots=dots, low=min([-0.5, *ends]), high=max([0.5, *ends]), reference=0)


def _counted(analysis: Analysis) -> str:
    n = len(analysis.readers)
    return f"n = {n} reader{'s' if n != 1 else ''}"
