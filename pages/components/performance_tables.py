"""The analysis as small tables of text: rates, signal detection, readers, agreement, stability, images."""

from collections.abc import Sequence

import pandas as pd

from core.observer_performance.agreement import Agreement
from core.observer_performance.analysis import Analysis
from core.observer_performance.contingency import SIGNALS
from core.observer_performance.drift import Trend
from core.observer_performance.performance import Performance, QuestionResult
from core.observer_performance.proportions import Proportion
from core.observer_performance.wording import interval_text, number, p_text, percent, ratio_interval
from core.reading.protocol import Question


def rates_table(shown: Performance) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "Question": result.counts.signal.title,
            "Rate": name,
            "Correct": f"{rate.k} of {rate.n}",
            "Estimate": percent(rate.estimate),
            "Wilson 95 %": interval_text(rate.wilson95),
            "Clopper-Pearson 95 %": interval_text(rate.clopper_pearson95),
            "Exact p against 50 %": p_text(rate.p_vs_half),
        }
        for result in map(shown.of, Question)
        for name, rate in _rates(result)
    )
    return _filled_columns(table)


def detection_table(shown: Performance) -> pd.DataFrame:
    """d', criterion, kappa against the truth, and AUC where confidence was asked; a row for each question."""
    return _filled_columns(pd.DataFrame(_detection_row(shown.of(question)) for question in Question))


def across_readers_table(analysis: Analysis) -> pd.DataFrame:
    """Mean accuracy and AUC with intervals for readers and cases like these."""
    return _filled_columns(
        pd.DataFrame(
            {
                "Question": SIGNALS[question].title,
                "Accuracy": percent(found.accuracy.estimate),
                "95 % for readers and cases": interval_text(found.accuracy.ci95),
                "AUC": "" if found.auc.estimate is None else number(found.auc.estimate),
                "95 % of the AUC": ratio_interval(found.auc.ci95),
            }
            for question, found in analysis.across_readers.items()
        )
    )


def readers_table(analysis: Analysis) -> pd.DataFrame:
    return pd.DataFrame(
        {"Reader": reader}
        | {
            f"{result.counts.signal.title}: {name.lower()}": f"{percent(rate.estimate)} (n = {rate.n})"
            for result in map(performance.of, Question)
            for name, rate in _rates(result)
        }
        for reader, performance in analysis.per_reader.items()
    )


def agreement_table(analysis: Analysis) -> pd.DataFrame:
    return pd.DataFrame(
        {"Question": SIGNALS[question].title} | _agreement_cells(found)
        for question, found in analysis.agreement.items()
    )


def stability_table(shown: Performance) -> pd.DataFrame:
    """Drift along the reading, and repeats: what changed within readers."""
    return pd.DataFrame(
        {
            "Question": SIGNALS[question].title,
            "Accuracy, change in 100 trials": _trend(shown.drift[question].accuracy),
            "Calls of the signal, change in 100 trials": _trend(shown.drift[question].signal_calls),
            "Correct by quarters": ", ".join(percent(part.estimate) for part in shown.drift[question].quarters),
            "Repeats answered alike": _share(shown.retest[question].agreement),
        }
        for question in Question
    )


def _rates(result: QuestionResult) -> Sequence[tuple[str, Proportion]]:
    signal = result.counts.signal
    return (
        ("Accuracy", result.accuracy),
        (f"Sensitivity ({signal.present} found)", result.sensitivity),
        (f"Specificity ({signal.absent} found)", result.specificity),
    )


def _detection_row(result: QuestionResult) -> dict[str, str]:
    found, kappa, area = result.detection, result.kappa, result.area
    errors = result.independent
    return {
        "Question": result.counts.signal.title,
        "d'": number(found.dprime, se=found.dprime_se if errors else None) if found else number(None),
        "Criterion": number(found.criterion, se=found.criterion_se if errors else None) if found else number(None),
        "Kappa with the truth": number(kappa.estimate, se=kappa.se if errors else None) if kappa else number(None),
        "AUC": number(area.auc) if area else "",
        "DeLong 95 %": ratio_interval(result.auc_ci95),
    }


def _agreement_cells(found: Agreement) -> dict[str, str]:
    pairs = [pair.kappa for pair in found.pairwise_cohen if pair.kappa is not None]
    return {
        "Fleiss' kappa": f"{number(found.fleiss_kappa)} (n = {found.n_complete})",
        "Krippendorff's alpha": number(found.krippendorff_alpha),
        "AC1": number(found.ac1),
        "Cohen's kappa of pairs": f"{min(pairs):.2f} to {max(pairs):.2f}" if pairs else number(None),
    }


def _trend(trend: Trend) -> str:
    if trend.per_100_trials is None:
        return number(None)
    return f"{100 * trend.per_100_trials:+.1f} points, {p_text(trend.p)}"


def _share(rate: Proportion) -> str:
    return f"{rate.k} of {rate.n}" if rate.n else "no repeats"


def _filled_columns(table: pd.DataFrame) -> pd.DataFrame:
    return table.loc[:, (table != "").any()]
