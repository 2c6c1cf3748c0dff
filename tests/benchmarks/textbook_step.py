"""The training step as public repositories write it, to measure ours against: fp32, contiguous, nothing fused.

Upsampling, convolution and pooling are operations of their own, weights are scaled whenever they are used, and
real, synthetic and interpolated images go through the discriminator one after the other.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

LATENT_SIZE = 512
GROUP = 4
SLOPE = 0.2


class Scaled(nn.Module):
    """Normal weights; every use multiplies them with He's constant."""

    def __init__(self, *shape: int, gain: float = 2**0.5) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(shape))
        self.bias = nn.Parameter(torch.zeros(shape[0]))
        self.scale = gain / self.weight[0].numel() ** 0.5

    def forward(self, x: Tensor) -> Tensor:
        weight = self.weight * self.scale
        if weight.dim() == 2:
            return functional.linear(x, weight, self.bias)
        return functional.conv2d(x, weight, self.bias, padding=weight.shape[-1] // 2)


class PixelNorm(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x / torch.sqrt((x**2).mean(dim=1, keepdim=True) + 1e-8)


class MinibatchStd(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        n, _, h, w = x.shape
        y = x.reshape(n // GROUP, GROUP, *x.shape[1:])
        y = torch.sqrt(y.var(dim=1, unbiased=False) + 1e-8).mean(dim=(1, 2, 3))
        return torch.cat([x, y.repeat_interleave(GROUP).reshape(n, 1, 1, 1).expand(n, 1, h, w)], dim=1)


def _activated(layer: Scaled) -> list[nn.Module]:
    return [layer, nn.LeakyReLU(SLOPE)]


class Generator(nn.Sequential):
    """Grown completely to 4 << (len(channels) - 1) pixels."""

    def __init__(self, channels: tuple[int, ...]) -> None:
        first = channels[0]
        layers = [
            PixelNorm(),
            *_activated(Scaled(first * 16, LATENT_SIZE, gain=2**0.5 / 4)),
            nn.Unflatten(1, (first, 4, 4)),
            PixelNorm(),
            *_activated(Scaled(first, first, 3, 3)),
            PixelNorm(),
        ]
        for n_in, n_out in pairwise(channels):
            layers += [nn.Upsample(scale_factor=2), *_activated(Scaled(n_out, n_in, 3, 3)), PixelNorm()]
            layers += [*_activated(Scaled(n_out, n_out, 3, 3)), PixelNorm()]
        super().__init__(*layers, Scaled(1, channels[-1], 1, 1, gain=1))


class Discriminator(nn.Sequential):
    def __init__(self, channels: tuple[int, ...]) -> None:
        first = channels[0]
        layers = _activated(Scaled(channels[-1], 1, 1, 1))
        for n_out, n_in in reversed(list(pairwise(channels))):
            layers += [*_activated(Scaled(n_in, n_in, 3, 3)), *_activated(Scaled(n_out, n_in, 3, 3))]
            layers += [nn.AvgPool2d(2)]
        layers += [MinibatchStd(), *_activated(Scaled(first, first + 1, 3, 3)), nn.Flatten()]
        super().__init__(*layers, *_activated(Scaled(first, first * 16)), Scaled(1, first, gain=1), nn.Flatten(0))


class TextbookStep:
    """One step of a completely grown stage; called as `core.synthesis.step.TrainingStep` is."""

    def __init__(self, channels: tuple[int, ...]) -> None:
        self.generator = Generator(channels)
        self.discriminator = Discriminator(channels)
        self.moving_average = Generator(channels).requires_grad_(False)
        self.moving_average.load_state_dict(self.generator.state_dict())
        self._generator_adam = torch.optim.Adam(self.generator.parameters(), lr=1e-3, betas=(0.0, 0.99))
        self._discriminator_adam = torch.optim.Adam(self.discriminator.parameters(), lr=1e-3, betas=(0.0, 0.99))

    def __call__(
        self, reals: Tensor, latents_discriminator: Tensor, latents_generator: Tensor, mixing: Tensor
    ) -> tuple[Tensor, Tensor]:
        """The losses of the discriminator and of the generator."""
        d_loss = self._discriminator_loss(reals, latents_discriminator, mixing)
        self._discriminator_adam.zero_grad()
        d_loss.backward()
        self._discriminator_adam.step()
        g_loss = -self.discriminator(self.generator(latents_generator)).mean()
        self._generator_adam.zero_grad()
        g_loss.backward()
        self._generator_adam.step()
        with torch.no_grad():
            for averaged, weight in zip(self.moving_average.parameters(), self.generator.parameters(), strict=True):
                averaged.mul_(0.999).add_(0.001 * weight)
        return d_loss.detach(), g_loss.detach()

    def _discriminator_loss(self, reals: Tensor, latents: Tensor, mixing: Tensor) -> Tensor:
        with torch.no_grad():
            synthetic = self.generator(latents)
        real_scores = self.discriminator(reals)
        synthetic_scores = self.discriminator(synthetic)
        mixed = (reals + mixing * (synthetic - reals)).requires_grad_()
        (slopes,) = torch.autograd.grad(self.discriminator(mixed).sum(), mixed, create_graph=True)
        penalty = ((slopes.flatten(1).norm(dim=1) - 1) ** 2).mean()
        drift = (real_scores**2).mean()
        return synthetic_scores.mean() - real_scores.mean() + 10 * penalty + 0.001 * drift
