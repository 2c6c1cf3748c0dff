"""An image is a function of checkpoint and seed: not of its company, of the batch, or of what was drawn before."""

import numpy as np
import pytest
import torch

from core.errors import BadInputError
from core.imaging.canonical import to_canonical
from core.synthesis.generator import latents_between
from core.synthesis.latents import latents_of_seeds
from core.synthesis.layers import pixel_norm
from core.synthesis.networks import GeneratorNetwork, NetworkConfig
from core.synthesis.sampling import BATCH, PgganGenerator
from core.synthesis.training_images import as_pixels

CONFIG = NetworkConfig(channels=(16, 16, 16, 8), latent_size=32)


def generator(resolution: int = 32, **options: float) -> PgganGenerator:
    return PgganGenerator(
        GeneratorNetwork(CONFIG, seed=1), resolution=resolution, **{"fade_in_alpha": 1.0, **options}
    )


def test_a_seed_gives_the_same_bytes_alone_and_in_any_company() -> None:
    drawn = generator()
    many = drawn.images(range(3, 3 + 2 * BATCH + 5))
    for place in (0, 7, BATCH, 2 * BATCH + 4):
        np.testing.assert_array_equal(many[place], drawn.images([3 + place])[0])
    np.testing.assert_array_equal(drawn.images([9, 1000, 4])[0], many[6])
    np.testing.assert_array_equal(drawn.images([5, 5, 21]), drawn.images([21, 5, 5])[[1, 2, 0]])


def test_seeds_give_different_images() -> None:
    assert len({image.tobytes() for image in generator().images(range(40))}) == 40


def test_it_draws_what_the_network_makes_of_the_latents_of_the_seeds() -> None:
    network = GeneratorNetwork(CONFIG, seed=1)
    with torch.no_grad():
        made = as_pixels(network(latents_of_seeds([4, 5], 32), resolution=32))
    own = generator().own_images([4, 5])
    assert np.abs(own.astype(int) - made).max() <= 1
    np.testing.assert_array_equal(generator().images([4])[0], to_canonical(own[0])[0])


def test_small_images_are_enlarged_to_canonical_ones_by_a_known_factor() -> None:
    assert [generator(size).resampling_factor for size in (16, 32)] == [16.0, 8.0]
    assert generator(16).images([0]).shape == (1, 256, 256)


def test_a_checkpoint_in_the_middle_of_a_fade_draws_as_the_fade_stands() -> None:
    faded = [generator(fade_in_alpha=alpha).own_images([0])[0].astype(int) for alpha in (0.0, 0.5, 1.0)]
    unclipped = np.all([(image > 0) & (image < 255) for image in faded], axis=0)
    assert unclipped.sum() > 100
    assert np.abs(faded[1] - (faded[0] + faded[2]) / 2)[unclipped].max() <= 1.5
    assert np.any(faded[0] != faded[2])


def test_truncation_pulls_images_together_and_one_changes_nothing() -> None:
    def spread(**options: float) -> float:
        return float(generator(**options).own_images(range(64)).std(axis=0).mean())

    assert spread(truncation=0.25) < spread(truncation=0.7) < spread()
    np.testing.assert_array_equal(generator(truncation=1.0).images([3]), generator().images([3]))
    np.testing.assert_array_equal(
        generator(truncation=0.5).images([3, 4])[1], generator(truncation=0.5).images([4])[0]
    )


def test_the_way_between_seeds_begins_and_ends_in_their_images_and_does_not_jump() -> None:
    drawn = generator()
    way = drawn.between([2, 3, 9], 20).astype(int)
    assert len(way) == 41
    for place, seed in ((0, 2), (20, 3), (40, 9)):
        assert np.abs(way[place] - drawn.images([seed])[0]).max() <= 1
    steps = np.abs(np.diff(way, axis=0)).mean((1, 2))
    assert steps.max() < np.abs(way[0] - way[20]).mean() / 4


def test_the_way_goes_along_the_sphere_in_equal_angles() -> None:
    latents = latents_of_seeds([0, 1], 512).numpy()
    way = latents_between(latents, 8)
    units = way / np.linalg.norm(way, axis=1, keepdims=True)
    angles = np.arccos((units[1:] * units[:-1]).sum(1))
    np.testing.assert_allclose(angles, angles[0], rtol=1e-3)
    lengths = pixel_norm(torch.from_numpy(way)).norm(dim=1)
    np.testing.assert_allclose(lengths, lengths[0], rtol=1e-3)
    np.testing.assert_array_equal(latents_between(latents[[0, 0]], 3), np.repeat(latents[:1], 4, axis=0))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"resolution": 8}, "makes images of 8 pixels"),
        ({"truncation": 0.0}, "truncation of 0.0"),
        ({"truncation": 1.5}, "truncation of 1.5"),
        ({"truncation": float("nan")}, "truncation of nan"),
    ],
)
def test_what_cannot_be_drawn_is_said(options: dict[str, float], words: str) -> None:
    with pytest.raises(BadInputError, match=words):
        generator(**options)
