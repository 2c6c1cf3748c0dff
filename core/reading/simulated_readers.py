"""Readers of known ability, for demos, for tests, and to see what a plan would find.

Each question is one draw of equal-variance Gaussian signal detection: an image's evidence for the signal
(synthetic, tumor) is normal around +-d'/2, and the signal is called above the criterion. A response follows
from the reader's seed, the image's pixels, and which presentation it is: from the order only through drift.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from core.errors import BadInputError
from core.imageset.record import ImageKind, TumorStatus
from core.reading.case import Case
from core.reading.design import Scale
from core.reading.protocol import Protocol, Question
from core.reading.study import GRAY_RAMP_STEPS, ReaderProfile
from core.reading.trial import Trial

SPECIALTY = "Simulated"  # no choice on the start page: what has it never passes for a person
CONFIDENCE_CUTS = (0.25, 0.6, 1.0, 1.5)  # distances from the criterion, in SD of the evidence
FASTEST_MS = 150.0
_TRIAL_IDS = uuid.UUID("6f1d7d0c-5a36-4d0e-9a55-0d3b9f6b8a11")

SIMULATED_PROFILE = ReaderProfile(
    years_of_experience=0,
    specialty=SPECIALTY,
    board_certified=False,
    seen_synthetic_before=False,
    gray_ramp_steps=GRAY_RAMP_STEPS,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ability:
    """How well readers tell, and how they lean, in SD of the evidence; the same for all cases of a truth.

    A `criterion` above 0 leans to real and to nontumor. `drift` is what d' gains (learning) or loses (fatigue)
    over 100 trials. `lapse_rate` is the share of answers given without looking.
    `response_time_ms` is the median of a log-normal with shape `response_time_sigma`, for each question.
    """

    dprime: float = 1.2
    tumor_dprime: float = 2.5
    criterion: float = 0.0
    drift: float = 0.0
    lapse_rate: float = 0.0
    response_time_ms: float = 2500.0
    response_time_sigma: float = 0.4

    def __post_init__(self) -> None:
        for name, value in (("d'", self.dprime), ("tumor d'", self.tumor_dprime), ("criterion", self.criterion)):
            if not abs(value) <= 10:
                raise BadInputError(f"A {name} of {value} is not possible.", "Use one between -10 and 10.")
        if not abs(self.drift) <= 10:
            raise BadInputError(f"A drift of {self.drift} per 100 trials is not possible.", "Use -10 to 10.")
        if not 0 <= self.lapse_rate <= 1:
            raise BadInputError(f"A lapse rate of {self.lapse_rate} is not possible.", "Use 0 to 1.")

    def dprime_at(self, question: Question, trial_index: int) -> float:
        at_start = self.dprime if question is Question.REALISM else self.tumor_dprime
        return at_start + self.drift * trial_index / 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgment:
    """The answer to one question: whether the signal is called, how surely (1 to 5), and after how long."""

    signal: bool
    confidence: int
    time_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedReader:
    """`number` and `seed` make the reader: another of either answers otherwise, with the same ability."""

    number: int
    seed: int
    ability: Ability

    @property
    def name(self) -> str:
        return self.name_of(self.number)

    @staticmethod
    def name_of(number: int) -> str:
        return f"simulated-{number}"

    def judge(self, question: Question, case: Case, *, trial_index: int, presentations_left: int = 0) -> Judgment:
        """Answer one question on a case that this reader will see `presentations_left` times more."""
        rng = self._rng(case, question, presentations_left)
        ability = self.ability
        has_signal = (case.truth is ImageKind.SYNTHETIC, case.tumor_status is TumorStatus.TUMOR)
        side = 1 if has_signal[question is Question.TUMOR] else -1
        evidence = side * ability.dprime_at(question, trial_index) / 2 + rng.normal()
        if rng.random() < ability.lapse_rate:
            evidence = ability.criterion + rng.normal()
        distance = abs(evidence - ability.criterion)
        time_ms = ability.response_time_ms * float(np.exp(ability.response_time_sigma * rng.normal()))
        return Judgment(
            signal=bool(evidence > ability.criterion),
            confidence=1 + int(np.searchsorted(CONFIDENCE_CUTS, distance)),
            time_ms=round(max(time_ms, FASTEST_MS), 1),
        )

    def record(
        self,
        case: Case,
        protocol: Protocol,
        *,
        trial: Trial,
        painted_at: datetime,
        presentations_left: int = 0,
    ) -> Mapping[str, object]:
        """Return the whole response as a browser would send it; it answers what the protocol asks."""
        judgments = {
            question: self.judge(
                question, case, trial_index=trial.trial_index, presentations_left=presentations_left
            )
            for question in trial.asks(protocol.questions)
        }
        answers: dict[str, object] = {}
        elapsed_ms = 0.0
        for question, judgment in judgments.items():
            elapsed_ms = round(elapsed_ms + judgment.time_ms, 1)
            answers |= _answer(question, judgment, time_ms=elapsed_ms, scale=protocol.scale)
        return {
            **_SCREEN,
            **_NOT_ASKED,
            **answers,
            "response_id": str(uuid.uuid5(_TRIAL_IDS, trial.trial_id)),
            "trial": trial.trial_id,
            "painted_at": painted_at.isoformat(timespec="milliseconds"),
            "answered_at": (painted_at + timedelta(milliseconds=elapsed_ms)).isoformat(timespec="milliseconds"),
            "longest_idle_ms": max(judgment.time_ms for judgment in judgments.values()),
        }

    def _rng(self, case: Case, question: Question, presentations_left: int) -> np.random.Generator:
        pixels = int(case.pixels_sha256[:16], 16)
        return np.random.default_rng(
            [self.seed, self.number, pixels, question is Question.TUMOR, presentations_left]
        )


def _answer(question: Question, judgment: Judgment, *, time_ms: float, scale: Scale) -> dict[str, object]:
    stated = _stated(judgment.confidence, scale)
    if question is Question.REALISM:
        decision = ImageKind.SYNTHETIC if judgment.signal else ImageKind.REAL
        return {"decision": str(decision), "response_time_ms": time_ms, "confidence": stated}
    tumor = TumorStatus.TUMOR if judgment.signal else TumorStatus.NONTUMOR
    return {
        "tumor_decision": str(tumor),
        "tumor_response_time_ms": time_ms,
        "tumor_confidence": stated,
    }


def _stated(confidence: int, scale: Scale) -> int | None:
    """One to five on the scale's own steps: of three, the first two steps are one, and the next two."""
    match scale:
        case Scale.CONFIDENCE:
            return confidence
        case Scale.SIX_STEP:
            return (confidence + 1) // 2
        case Scale.FORCED_CHOICE:
            return None


_NOT_ASKED = dict.fromkeys(
    (
        "decision",
        "confidence",
        "response_time_ms",
        "tumor_decision",
        "tumor_confidence",
        "tumor_response_time_ms",
    )
)
_SCREEN: Mapping[str, object] = {
    "cannot_judge": False,
    "window_center": 127.5,
    "window_width": 255,
    "zoom": 1,
    "pan_x": 0,
    "pan_y": 0,
    "inverted": False,
    "interpolation": "smooth",
    "viewport_width": 1440,
    "viewport_height": 900,
    "device_pixel_ratio": 1,
    "device_pixels_per_pixel": 3,
    "paused_ms": 0,
    "interrupted": False,
}
