"""The 2 x 2 tables of both questions, and what could not enter them.

Signal-present is synthetic in the realism table and tumor in the tumor table: stated here and nowhere else.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from core.imageset.record import ImageKind, TumorStatus
from core.observer_performance.proportions import Proportion
from core.reading.protocol import Question


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """A question in words, and the columns that hold its reference and the reader's answer."""

    title: str
    present: str
    absent: str
    reference_column: str
    decision_column: str
    response_time_column: str

    @property
    def words(self) -> tuple[str, str]:
        """In the order of the paper's Table 2: real before synthetic, tumor before nontumor."""
        ordered = (ImageKind.REAL, ImageKind.SYNTHETIC, TumorStatus.TUMOR, TumorStatus.NONTUMOR)
        first, second = (str(word) for word in ordered if word in (self.present, self.absent))
        return first, second


SIGNALS: Mapping[Question, Signal] = {
    Question.REALISM: Signal(
        title="Real or synthetic",
        present=ImageKind.SYNTHETIC,
        absent=ImageKind.REAL,
        reference_column="truth",
        decision_column="decision",
        response_time_column="response_time_ms",
    ),
    Question.TUMOR: Signal(
        title="Tumor or nontumor",
        present=TumorStatus.TUMOR,
        absent=TumorStatus.NONTUMOR,
        reference_column="tumor_status",
        decision_column="tumor_decision",
        response_time_column="tumor_response_time_ms",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ContingencyTable:
    """Counts of decisions against the reference. Hits: signal present and called."""

    hits: int
    misses: int
    false_alarms: int
    correct_rejections: int

    @property
    def n_present(self) -> int:
        return self.hits + self.misses

    @property
    def n_absent(self) -> int:
        return self.false_alarms + self.correct_rejections

    @property
    def n(self) -> int:
        return self.n_present + self.n_absent

    def accuracy(self, *, independent: bool = True) -> Proportion:
        return Proportion(self.hits + self.correct_rejections, self.n, independent)

    def sensitivity(self, *, independent: bool = True) -> Proportion:
        return Proportion(self.hits, self.n_present, independent)

    def specificity(self, *, independent: bool = True) -> Proportion:
        return Proportion(self.correct_rejections, self.n_absent, independent)

    def by_word(self, signal: Signal) -> dict[str, dict[str, int]]:
        """Counts as {reference: {decision: n}}, in the paper's order."""
        cells = {
            (signal.present, signal.present): self.hits,
            (signal.present, signal.absent): self.misses,
            (signal.absent, signal.present): self.false_alarms,
            (signal.absent, signal.absent): self.correct_rejections,
        }
        return {row: {column: cells[row, column] for column in signal.words} for row in signal.words}


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionCounts:
    """One question's tables, for all images and for real and synthetic ones apart.

    The rest of the presentations stands beside them: without a known reference (`unknown_reference`, then
    whatever was answered), given back as a technical fault (`cannot_judge`), without an answer (`missing`).
    """

    question: Question
    table: ContingencyTable
    by_truth: Mapping[ImageKind, ContingencyTable]
    missing: int
    cannot_judge: int
    unknown_reference: int

    @property
    def signal(self) -> Signal:
        return SIGNALS[self.question]

    def to_json(self) -> dict[str, object]:
        left_out = {"missing": self.missing, "cannot_judge": self.cannot_judge}
        table: dict[str, object] = {"table": self.table.by_word(self.signal)}
        if self.question is Question.REALISM:
            return table | left_out
        by_truth = {str(truth): part.by_word(self.signal) for truth, part in self.by_truth.items()}
        return table | {"by_truth": by_truth} | left_out | {"unknown_tumor_status": self.unknown_reference}


def count(responses: pd.DataFrame, question: Question) -> QuestionCounts:
    """Count one question's answers in a checked long table (see `responses`), all of its rows."""
    signal = SIGNALS[question]
    known = responses[signal.reference_column].isin(signal.words)
    cannot_judge = responses["cannot_judge"]
    answered = responses[signal.decision_column].isin(signal.words)
    entering = responses[known & ~cannot_judge & answered]
    return QuestionCounts(
        question=question,
        table=_table(entering, signal),
        by_truth={truth: _table(entering[entering["truth"] == truth], signal) for truth in ImageKind},
        missing=int((known & ~cannot_judge & ~answered).sum()),
        cannot_judge=int((known & cannot_judge).sum()),
        unknown_reference=int((~known).sum()),
    )


def _table(entering: pd.DataFrame, signal: Signal) -> ContingencyTable:
    present = entering[signal.reference_column] == signal.present
    called = entering[signal.decision_column] == signal.present
    return ContingencyTable(
        hits=int((present & called).sum()),
        misses=int((present & ~called).sum()),
        false_alarms=int((~present & called).sum()),
        correct_rejections=int((~present & ~called).sum()),
    )
