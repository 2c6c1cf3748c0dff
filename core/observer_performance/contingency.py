"""The 2 x 2 tables of both questions, and what could not enter them.

Signal-present is synthetic in the realism table and tumor in the tumor table: stated here and nowhere else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

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
    confidence_column: str
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
        confidence_column="confidence",
        response_time_column="response_time_ms",
    ),
    Question.TUMOR: Signal(
        title="Tumor or nontumor",
        present=TumorStatus.TUMOR,
        absent=TumorStatus.NONTUMOR,
        reference_column="tumor_status",
        decision_column="tumor_decision",
        confidence_column="tumor_confidence",
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

    @property
    def n_correct(self) -> int:
        return self.hits + self.correct_rejections

    @property
    def answers_one_word(self) -> bool:
        """Whether every answer is the same: then nothing is known of telling signal from noise."""
        return self.hits + self.false_alarms in (0, self.n)

    def __add__(self, other: Self) -> Self:
        return type(self)(
            hits=self.hits + other.hits,
            misses=self.misses + other.misses,
            false_alarms=self.false_alarms + other.false_alarms,
            correct_rejections=self.correct_rejections + other.correct_rejections,
        )

    def accuracy(self, *, independent: bool = True) -> Proportion:
        return Proportion(self.n_correct, self.n, independent)

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
