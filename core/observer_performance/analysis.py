"""The analysis of a reader study, or of a long table from anywhere: everything that its responses say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from core.errors import BadInputError
from core.observer_performance.across_readers import AcrossReaders, across_readers
from core.observer_performance.agreement import Agreement, agreement
from core.observer_performance.answers import Answers, presentations
from core.observer_performance.deception import (
    GeneratorDeception,
    ImageDeception,
    by_generator,
    by_image,
    hype_infinity,
)
from core.observer_performance.equivalence import Equivalence, equivalence
from core.observer_performance.performance import Performance, performance
from core.observer_performance.responses import checked_responses
from core.reading.design import PlannedAnalysis
from core.reading.protocol import Question

MOST_READERS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """`overall` pools the readers: with more than one it has no intervals, and `across_readers` is the result.

    `images` are the most misjudged of `n_cases` judged cases, all of them in a study of ordinary size.
    """

    n_presentations: int
    n_repeats_left_out: int
    overall: Performance
    per_reader: Mapping[str, Performance]
    across_readers: Mapping[Question, AcrossReaders]
    agreement: Mapping[Question, Agreement]
    equivalence: Equivalence
    generators: tuple[GeneratorDeception, ...]
    images: tuple[ImageDeception, ...]
    n_cases: int

    @property
    def readers(self) -> tuple[str, ...]:
        return tuple(self.per_reader)

    def to_json(self) -> dict[str, object]:
        """The keys that docs/analysis.md lists; not estimable is None."""
        tumor = Question.TUMOR
        return {
            "readers": list(self.readers),
            "presentations": self.n_presentations,
            "repeats_left_out": self.n_repeats_left_out,
            "cases": self.n_cases,
            "equivalence": self.equivalence.to_json(),
            **self.overall.to_json(),
            "mrmc": self.across_readers[Question.REALISM].to_json()
            | {"tumor": self.across_readers[tumor].to_json()},
            "agreement": self.agreement[Question.REALISM].to_json() | {"tumor": self.agreement[tumor].to_json()},
            "hype_infinity": hype_infinity(self.overall.realism.counts.table),
            "per_generator": [generator.to_json() for generator in self.generators],
            "per_image": [image.to_json() for image in self.images],
            "per_reader": [{"reader": reader, **found.to_json()} for reader, found in self.per_reader.items()],
        }


def analyze(responses: pd.DataFrame, planned: PlannedAnalysis | None = None) -> Analysis:
    """Analyze a long table (columns as in `responses`, checked here again); only first presentations are judged.

    A reader who saw only repeats stays in the list, with nothing estimable. Raises BadInputError.
    """
    shown = presentations(checked_responses(responses, source="The responses"))
    _check_readers(len(shown.readers))
    first = {question: answers[~shown.is_repeat] for question, answers in shown.answers.items()}
    repeats = {question: answers[shown.is_repeat] for question, answers in shown.answers.items()}
    overall = performance(first, repeats, independent=len(shown.readers) == 1)
    per_reader = _per_reader(first, repeats, shown.readers)
    entering = {question: answers.entering for question, answers in first.items()}
    across = {question: across_readers(answers) for question, answers in entering.items()}
    images, n_cases = by_image(entering[Question.REALISM], shown.cases)
    return Analysis(
        n_presentations=int((~shown.is_repeat).sum()),
        n_repeats_left_out=int(shown.is_repeat.sum()),
        overall=overall,
        per_reader=per_reader,
        across_readers=across,
        agreement={question: agreement(answers, shown.readers) for question, answers in first.items()},
        equivalence=_equivalence(overall, per_reader, across[Question.REALISM], planned or PlannedAnalysis()),
        generators=by_generator(shown),
        images=images,
        n_cases=n_cases,
    )


def _check_readers(n: int) -> None:
    if n > MOST_READERS:
        raise BadInputError(
            f"The responses name {n} readers; at most {MOST_READERS} are analyzed.",
            "Make sure that reader_id names the reader, the same in all rows of one person.",
        )


def _per_reader(
    first: Mapping[Question, Answers], repeats: Mapping[Question, Answers], readers: Sequence[str]
) -> dict[str, Performance]:
    firsts, again = _split(first, len(readers)), _split(repeats, len(readers))
    return {reader: performance(firsts[code], again[code], independent=True) for code, reader in enumerate(readers)}


def _split(answers: Mapping[Question, Answers], n_readers: int) -> list[dict[Question, Answers]]:
    """Each reader's part; one sort, because a mask for each of 1,000 readers would pass all rows each time."""
    order = np.argsort(answers[Question.REALISM].reader, kind="stable")
    ordered = {question: part[order] for question, part in answers.items()}
    bounds = np.searchsorted(ordered[Question.REALISM].reader, np.arange(n_readers + 1))
    return [{question: part[start:end] for question, part in ordered.items()} for start, end in pairwise(bounds)]


def _equivalence(
    overall: Performance, per_reader: Mapping[str, Performance], across: AcrossReaders, planned: PlannedAnalysis
) -> Equivalence:
    """The repeats that serve as positive control are those of the tumor question, where it was asked.

    Somebody who cannot tell real from synthetic may well answer that question differently the second time.
    """
    tumor_retest, realism_retest = overall.retest[Question.TUMOR], overall.retest[Question.REALISM]
    return equivalence(
        [found.realism.counts.table for found in per_reader.values()],
        planned,
        mrmc_accuracy=across.accuracy,
        tumor_accuracy=overall.tumor.accuracy,
        repeat_agreement=(tumor_retest if tumor_retest.agreement.n else realism_retest).agreement,
    )
