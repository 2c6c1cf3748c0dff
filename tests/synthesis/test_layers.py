"""The layers against the operations that they stand for."""

import math

import pytest
import torch
from torch.nn import functional

from core.synthesis.layers import (
    DownsamplingConv3x3,
    Linear,
    UpsamplingConv3x3,
    normalized_leaky_relu,
    with_minibatch_std,
)


@pytest.fixture
def rng() -> torch.Generator:
    return torch.Generator().manual_seed(3)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_upsampling_convolution_is_nearest_neighbor_then_convolution(rng, layout):
    layer = UpsamplingConv3x3(3, 5, rng=rng)
    layer.bias.data.normal_(generator=rng)
    x = torch.randn(2, 3, 6, 10, generator=rng).contiguous(memory_format=layout)
    plain = functional.conv2d(functional.interpolate(x, scale_factor=2), layer.weight, layer.bias, padding=1)
    torch.testing.assert_close(layer(x), plain, rtol=0, atol=1e-6)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_downsampling_convolution_is_convolution_then_pooling(rng, layout):
    layer = DownsamplingConv3x3(3, 5, rng=rng)
    layer.bias.data.normal_(generator=rng)
    x = torch.randn(2, 3, 6, 10, generator=rng).contiguous(memory_format=layout)
    plain = functional.avg_pool2d(functional.conv2d(x, layer.weight, padding=1), 2) + layer.bias[:, None, None]
    torch.testing.assert_close(layer(x), plain, rtol=0, atol=1e-6)


def test_gradients_of_the_fused_kernels_are_those_of_the_plain_ones(rng):
    layer = UpsamplingConv3x3(3, 5, rng=rng)
    x = torch.randn(2, 3, 4, 4, generator=rng)
    (fused,) = torch.autograd.grad(layer(x).square().sum(), layer.weight)
    plain_output = functional.conv2d(functional.interpolate(x, scale_factor=2), layer.weight, layer.bias, padding=1)
    (plain,) = torch.autograd.grad(plain_output.square().sum(), layer.weight)
    torch.testing.assert_close(fused, plain, rtol=1e-5, atol=1e-4)


def test_weights_start_with_the_standard_deviation_of_he(rng):
    layer = Linear(400, 300, gain=math.sqrt(2), rng=rng)
    assert float(layer.weight.detach().std()) == pytest.approx(math.sqrt(2 / 400), rel=0.02)
    assert not layer.bias.any()


def test_every_pixel_is_activated_and_then_scaled_to_a_mean_square_of_one(rng):
    x = 7 * torch.randn(2, 16, 3, 4, generator=rng)
    activated = functional.leaky_relu(x, 0.2)
    y = normalized_leaky_relu(x.clone())
    torch.testing.assert_close(y.square().mean(1), torch.ones(2, 3, 4))
    torch.testing.assert_close(y, activated / activated.square().mean(1, keepdim=True).sqrt())


def test_gradients_of_the_normalized_activation_are_those_of_its_parts(rng):
    x = torch.randn(2, 3, 2, 2, generator=rng, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: normalized_leaky_relu(x.clone()), x)


def test_minibatch_std_is_the_mean_deviation_within_each_group(rng):
    x = torch.randn(6, 2, 4, 4, generator=rng)
    x[3:] *= 5
    appended = with_minibatch_std(x, group=3)
    assert appended.shape == (6, 3, 4, 4)
    torch.testing.assert_close(appended[:, :2], x)
    for images in (slice(0, 3), slice(3, 6)):
        expected = x[images].std(0, correction=0).mean()
        torch.testing.assert_close(appended[images, 2], expected.expand(3, 4, 4))


def test_minibatch_std_of_equal_images_has_a_finite_gradient():
    x = torch.ones(4, 2, 4, 4, requires_grad=True)
    with_minibatch_std(x, group=4).sum().backward()
    assert torch.isfinite(x.grad).all()
