"""The analysis in words: plain text for a terminal."""

from collections.abc import Iterator

from core.observer_performance.analysis import Analysis
from core.observer_performance.contingency import QuestionCounts
from core.observer_performance.drift import Drift
from core.observer_performance.performance import Performance, QuestionResult
from core.observer_performance.proportions import Proportion
from core.observer_performance.repeats import Retest
from core.observer_performance.report_study import study_lines
from core.observer_performance.response_time import ArmTimes
from core.observer_performance.tumor_by_truth import RateComparison
from core.observer_performance.wording import NOT_ESTIMABLE, interval_text, number, p_text, percent, ratio_interval
from core.reading.case import Arm
from core.reading.protocol import Question

POOLED_NOTE = "Readers are pooled: only counts. Intervals stand across readers, and with each reader."


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
    yield from study_lines(analysis)
    if n_readers > 1:
        yield from ("", POOLED_NOTE)
    yield from _performance_lines(analysis.overall)
    if n_readers > 1:
        for reader, performance in analysis.per_reader.items():
            yield from ("", reader, "=" * len(reader))
            yield from _performance_lines(performance)


def _performance_lines(performance: Performance) -> Iterator[str]:
    for question in Question:
        yield ""
        yield from _question_lines(performance.of(question), performance.response_times[question])
        yield from _stability_lines(performance.drift[question], performance.retest[question])
    yield from _comparison_lines(performance.tumor_by_truth["accuracy"])


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
    yield _detection_line(result)
    yield from _time_lines(times)


def _detection_line(result: QuestionResult) -> str:
    found, kappa, area = result.detection, result.kappa, result.area
    with_errors = result.independent
    parts = [
        f"d' {number(found.dprime, se=found.dprime_se if with_errors else None) if found else NOT_ESTIMABLE}",
        f"criterion {number(found.criterion) if found else NOT_ESTIMABLE}",
        f"kappa {number(kappa.estimate, se=kappa.se if with_errors else None) if kappa else NOT_ESTIMABLE}",
    ]
    if area is not None:
        interval = ratio_interval(result.auc_ci95)
        parts.append(f"AUC {number(area.auc)}" + (f" (95 % {interval})" if interval else ""))
    return "  " + ", ".join(parts)


def _stability_lines(drift: Drift, retest: Retest) -> Iterator[str]:
    trend = drift.accuracy
    if trend.per_100_trials is not None:
        change = f"{100 * trend.per_100_trials:+.1f} points in 100 trials"
        yield f"  drift of accuracy       {change}, {p_text(trend.p)}"
    if retest.agreement.n:
        rate = retest.agreement
        yield f"  repeats answered alike  {percent(rate.estimate)} ({rate.k} of {rate.n})"


def _comparison_lines(accuracy: RateComparison) -> Iterator[str]:
    if accuracy.difference is None:
        return
    interval = interval_text(accuracy.newcombe95)
    yield f"  synthetic less real     accuracy {100 * accuracy.difference:+.1f} points" + (
        f" (Newcombe 95 % {interval})" if interval else ""
    )


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
