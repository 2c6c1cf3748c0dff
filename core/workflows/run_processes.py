"""Runs as processes: the app starts the commands that a person could type, and none of them ends with it.

Nothing here loads torch: whoever needs it is a process of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.identifiers import ImageSetName, RunName
from core.settings import WorkspacePaths
from core.workflows.generators import WhichCheckpoint
from core.workflows.training import TrainingEstimate, TrainingRequest


class PictureFormat(StrEnum):
    PNG = "png"
    GIF = "gif"


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplingRequest:
    """Images to draw from a run: seeds `seed`, `seed + 1`, ... `truncation` in (0, 1]; None: none."""

    run: RunName
    name: ImageSetName
    n_images: int = 100
    seed: int = 0
    checkpoint: WhichCheckpoint = WhichCheckpoint.BEST
    truncation: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplingProgress:
    """One drawing that a process does or did. `problem`: why it ended without its image set, in one line."""

    request: SamplingRequest
    n_done: int
    running: bool
    problem: str | None


def start_training(paths: WorkspacePaths, request: TrainingRequest) -> RunName:
    """Start a training that goes on when the app ends; returns when it runs. Raises what the command refuses."""
    raise NotImplementedError


def resume_training(paths: WorkspacePaths, name: RunName) -> None:
    """Start a paused, stopped, interrupted or failed run again from its last checkpoint."""
    raise NotImplementedError


def pause_run(paths: WorkspacePaths, name: RunName) -> None:
    """Ask a run that is training to save and end, to be resumed later; it does so after its current step."""
    raise NotImplementedError


def stop_run(paths: WorkspacePaths, name: RunName) -> None:
    """Like `pause_run`, for good: what is trained stays as it is. A run that does not train is marked."""
    raise NotImplementedError


def estimate_training(paths: WorkspacePaths, request: TrainingRequest) -> TrainingEstimate:
    """How long a training will take here, by a probe of about 20 seconds in a process of its own."""
    raise NotImplementedError


def start_sampling(paths: WorkspacePaths, request: SamplingRequest) -> None:
    """Draw an image set in a process of its own. The same request again goes on where a killed one ended."""
    raise NotImplementedError


def samplings(paths: WorkspacePaths, run: RunName) -> list[SamplingProgress]:
    """The drawings from a run that are under way, and those that ended without their image set."""
    raise NotImplementedError


def seeds_sheet(
    paths: WorkspacePaths,
    run: RunName,
    *,
    n_images: int = 16,
    seed: int = 0,
    checkpoint: WhichCheckpoint = WhichCheckpoint.BEST,
    truncation: float | None = None,
) -> bytes:
    """A PNG of the first images by seed. Takes seconds: a process of its own loads torch."""
    raise NotImplementedError


def interpolation(
    paths: WorkspacePaths,
    run: RunName,
    seeds: Sequence[int],
    *,
    picture: PictureFormat,
    checkpoint: WhichCheckpoint = WhichCheckpoint.BEST,
) -> bytes:
    """A strip (PNG) or an animation (GIF) along the hypersphere from seed to seed, at least two of them."""
    raise NotImplementedError
