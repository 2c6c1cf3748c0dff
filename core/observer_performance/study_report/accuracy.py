"""Confusion matrices, rates and signal detection: across readers and of each, every number with its n."""

from collections.abc import Iterator

from core.observer_performance.analysis import Analysis
from core.observer_performance.contingency import SIGNALS, ContingencyTable, Signal
from core.observer_performance.performance import QuestionResult
from core.observer_performance.proportions import Proportion
from core.observer_performance.report import POOLED_NOTE
from core.observer_performance.report_study import FEW_READERS, FEW_READERS_NOTE, sparse_readers_note
from core.observer_performance.study_report.answered import asked_questions, rate_text
from core.observer_performance.study_report.blocks import (
    Block,
    IntervalPlot,
    IntervalPlots,
    IntervalRow,
    Matrices,
    Matrix,
    MatrixCell,
    Section,
    Table,
    aside,
)
from core.observer_performance.wording import NOT_ESTIMABLE, interval_text, number, p_text, percent, ratio_interval
from core.reading.protocol import Question

NO_BREAK_SPACE = "\u00a0"


def accuracy_section(analysis: Analysis) -> Section:
    """Confusion matrices, rates, signal detection; across readers where there are several."""
    return Section(title="Results", blocks=tuple(_accuracy_blocks(analysis)))


def _accuracy_blocks(analysis: Analysis) -> Iterator[Block]:
    asked = asked_questions(analysis)
    yield Matrices(matrices=[_matrix(analysis.overall.of(question)) for question in asked])
    if len(analysis.readers) > 1:
        yield _across_table(analysis)
        if note := sparse_readers_note(analysis):
            yield aside(note)
        if len(analysis.readers) < FEW_READERS:
            yield aside(FEW_READERS_NOTE)
        yield aside(POOLED_NOTE)
    yield _rates_table(analysis)
    yield _detection_table(analysis)
    yield IntervalPlots(
        caption="Accuracy of each reader (95 %: Wilson)"
        + (", and across readers (95 % for readers and cases)" if len(analysis.readers) > 1 else ""),
        plots=[_accuracy_plot(analysis, question) for question in asked],
    )
    yield _readers_table(analysis)
    if Question.TUMOR in asked:
        yield from _tumor_by_truth(analysis)


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


def _across_table(analysis: Analysis) -> Table:
    return Table(
        caption="Across readers, for readers and cases like these",
        header=("Question", "Mean accuracy", "95 % interval", "Mean AUC", "95 % interval"),
        rows=[
            (
                SIGNALS[question].title,
                percent(found.accuracy.estimate),
                interval_text(found.accuracy.ci95),
                _or_empty(found.auc.estimate),
                ratio_interval(found.auc.ci95),
            )
            for question in asked_questions(analysis)
            for found in [analysis.across_readers[question]]
        ],
    )


def _rates_table(analysis: Analysis) -> Table:
    several = len(analysis.readers) > 1
    intervals = () if several else ("Wilson 95 %", "Clopper-Pearson 95 %", "p against 50 %")
    return Table(
        caption="Rates, all readers pooled" if several else "Rates",
        header=("Question", "Rate", "Correct", "Estimate", *intervals),
        rows=[
            (SIGNALS[question].title, name, f"{rate.k} of {rate.n}", percent(rate.estimate))
            + (() if several else _intervals(rate))
            for question in asked_questions(analysis)
            for name, rate in _rates(analysis.overall.of(question))
        ],
    )


def _rates(result: QuestionResult) -> tuple[tuple[str, Proportion], ...]:
    signal = result.counts.signal
    return (
        ("Accuracy", result.accuracy),
        (f"Sensitivity ({signal.present})", result.sensitivity),
        (f"Specificity ({signal.absent})", result.specificity),
    )


def _intervals(rate: Proportion) -> tuple[str, str, str]:
    return interval_text(rate.wilson95), interval_text(rate.clopper_pearson95), p_text(rate.p_vs_half)


def _detection_table(analysis: Analysis) -> Table:
    several = len(analysis.readers) > 1
    return Table(
        caption="Signal detection" + (", all readers pooled (standard errors only with each reader)" * several),
        header=("Question", "d'", "Criterion", "Kappa with the truth", "AUC"),
        rows=[
            (SIGNALS[question].title, *_detection_cells(analysis.overall.of(question)))
            for question in asked_questions(analysis)
        ],
    )


def _detection_cells(result: QuestionResult) -> tuple[str, str, str, str]:
    found, kappa, area, errors = result.detection, result.kappa, result.area, result.independent
    return (
        number(found.dprime, se=found.dprime_se if errors else None) if found else NOT_ESTIMABLE,
        number(found.criterion, se=found.criterion_se if errors else None) if found else NOT_ESTIMABLE,
        number(kappa.estimate, se=kappa.se if errors else None) if kappa else NOT_ESTIMABLE,
        f"{number(area.auc)} {_in_brackets(ratio_interval(result.auc_ci95))}" if area else "no confidence",
    )


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


def _readers_table(analysis: Analysis) -> Table:
    return Table(
        caption="Each reader (below: Wilson 95 %, standard error of d', DeLong 95 % of the AUC)",
        header=(
            "Reader",
            "Question",
            "n",
            "Accuracy",
            "Sensitivity",
            "Specificity",
            "d'",
            "Criterion",
            "Kappa",
            "AUC",
        ),
        rows=[
            (reader.replace(" ", NO_BREAK_SPACE), _short(question), *_reader_cells(found.of(question)))
            for reader, found in analysis.per_reader.items()
            for question in asked_questions(analysis)
        ],
    )


def _reader_cells(result: QuestionResult) -> tuple[str, ...]:
    rates = (result.accuracy, result.sensitivity, result.specificity)
    found, kappa, area = result.detection, result.kappa, result.area
    return (
        str(result.counts.table.n),
        *(f"{percent(rate.estimate)}\n{interval_text(rate.wilson95)}" for rate in rates),
        number(found.dprime, se=found.dprime_se).replace(" (", "\n(") if found else NOT_ESTIMABLE,
        number(found.criterion) if found else NOT_ESTIMABLE,
        number(kappa.estimate) if kappa else NOT_ESTIMABLE,
        f"{number(area.auc)}\n{ratio_interval(result.auc_ci95)}" if area else "",
    )


def _tumor_by_truth(analysis: Analysis) -> Iterator[Block]:
    result = analysis.overall.tumor
    signal = result.counts.signal
    yield Matrices(
        matrices=[
            _matrix_of(table, signal, f"Tumor question, {truth} images")
            for truth, table in result.counts.by_truth.items()
        ]
    )
    yield Table(
        caption="Is a tumor seen as well on synthetic as on real images?",
        header=("Tumor question", "Real", "Synthetic", "Difference", "Newcombe 95 %", "Fisher's exact p"),
        rows=[
            (
                name.capitalize(),
                rate_text(rate.real),
                rate_text(rate.synthetic),
                NOT_ESTIMABLE if rate.difference is None else f"{100 * rate.difference:+.1f} points",
                interval_text(rate.newcombe95),
                p_text(rate.p_fisher),
            )
            for name, rate in analysis.overall.tumor_by_truth.items()
        ],
    )


def _short(question: Question) -> str:
    return str(question).capitalize()


def _or_empty(value: float | None) -> str:
    return "" if value is None else number(value)


def _in_brackets(words: str) -> str:
    return f"({words})" if words else ""
