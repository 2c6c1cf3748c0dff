"""The layers of the two networks (Karras et al. 2018, sections 3 and 4), without what belongs to one network alone.

Weights are stored at the scale at which they are used. The equalized learning rate of section 4.1, which scales
them at run time, is the optimizer's business instead (`optimizer.equalized_adam`): exactly the same training.
Up- and downsampling are one with the convolution beside them: 2.25 times fewer multiplications, equal results.
"""

import math
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

LEAKY_SLOPE = 0.2
HE_GAIN = math.sqrt(2.0)

# Each output pixel of nearest-neighbor upsampling + 3x3 convolution sees 2x2 distinct inputs: the taps of the 3x3
# kernel add up to those of a 4x4 kernel with stride 2. Along one axis, tap t of the three lands on t and t + 1.
_SPREAD = torch.tensor([[1.0, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1]])
_SPREAD_2D = torch.einsum("iI,jJ->ijIJ", _SPREAD, _SPREAD).reshape(9, 16)
_SPREAD_TURNED = _SPREAD_2D.flip(1)  # turned by 180 degrees, as a transposed convolution takes it


class EqualizedLayer(nn.Module):
    """A weight [out, in, ...] of normal values times `weight_scale` = gain / sqrt(fan-in), and a bias of zeros."""

    def __init__(self, *shape: int, gain: float, rng: torch.Generator) -> None:
        super().__init__()
        self.weight_scale = gain / math.sqrt(math.prod(shape[1:]))
        self.weight = nn.Parameter(torch.randn(shape, generator=rng) * self.weight_scale)
        self.bias = nn.Parameter(torch.zeros(shape[0]))


class Conv3x3(EqualizedLayer):
    """[n, in, r, r] -> [n, out, r, r]"""

    def __init__(self, n_in: int, n_out: int, *, rng: torch.Generator) -> None:
        super().__init__(n_out, n_in, 3, 3, gain=HE_GAIN, rng=rng)

    def forward(self, x: Tensor) -> Tensor:
        return functional.conv2d(x, self.weight, self.bias, padding=1)

    def transposed(self, slopes: Tensor) -> Tensor:
        """From slopes by the output to slopes by the input, as in every layer that the discriminator has."""
        return functional.conv_transpose2d(slopes, self.weight, padding=1)


class UpsamplingConv3x3(Conv3x3):
    """[n, in, r, r] -> [n, out, 2r, 2r]: every pixel doubled in both directions, then the convolution."""

    def forward(self, x: Tensor) -> Tensor:
        kernel = _spread(self.weight, _SPREAD_TURNED)
        return functional.conv_transpose2d(x, kernel.transpose(0, 1), self.bias, stride=2, padding=1)


class DownsamplingConv3x3(Conv3x3):
    """[n, in, r, r] -> [n, out, r/2, r/2]: the convolution, then averages of 2x2; the bias comes after both."""

    def forward(self, x: Tensor) -> Tensor:
        kernel = _spread(self.weight, _SPREAD_2D / 4)
        return functional.conv2d(x, kernel, self.bias, stride=2, padding=1)

    def transposed(self, slopes: Tensor) -> Tensor:
        return functional.conv_transpose2d(slopes, _spread(self.weight, _SPREAD_2D / 4), stride=2, padding=1)


class Conv1x1(EqualizedLayer):
    """[n, in, r, r] -> [n, out, r, r], from or to a gray image."""

    def __init__(self, n_in: int, n_out: int, *, gain: float, rng: torch.Generator) -> None:
        super().__init__(n_out, n_in, 1, 1, gain=gain, rng=rng)

    def forward(self, x: Tensor) -> Tensor:
        return functional.conv2d(x, self.weight, self.bias)

    def transposed(self, slopes: Tensor) -> Tensor:
        return functional.conv_transpose2d(slopes, self.weight)


class Linear(EqualizedLayer):
    """[n, in] -> [n, out]"""

    def __init__(self, n_in: int, n_out: int, *, gain: float, rng: torch.Generator) -> None:
        super().__init__(n_out, n_in, gain=gain, rng=rng)

    def forward(self, x: Tensor) -> Tensor:
        return functional.linear(x, self.weight, self.bias)

    def transposed(self, slopes: Tensor) -> Tensor:
        return slopes @ self.weight


def _spread(kernel: Tensor, spread: Tensor) -> Tensor:
    """[out, in, 3, 3] -> [out, in, 4, 4] by a matrix [9, 16], in the kernel's own precision."""
    with torch.autocast(kernel.device.type, enabled=False):
        return (kernel.flatten(2) @ spread.to(kernel)).reshape(*kernel.shape[:2], 4, 4)


def channels_last(x: Tensor) -> Tensor:
    """The same values [n, c, h, w] in the memory order in which convolutions are fastest; they keep to it."""
    if x.shape[1] == 1:  # with one channel both orders look alike, and torch would go on in the slower one
        n, _, h, w = x.shape
        return x.reshape(n, h, w, 1).permute(0, 3, 1, 2)
    return x.contiguous(memory_format=torch.channels_last)


def leaky_relu(x: Tensor) -> Tensor:
    """In place of x, which no layer needs again: gradients follow from the result, which the next layer keeps."""
    return functional.leaky_relu(x, LEAKY_SLOPE, inplace=True)


def leaky_relu_transposed(slopes: Tensor, activated: Tensor) -> Tensor:
    """Slopes by the input of `leaky_relu` from those by its output `activated`, which has the sign of the input."""
    slope_where_negative = torch.ops.aten.leaky_relu_backward(
        slopes.to(activated.dtype), activated.detach(), LEAKY_SLOPE, False
    )
    return cast(Tensor, slope_where_negative)


def normalized_leaky_relu(x: Tensor) -> Tensor:
    """`leaky_relu`, then the features [n, c, ...] of every pixel scaled to unit mean square (section 4.2)."""
    return cast(Tensor, _NormalizedLeakyReLU.apply(x))


class _NormalizedLeakyReLU(torch.autograd.Function):
    """With the gradients written out: fewer passes over memory, and nothing kept that the next layer does not."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        y = functional.leaky_relu(x, LEAKY_SLOPE)
        scale = _scale_to_unit(y)
        y.mul_(scale)
        ctx.save_for_backward(y, scale)
        return y

    @staticmethod
    def backward(ctx: Any, slopes: Tensor) -> Tensor:
        y, scale = ctx.saved_tensors
        along_y = (slopes * y).mean(1, keepdim=True)
        by_activated = torch.addcmul(slopes, y, along_y, value=-1).mul_(scale)
        return leaky_relu_transposed(by_activated, y)  # scaling leaves the signs


def pixel_norm(x: Tensor) -> Tensor:
    """Scale [n, c] to unit mean square: a point on the hypersphere."""
    return x * _scale_to_unit(x)


def _scale_to_unit(x: Tensor) -> Tensor:
    return torch.rsqrt(x.square().mean(1, keepdim=True) + 1e-8)


def with_minibatch_std(x: Tensor, group: int) -> Tensor:
    """Append one feature map (section 3): how much the images of a group differ, averaged over features and pixels.

    A group is `group` consecutive images of x [n, c, h, w], so that a batch in parts of whole groups gives what the
    parts give. n is a multiple of `group`.
    """
    n, _, h, w = x.shape
    deviation = _deviation(_grouped(x, group)).mean((1, 2, 3))
    feature = deviation.repeat_interleave(group)[:, None, None, None].expand(n, 1, h, w)
    return torch.cat([x, feature.to(x.dtype)], 1)


def with_minibatch_std_transposed(slopes: Tensor, x: Tensor, group: int) -> Tensor:
    """Slopes by x of `with_minibatch_std` from those by its output."""
    of_features, of_deviation = slopes[:, :-1], slopes[:, -1:]
    grouped = _grouped(x, group)
    by_deviation = _grouped(of_deviation, group).sum((1, 2, 3, 4), keepdim=True).squeeze(1) / x[0].numel()
    centered = grouped - grouped.mean(1, keepdim=True)
    by_x = by_deviation[:, None] * centered / (group * _deviation(grouped)[:, None])
    return of_features + by_x.reshape(x.shape).to(slopes.dtype)


def _grouped(x: Tensor, group: int) -> Tensor:
    """[n, c, h, w] -> float32 [n / group, group, c, h, w]"""
    return x.float().reshape(len(x) // group, group, *x.shape[1:])


def _deviation(grouped: Tensor) -> Tensor:
    return torch.sqrt(grouped.var(1, correction=0) + 1e-8)


def upsampled(image: Tensor) -> Tensor:
    """[n, c, r, r] -> [n, c, 2r, 2r], every pixel doubled in both directions."""
    return functional.interpolate(image, scale_factor=2, mode="nearest")


def downsampled(image: Tensor) -> Tensor:
    """[n, c, r, r] -> [n, c, r/2, r/2], averages of 2x2."""
    return functional.avg_pool2d(image, 2)
