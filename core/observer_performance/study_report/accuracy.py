"""Confusion matrices, rates and signal detection: across readers and of each, every number with its n."""

from collections.abc import Iterator

from core.observer_performance.analysis import Analysis
from core.observer_performance.contingency import SIGNALS, ContingencyTable, Signal
from core.observer_performance.performance import QuestionResult
from core.observer_performance.report_study import sparse_readers_note
from core.observer_performance.study_report.accuracy_tables import (
    detection_table,
    rates_table,
    readers_table,
    tumor_by_truth_table,
)
from core.observer_performance.study_report.answered import asked_questions, shown
from core.observer_performance.study_report.blocks import (
    Block,
    IntervalPlot,
    IntervalPlots,
    IntervalRow,
    Matrices,
    Matrix,
    MatrixCell,
    RocPlot,
    RocPlots,
    Section,
    aside,
)
from core.observer_performance.wording import number, ratio_interval
from core.reading.protocol import Question


def accuracy_section(analysis: Analysis) -> Section:
    """Confusion matrices, rates, signal detection; across readers where there are several."""
    return Section(title="Results", blocks=tuple(_accuracy_blocks(analysis)))


def _accuracy_blocks(analysis: Analysis) -> Iterator[Block]:
    asked = asked_questions(analysis)
    yield Matrices(matrices=[_matrix(analysis.overall.of(question)) for question in asked])
    yield rates_table(shown(analysis))
    if len(analysis.readers) > 1 and (note := sparse_readers_note(analysis)):
        yield aside(note)
    yield detection_table(shown(analysis))
    yield IntervalPlots(
        caption="Accuracy of each reader (95 %: Wilson)"
        + (", and across readers (95 % for readers and cases)" if len(analysis.readers) > 1 else ""),
        plots=[_accuracy_plot(analysis, question) for question in asked],
    )
    if plots := [plot for question in asked if (plot := _roc_plot(analysis, question))]:
        yield RocPlots(caption="ROC curve of each reader, from decision and confidence", plots=plots)
    yield readers_table(analysis)
    if Question.TUMOR in asked:
        yield _tumor_matrices(analysis)
        yield tumor_by_truth_table(shown(analysis))


def _matrix(result: QuestionResult) -> Matrix:
    return _matrix_of(result.counts.table, result.counts.signal, result.counts.signal.title)


def _matrix_of(table: ContingencyTable, signal: Signal, caption: str) -> Matrix:
    cells = table.by_word(signal)
    return Matrix(
        caption=f"{caption} (n = {table.n})",
        columns=[f"called {word}" for word in signal.words],
        rows=[(row, [_cell(n, sum(counts.values())) for n in counts.values()]) for row, counts in cells.items()],
    )


def _cell(n: int, n_row: int) -> MatrixCell:
    return MatrixCell(n=n, share=n / n_row if n_row else 0.0)


def _accuracy_plot(analysis: Analysis, question: Question) -> IntervalPlot:
    rows = [
        IntervalRow(label=reader, estimate=rate.estimate, interval=rate.wilson95)
        for reader, found in analysis.per_reader.items()
        for rate in [found.of(question).accuracy]
        if rate.estimate is not None and rate.wilson95 is not None
    ]
    across = analysis.across_readers[question].accuracy
    if across.estimate is not None and across.ci95 is not None:
        rows.append(IntervalRow(label="All readers", estimate=across.estimate, interval=across.ci95, summary=True))
    return IntervalPlot(caption=SIGNALS[question].title, rows=rows)


def _roc_plot(analysis: Analysis, question: Question) -> RocPlot | None:
    """None where no reader's confidence was asked."""
    areas = {reader: found.of(question).area for reader, found in analysis.per_reader.items()}
    curves = {reader: area.curve for reader, area in areas.items() if area is not None}
    if not curves:
        return None
    caption = SIGNALS[question].title
    mean = analysis.across_readers[question].auc
    if mean.estimate is not None:
        interval = ratio_interval(mean.ci95)
        caption += f": mean AUC {number(mean.estimate)}" + (f" ({interval})" if interval else "")
    signal = SIGNALS[question]
    return RocPlot(
        caption=caption,
        x_title=f"{signal.absent} called {signal.present}",
        y_title=f"{signal.present} called {signal.present}",
        curves=curves,
    )


def _tumor_matrices(analysis: Analysis) -> Matrices:
    result = analysis.overall.tumor
    signal = result.counts.signal
    return Matrices(
        matrices=[
            _matrix_of(table, signal, f"Tumor question, {truth} images")
            for truth, table in result.counts.by_truth.items()
        ]
    )
