"""Confusion matrices in the layout of the paper's Table 2."""

from collections.abc import Mapping

import plotly.graph_objects as go

from core.figures.style import PALETTES, Theme, readable_on, share_color, template
from core.imageset.record import ImageKind
from core.observer_performance.contingency import QuestionCounts
from core.observer_performance.proportions import Proportion
from core.observer_performance.wording import percent

MATRIX_HEIGHT_PX = 400


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
