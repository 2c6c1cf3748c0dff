"""Where training stands in its schedule, as a function of the images shown so far."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import torch
from torch import Tensor

from core.synthesis.layers import downsampled, upsampled
from core.synthesis.recipes import Stage, TrainingConfig

LEAST_LEARNING_RATE_FACTOR = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """`fade_in_alpha` is the part of the stage's own block in the images: 0 at the start of a fade, 1 after it."""

    stage_index: int
    resolution: int
    fade_in_alpha: float
    batch: int


def growth_at(stages: Sequence[Stage], shown_images: int) -> Growth:
    """The growth of the step that follows after so many images; past the end, that of the end."""
    since_start = shown_images
    for index, stage in enumerate(stages):
        is_last = index == len(stages) - 1
        if since_start < images_in(stage) or is_last:
            fade_images = 1000 * stage.fade_kimg
            alpha = min(1.0, since_start / fade_images) if fade_images > 0 else 1.0
            return Growth(stage_index=index, resolution=stage.resolution, fade_in_alpha=alpha, batch=stage.batch)
        since_start -= images_in(stage)
    raise ValueError("no stages")


def images_in(stage: Stage) -> int:
    """Whole batches: a step never belongs to two stages, also when later ones are added."""
    n_steps = max(1, round(1000 * stage.kimg / stage.batch))
    return n_steps * stage.batch


def stage_ends(stages: Sequence[Stage]) -> list[int]:
    """How many images have been shown when each stage ends."""
    return list(accumulate(images_in(stage) for stage in stages))


def learning_rate_factor(config: TrainingConfig, shown_images: int) -> float:
    """The part of the full learning rate at which the step after so many images learns: 1, but in the cooldown."""
    images_left = stage_ends(config.stages)[-1] - shown_images
    if images_left >= 1000 * config.cooldown_kimg:
        return 1.0
    return max(LEAST_LEARNING_RATE_FACTOR, images_left / (1000 * config.cooldown_kimg))


def is_due(shown_images: int, batch: int, interval_kimg: float) -> bool:
    """Whether the step of `batch` images that was just done is the first one past a multiple of the interval."""
    interval = max(1, round(1000 * interval_kimg))
    return shown_images // interval > (shown_images - batch) // interval


def faded_reals(reals: Tensor, fade_in_alpha: float) -> Tensor:
    """Real images [b, 1, r, r] as the generator makes its own in a fade: the lower resolution enlarged, blended in.

    Otherwise the discriminator would tell the two by sharpness alone (Karras et al. 2018, section 2).
    """
    if fade_in_alpha >= 1:
        return reals
    return torch.lerp(upsampled(downsampled(reals)), reals, fade_in_alpha)
