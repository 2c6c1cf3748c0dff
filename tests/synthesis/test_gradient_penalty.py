"""The discriminator's own gradient network against automatic differentiation, once and twice."""

import pytest
import torch
from torch import Tensor

from core.runs.devices import detect_compute
from core.synthesis.compilation import Losses, Objective
from core.synthesis.losses import gradient_penalty
from core.synthesis.networks import DiscriminatorNetwork, NetworkConfig

CONFIG = NetworkConfig(channels=(6, 5, 4, 3), latent_size=8, minibatch_std_group=2)


def by_autograd(network: DiscriminatorNetwork, images: Tensor, resolution: int, alpha: Tensor | None) -> Tensor:
    images = images.requires_grad_()
    scores = network(images, resolution=resolution, fade_in_alpha=alpha)
    return torch.autograd.grad(scores.sum(), images, create_graph=True)[0]


def all_gradients(loss: Tensor, network: DiscriminatorNetwork) -> Tensor:
    found = torch.autograd.grad(loss, list(network.parameters()), materialize_grads=True)
    return torch.cat([gradient.flatten() for gradient in found])


@pytest.mark.parametrize("resolution", [4, 8, 32])
@pytest.mark.parametrize("alpha", [None, torch.tensor(0.3)])
def test_the_written_out_penalty_has_the_value_and_gradients_of_autograd(resolution, alpha):
    network = DiscriminatorNetwork(CONFIG, seed=0)
    images = torch.randn(6, 1, resolution, resolution, generator=torch.Generator().manual_seed(1))
    _, slopes = network.scores_and_slopes(
        torch.cat([images, images]), n_slopes=6, resolution=resolution, fade_in_alpha=alpha
    )
    expected_slopes = by_autograd(network, images, resolution, alpha)
    ours, expected = gradient_penalty(slopes), gradient_penalty(expected_slopes)
    torch.testing.assert_close(slopes, expected_slopes, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(ours, expected, rtol=1e-5, atol=0)
    gradients, expected_gradients = all_gradients(ours, network), all_gradients(expected, network)
    assert (gradients - expected_gradients).norm() <= 1e-5 * expected_gradients.norm()


def test_the_penalty_is_the_mean_squared_distance_of_norms_from_one():
    slopes = torch.zeros(2, 1, 2, 2)
    slopes[0, 0, 0] = torch.tensor([3.0, 4.0])
    assert float(gradient_penalty(slopes)) == pytest.approx((4**2 + 1) / 2)


def test_a_vanishing_gradient_leaves_the_penalty_finite():
    slopes = torch.zeros(2, 1, 2, 2, requires_grad=True)
    gradient_penalty(slopes).backward()
    assert torch.isfinite(slopes.grad).all()


@pytest.mark.skipif(not detect_compute(device="cpu").compiled, reason="there is no C++ compiler")
def test_the_compiled_penalty_has_the_value_and_gradients_of_the_plain_one():
    network = DiscriminatorNetwork(NetworkConfig(channels=(4,), minibatch_std_group=2), seed=0)
    images = torch.randn(2, 1, 4, 4, generator=torch.Generator().manual_seed(1))

    def penalty(images: Tensor) -> Losses:
        return (gradient_penalty(network.scores_and_slopes(images, n_slopes=2, resolution=4)[1]),)

    found = {}
    for compiled in (False, True):
        network.zero_grad()
        (value,) = Objective(penalty, compiled=compiled).backward(images)
        gradients = [weight.grad.flatten() for weight in network.parameters() if weight.grad is not None]
        found[compiled] = torch.cat([value[None], *gradients])
    assert (found[True] - found[False]).norm() <= 1e-5 * found[False].norm()
