"""Figures show the counts that they were given."""

import pandas as pd
import plotly.graph_objects as go
import pytest

from core.figures.confusion import realism_matrix, tumor_matrix
from core.figures.style import PALETTES, Theme
from core.imageset.record import ImageKind
from core.observer_performance.analysis import Analysis, analyze


def _analysis() -> Analysis:
    cells = [
        ("real", "tumor", "real", "tumor", 4),
        ("real", "tumor", "synthetic", "nontumor", 1),
        ("synthetic", "tumor", "synthetic", "nontumor", 2),
        ("synthetic", "nontumor", "synthetic", "nontumor", 3),
    ]
    names = ["truth", "tumor_status", "decision", "tumor_decision"]
    rows = [dict(zip(names, cell, strict=False)) for cell in cells for _ in range(cell[-1])]
    return analyze(pd.DataFrame(rows).assign(reader_id="A", case_id=range(len(rows))))


def _texts(figure: go.Figure) -> list[str]:
    return [annotation.text for annotation in figure.layout.annotations]


@pytest.mark.parametrize("theme", Theme)
def test_cells_hold_counts_and_percentages_of_their_row(theme: Theme) -> None:
    figure = realism_matrix(_analysis().overall.realism.counts, theme)
    assert [list(row) for row in figure.data[0].z] == [[80, 20], [0, 100]]
    assert [text.split("<br>")[1] for text in _texts(figure)] == ["80.0 %", "20.0 %", "0.0 %", "100.0 %"]
    assert figure.layout.title.text == "Real or synthetic (n = 10)"
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == ("decision", "truth")
    assert list(figure.layout.yaxis.ticktext) == ["real<br>n = 5", "synthetic<br>n = 5"]


def test_the_first_row_is_drawn_on_top() -> None:
    bottom, top = realism_matrix(_analysis().overall.realism.counts, Theme.LIGHT).layout.yaxis.range
    assert top < bottom


@pytest.mark.parametrize("theme", Theme)
def test_the_tumor_matrix_splits_each_cell_into_real_and_synthetic(theme: Theme) -> None:
    figure = tumor_matrix(_analysis().overall.tumor.counts, theme)
    assert [text for text in _texts(figure) if "real" in text] == [
        "4 real, 0 synthetic",
        "1 real, 2 synthetic",
        "0 real, 0 synthetic",
        "0 real, 3 synthetic",
    ]
    truth = PALETTES[theme].truth
    assert [shape.fillcolor for shape in figure.layout.shapes] == [
        truth[kind] for kind in (ImageKind.REAL, ImageKind.REAL, ImageKind.SYNTHETIC, ImageKind.SYNTHETIC)
    ]


def test_an_empty_row_is_not_estimable() -> None:
    only_synthetic = _analysis().overall.tumor.counts.by_truth[ImageKind.REAL]
    assert only_synthetic.n_absent == 0
    counts = analyze(
        pd.DataFrame([{"reader_id": "A", "case_id": 1, "truth": "real", "decision": "real"}])
    ).overall.realism.counts
    assert sum("not estimable" in text for text in _texts(realism_matrix(counts, Theme.DARK))) == 2
