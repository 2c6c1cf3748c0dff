"""Rates, signal detection and the tumor question by truth, as tables: each number with its n and interval."""

from core.observer_performance.analysis import Analysis
from core.observer_performance.contingency import SIGNALS
from core.observer_performance.mrmc import NOT_ESTIMABLE as NO_ESTIMATE
from core.observer_performance.mrmc import MrmcEstimate
from core.observer_performance.performance import QuestionResult
from core.observer_performance.study_report.answered import Shown, asked_questions, named_rates, rate_text
from core.observer_performance.study_report.blocks import Table
from core.observer_performance.tumor_by_truth import RateComparison
from core.observer_performance.wording import (
    NOT_ESTIMABLE,
    interval_text,
    number,
    p_text,
    percent,
    points_interval,
    ratio_interval,
)
from core.reading.protocol import Question

ACROSS = "95 % for readers and cases"


def rates_table(shown: Shown) -> Table:
    """Accuracy, sensitivity and specificity: of one reader with exact intervals, of several across readers."""
    alone = ("Correct", "Estimate", "Wilson 95 %", "Clopper-Pearson 95 %", "p against 50 %")
    together = ("Correct, all readers", "Mean of readers", ACROSS)
    return Table(
        caption="Rates" if shown.across is None else "Rates, across readers",
        header=("Question", "Rate", *(alone if shown.across is None else together)),
        rows=[
            (SIGNALS[question].title, words, f"{rate.k} of {rate.n}", *cells)
            for question in shown.questions
            for name, words, rate in named_rates(shown.performance.of(question))
            for cells in [
                (
                    percent(rate.estimate),
                    interval_text(rate.wilson95),
                    interval_text(rate.clopper_pearson95),
                    p_text(rate.p_vs_half),
                )
                if shown.across is None
                else _across_cells(getattr(shown.across[question], name))
            ]
        ],
    )


def detection_table(shown: Shown) -> Table:
    """d', criterion, kappa with the truth, and AUC where confidence was asked."""
    several = shown.across is not None
    return Table(
        caption="Signal detection"
        + ("; d', criterion and kappa of all answers pooled, their errors stand with each reader" * several),
        header=("Question", "n", "d'", "Criterion", "Kappa with the truth", "AUC", f"AUC, {ACROSS}", "DeLong 95 %"),
        rows=[
            (SIGNALS[question].title, *_detection_cells(shown, question, shown.performance.of(question)))
            for question in shown.questions
        ],
    )


def readers_table(analysis: Analysis) -> Table:
    return Table(
        caption="Each reader (below: Wilson 95 %, standard error of d' and criterion, DeLong 95 % of the AUC)",
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
            (reader, str(question).capitalize(), *_reader_cells(found.of(question)))
            for reader, found in analysis.per_reader.items()
            for question in asked_questions(analysis)
        ],
    )


def tumor_by_truth_table(shown: Shown) -> Table:
    """The difference has Newcombe's interval with one reader, and with several one for readers and cases."""
    across = shown.across[Question.TUMOR].synthetic_less_real if shown.across else None
    return Table(
        caption="Is a tumor seen as well on synthetic as on real images?",
        header=(
            "Tumor question",
            "Real",
            "Synthetic",
            "Difference",
            "Newcombe 95 %" if across is None else ACROSS,
            "Fisher's exact p",
        ),
        rows=[
            (
                name.capitalize(),
                rate_text(rate.real),
                rate_text(rate.synthetic),
                *_difference_cells(rate, None if across is None else across.get(name, NO_ESTIMATE)),
            )
            for name, rate in shown.performance.tumor_by_truth.items()
        ],
    )


def _across_cells(found: MrmcEstimate) -> tuple[str, str]:
    return percent(found.estimate), interval_text(found.ci95) or NOT_ESTIMABLE


def _detection_cells(shown: Shown, question: Question, result: QuestionResult) -> tuple[str, ...]:
    found, kappa, area, errors = result.detection, result.kappa, result.area, result.independent
    mean = shown.across[question].auc if shown.across and area else None
    return (
        str(result.counts.table.n),
        number(found.dprime, se=found.dprime_se if errors else None) if found else NOT_ESTIMABLE,
        number(found.criterion, se=found.criterion_se if errors else None) if found else NOT_ESTIMABLE,
        number(kappa.estimate, se=kappa.se if errors else None) if kappa else NOT_ESTIMABLE,
        _area_text(area.auc if area else None, mean),
        "" if mean is None else ratio_interval(mean.ci95) or NOT_ESTIMABLE,
        ratio_interval(result.auc_ci95),
    )


def _area_text(pooled: float | None, mean: MrmcEstimate | None) -> str:
    """The mean of the readers' areas where there are several."""
    if pooled is None:
        return ""
    return number(pooled if mean is None else mean.estimate)


def _reader_cells(result: QuestionResult) -> tuple[str, ...]:
    rates = (result.accuracy, result.sensitivity, result.specificity)
    found, kappa, area = result.detection, result.kappa, result.area
    return (
        str(result.counts.table.n),
        *(f"{percent(rate.estimate)}\n{interval_text(rate.wilson95)}" for rate in rates),
        number(found.dprime, se=found.dprime_se).replace(" (", "\n(") if found else NOT_ESTIMABLE,
        number(found.criterion, se=found.criterion_se).replace(" (", "\n(") if found else NOT_ESTIMABLE,
        number(kappa.estimate) if kappa else NOT_ESTIMABLE,
        f"{number(area.auc)}\n{ratio_interval(result.auc_ci95)}" if area else "",
    )


def _difference_cells(rate: RateComparison, across: MrmcEstimate | None) -> tuple[str, str, str]:
    difference = rate.difference if across is None else across.estimate
    if difference is None:
        return NOT_ESTIMABLE, "", ""
    interval = points_interval(rate.newcombe95 if across is None else across.ci95)
    return f"{100 * difference:+.1f} points", interval or NOT_ESTIMABLE, p_text(rate.p_fisher)
