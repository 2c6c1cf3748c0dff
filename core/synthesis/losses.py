"""The Wasserstein loss: gradient penalty (Gulrajani et al. 2017), drift (Karras et al. 2018, appendix A.1)."""

from dataclasses import dataclass

import torch
from torch import Tensor

from core.errors import BadInputError


@dataclass(frozen=True, slots=True, kw_only=True)
class LossConfig:
    """The weights of the two terms that hold the discriminator in place."""

    gradient_penalty_weight: float = 10.0
    drift_weight: float = 0.001

    def __post_init__(self) -> None:
        if min(self.gradient_penalty_weight, self.drift_weight) < 0:
            raise BadInputError(f"{self} has a negative weight.", "Give weights of 0 or more.")


def gradient_penalty(slopes: Tensor) -> Tensor:
    """How far the norm of each score's gradient by its image [n, 1, r, r] is from 1, squared, averaged."""
    norms = torch.sqrt(slopes.square().sum((1, 2, 3)) + 1e-12)  # has a finite slope also where a gradient vanishes
    return (norms - 1).square().mean()


def discriminator_loss(
    real_scores: Tensor, synthetic_scores: Tensor, penalty: Tensor, config: LossConfig
) -> Tensor:
    drift = real_scores.square().mean()
    return (
        synthetic_scores.mean()
        - real_scores.mean()
        + config.gradient_penalty_weight * penalty
        + config.drift_weight * drift
    )


def generator_loss(synthetic_scores: Tensor) -> Tensor:
    return -synthetic_scores.mean()
