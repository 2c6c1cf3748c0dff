"""Recipes: functions that return the complete configuration of a training."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import Any

from core.errors import BadInputError
from core.runs.devices import Precision
from core.synthesis.losses import LossConfig
from core.synthesis.networks import NetworkConfig

PAPER_EPOCHS = 100  # Han et al. 2018, section 3.2
PAPER_CHANNELS = (512, 512, 512, 512, 256, 128, 64)  # at 4, 8, ... 256 px: Karras et al. 2018, table 2
LIGHT_CHANNELS = (128, 128, 128, 128, 64, 32, 16)
LIGHT_KIMG = {8: 12.0, 16: 24.0, 32: 40.0, 64: 36.0, 128: 40.0, 256: 40.0}  # 64 px in 45 minutes on two cores
SMOKE_KIMG = {8: 0.4, 16: 0.8}

# The generator's moving average: 0.999 per step of 16 images (Karras et al. 2018, appendix A.1) forgets half in
# 11 kimg. A training of 112 kimg would be over before it has caught up: there, a 150th of the length.
PAPER_HALF_LIFE_KIMG = 16 * math.log(0.5) / math.log(0.999) / 1000
HALF_LIVES_PER_TRAINING = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One resolution: it fades in over `fade_kimg`, then stays; thousands of real images shown."""

    resolution: int
    fade_kimg: float
    stable_kimg: float
    batch: int

    def __post_init__(self) -> None:
        if self.batch < 1 or min(self.fade_kimg, self.stable_kimg) < 0 or not math.isfinite(self.kimg):
            raise BadInputError(f"{self} cannot be trained.", "Give a batch and lengths above 0.")

    @property
    def kimg(self) -> float:
        return self.fade_kimg + self.stable_kimg


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingConfig:
    """All that decides what a training does, but for its images and the machine. `precision` None: the machine's.

    A tick is a line of statistics; a snapshot a grid of samples and its distance, from `quality_images` samples.
    Over the last `cooldown_kimg` the learning rate falls in a straight line.
    """

    recipe: str
    network: NetworkConfig
    stages: tuple[Stage, ...]
    seed: int = 0
    learning_rate: float = 1e-3
    cooldown_kimg: float = 0.0
    loss: LossConfig = LossConfig()  # noqa: RUF009 - frozen
    moving_average_half_life_kimg: float = PAPER_HALF_LIFE_KIMG
    horizontal_flip: bool = False
    tick_kimg: float = 1.0
    snapshot_kimg: float = 5.0
    quality_images: int = 256
    checkpoint_minutes: float = 5.0
    precision: Precision | None = None

    def __post_init__(self) -> None:
        resolutions = [stage.resolution for stage in self.stages]
        if not resolutions or any(high != 2 * low for low, high in pairwise(resolutions)):
            raise BadInputError(f"Stages of {resolutions} pixels do not grow.", "Double the resolution at each.")
        if resolutions[-1] > self.network.resolution:
            raise BadInputError(
                f"{resolutions[-1]} pixels are more than the network's {self.network.resolution}.",
                "Give it channels for each resolution.",
            )
        group = self.network.minibatch_std_group
        for batch in (stage.batch for stage in self.stages if stage.batch % group):
            raise BadInputError(
                f"A batch of {batch} images does not divide into groups of {group}, which are compared.",
                f"Take a multiple of {group}.",
            )
        if min(self.tick_kimg, self.snapshot_kimg, self.moving_average_half_life_kimg, self.learning_rate) <= 0:
            raise BadInputError(f"{self} has an interval or rate of 0 or less.", "Give positive ones.")
        if not 0 <= self.cooldown_kimg <= self.kimg:
            raise BadInputError(f"{self} cools down for longer than it trains.", "Give 0 up to its length.")

    @property
    def resolution(self) -> int:
        """The resolution reached, in pixels."""
        return self.stages[-1].resolution

    @property
    def kimg(self) -> float:
        return sum(stage.kimg for stage in self.stages)

    def moving_average_decay(self, batch: int) -> float:
        """Per step of `batch` images."""
        return float(0.5 ** (batch / (1000 * self.moving_average_half_life_kimg)))

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def config_from_json(record: Mapping[str, Any]) -> TrainingConfig:
    """The inverse of `TrainingConfig.as_json`. Raises KeyError, TypeError or ValueError on anything else."""
    network = dict(record["network"])
    precision = record["precision"]
    return TrainingConfig(
        **{
            **record,
            "network": NetworkConfig(**{**network, "channels": tuple(network["channels"])}),
            "stages": tuple(Stage(**stage) for stage in record["stages"]),
            "loss": LossConfig(**record["loss"]),
            "precision": Precision(precision) if precision is not None else None,
        }
    )


def paper(
    *,
    n_training_images: int,
    kimg: float | None = None,
    seed: int = 0,
    resolution: int | None = None,
    batch: int | None = None,
    precision: Precision | None = None,
    horizontal_flip: bool = False,
) -> TrainingConfig:
    """Han et al. 2018: full channels, 256 px, batch 16, 100 epochs.

    They are spread as Karras et al. 2018 do: every fade and every stay after it, and the stay at 4 px, are equally
    long, whatever resolution is reached.
    """
    resolutions = _resolutions([4 << level for level in range(7)], resolution)
    kimg = kimg if kimg is not None else PAPER_EPOCHS * n_training_images / 1000
    phase = _checked_length(kimg) / (2 * len(resolutions) - 1)
    return TrainingConfig(
        recipe="paper",
        network=NetworkConfig(channels=PAPER_CHANNELS),
        stages=tuple(
            Stage(resolution=r, fade_kimg=phase if r > 4 else 0.0, stable_kimg=phase, batch=batch or 16)
            for r in resolutions
        ),
        seed=seed,
        precision=precision,
        horizontal_flip=horizontal_flip,
        tick_kimg=4.0,
        snapshot_kimg=max(20.0, round(kimg / 100)),
        quality_images=1024,
    )


def light(
    *,
    kimg: float | None = None,
    seed: int = 0,
    resolution: int | None = None,
    batch: int | None = None,
    precision: Precision | None = None,
    horizontal_flip: bool = False,
) -> TrainingConfig:
    """A quarter of the paper's channels, for two cores or a laptop: 64 px (112 kimg) in 45 minutes.

    Batches of half the paper's size are more steps in the same time. The learning rate falls once the last stage
    has faded in, which takes the noise of so few steps out of the samples. Longer or shorter trainings stretch
    every stage alike.
    """
    resolutions = _resolutions(list(LIGHT_KIMG), resolution)
    lengths = _stretched({r: LIGHT_KIMG[r] for r in resolutions}, kimg)
    total = sum(lengths.values())
    return TrainingConfig(
        recipe="light",
        network=NetworkConfig(channels=LIGHT_CHANNELS),
        stages=tuple(_half_faded(r, lengths[r], batch=batch or 8, first=r == resolutions[0]) for r in resolutions),
        seed=seed,
        cooldown_kimg=lengths[resolutions[-1]] / 2,
        moving_average_half_life_kimg=min(PAPER_HALF_LIFE_KIMG, total / HALF_LIVES_PER_TRAINING),
        precision=precision,
        horizontal_flip=horizontal_flip,
        tick_kimg=min(1.0, total / 50),
        snapshot_kimg=min(5.0, total / 20),
    )


def smoke(
    *,
    kimg: float | None = None,
    seed: int = 0,
    resolution: int | None = None,
    batch: int | None = None,
    precision: Precision | None = None,
    horizontal_flip: bool = False,
) -> TrainingConfig:
    """8 to 16 px in seconds: shows that everything works together, learns next to nothing."""
    resolutions = _resolutions(list(SMOKE_KIMG), resolution)
    lengths = _stretched({r: SMOKE_KIMG[r] for r in resolutions}, kimg)
    total = sum(lengths.values())
    return TrainingConfig(
        recipe="smoke",
        network=NetworkConfig(channels=(16, 16, 16), latent_size=32),
        stages=tuple(_half_faded(r, lengths[r], batch=batch or 8, first=r == resolutions[0]) for r in resolutions),
        seed=seed,
        moving_average_half_life_kimg=min(PAPER_HALF_LIFE_KIMG, total / HALF_LIVES_PER_TRAINING),
        precision=precision,
        horizontal_flip=horizontal_flip,
        tick_kimg=total / 10,
        snapshot_kimg=total / 4,
        quality_images=64,
    )


def grown(config: TrainingConfig, longer: TrainingConfig) -> TrainingConfig:
    """`config` with the stages that `longer`, a config of the same recipe, has above its resolution.

    A run that reached the first resolution goes on into the next with this, from the same checkpoint; it cools
    down at the end of the last.
    """
    above = tuple(stage for stage in longer.stages if stage.resolution > config.resolution)
    if longer.recipe != config.recipe or not above:
        raise BadInputError(
            f"The recipe {longer.recipe} to {longer.resolution} pixels does not go on from {config.recipe} "
            f"at {config.resolution}.",
            "Name a higher resolution of the same recipe.",
        )
    return replace(config, stages=(*config.stages, *above), cooldown_kimg=longer.cooldown_kimg)


def _resolutions(known: list[int], reached: int | None) -> list[int]:
    if reached is None:
        return known
    if reached not in known:
        raise BadInputError(
            f"This recipe does not reach {reached} pixels.", f"Take one of {', '.join(map(str, known))}."
        )
    return known[: known.index(reached) + 1]


def _stretched(lengths: dict[int, float], kimg: float | None) -> dict[int, float]:
    factor = 1.0 if kimg is None else _checked_length(kimg) / sum(lengths.values())
    return {resolution: factor * length for resolution, length in lengths.items()}


def _checked_length(kimg: float) -> float:
    if not (math.isfinite(kimg) and kimg > 0):
        raise BadInputError(f"A training of {kimg} kimg cannot be.", "Give a length above 0.")
    return kimg


def _half_faded(resolution: int, kimg: float, *, batch: int, first: bool) -> Stage:
    fade = 0.0 if first else kimg / 2
    return Stage(resolution=resolution, fade_kimg=fade, stable_kimg=kimg - fade, batch=batch)
