"""One training step: the discriminator learns once, then the generator, then its moving average follows."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.utils import get_total_norm
from torch.optim.swa_utils import get_ema_multi_avg_fn

from core.errors import BadInputError
from core.runs.devices import Compute, Precision, keep_freed_memory
from core.synthesis.compilation import Losses, Objective
from core.synthesis.losses import LossConfig, discriminator_loss, generator_loss, gradient_penalty
from core.synthesis.networks import DiscriminatorNetwork, GeneratorNetwork

COMPILED_FROM = 64  # px; below, compilation takes longer than it saves


@dataclass(frozen=True, slots=True, kw_only=True)
class StepStatistics:
    """0-d tensors on the device of the step: reading one waits for it."""

    discriminator_loss: Tensor
    generator_loss: Tensor
    wasserstein_distance: Tensor
    gradient_penalty: Tensor
    discriminator_gradient_norm: Tensor
    generator_gradient_norm: Tensor


class TrainingStep:
    """The step of one stage. It owns no state: all that training changes is in what it was given."""

    def __init__(
        self,
        *,
        generator: GeneratorNetwork,
        discriminator: DiscriminatorNetwork,
        moving_average: GeneratorNetwork,
        generator_optimizer: torch.optim.Optimizer,
        discriminator_optimizer: torch.optim.Optimizer,
        loss: LossConfig,
        resolution: int,
        compute: Compute,
        moving_average_decay: float,
        average_gradients: Callable[[Iterable[Tensor]], None] | None = None,
    ) -> None:
        """`average_gradients` makes gradients, in place, those of the whole batch where processes share it.

        On a processor, the process keeps its freed memory from here on (see `keep_freed_memory`).
        """
        if torch.device(compute.device).type == "cpu":
            keep_freed_memory()
        self._generator = generator
        self._discriminator = discriminator
        self._moving_average = moving_average
        self._generator_optimizer = generator_optimizer
        self._discriminator_optimizer = discriminator_optimizer
        self._loss = loss
        self._resolution = resolution
        self._compute = compute
        self._average_gradients = average_gradients
        self._follow = get_ema_multi_avg_fn(moving_average_decay)  # type: ignore[no-untyped-call]
        self._compiled = compute.compiled and resolution >= COMPILED_FROM
        self._of_discriminator = Objective(self._discriminator_losses, compiled=self._compiled)
        self._of_generator = Objective(self._generator_losses, compiled=self._compiled)

    def __call__(
        self,
        reals: Tensor,
        latents_discriminator: Tensor,
        latents_generator: Tensor,
        mixing: Tensor,
        fade_in_alpha: float,
    ) -> StepStatistics:
        """`reals` float32 [b, 1, r, r], blended as the fade asks; latents [b, latent]; `mixing` [b, 1, 1, 1], 0..1.

        b is a multiple of the minibatch-std group.
        """
        self._check_batch(len(reals))
        alpha = self._alpha(fade_in_alpha, reals.device)
        self._discriminator_optimizer.zero_grad()
        d_losses = self._of_discriminator.backward(reals, latents_discriminator, mixing, alpha)
        d_norm = self._descend(self._discriminator, self._discriminator_optimizer)
        self._generator_optimizer.zero_grad()
        self._discriminator.requires_grad_(False)
        g_losses = self._of_generator.backward(latents_generator, alpha)
        self._discriminator.requires_grad_(True)
        g_norm = self._descend(self._generator, self._generator_optimizer)
        with torch.no_grad():
            self._follow(list(self._moving_average.parameters()), list(self._generator.parameters()), 1)
        return StepStatistics(
            discriminator_loss=d_losses[0],
            generator_loss=g_losses[0],
            wasserstein_distance=d_losses[1],
            gradient_penalty=d_losses[2],
            discriminator_gradient_norm=d_norm,
            generator_gradient_norm=g_norm,
        )

    def _discriminator_losses(self, reals: Tensor, latents: Tensor, mixing: Tensor, alpha: Tensor | None) -> Losses:
        """The loss, and of it the estimated Wasserstein distance and the gradient penalty."""
        with torch.no_grad(), self._autocast():
            synthetic = self._generator(latents, resolution=self._resolution, fade_in_alpha=alpha)
            images = torch.cat([reals, synthetic, torch.lerp(reals, synthetic, mixing)])
        with self._autocast():
            scores, slopes = self._discriminator.scores_and_slopes(
                images, n_slopes=len(reals), resolution=self._resolution, fade_in_alpha=alpha
            )
        real_scores, synthetic_scores, _ = scores.chunk(3)
        penalty = gradient_penalty(slopes)
        loss = discriminator_loss(real_scores, synthetic_scores, penalty, self._loss)
        return loss, real_scores.mean() - synthetic_scores.mean(), penalty

    def _generator_losses(self, latents: Tensor, alpha: Tensor | None) -> Losses:
        with self._autocast():
            images = self._generator(latents, resolution=self._resolution, fade_in_alpha=alpha)
            scores = self._discriminator(images, resolution=self._resolution, fade_in_alpha=alpha)
        return (generator_loss(scores),)

    def _autocast(self) -> torch.autocast:
        """Without its cache: a weight cast where no gradients are wanted would be taken where they are."""
        return torch.autocast(
            torch.device(self._compute.device).type,
            dtype=torch.bfloat16,
            enabled=self._compute.precision is Precision.BF16,
            cache_enabled=False,
        )

    def _descend(self, network: nn.Module, optimizer: torch.optim.Optimizer) -> Tensor:
        """One step of the optimizer; returns the norm of all gradients together."""
        gradients = [parameter.grad for parameter in network.parameters() if parameter.grad is not None]
        if self._average_gradients is not None:
            self._average_gradients(gradients)
        norm = get_total_norm(gradients)
        optimizer.step()
        return norm

    def _alpha(self, fade_in_alpha: float, device: torch.device) -> Tensor | None:
        """None leaves out the lower stage once it counts nothing; compiled, that would be a second compilation."""
        if fade_in_alpha >= 1 and not self._compiled:
            return None
        return torch.tensor(fade_in_alpha, device=device)

    def _check_batch(self, n: int) -> None:
        group = self._discriminator.config.minibatch_std_group
        if n == 0 or n % group:
            raise BadInputError(
                f"A batch of {n} images does not divide into groups of {group}, of which the discriminator "
                "compares the images.",
                f"Take a multiple of {group}.",
            )
