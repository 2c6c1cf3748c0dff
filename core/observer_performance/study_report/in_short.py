"""What somebody in a hurry must see: a few numbers with their intervals, and what speaks against trusting them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.observer_performance.analysis import Analysis
from core.observer_performance.mrmc import MrmcEstimate
from core.observer_performance.performance import QuestionResult
from core.observer_performance.proportions import Interval, Proportion
from core.observer_performance.report_study import DIVERSITY_NOTE, FEW_READERS, FEW_READERS_NOTE
from core.observer_performance.study_report.accuracy_tables import ACROSS
from core.observer_performance.study_report.answered import asked_questions
from core.observer_performance.study_report.blocks import Section, Table, aside
from core.observer_performance.study_report.facts import ReaderFacts
from core.observer_performance.study_report.participation import curators_note, simulated_note
from core.observer_performance.wording import NOT_ESTIMABLE, interval_text, number, percent, ratio_interval
from core.reading.blinding_audit.audit import LockedAudit
from core.reading.protocol import Question


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyNumber:
    """One result in words; `interval` is empty where none can be given."""

    label: str
    estimate: str
    interval: str
    n: str


def in_short_section(analysis: Analysis, cautions: Sequence[str]) -> Section:
    return Section(title="In short", blocks=(key_table(analysis), *map(aside, cautions)))


def key_table(analysis: Analysis) -> Table:
    several = len(analysis.readers) > 1
    return Table(
        caption="Results",
        header=("What", "Estimate", ACROSS if several else "Wilson 95 %", "n"),
        rows=[(one.label, one.estimate, one.interval, one.n) for one in key_numbers(analysis)],
    )


def key_numbers(analysis: Analysis) -> list[KeyNumber]:
    """Of the questions that were answered: for readers and cases like these where there are several readers."""
    asked = asked_questions(analysis)
    numbers: list[KeyNumber] = []
    if Question.REALISM in asked:
        result, across = analysis.overall.realism, analysis.across_readers[Question.REALISM]
        numbers += [
            _right("Real and synthetic told apart", result.accuracy, across.accuracy),
            _wrong("Synthetic images called real", result.sensitivity, across.sensitivity),
            _wrong("Real images called synthetic", result.specificity, across.specificity),
            *_area("AUC, real or synthetic", result, across.auc),
        ]
    if Question.TUMOR in asked:
        tumor = analysis.across_readers[Question.TUMOR].accuracy
        numbers.append(_right("Tumor or nontumor right", analysis.overall.tumor.accuracy, tumor))
    return numbers


def cautions(analysis: Analysis, readers: ReaderFacts, *, locked: LockedAudit | None) -> list[str]:
    """What a reader of the results must know before believing them; the last one is always there."""
    return list(_cautions(analysis, readers, locked))


def _cautions(analysis: Analysis, readers: ReaderFacts, locked: LockedAudit | None) -> Iterator[str]:
    if readers.n_simulated:
        yield simulated_note(readers.n_simulated)
    if readers.curators:
        yield curators_note(readers.curators)
    if locked is None:
        yield "The blinding audit was not done: something other than the picture may have told the truth."
    elif locked.audit.leaks:
        leaks = ", ".join(leak.name for leak in locked.audit.leaks)
        yield f"Locked in spite of leaks that tell synthetic from real ({leaks}), {locked.because}"
    if 1 < len(analysis.readers) < FEW_READERS:
        yield FEW_READERS_NOTE
    yield f"Diversity was not measured in this study. {DIVERSITY_NOTE}"


def _right(label: str, rate: Proportion, across: MrmcEstimate) -> KeyNumber:
    if rate.independent:
        return _number(label, rate.estimate, rate.wilson95, rate)
    return _number(label, across.estimate, across.ci95, rate)


def _wrong(label: str, right: Proportion, across: MrmcEstimate) -> KeyNumber:
    """The share of the opposite answers."""
    wrong = Proportion(right.n - right.k, right.n, right.independent)
    if right.independent:
        return _number(label, wrong.estimate, wrong.wilson95, wrong)
    interval = None if across.ci95 is None else (1 - across.ci95[1], 1 - across.ci95[0])
    return _number(label, None if across.estimate is None else 1 - across.estimate, interval, wrong)


def _number(label: str, estimate: float | None, interval: Interval | None, rate: Proportion) -> KeyNumber:
    return KeyNumber(
        label=label,
        estimate=percent(estimate),
        interval=interval_text(interval) or NOT_ESTIMABLE,
        n=f"{rate.k} of {rate.n}",
    )


def _area(label: str, result: QuestionResult, across: MrmcEstimate) -> Iterator[KeyNumber]:
    if result.area is None:
        return
    estimate, interval = (
        (result.area.auc, result.auc_ci95) if result.independent else (across.estimate, across.ci95)
    )
    yield KeyNumber(
        label=label,
        estimate=number(estimate),
        interval=ratio_interval(interval) or NOT_ESTIMABLE,
        n=f"{result.area.n} answers",
    )
