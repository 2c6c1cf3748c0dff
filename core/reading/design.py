"""How a study is presented to its readers, and what was planned to be made of it: parts of the protocol."""

from dataclasses import dataclass
from enum import StrEnum

from core.errors import BadInputError
from core.identifiers import StudyName


class Scale(StrEnum):
    """How a question is answered.

    Six steps: definitely, probably or possibly real, possibly, probably or definitely synthetic (and the same of
    the tumor), kept as a decision with a confidence of 1 to 3.
    """

    FORCED_CHOICE = "forced-choice"
    CONFIDENCE = "confidence"
    SIX_STEP = "six-step"

    @property
    def highest_confidence(self) -> int:
        """0 where no confidence is stated."""
        return {Scale.FORCED_CHOICE: 0, Scale.CONFIDENCE: 5, Scale.SIX_STEP: 3}[self]


class Phases(StrEnum):
    """Tumor first: all images with the tumor question, then, in an order drawn anew, all with realism.

    Until the second phase nothing tells the reader that some images are synthetic.
    """

    TOGETHER = "together"
    TUMOR_FIRST = "tumor-first"


class Endpoint(StrEnum):
    REALISM_ACCURACY = "realism accuracy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Presentation:
    """The course of a reading.

    `repeats`: how many cases are shown a second time in each phase, at least `repeat_distance` trials after the
    first. `practice`: images shown before all others, never analyzed. `break_every`: trials between two breaks
    that the viewer offers, 0 for none.
    """

    repeats: int = 0
    repeat_distance: int = 20
    practice: int = 0
    break_every: int = 0
    phases: Phases = Phases.TOGETHER

    def __post_init__(self) -> None:
        for value, low, what in (
            (self.repeats, 0, "number of repeats"),
            (self.repeat_distance, 1, "distance between repeats"),
            (self.practice, 0, "number of practice images"),
            (self.break_every, 0, "number of trials between breaks"),
        ):
            if value < low:
                raise BadInputError(f"A {what} of {value} is not possible.", f"Ask for at least {low}.")

    def check_room(self, n_cases: int) -> None:
        """Raises BadInputError where so many repeats cannot lie that far behind their first presentation."""
        most = max(0, n_cases - self.repeat_distance + 1)
        if self.repeats > most:
            raise BadInputError(
                f"{n_cases} images have no room for {self.repeats} repeats {self.repeat_distance} trials apart.",
                f"Ask for at most {most} repeats, or for a smaller distance.",
            )

    def __str__(self) -> str:
        parts = []
        if self.phases is Phases.TUMOR_FIRST:
            parts.append("the tumor question for all images first, realism after")
        if self.practice:
            parts.append(f"{self.practice} practice images")
        if self.repeats:
            parts.append(f"{self.repeats} repeats, at least {self.repeat_distance} trials apart")
        if self.break_every:
            parts.append(f"a break every {self.break_every} trials")
        return "; ".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedAnalysis:
    """What was fixed before the reading: accuracy within 0.5 +- `margin` counts as equivalent.

    Equivalence is withheld where the positive control lies below its floor: right tumor answers, or agreement of
    repeats with themselves. `washout_days` stood between this reading and an earlier one of the same images.
    """

    primary_endpoint: Endpoint = Endpoint.REALISM_ACCURACY
    margin: float = 0.10
    alpha: float = 0.05
    tumor_accuracy_floor: float = 0.70
    repeat_agreement_floor: float = 0.60
    washout_days: int = 0

    def __post_init__(self) -> None:
        for value, high, what in (
            (self.margin, 0.5, "margin"),
            (self.alpha, 0.5, "alpha"),
            (self.tumor_accuracy_floor, 1.0, "floor of the tumor accuracy"),
            (self.repeat_agreement_floor, 1.0, "floor of the agreement on repeats"),
        ):
            if not 0 < value < high:
                raise BadInputError(f"A {what} of {value} is not possible.", f"Choose between 0 and {high}.")
        if self.washout_days < 0:
            raise BadInputError(f"A washout of {self.washout_days} days is not possible.", "Ask for at least 0.")

    def __str__(self) -> str:
        washout = f", after a washout of {self.washout_days} days" if self.washout_days else ""
        return (
            f"{self.primary_endpoint}, equivalent within 50 ± {100 * self.margin:g} % at alpha {self.alpha:g}; "
            f"floors: tumor accuracy {100 * self.tumor_accuracy_floor:g} %, "
            f"agreement on repeats {100 * self.repeat_agreement_floor:g} %{washout}"
        )


class Goal(StrEnum):
    """What the number of images is to suffice for: that readers can tell, or that they cannot."""

    DIFFERENCE = "difference"
    EQUIVALENCE = "equivalence"


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleSize:
    """Why a study is as large as it is; stated before it was made, with what was assumed. Shares are of 0..1.

    One reader's exact test was to reach the `goal` with `power` if the true accuracy is `accuracy`. SDs are those
    of being right (0 or 1) between readers, between images of one truth, and of what is left; `pilot` is the
    closed study that they were estimated from. `n_images`: that each reader judges.
    """

    goal: Goal
    power: float
    accuracy: float
    n_readers: int
    n_images: int
    reader_sd: float
    case_sd: float
    error_sd: float
    pilot: StudyName | None = None

    def __post_init__(self) -> None:
        for value, low, high, what in (
            (self.power, 0.0, 1.0, "power"),
            (self.accuracy, 0.0, 1.0, "true accuracy"),
            (self.reader_sd, 0.0, 0.5, "SD between readers"),
            (self.case_sd, 0.0, 0.5, "SD between images"),
            (self.error_sd, 0.0, 0.5, "SD of what is left"),
        ):
            if not low <= value <= high:
                raise BadInputError(f"A {what} of {value} is not possible.", f"State one from {low:g} to {high:g}.")
        for number, what in ((self.n_readers, "readers"), (self.n_images, "images")):
            if number < 1:
                raise BadInputError(f"{number} {what} cannot be planned for.", "Plan for at least 1.")

    def __str__(self) -> str:
        tell = "can" if self.goal is Goal.DIFFERENCE else "cannot"
        return (
            f"{self.n_readers} readers of {self.n_images} images each; to show that readers {tell} tell, with a "
            f"power of {100 * self.power:g} % if their accuracy is {100 * self.accuracy:g} %"
        )
