"""The analysis in words: plain text for a terminal, and how rates, intervals and p are written everywhere."""

from collections.abc import Iterator

from core.observer_performance.analysis import Analysis, ArmTimes, Performance, QuestionResult
from core.observer_performance.contingency import QuestionCounts
from core.observer_performance.proportions import Interval, Proportion
from core.reading.case import Arm
from core.reading.protocol import Question

NOT_ESTIMABLE = "not estimable"
POOLED_NOTE = "Readers are pooled: only counts. The result stands per reader, with its interval."


def percent(rate: float | None) -> str:
    return NOT_ESTIMABLE if rate is None else f"{100 * rate:.1f} %"


def interval_text(interval: Interval | None) -> str:
    return "" if interval is None else f"{100 * interval[0]:.1f} to {100 * interval[1]:.1f} %"


def p_text(p: float | None) -> str:
    """Three digits, and never a p of 0."""
    if p is None:
        return ""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def report_lines(analysis: Analysis) -> list[str]:
    """Render the whole analysis for a terminal, pooled counts first and then each reader's result."""
    return list(_lines(analysis))


def _lines(analysis: Analysis) -> Iterator[str]:
    n_readers = len(analysis.readers)
    repeats = analysis.n_repeats_left_out
    yield (
        f"{n_readers} reader{'s' if n_readers > 1 else ''}, {analysis.n_presentations} presentations"
        + (f" ({repeats} repeats left out)" if repeats else "")
    )
    if n_readers > 1:
        yield POOLED_NOTE
    yield from _performance_lines(analysis.overall)
    if n_readers > 1:
        for reader, performance in analysis.per_reader.items():
            yield from ("", reader, "=" * len(reader))
            yield from _performance_lines(performance)


def _performance_lines(performance: Performance) -> Iterator[str]:
    for question in Question:
        yield ""
        yield from _question_lines(performance.of(question), performance.response_times[question])


def _question_lines(result: QuestionResult, times: ArmTimes) -> Iterator[str]:
    counts = result.counts
    title = counts.signal.title
    yield from (title, "-" * len(title))
    if counts.table.n == 0:
        yield f"No answers{_left_out(counts)}: {NOT_ESTIMABLE}."
        return
    yield from _matrix_lines(counts)
    yield f"  n = {counts.table.n}{_left_out(counts)}"
    yield _rate_line("accuracy", result.accuracy)
    yield _rate_line(f"sensitivity ({counts.signal.present})", result.sensitivity)
    yield _rate_line(f"specificity ({counts.signal.absent})", result.specificity)
    yield from _time_lines(times)


def _matrix_lines(counts: QuestionCounts) -> Iterator[str]:
    words = counts.signal.words
    yield f"  {'truth':<12}" + "".join(f"{'called ' + word:>20}" for word in words)
    cells = counts.table.by_word(counts.signal)
    splits = {truth: table.by_word(counts.signal) for truth, table in counts.by_truth.items()}
    for row in words:
        yield f"  {row:<12}" + "".join(f"{cells[row][column]:>20}" for column in words)
        if counts.question is Question.TUMOR:
            for truth, split in splits.items():
                yield f"    {truth:<10}" + "".join(f"{split[row][column]:>20}" for column in words)


def _left_out(counts: QuestionCounts) -> str:
    parts = (
        (counts.missing, "missing"),
        (counts.cannot_judge, "cannot judge"),
        (counts.unknown_reference, "of unknown tumor status"),
    )
    stated = ", ".join(f"{n} {what}" for n, what in parts if n)
    return f" (left out: {stated})" if stated else ""


def _rate_line(name: str, rate: Proportion) -> str:
    line = f"  {name:<24}{percent(rate.estimate):>8}  ({rate.k} of {rate.n})"
    if rate.wilson95 is None:
        return line
    return f"{line:<50}Wilson 95 % {interval_text(rate.wilson95)}, {p_text(rate.p_vs_half)} against 50 %"


def _time_lines(times: ArmTimes) -> Iterator[str]:
    stated = [f"{arm:<22}{_seconds(times, arm)}" for arm in Arm if times[arm].n]
    if stated:
        yield "  median response time"
        yield from (f"    {text}" for text in stated)


def _seconds(times: ArmTimes, arm: Arm) -> str:
    median_ms = times[arm].median_ms
    return NOT_ESTIMABLE if median_ms is None else f"{median_ms / 1000:>6.2f} s  (n = {times[arm].n})"
