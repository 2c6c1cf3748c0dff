"""Confusion matrices in the layout of the paper's Table 2, and readers side by side."""

from collections.abc import Mapping, Sequence
from html import escape

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.figures.style import PALETTES, Theme, readable_on, share_color, template
from core.imageset.record import ImageKind
from core.observer_performance.analysis import Analysis
from core.observer_performance.contingency import SIGNALS, QuestionCounts
from core.observer_performance.proportions import Proportion
from core.observer_performance.wording import interval_text, percent
from core.reading.protocol import Question

MATRIX_HEIGHT_PX = 400
READER_HEIGHT_PX = 36


def realism_matrix(counts: QuestionCounts, theme: Theme) -> go.Figure:
    """What real and synthetic images were called: counts, with percentages of each row."""
    return _matrix(counts, theme)


def tumor_matrix(counts: QuestionCounts, theme: Theme) -> go.Figure:
    """What tumor and nontumor images were called; each cell is split into real and synthetic images."""
    figure = _matrix(counts, theme, lift=0.12)
    words = counts.signal.words
    splits = {truth: table.by_word(counts.signal) for truth, table in counts.by_truth.items()}
    for y, row in enumerate(words):
        for x, column in enumerate(words):
            cell = {truth: split[row][column] for truth, split in splits.items()}
            _add_split_words(figure, cell, _share(counts, row, column), x=x, y=y + 0.17, theme=theme)
            _add_split_bar(figure, cell, x=x, y=y + 0.29, theme=theme)
    return figure


def accuracy_by_reader(analysis: Analysis, theme: Theme) -> go.Figure:
    """Each reader's accuracy in both questions, with Wilson 95 % intervals, against 50 %."""
    figure = make_subplots(cols=len(Question), shared_yaxes=True, horizontal_spacing=0.04)
    for column, question in enumerate(Question, start=1):
        rates = [performance.of(question).accuracy for performance in analysis.per_reader.values()]
        figure.add_trace(_dots(analysis.readers, rates, theme), row=1, col=column)
        _add_panel_texts(figure, SIGNALS[question].title, rates, column=column, theme=theme)
    _lay_out_readers(figure, analysis, theme)
    return figure


def _share(counts: QuestionCounts, row: str, column: str) -> float:
    """Of the row's images, how many were called `column`, 0 to 1; 0 where the row has none."""
    cells = counts.table.by_word(counts.signal)[row]
    return cells[column] / max(sum(cells.values()), 1)


def _matrix(counts: QuestionCounts, theme: Theme, *, lift: float = 0.0) -> go.Figure:
    """`lift` moves the text up, by a share of the cell, to leave room below."""
    words = counts.signal.words
    cells = counts.table.by_word(counts.signal)
    figure = go.Figure(
        go.Heatmap(
            z=[[100 * _share(counts, row, column) for column in words] for row in words],
            text=[[f"{cells[row][column]} {row} called {column}" for column in words] for row in words],
            x=[0, 1],
            y=[0, 1],
            zmin=0,
            zmax=100,
            colorscale=list(PALETTES[theme].share_scale),
            showscale=False,
            xgap=4,
            ygap=4,
            hovertemplate="%{text}<extra></extra>",
        )
    )
    for y, row in enumerate(words):
        for x, column in enumerate(words):
            _add_count(figure, counts, row, column, x=x, y=y - lift, theme=theme)
    _lay_out_matrix(figure, counts, theme)
    return figure


def _add_count(
    figure: go.Figure, counts: QuestionCounts, row: str, column: str, *, x: float, y: float, theme: Theme
) -> None:
    cells = counts.table.by_word(counts.signal)[row]
    of_row = percent(Proportion(cells[column], sum(cells.values())).estimate)
    figure.add_annotation(
        x=x,
        y=y,
        text=f"<b style='font-size:26px'>{cells[column]}</b><br>{of_row}",
        font={"size": 15, "color": readable_on(share_color(_share(counts, row, column), theme))},
        showarrow=False,
    )


def _lay_out_matrix(figure: go.Figure, counts: QuestionCounts, theme: Theme) -> None:
    cells = counts.table.by_word(counts.signal)
    row_names = [f"{row}<br>n = {sum(columns.values())}" for row, columns in cells.items()]
    title = f"{counts.signal.title} (n = {counts.table.n})"
    figure.update_layout(template=template(theme), height=MATRIX_HEIGHT_PX, title_text=title)
    figure.update_xaxes(title_text="decision", ticktext=counts.signal.words, range=[-0.5, 1.5])
    figure.update_yaxes(title_text="truth", ticktext=row_names, range=[1.5, -0.5])
    for update_axes in (figure.update_xaxes, figure.update_yaxes):
        update_axes(tickvals=[0, 1], showgrid=False, fixedrange=True)


def _add_split_words(
    figure: go.Figure, cell: Mapping[ImageKind, int], share: float, *, x: float, y: float, theme: Theme
) -> None:
    figure.add_annotation(
        x=x,
        y=y,
        text=", ".join(f"{n} {truth}" for truth, n in cell.items()),
        font={"size": 13, "color": readable_on(share_color(share, theme))},
        showarrow=False,
    )


def _add_split_bar(figure: go.Figure, cell: Mapping[ImageKind, int], *, x: float, y: float, theme: Theme) -> None:
    """A bar whose parts are the real and the synthetic images of a cell; an empty cell has none."""
    palette = PALETTES[theme]
    start = x - 0.35
    for truth, n in cell.items():
        if n == 0:
            continue
        end = start + 0.7 * n / sum(cell.values())
        outline = {"color": palette.background, "width": 1.5}
        figure.add_shape(x0=start, x1=end, y0=y, y1=y + 0.07, fillcolor=palette.truth[truth], line=outline)
        start = end


def _dots(readers: Sequence[str], rates: Sequence[Proportion], theme: Theme) -> go.Scatter:
    known = [(y, rate) for y, rate in enumerate(rates) if rate.estimate is not None]
    estimates = [100 * (rate.estimate or 0.0) for _, rate in known]
    intervals = [rate.wilson95 or (0.0, 1.0) for _, rate in known]
    color = PALETTES[theme].text
    return go.Scatter(
        x=estimates,
        y=[y for y, _ in known],
        customdata=[[escape(readers[y]), interval_text(rate.wilson95)] for y, rate in known],
        error_x={
            "array": [100 * high - at for (_, high), at in zip(intervals, estimates, strict=True)],
            "arrayminus": [at - 100 * low for (low, _), at in zip(intervals, estimates, strict=True)],
            "color": color,
            "thickness": 1.5,
            "width": 5,
        },
        mode="markers",
        marker={"color": color, "size": 9},
        showlegend=False,
        hovertemplate="%{customdata[0]}: %{x:.1f} %, Wilson 95 % %{customdata[1]}<extra></extra>",
    )


def _add_panel_texts(
    figure: go.Figure, title: str, rates: Sequence[Proportion], *, column: int, theme: Theme
) -> None:
    """The panel's title above its axis, and each reader's rate with its n to the right of it."""
    muted = PALETTES[theme].muted_text
    texts = [f"{percent(rate.estimate)} <span style='color:{muted}'>of {rate.n}</span>" for rate in rates]
    for y, text in enumerate(texts):
        figure.add_annotation(x=106, y=y, text=text, xanchor="left", showarrow=False, row=1, col=column)
    above = {"xref": f"x{column}", "x": 0, "xanchor": "left", "yref": "paper", "y": 1, "yanchor": "bottom"}
    figure.add_annotation(above, text=f"<b>{title}</b>", showarrow=False)


def _lay_out_readers(figure: go.Figure, analysis: Analysis, theme: Theme) -> None:
    n = len(analysis.readers)
    title = f"Accuracy per reader with Wilson 95 % intervals (n = {n} reader{'s' if n != 1 else ''})"
    height_px = 148 + READER_HEIGHT_PX * n
    figure.update_layout(template=template(theme), height=height_px, title_text=title, margin_t=88)
    ticks = [0, 25, 50, 75, 100]
    figure.add_vline(x=50, line={"dash": "dot", "color": PALETTES[theme].muted_text, "width": 1.5})
    figure.update_xaxes(range=[-3, 155], tickvals=ticks, ticktext=[f"{tick} %" for tick in ticks], fixedrange=True)
    figure.update_yaxes(range=[n - 0.5, -0.5], showgrid=False, fixedrange=True)
    figure.update_yaxes(tickvals=list(range(n)), ticktext=[escape(reader) for reader in analysis.readers], col=1)
