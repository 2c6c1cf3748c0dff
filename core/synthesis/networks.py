"""Generator and discriminator that grow from 4x4 pixels on (Karras et al. 2018; for brain MR, Han et al. 2018).

One block per resolution in each network. All of them exist from the start, so that one set of weights holds every
stage; those above the resolution in use take no part and get no gradients. While a stage fades in, its block counts
`fade_in_alpha` and the one below, enlarged, the rest (section 2).
"""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn

from core.errors import BadInputError
from core.synthesis.layers import (
    HE_GAIN,
    Conv1x1,
    Conv3x3,
    DownsamplingConv3x3,
    Linear,
    UpsamplingConv3x3,
    channels_last,
    downsampled,
    leaky_relu,
    leaky_relu_transposed,
    normalized_leaky_relu,
    pixel_norm,
    upsampled,
    with_minibatch_std,
    with_minibatch_std_transposed,
)

FIRST_RESOLUTION = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkConfig:
    """`channels` are the features at 4, 8, 16 ... px, alike in both networks."""

    channels: tuple[int, ...]
    latent_size: int = 512
    minibatch_std_group: int = 4

    def __post_init__(self) -> None:
        sizes = (*self.channels, self.latent_size, self.minibatch_std_group)
        if not self.channels or min(sizes) < 1:
            raise BadInputError(f"{self} is no network.", "Give at least one resolution, and sizes of 1 or more.")

    @property
    def resolution(self) -> int:
        """The largest, in pixels."""
        return int(FIRST_RESOLUTION << (len(self.channels) - 1))

    def stage(self, resolution: int) -> int:
        """Which of the blocks ends or begins at this many pixels."""
        stage = int(math.log2(max(resolution, 1) / FIRST_RESOLUTION))
        if not 0 <= stage < len(self.channels) or FIRST_RESOLUTION << stage != resolution:
            raise BadInputError(
                f"{resolution} pixels are no resolution of a network of {self.resolution}.",
                f"Take 4, 8, 16 ... up to {self.resolution}.",
            )
        return stage


class GeneratorNetwork(nn.Module):
    """Latents to gray images in [-1, 1] (not clipped: no output activation)."""

    def __init__(self, config: NetworkConfig, *, seed: int) -> None:
        super().__init__()
        self.config = config
        rng = torch.Generator().manual_seed(seed)
        channels = config.channels
        self.first = _FirstGeneratorBlock(config.latent_size, channels[0], rng=rng)
        self.to_gray = nn.ModuleList([Conv1x1(channels[0], 1, gain=1.0, rng=rng)])
        self.blocks = nn.ModuleList()
        for n_in, n_out in pairwise(channels):
            self.blocks.append(_GeneratorBlock(n_in, n_out, rng=rng))
            self.to_gray.append(Conv1x1(n_out, 1, gain=1.0, rng=rng))

    def forward(self, latents: Tensor, *, resolution: int, fade_in_alpha: Tensor | None = None) -> Tensor:
        """[n, latent_size] -> float32 [n, 1, r, r]. Without `fade_in_alpha` the stage has faded in completely."""
        stage = self.config.stage(resolution)
        x = below = self.first(pixel_norm(latents))
        for block in self.blocks[:stage]:
            below = x
            x = block(x)
        image: Tensor = self.to_gray[stage](x).float()
        if stage == 0 or fade_in_alpha is None:
            return image
        return torch.lerp(upsampled(self.to_gray[stage - 1](below).float()), image, fade_in_alpha)


class _FirstGeneratorBlock(nn.Module):
    """[n, latent] -> [n, c, 4, 4]. The 4x4 convolution of the paper's table 2, whose input is 1x1, is a product."""

    def __init__(self, latent_size: int, n_out: int, *, rng: torch.Generator) -> None:
        super().__init__()
        n_pixels = FIRST_RESOLUTION**2
        gain = HE_GAIN / math.sqrt(n_pixels)  # He's fan-in is that of the 4x4 convolution
        self.dense = Linear(latent_size, n_out * n_pixels, gain=gain, rng=rng)
        self.conv = Conv3x3(n_out, n_out, rng=rng)

    def forward(self, latents: Tensor) -> Tensor:
        x = channels_last(self.dense(latents).reshape(len(latents), -1, FIRST_RESOLUTION, FIRST_RESOLUTION))
        x = normalized_leaky_relu(x)
        return normalized_leaky_relu(self.conv(x))


class _GeneratorBlock(nn.Module):
    """[n, in, r/2, r/2] -> [n, out, r, r]"""

    def __init__(self, n_in: int, n_out: int, *, rng: torch.Generator) -> None:
        super().__init__()
        self.up = UpsamplingConv3x3(n_in, n_out, rng=rng)
        self.conv = Conv3x3(n_out, n_out, rng=rng)

    def forward(self, x: Tensor) -> Tensor:
        x = normalized_leaky_relu(self.up(x))
        return normalized_leaky_relu(self.conv(x))


class DiscriminatorNetwork(nn.Module):
    """Gray images to one score each: the higher, the more real."""

    def __init__(self, config: NetworkConfig, *, seed: int) -> None:
        super().__init__()
        self.config = config
        rng = torch.Generator().manual_seed(seed)
        channels = config.channels
        self.last = _LastDiscriminatorBlock(channels[0], config.minibatch_std_group, rng=rng)
        self.from_gray = nn.ModuleList([Conv1x1(1, channels[0], gain=HE_GAIN, rng=rng)])
        self.blocks = nn.ModuleList()  # from the lowest resolution upward, as everywhere
        for n_out, n_in in pairwise(channels):
            self.blocks.append(_DiscriminatorBlock(n_in, n_out, rng=rng))
            self.from_gray.append(Conv1x1(1, n_in, gain=HE_GAIN, rng=rng))

    def forward(self, images: Tensor, *, resolution: int, fade_in_alpha: Tensor | None = None) -> Tensor:
        """[n, 1, r, r] -> float32 [n], n a multiple of the minibatch-std group."""
        return self._scores(images, resolution, fade_in_alpha)[0]

    def scores_and_slopes(
        self, images: Tensor, *, n_slopes: int, resolution: int, fade_in_alpha: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """The scores of all images, and of the last `n_slopes` the gradient of the score by the image.

        What `torch.autograd.grad` finds, written as a network of its own: its gradients, of which the penalty is
        made, need no second derivative of any layer. That is several times faster and can be compiled.
        """
        scores, trace = self._scores(images, resolution, fade_in_alpha)
        slopes = self._slopes([x[-n_slopes:] for x in trace], resolution, fade_in_alpha)
        return scores, slopes

    def _scores(self, images: Tensor, resolution: int, alpha: Tensor | None) -> tuple[Tensor, list[Tensor]]:
        """Also returns the trace: what `_slopes` needs to know of the way, in the order in which it arose."""
        stage = self.config.stage(resolution)
        x = leaky_relu(self._from_gray(stage)(channels_last(images)))
        trace = [x]
        for number in range(stage, 0, -1):
            x = self._block(number)(x, trace)
            if number == stage and alpha is not None:
                below = leaky_relu(self._from_gray(stage - 1)(downsampled(images)))
                trace.append(below)
                x = torch.lerp(below, x, alpha.to(x.dtype))
        return self.last(x, trace), trace

    def _slopes(self, trace: list[Tensor], resolution: int, alpha: Tensor | None) -> Tensor:
        """`_scores` backward, float32 [n, 1, r, r]; takes its trace from the end."""
        stage = self.config.stage(resolution)
        slopes = self.last.transposed(trace)
        of_below: Tensor | float = 0.0
        for number in range(1, stage + 1):
            if number == stage and alpha is not None:
                faint = leaky_relu_transposed((1 - alpha) * slopes, trace.pop())
                of_below = upsampled(self._from_gray(stage - 1).transposed(faint).float()) / 4
                slopes = alpha * slopes
            slopes = self._block(number).transposed(slopes, trace)
        faint = leaky_relu_transposed(slopes, trace.pop())
        return self._from_gray(stage).transposed(faint).float() + of_below

    def _from_gray(self, stage: int) -> Conv1x1:
        return cast(Conv1x1, self.from_gray[stage])

    def _block(self, stage: int) -> "_DiscriminatorBlock":
        return cast(_DiscriminatorBlock, self.blocks[stage - 1])


class _DiscriminatorBlock(nn.Module):
    """[n, in, r, r] -> [n, out, r/2, r/2]"""

    def __init__(self, n_in: int, n_out: int, *, rng: torch.Generator) -> None:
        super().__init__()
        self.conv = Conv3x3(n_in, n_in, rng=rng)
        self.down = DownsamplingConv3x3(n_in, n_out, rng=rng)

    def forward(self, x: Tensor, trace: list[Tensor]) -> Tensor:
        x = leaky_relu(self.conv(x))
        y = leaky_relu(self.down(x))
        trace += [x, y]
        return y

    def transposed(self, slopes: Tensor, trace: list[Tensor]) -> Tensor:
        slopes = self.down.transposed(leaky_relu_transposed(slopes, trace.pop()))
        return self.conv.transposed(leaky_relu_transposed(slopes, trace.pop()))


class _LastDiscriminatorBlock(nn.Module):
    """[n, c, 4, 4] -> [n]. The 4x4 convolution of table 2, whose output is 1x1, is a product."""

    def __init__(self, n_in: int, minibatch_std_group: int, *, rng: torch.Generator) -> None:
        super().__init__()
        self.minibatch_std_group = minibatch_std_group
        self.conv = Conv3x3(n_in + 1, n_in, rng=rng)
        self.dense = Linear(n_in * FIRST_RESOLUTION**2, n_in, gain=HE_GAIN, rng=rng)
        self.score = Linear(n_in, 1, gain=1.0, rng=rng)

    def forward(self, x: Tensor, trace: list[Tensor]) -> Tensor:
        y = leaky_relu(self.conv(with_minibatch_std(x, self.minibatch_std_group)))
        z = leaky_relu(self.dense(y.flatten(1)))
        trace += [x, y, z]
        scores: Tensor = self.score(z).float()
        return scores.squeeze(1)

    def transposed(self, trace: list[Tensor]) -> Tensor:
        """Slopes of the scores by x [n, c, 4, 4]."""
        z, y, x = trace.pop(), trace.pop(), trace.pop()
        slopes = self.dense.transposed(leaky_relu_transposed(self.score.weight.expand(len(z), -1), z))
        slopes = self.conv.transposed(leaky_relu_transposed(slopes.reshape(y.shape), y))
        return with_minibatch_std_transposed(slopes, x, self.minibatch_std_group)
