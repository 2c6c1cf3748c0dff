"""The answers to one question as arrays: what every statistic here is computed from."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.imageset.record import ImageKind, TumorStatus
from core.observer_performance.contingency import SIGNALS, ContingencyTable, QuestionCounts
from core.reading.case import Arm
from core.reading.protocol import Question

MISSING = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Presentations:
    """A checked long table as arrays; `reader`, `case` and `generator` are codes of the names beside them."""

    readers: tuple[str, ...]
    cases: tuple[str, ...]
    generators: tuple[str, ...]
    generator: NDArray[np.intp]
    is_repeat: NDArray[np.bool_]
    answers: Mapping[Question, "Answers"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """One entry per presentation. `present` and `called` are 1, 0 or MISSING; times in ms, NaN where missing.

    `present` says whether the signal (synthetic, or tumor) is there, `called` whether the reader said so.
    `tumor_status` is 1 tumor, 0 nontumor, MISSING unknown.
    """

    reader: NDArray[np.intp]
    case: NDArray[np.intp]
    synthetic: NDArray[np.bool_]
    tumor_status: NDArray[np.int8]
    present: NDArray[np.int8]
    called: NDArray[np.int8]
    cannot_judge: NDArray[np.bool_]
    confidence: NDArray[np.float64]
    time_ms: NDArray[np.float64]
    trial_index: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.reader)

    def __getitem__(self, rows: NDArray[np.bool_] | NDArray[np.intp] | slice) -> Self:
        return type(self)(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    @property
    def entering(self) -> Self:
        """Those that were answered, with a known reference, and not given back as a technical fault."""
        return self[(self.present != MISSING) & (self.called != MISSING) & ~self.cannot_judge]

    @property
    def correct(self) -> NDArray[np.bool_]:
        return np.equal(self.present, self.called)

    @property
    def score(self) -> NDArray[np.float64]:
        """+confidence when the signal is called, else -confidence: NaN without a confidence."""
        return np.where(self.called == 1, self.confidence, -self.confidence)

    def in_arm(self, arm: Arm) -> NDArray[np.bool_]:
        synthetic = arm.truth is ImageKind.SYNTHETIC
        tumor = int(arm.tumor_status is TumorStatus.TUMOR)
        return np.asarray((self.synthetic == synthetic) & (self.tumor_status == tumor), dtype=np.bool_)


def presentations(responses: pd.DataFrame) -> Presentations:
    """Encode a checked long table (see `responses`); names are sorted, so that row order never shows."""
    reader, readers = _coded(responses["reader_id"])
    case, cases = _coded(responses["case_id"])
    generator, generators = _coded(responses["generator"])
    return Presentations(
        readers=readers,
        cases=cases,
        generators=generators,
        generator=generator,
        is_repeat=responses["is_repeat"].to_numpy(np.bool_),
        answers={question: _answers(responses, question, reader=reader, case=case) for question in Question},
    )


def _answers(
    responses: pd.DataFrame, question: Question, *, reader: NDArray[np.intp], case: NDArray[np.intp]
) -> Answers:
    signal = SIGNALS[question]
    return Answers(
        reader=reader,
        case=case,
        synthetic=(responses["truth"] == ImageKind.SYNTHETIC).to_numpy(np.bool_),
        tumor_status=_coded_words(responses["tumor_status"], TumorStatus.TUMOR, TumorStatus.NONTUMOR),
        present=_coded_words(responses[signal.reference_column], signal.present, signal.absent),
        called=_coded_words(responses[signal.decision_column], signal.present, signal.absent),
        cannot_judge=responses["cannot_judge"].to_numpy(np.bool_),
        confidence=responses[signal.confidence_column].to_numpy(np.float64),
        time_ms=responses[signal.response_time_column].to_numpy(np.float64),
        trial_index=responses["trial_index"].to_numpy(np.float64),
    )


def count(answers: Answers, question: Question) -> QuestionCounts:
    """Count one question's answers, all of its presentations."""
    known = answers.present != MISSING
    entering = answers.entering
    return QuestionCounts(
        question=question,
        table=table_of(entering),
        by_truth={
            truth: table_of(entering[entering.synthetic == (truth is ImageKind.SYNTHETIC)]) for truth in ImageKind
        },
        missing=int((known & ~answers.cannot_judge & (answers.called == MISSING)).sum()),
        cannot_judge=int((known & answers.cannot_judge).sum()),
        unknown_reference=int((~known).sum()),
    )


def table_of(entering: Answers) -> ContingencyTable:
    counts = np.bincount(2 * entering.present + entering.called, minlength=4)
    rejections, false_alarms, misses, hits = (int(n) for n in counts)
    return ContingencyTable(hits=hits, misses=misses, false_alarms=false_alarms, correct_rejections=rejections)


def _coded_words(words: pd.Series, present: str, absent: str) -> NDArray[np.int8]:
    is_present, is_absent = (words == present).to_numpy(bool), (words == absent).to_numpy(bool)
    return np.where(is_present, 1, np.where(is_absent, 0, MISSING)).astype(np.int8)


def _coded(names: pd.Series) -> tuple[NDArray[np.intp], tuple[str, ...]]:
    """Codes in the order of the sorted names that occur, MISSING for a blank, and these names."""
    codes, categories = names.cat.codes.to_numpy(np.intp), list(map(str, names.cat.categories))
    present = (int(code) for code in np.unique(codes) if code != MISSING)
    ordered = sorted((categories[code], code) for code in present)
    recoded = np.full(len(categories) + 1, MISSING, dtype=np.intp)
    recoded[[code for _, code in ordered]] = np.arange(len(ordered))
    return recoded[codes], tuple(name for name, _ in ordered)
