"""How large a study has to be: a plan that its protocol takes, from stated variances or a finished study's."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from core.errors import BadInputError, RefusedError
from core.identifiers import StudyName
from core.observer_performance.across_readers import reader_by_case
from core.observer_performance.answers import presentations
from core.observer_performance.planning import MOST_IMAGES, VarianceComponents, expectation, goal_power, images_for
from core.observer_performance.responses import checked_responses
from core.reading.case import Arm
from core.reading.design import Goal, PlannedAnalysis, SampleSize
from core.reading.protocol import Question
from core.settings import WorkspacePaths
from core.workflows.results import study_responses


def pilot_components(paths: WorkspacePaths, study: StudyName) -> VarianceComponents:
    """Estimate how the accuracy of realism varies between readers and images of a closed study.

    Raises RefusedError unless the study is closed and two readers answered at least two images of each truth.
    """
    found = presentations(checked_responses(study_responses(paths, study), source=f"The study {study}"))
    first = found.answers[Question.REALISM][~found.is_repeat].entering
    components = VarianceComponents.estimated(*reader_by_case(first, first.correct.astype(float)))
    if components is None:
        raise RefusedError(
            f"{study} is too small to estimate how readers and images vary.",
            "Choose a study with two readers and two images of each truth, or state the variances.",
        )
    return components


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is wanted and assumed: the sample size, with the planned analysis that it is for."""

    sample_size: SampleSize
    planned: PlannedAnalysis

    @property
    def images_per_arm(self) -> int:
        return -(-self.sample_size.n_images // len(Arm))

    def to_json(self) -> dict[str, object]:
        """The plan, and what it leads to."""
        size = asdict(self.sample_size)
        expected = asdict(expectation(self.sample_size, self.planned))
        return {"margin": self.planned.margin, "alpha": self.planned.alpha, "sample_size": size} | expected

    @classmethod
    def read(cls, file: Path) -> Self:
        """Read what `to_json` gave; raises BadInputError for anything else."""
        try:
            content = json.loads(file.read_text("utf-8"))
            size = content["sample_size"]
            return cls(
                sample_size=SampleSize(**{**size, "goal": Goal(size["goal"])}),
                planned=PlannedAnalysis(margin=content["margin"], alpha=content["alpha"]),
            )
        except OSError as error:
            raise BadInputError(f"{file} cannot be read: {error.strerror}.", "Name a plan.") from error
        except (ValueError, KeyError, TypeError) as error:
            raise BadInputError(f"{file} is no plan.", "Write one with `mrturing study plan --file`.") from error


def images_of_whole_arms(goal: Goal, accuracy: float, planned: PlannedAnalysis, *, power: float) -> int:
    """Return how many images reach the power, rounded up to equal arms; raises RefusedError where none do."""
    needed = images_for(goal_power(goal, accuracy, planned), at_least=power)
    if needed is None:
        raise RefusedError(
            f"More than {MOST_IMAGES:,} images would be needed for a power of {100 * power:g} %.",
            "Assume another accuracy, want less power, or widen the margin.",
        )
    return -(-needed // len(Arm)) * len(Arm)


def sample_size(
    components: VarianceComponents,
    *,
    goal: Goal,
    power: float,
    accuracy: float,
    n_readers: int,
    n_images: int,
    pilot: StudyName | None = None,
) -> SampleSize:
    """State a sample size with the variances that it assumes."""
    return SampleSize(
        goal=goal,
        power=power,
        accuracy=accuracy,
        n_readers=n_readers,
        n_images=n_images,
        reader_sd=components.reader**0.5,
        case_sd=components.case**0.5,
        error_sd=components.error**0.5,
        pilot=pilot,
    )
