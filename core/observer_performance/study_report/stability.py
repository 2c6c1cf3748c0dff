"""Agreement between readers and with themselves, drift along the reading, and response times."""

import numpy as np

from core.observer_performance.analysis import Analysis
from core.observer_performance.contingency import SIGNALS
from core.observer_performance.drift import Drift, Trend
from core.observer_performance.performance import Performance
from core.observer_performance.response_time import ResponseTime
from core.observer_performance.study_report.answered import Shown, asked_questions, rate_text, shown
from core.observer_performance.study_report.blocks import Block, Section, Table
from core.observer_performance.wording import NOT_ESTIMABLE, interval_text, number, p_text
from core.reading.case import Arm
from core.reading.protocol import Question


def stability_section(analysis: Analysis) -> Section:
    """Agreement between readers and with themselves, drift, and times."""
    blocks: list[Block] = []
    if len(analysis.readers) > 1:
        blocks.append(agreement_table(analysis))
    blocks += [drift_table(shown(analysis)), times_table(shown(analysis))]
    return Section(title="Agreement, drift and response times", blocks=blocks)


def agreement_table(analysis: Analysis) -> Table:
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


def pairs_table(analysis: Analysis) -> Table:
    """Cohen's kappa of every two readers; empty beyond the number of readers that pairs are made of."""
    return Table(
        caption="Cohen's kappa of every two readers",
        header=("Question", "Reader", "Other reader", "Images both answered", "Kappa"),
        rows=[
            (SIGNALS[question].title, *pair.readers, str(pair.n), number(pair.kappa))
            for question in asked_questions(analysis)
            for pair in analysis.agreement[question].pairwise_cohen
        ],
    )


def drift_table(shown: Shown) -> Table:
    """What changed within readers along the reading, and whether repeats were answered alike."""
    return Table(
        caption="Change along the reading, within readers (p: of no change), and repeats",
        header=(
            "Question",
            "n",
            "Accuracy per 100 trials",
            "Calls of the signal per 100 trials",
            "Response time per 100 trials",
            "Correct by quarters",
            "Repeats alike",
            "Wilson 95 %",
        ),
        rows=[
            (SIGNALS[question].title, *_drift_cells(shown.performance, question)) for question in shown.questions
        ],
    )


def times_table(shown: Shown) -> Table:
    return Table(
        caption="Median response time (quartiles), n, and answers that took over 60 s",
        header=("Arm", *(SIGNALS[question].title for question in shown.questions)),
        rows=[
            (
                str(arm).capitalize(),
                *(_seconds(shown.performance.response_times[question][arm]) for question in shown.questions),
            )
            for arm in Arm
        ],
    )


def _drift_cells(found: Performance, question: Question) -> tuple[str, ...]:
    drift: Drift = found.drift[question]
    alike = found.retest[question].agreement
    return (
        str(drift.n),
        _points(drift.accuracy),
        _points(drift.signal_calls),
        _times(drift.log_response_time),
        _quarters(drift),
        rate_text(alike).replace(" (", "\n(") if alike.n else "no repeats",
        interval_text(alike.wilson95),
    )


def _quarters(drift: Drift) -> str:
    if not drift.quarters:
        return NOT_ESTIMABLE
    shares = [part.estimate for part in drift.quarters]
    return ", ".join("none" if share is None else f"{100 * share:.0f}" for share in shares) + " %"


def _points(trend: Trend) -> str:
    if trend.per_100_trials is None:
        return NOT_ESTIMABLE
    return f"{100 * trend.per_100_trials:+.1f} points\n{p_text(trend.p)}"


def _times(trend: Trend) -> str:
    """Of the trend of a logarithm."""
    if trend.per_100_trials is None:
        return NOT_ESTIMABLE
    return f"{100 * np.expm1(trend.per_100_trials):+.0f} %\n{p_text(trend.p)}"


def _seconds(times: ResponseTime) -> str:
    if times.median_ms is None or times.quartiles_ms is None:
        return NOT_ESTIMABLE
    low, high = (ms / 1000 for ms in times.quartiles_ms)
    return f"{times.median_ms / 1000:.1f} s ({low:.1f} to {high:.1f}), n = {times.n}, over 60 s: {times.n_paused}"
