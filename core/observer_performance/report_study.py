"""What holds for the study as a whole, in plain text: verdict, readers together, agreement, generators."""

from collections.abc import Iterator
from textwrap import wrap

from core.observer_performance.across_readers import AcrossReaders
from core.observer_performance.agreement import Agreement
from core.observer_performance.analysis import Analysis
from core.observer_performance.conclusion import verdict_sentence
from core.observer_performance.contingency import SIGNALS
from core.observer_performance.wording import NOT_ESTIMABLE, interval_text, number, percent, ratio_interval
from core.reading.protocol import Question

LINE_LENGTH = 100
FEW_READERS = 4
FEW_READERS_NOTE = (
    "Three readers or fewer say little of how readers vary: in simulated studies of three readers who differ much, "
    "the 95 % interval across readers held the truth in 91.7 %, not 95 %. Read it as one of about 92 %; five "
    "readers or more are advised."
)
DIVERSITY_NOTE = "Realism is not diversity: readers do not see what a generator never makes. Report both."


def study_lines(analysis: Analysis) -> Iterator[str]:
    """Everything that is said once, above the tables of counts."""
    yield from wrap(verdict_sentence(analysis.equivalence), LINE_LENGTH)
    yield DIVERSITY_NOTE
    if len(analysis.readers) > 1:
        yield from _across_lines(analysis)
        yield from _agreement_lines(analysis)
    yield from _generator_lines(analysis)


def sparse_readers_note(analysis: Analysis) -> str | None:
    """Who is left out, and who judged few images: with equal weight, one such reader makes the interval wide."""
    left_out = {question: _one_kind_only(analysis, question) for question in Question}
    notes = [
        f"Left out across readers, {SIGNALS[question].title.lower()}, for images of one kind: {', '.join(names)}."
        for question, names in left_out.items()
        if names
    ]
    sparse = _sparse(analysis, besides={name for names in left_out.values() for name in names})
    return " ".join([*notes, *sparse]) or None


def _one_kind_only(analysis: Analysis, question: Question) -> list[str]:
    """Readers who have no accuracy over both truths, where the others do."""
    pooled = analysis.overall.of(question).counts.table
    tables = {reader: found.of(question).counts.table for reader, found in analysis.per_reader.items()}
    return [
        reader
        for reader, table in tables.items()
        if pooled.n_present and pooled.n_absent and table.n and not (table.n_present and table.n_absent)
    ]


def _sparse(analysis: Analysis, *, besides: set[str]) -> Iterator[str]:
    judged = {
        reader: max(found.realism.counts.table.n, found.tumor.counts.table.n)
        for reader, found in analysis.per_reader.items()
    }
    most = max(judged.values())
    sparse = ", ".join(f"{reader} ({n})" for reader, n in judged.items() if 2 * n < most and reader not in besides)
    if sparse:
        yield f"Every reader counts the same across readers, also who judged few of up to {most} images: {sparse}."


def _across_lines(analysis: Analysis) -> Iterator[str]:
    yield ""
    yield "Across readers, for readers and cases like these"
    for question, found in analysis.across_readers.items():
        yield f"  {SIGNALS[question].title:<20}{_across_text(found)}"
    if note := sparse_readers_note(analysis):
        yield from wrap(note, LINE_LENGTH, initial_indent="  ", subsequent_indent="  ")
    if len(analysis.readers) < FEW_READERS:
        yield from wrap(FEW_READERS_NOTE, LINE_LENGTH, initial_indent="  ", subsequent_indent="  ")


def _across_text(found: AcrossReaders) -> str:
    text = f"accuracy {percent(found.accuracy.estimate)}"
    if found.accuracy.ci95 is not None:
        text += f" (95 % {interval_text(found.accuracy.ci95)})"
    if found.auc.estimate is not None:
        text += f", AUC {number(found.auc.estimate)}"
    if found.auc.ci95 is not None:
        text += f" (95 % {ratio_interval(found.auc.ci95)})"
    return text


def _agreement_lines(analysis: Analysis) -> Iterator[str]:
    yield "Agreement between readers (Fleiss' kappa, Krippendorff's alpha, AC1)"
    for question, found in analysis.agreement.items():
        yield f"  {SIGNALS[question].title:<20}{agreement_text(found)}"


def agreement_text(found: Agreement) -> str:
    values = (found.fleiss_kappa, found.krippendorff_alpha, found.ac1)
    if all(value is None for value in values):
        return NOT_ESTIMABLE
    return ", ".join(number(value) for value in values)


def _generator_lines(analysis: Analysis) -> Iterator[str]:
    if not analysis.generators or analysis.overall.of(Question.REALISM).counts.table.n == 0:
        return
    yield "Synthetic images called real"
    for found in analysis.generators:
        rate = found.called_real
        name = found.generator or "generator not stated"
        yield f"  {name[:40]:<42}{percent(rate.estimate):>8}  ({rate.k} of {rate.n})"
