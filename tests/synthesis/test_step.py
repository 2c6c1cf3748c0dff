"""A whole training step: what it changes, and that every faster way to it gives the same."""

import math
from collections.abc import Iterable

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from core.errors import BadInputError
from core.runs.devices import Compute, Precision
from core.synthesis import compilation
from core.synthesis.compilation import Objective
from core.synthesis.losses import LossConfig
from core.synthesis.networks import DiscriminatorNetwork, GeneratorNetwork, NetworkConfig
from core.synthesis.optimizer import equalized_adam
from core.synthesis.step import StepStatistics, TrainingStep

CONFIG = NetworkConfig(channels=(6, 5, 4), latent_size=8, minibatch_std_group=2)
FP32 = Compute(device="cpu", precision=Precision.FP32, compiled=False)


class Trained:
    """Three networks, two optimizers and the step of 16 pixels that changes them."""

    def __init__(self, *, compute: Compute = FP32, average_gradients: object = None) -> None:
        self.generator = GeneratorNetwork(CONFIG, seed=1)
        self.discriminator = DiscriminatorNetwork(CONFIG, seed=2)
        self.moving_average = GeneratorNetwork(CONFIG, seed=1).requires_grad_(False)
        self.step = TrainingStep(
            generator=self.generator,
            discriminator=self.discriminator,
            moving_average=self.moving_average,
            generator_optimizer=equalized_adam(self.generator),
            discriminator_optimizer=equalized_adam(self.discriminator),
            loss=LossConfig(),
            resolution=16,
            compute=compute,
            moving_average_decay=0.9,
            average_gradients=average_gradients,
        )

    def train(self, fade_in_alpha: float = 1.0, *, seed: int = 3, n: int = 4) -> StepStatistics:
        rng = torch.Generator().manual_seed(seed)
        return self.step(
            torch.randn(n, 1, 16, 16, generator=rng),
            torch.randn(n, CONFIG.latent_size, generator=rng),
            torch.randn(n, CONFIG.latent_size, generator=rng),
            torch.rand(n, 1, 1, 1, generator=rng),
            fade_in_alpha,
        )


def flat(network: torch.nn.Module) -> Tensor:
    return torch.cat([parameter.detach().flatten() for parameter in network.parameters()])


def test_one_step_changes_both_networks_and_the_average_follows_by_one_minus_its_decay():
    trained = Trained()
    before = flat(trained.generator)
    before_discriminator = flat(trained.discriminator)
    trained.train()
    after = flat(trained.generator)
    assert not torch.equal(before, after)
    assert not torch.equal(before_discriminator, flat(trained.discriminator))
    torch.testing.assert_close(flat(trained.moving_average), 0.9 * before + 0.1 * after)


def test_statistics_are_the_terms_of_the_loss():
    found = Trained().train(0.4)
    loss = 10 * found.gradient_penalty - found.wasserstein_distance
    assert float(found.discriminator_loss) == pytest.approx(float(loss), rel=1e-2)  # but for the drift
    assert all(math.isfinite(float(getattr(found, name))) for name in StepStatistics.__slots__)
    assert found.discriminator_gradient_norm > 0
    assert found.generator_gradient_norm > 0


def test_the_same_step_twice_is_the_same_to_the_bit():
    first, second = Trained(), Trained()
    for alpha in (0.3, 1.0):
        first.train(alpha)
        second.train(alpha)
    assert torch.equal(flat(first.generator), flat(second.generator))
    assert torch.equal(flat(first.discriminator), flat(second.discriminator))


def test_gradients_are_averaged_before_each_optimizer_moves():
    seen = []

    def vanish(gradients: Iterable[Tensor]) -> None:
        found = list(gradients)
        seen.append(len(found))
        for gradient in found:
            gradient.zero_()

    trained = Trained(average_gradients=vanish)
    before = flat(trained.generator), flat(trained.discriminator)
    statistics = trained.train()
    assert len(seen) == 2
    assert statistics.generator_gradient_norm == 0
    assert torch.equal(before[0], flat(trained.generator))
    assert torch.equal(before[1], flat(trained.discriminator))


def test_a_batch_that_does_not_divide_into_groups_is_refused():
    with pytest.raises(BadInputError, match="batch of 3 images does not divide into groups of 2"):
        Trained().train(n=3)


class ScaledAtRunTime(torch.nn.Module):
    """The paper's layer: the weight is multiplied with its constant whenever it is used."""

    def __init__(self, layer: torch.nn.Module) -> None:
        super().__init__()
        self.scale = layer.weight_scale
        self.weight = torch.nn.Parameter(layer.weight.detach() / self.scale)
        self.bias = torch.nn.Parameter(layer.bias.detach().clone())

    def forward(self, x: Tensor) -> Tensor:
        return functional.linear(x, self.weight * self.scale, self.bias)


def test_equalized_rate_in_the_optimizer_trains_as_scaling_at_run_time():
    from core.synthesis.layers import Linear

    rng = torch.Generator().manual_seed(0)
    ours = torch.nn.Sequential(Linear(20, 30, gain=1.4, rng=rng), torch.nn.Tanh(), Linear(30, 3, gain=1, rng=rng))
    theirs = torch.nn.Sequential(ScaledAtRunTime(ours[0]), torch.nn.Tanh(), ScaledAtRunTime(ours[2]))
    our_adam = equalized_adam(ours, learning_rate=1e-2)
    their_adam = torch.optim.Adam(theirs.parameters(), lr=1e-2, betas=(0.0, 0.99), eps=1e-8)
    for _ in range(30):
        x = torch.randn(8, 20, generator=rng)
        for network, adam in ((ours, our_adam), (theirs, their_adam)):
            adam.zero_grad()
            (network(x) - x[:, :3]).square().mean().backward()
            adam.step()
    x = torch.randn(50, 20, generator=rng)
    torch.testing.assert_close(ours(x), theirs(x), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(ours[0].weight, theirs[0].weight * theirs[0].scale, rtol=1e-4, atol=1e-5)


def test_bf16_finds_nearly_the_gradient_of_the_penalty_that_fp32_finds():
    def penalty_gradient(precision: Precision) -> Tensor:
        config = NetworkConfig(channels=(32, 32, 16), latent_size=8)
        network = DiscriminatorNetwork(config, seed=0)
        images = torch.randn(8, 1, 16, 16, generator=torch.Generator().manual_seed(1)) / 2
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision is Precision.BF16):
            _, slopes = network.scores_and_slopes(images, n_slopes=8, resolution=16)
        (slopes.square().sum((1, 2, 3)).sqrt() - 1).square().mean().backward()
        return torch.cat([weight.grad.flatten() for weight in network.parameters() if weight.grad is not None])

    cosine = functional.cosine_similarity(penalty_gradient(Precision.FP32), penalty_gradient(Precision.BF16), dim=0)
    assert cosine > 0.996


def test_a_bf16_step_moves_as_the_fp32_step_does():
    exact = Trained()
    fast = Trained(compute=Compute(device="cpu", precision=Precision.BF16, compiled=False))
    ours, theirs = exact.train(0.5), fast.train(0.5)
    assert float(theirs.discriminator_loss) == pytest.approx(float(ours.discriminator_loss), rel=0.02)
    assert float(theirs.gradient_penalty) == pytest.approx(float(ours.gradient_penalty), rel=0.02)
    assert all(parameter.dtype == torch.float32 for parameter in fast.generator.parameters())


def test_a_compiler_that_fails_is_said_in_one_line_and_done_without(monkeypatch, caplog):
    from torch._dynamo.exc import BackendCompilerFailed

    def broken(function, **_):
        def fail(*_arguments):
            raise BackendCompilerFailed(function, RuntimeError("no compiler here"), None)

        return fail

    monkeypatch.setattr(compilation.torch, "compile", broken)
    weight = torch.tensor(2.0, requires_grad=True)
    objective = Objective(lambda x: (weight * x, x), compiled=True)
    for _ in range(2):
        loss, x = objective.backward(torch.tensor(3.0))
    assert (float(loss), float(x), float(weight.grad)) == (6, 3, 6)
    (record,) = caplog.records
    assert "without compilation" in record.message
    assert "\n" not in record.message
