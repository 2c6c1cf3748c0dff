"""Shapes, growth and fade-in of the two networks."""

import pytest
import torch

from core.errors import BadInputError
from core.synthesis.networks import DiscriminatorNetwork, GeneratorNetwork, NetworkConfig

CONFIG = NetworkConfig(channels=(6, 5, 4, 3), latent_size=8, minibatch_std_group=2)


@pytest.fixture
def latents() -> torch.Tensor:
    return torch.randn(4, CONFIG.latent_size, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("resolution", [4, 8, 16, 32])
def test_images_and_scores_have_the_shapes_of_the_stage(latents, resolution):
    images = GeneratorNetwork(CONFIG, seed=0)(latents, resolution=resolution)
    scores = DiscriminatorNetwork(CONFIG, seed=0)(images, resolution=resolution)
    assert images.shape == (4, 1, resolution, resolution)
    assert images.dtype == scores.dtype == torch.float32
    assert scores.shape == (4,)


@pytest.mark.parametrize("resolution", [8, 32])
def test_a_fade_goes_from_the_enlarged_lower_stage_to_the_full_one(latents, resolution):
    network = GeneratorNetwork(CONFIG, seed=0)
    below = network(latents, resolution=resolution // 2).repeat_interleave(2, 2).repeat_interleave(2, 3)
    full = network(latents, resolution=resolution)

    def faded(alpha: float) -> torch.Tensor:
        return network(latents, resolution=resolution, fade_in_alpha=torch.tensor(alpha))

    torch.testing.assert_close(faded(0.0), below)
    torch.testing.assert_close(faded(0.25), 0.75 * below + 0.25 * full)
    torch.testing.assert_close(faded(1.0), full)


def test_the_discriminator_at_the_start_of_a_fade_sees_what_the_lower_stage_saw():
    network = DiscriminatorNetwork(CONFIG, seed=0)
    images = torch.randn(4, 1, 16, 16, generator=torch.Generator().manual_seed(2))
    faded = network(images, resolution=16, fade_in_alpha=torch.tensor(0.0))
    below = network(torch.nn.functional.avg_pool2d(images, 2), resolution=8)
    torch.testing.assert_close(faded, below)
    torch.testing.assert_close(
        network(images, resolution=16, fade_in_alpha=torch.tensor(1.0)), network(images, resolution=16)
    )


def test_real_and_synthetic_in_one_pass_score_as_in_two():
    network = DiscriminatorNetwork(CONFIG, seed=0)
    images = torch.randn(8, 1, 16, 16, generator=torch.Generator().manual_seed(2))
    images[4:] *= 3
    together = network(images, resolution=16)
    apart = torch.cat([network(half, resolution=16) for half in images.chunk(2)])
    torch.testing.assert_close(together, apart)


def test_latents_count_by_their_direction_only(latents):
    network = GeneratorNetwork(CONFIG, seed=0)
    torch.testing.assert_close(network(3 * latents, resolution=8), network(latents, resolution=8))


def test_the_same_seed_makes_the_same_network_and_lower_blocks_do_not_depend_on_higher_ones():
    same = GeneratorNetwork(CONFIG, seed=5).state_dict()
    lower = GeneratorNetwork(NetworkConfig(channels=(6, 5), latent_size=8), seed=5).state_dict()
    other = GeneratorNetwork(CONFIG, seed=6).state_dict()
    for name, weight in GeneratorNetwork(CONFIG, seed=5).state_dict().items():
        torch.testing.assert_close(weight, same[name], rtol=0, atol=0)
        torch.testing.assert_close(lower.get(name, weight), weight, rtol=0, atol=0)
    assert not torch.equal(same["first.dense.weight"], other["first.dense.weight"])


def test_blocks_above_the_resolution_get_no_gradients(latents):
    network = GeneratorNetwork(CONFIG, seed=0)
    network(latents, resolution=8).sum().backward()
    assert network.blocks[0].up.weight.grad is not None
    assert network.blocks[1].up.weight.grad is None


@pytest.mark.parametrize("resolution", [0, 2, 12, 64, -4])
def test_a_resolution_that_the_network_has_not_is_refused(latents, resolution):
    with pytest.raises(BadInputError, match=f"{resolution} pixels are no resolution of a network of 32"):
        GeneratorNetwork(CONFIG, seed=0)(latents, resolution=resolution)


def test_networks_without_channels_are_refused():
    with pytest.raises(BadInputError, match="is no network"):
        NetworkConfig(channels=())
