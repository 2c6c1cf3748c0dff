"""Recipes: functions that return the complete configuration of a detector's training."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from core.errors import BadInputError

IMAGENET, NO_WEIGHTS = "imagenet", "none"  # what a detector begins with, where that is no file
CROP_PX = 224  # of the 240 that a slice has, of the 256 that every canonical image has


class Architecture(StrEnum):
    """`tiny`: four convolutions, which show that everything works together."""

    RESNET50 = "resnet50"
    RESNET18 = "resnet18"
    TINY = "tiny"


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorConfig:
    """All that decides what a training does, but for its images, its first weights and the machine.

    An epoch shows all training images once, or `epoch_images` where that is given; after each the validation
    partition decides (at most `most_validated` of its images, evenly chosen). Training ends when `patience_epochs`
    have brought nothing better, or after `most_epochs`. `extra_per_class`: images that an augmentation adds.
    """

    recipe: str
    architecture: Architecture
    image_px: int
    batch: int
    extra_per_class: int
    patience_epochs: int
    most_epochs: int
    epoch_images: int | None = None
    most_validated: int | None = None
    learning_rate: float = 1e-3
    dropout: float = 0.5
    frozen_batch_norm: bool = False
    seed: int = 0
    checkpoint_minutes: float = 5.0

    def __post_init__(self) -> None:
        counts = (self.batch, self.extra_per_class, self.patience_epochs, self.most_epochs)
        if min(counts) < 1 or min(self.epoch_images or 1, self.most_validated or 1) < 1:
            raise BadInputError(f"{self} has a count below 1.", "Give whole numbers from 1 on.")
        if CROP_PX % self.image_px:
            raise BadInputError(f"{CROP_PX} pixels do not shrink to {self.image_px}.", "Take 224, 112 or 56.")
        if self.seed < 0 or self.learning_rate <= 0 or not 0 <= self.dropout < 1:
            raise BadInputError(
                f"{self} cannot be trained.", "Give a seed from 0 on, a rate above 0, dropout below 1."
            )

    def steps_per_epoch(self, n_images: int) -> int:
        """Whole batches, the last of an epoch filled with the first images of the next."""
        return math.ceil((self.epoch_images or n_images) / self.batch)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def config_from_json(record: Mapping[str, Any]) -> DetectorConfig:
    """The inverse of `DetectorConfig.as_json`. Raises KeyError, TypeError or ValueError on anything else."""
    return DetectorConfig(**{**record, "architecture": Architecture(record["architecture"])})


def paper(*, seed: int = 0, batch: int | None = None, epochs: int | None = None) -> DetectorConfig:
    """Han et al. 2018, section 3.3, for GPUs. How long it may last at most is not said there."""
    return DetectorConfig(
        recipe="paper",
        architecture=Architecture.RESNET50,
        image_px=CROP_PX,
        batch=batch or 192,
        extra_per_class=100_000,
        patience_epochs=10,
        most_epochs=epochs or 100,
        seed=seed,
    )


def light(*, seed: int = 0, batch: int | None = None, epochs: int | None = None) -> DetectorConfig:
    """A smaller network on smaller images, for two cores.

    Its epochs are equally long whatever a condition adds, so that all conditions learn from as many images.
    """
    return DetectorConfig(
        recipe="light",
        architecture=Architecture.RESNET18,
        image_px=112,
        batch=batch or 32,
        extra_per_class=2_000,
        patience_epochs=6,
        most_epochs=epochs or 16,
        epoch_images=3_200,
        most_validated=600,
        seed=seed,
    )


def smoke(*, seed: int = 0, batch: int | None = None, epochs: int | None = None) -> DetectorConfig:
    """Seconds: shows that everything works together, learns only what is plain to see. Takes all its epochs."""
    return DetectorConfig(
        recipe="smoke",
        architecture=Architecture.TINY,
        image_px=28,
        batch=batch or 16,
        extra_per_class=32,
        patience_epochs=epochs or 10,
        most_epochs=epochs or 10,
        epoch_images=160,
        most_validated=200,
        learning_rate=3e-3,
        seed=seed,
    )
