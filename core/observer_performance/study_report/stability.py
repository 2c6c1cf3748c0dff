"""Agreement between readers and with themselves, drift along the reading, and response times."""

from core.observer_performance.analysis import Analysis
from core.observer_performance.contingency import SIGNALS
from core.observer_performance.drift import Drift, Trend
from core.observer_performance.performance import Performance
from core.observer_performance.response_time import ResponseTime
from core.observer_performance.study_report.answered import asked_questions, rate_text
from core.observer_performance.study_report.blocks import Block, Section, Table
from core.observer_performance.wording import NOT_ESTIMABLE, number, p_text, percent
from core.reading.case import Arm
from core.reading.protocol import Question


def stability_section(analysis: Analysis) -> Section:
    """Agreement between readers and with themselves, drift, and times."""
    blocks: list[Block] = []
    if len(analysis.readers) > 1:
        blocks.append(_agreement_table(analysis))
    blocks += [_drift_table(analysis), _times_table(analysis)]
    return Section(title="Agreement, drift and response times", blocks=blocks)


def _agreement_table(analysis: Analysis) -> Table:
    return Table(
        caption="Agreement between readers, beyond chance",
        header=(
            "Question",
            "Images all answered",
            "Fleiss' kappa",
            "Krippendorff's alpha",
            "AC1",
            "Cohen's kappa of pairs",
        ),
        rows=[
            (
                SIGNALS[question].title,
                str(found.n_complete),
                number(found.fleiss_kappa),
                number(found.krippendorff_alpha),
                number(found.ac1),
                f"{min(pairs):.2f} to {max(pairs):.2f}" if pairs else NOT_ESTIMABLE,
            )
            for question in asked_questions(analysis)
            for found in [analysis.agreement[question]]
            for pairs in [[pair.kappa for pair in found.pairwise_cohen if pair.kappa is not None]]
        ],
    )


def _drift_table(analysis: Analysis) -> Table:
    return Table(
        caption="Change along the reading, within readers (p: of no change), and repeats",
        header=(
            "Question",
            "Accuracy per 100 trials",
            "Calls of the signal per 100 trials",
            "Correct by quarters",
            "Repeats alike",
        ),
        rows=[
            (SIGNALS[question].title, *_drift_cells(analysis.overall, question))
            for question in asked_questions(analysis)
        ],
    )


def _drift_cells(found: Performance, question: Question) -> tuple[str, str, str, str]:
    drift: Drift = found.drift[question]
    alike = found.retest[question].agreement
    return (
        _trend(drift.accuracy),
        _trend(drift.signal_calls),
        ", ".join(percent(quarter.estimate) for quarter in drift.quarters) or NOT_ESTIMABLE,
        rate_text(alike) if alike.n else "no repeats",
    )


def _trend(trend: Trend) -> str:
    if trend.per_100_trials is None:
        return NOT_ESTIMABLE
    return f"{100 * trend.per_100_trials:+.1f} points, {p_text(trend.p)}"


def _times_table(analysis: Analysis) -> Table:
    asked = asked_questions(analysis)
    return Table(
        caption="Median response time (quartiles), n, and answers that took over 60 s",
        header=("Arm", *(SIGNALS[question].title for question in asked)),
        rows=[
            (
                str(arm).capitalize(),
                *(_seconds(analysis.overall.response_times[question][arm]) for question in asked),
            )
            for arm in Arm
        ],
    )


def _seconds(times: ResponseTime) -> str:
    if times.median_ms is None or times.quartiles_ms is None:
        return NOT_ESTIMABLE
    low, high = (ms / 1000 for ms in times.quartiles_ms)
    return f"{times.median_ms / 1000:.1f} s ({low:.1f} to {high:.1f}), n = {times.n}, over 60 s: {times.n_paused}"
