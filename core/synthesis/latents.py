"""Everything random in training and sampling, as a function of seeds alone: nothing of it needs to be saved."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import torch
from torch import Tensor

from core.runs.order import derived_seed


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDraws:
    """What one step draws for its whole batch: float32 latents [b, latent], `mixing` [b, 1, 1, 1] in 0..1, and
    `flips`, bool [b], for which real images to mirror if that is wanted.
    """

    latents_discriminator: Tensor
    latents_generator: Tensor
    mixing: Tensor
    flips: Tensor

    def of(self, share: slice, device: str) -> Self:
        """Those of a part of the batch; `flips`, which the processor uses, stay there."""
        return replace(
            self,
            latents_discriminator=self.latents_discriminator[share].to(device),
            latents_generator=self.latents_generator[share].to(device),
            mixing=self.mixing[share].to(device),
            flips=self.flips[share],
        )


def draws_of_step(*, seed: int, shown_images: int, batch: int, latent_size: int) -> StepDraws:
    """On the processor, whatever trains, and for all processes together: each takes its share."""
    rng = torch.Generator().manual_seed(derived_seed(seed, "step", shown_images))
    return StepDraws(
        latents_discriminator=torch.randn(batch, latent_size, generator=rng),
        latents_generator=torch.randn(batch, latent_size, generator=rng),
        mixing=torch.rand(batch, 1, 1, 1, generator=rng),
        flips=torch.rand(batch, generator=rng) < 0.5,
    )


def latents_of_seeds(seeds: Sequence[int], latent_size: int) -> Tensor:
    """The latents of images by seed, float32 [n, latent_size]: each depends on its own seed only."""
    return torch.stack([torch.randn(latent_size, generator=torch.Generator().manual_seed(one)) for one in seeds])
