"""Training a generator in this process, as `mrturing generator train` does. Torch loads only then."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from core.identifiers import CohortName, RunName
from core.imageset.record import TumorStatus
from core.settings import WorkspacePaths
from core.workflows.generators import Run

if TYPE_CHECKING:
    from core.synthesis.run_folder import Tick

PROBE_SECONDS = 20.0


class Recipe(StrEnum):
    PAPER = "paper"
    LIGHT = "light"
    SMOKE = "smoke"
    EIGENIMAGE = "eigenimage"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingRequest:
    """What a person decides of a training; None leaves it to the recipe (`precision`: to the machine).

    `kimg`: thousands of real images to show. `resolution`: pixels that the images grow to.
    """

    cohort: CohortName
    tumor_status: TumorStatus
    recipe: Recipe = Recipe.LIGHT
    kimg: float | None = None
    resolution: int | None = None
    batch: int | None = None
    precision: Literal["fp32", "bf16"] | None = None
    seed: int = 0
    horizontal_flip: bool = False
    name: RunName | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingEstimate:
    """What a short probe on this machine foresees. `images_per_s` and `kimg` by resolution."""

    seconds: float
    images_per_s: Mapping[int, float]
    kimg: Mapping[int, float]
    device: str
    precision: str
    n_training_images: int


def train(
    paths: WorkspacePaths,
    request: TrainingRequest,
    *,
    should_stop: Callable[[], str | None],
    on_tick: Callable[[Tick], None],
) -> Run:
    """Make a run and train it to its end, or until `should_stop` says "paused" or "stopped".

    Raises NotFoundError, RefusedError or BadInputError before anything is made.
    """
    raise NotImplementedError


def resume(
    paths: WorkspacePaths,
    name: RunName,
    *,
    recipe: Recipe | None,
    should_stop: Callable[[], str | None],
    on_tick: Callable[[Tick], None],
) -> Run:
    """Go on where the last checkpoint of a run stands. A `recipe` other than the run's is refused."""
    raise NotImplementedError


def probe(paths: WorkspacePaths, request: TrainingRequest, *, seconds: float = PROBE_SECONDS) -> TrainingEstimate:
    """Time some steps of each stage in this process."""
    raise NotImplementedError
