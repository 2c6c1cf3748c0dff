"""Each epoch shows every image once; pixels are averages of the canonical ones, from cache and file alike."""

import numpy as np
import pytest
import torch

from core.runs.order import shown_at
from core.synthesis import training_images
from core.synthesis.latents import draws_of_step, latents_of_seeds
from core.synthesis.training_images import TrainingImages, as_network_input, as_pixels

INDICES = [5, 1, 7, 2, 8]


@pytest.fixture
def pixels() -> np.ndarray:
    """Different in each row, column and image."""
    y, x, n = np.arange(256)[:, None], np.arange(256), np.arange(9)[:, None, None]
    return ((y * 3 + x * 2 + n * 25) % 251).astype(np.uint8)


def test_an_epoch_shows_each_image_once_and_the_next_one_in_another_order() -> None:
    first, second = shown_at(range(100), 100, 0), shown_at(range(100, 200), 100, 0)
    assert sorted(first) == sorted(second) == list(range(100))
    assert list(first) != list(second)
    assert list(shown_at(range(100), 100, 1)) != list(first)


def test_what_is_shown_does_not_depend_on_how_it_is_cut_into_batches(pixels) -> None:
    images = TrainingImages(pixels, INDICES)
    whole = images.batch(16, range(12), seed=0)
    parts = [images.batch(16, range(start, start + 3), seed=0) for start in (0, 3, 6, 9)]
    assert torch.equal(torch.cat(parts), whole)


@pytest.mark.parametrize("resolution", [4, 32, 128, 256])
def test_only_the_images_of_the_training_partition_are_shown_as_averages_of_squares(pixels, resolution) -> None:
    images = TrainingImages(pixels, INDICES)
    images.prepare(resolution)
    block = 256 // resolution
    expected = pixels[INDICES].reshape(5, resolution, block, resolution, block).mean((2, 4))
    got = images.pixels_at(resolution, np.arange(5))
    assert got.dtype == np.uint8
    assert np.abs(got - expected).max() <= 0.5 + 1e-6


def test_cached_and_read_in_each_step_is_the_same(pixels, monkeypatch) -> None:
    cached, read = TrainingImages(pixels, INDICES), TrainingImages(pixels, INDICES)
    cached.prepare(64)
    monkeypatch.setattr(training_images, "CACHED_BYTES", 0)
    read.prepare(64)
    assert torch.equal(cached.batch(64, range(7), seed=1), read.batch(64, range(7), seed=1))


def test_only_the_marked_images_are_mirrored(pixels) -> None:
    images = TrainingImages(pixels, INDICES)
    plain = images.batch(32, range(2), seed=0)
    mirrored = images.batch(32, range(2), seed=0, flips=torch.tensor([False, True]))
    assert torch.equal(mirrored[0], plain[0])
    assert torch.equal(mirrored[1], plain[1].flip(2))
    assert not torch.equal(mirrored[1], plain[1])


def test_gray_levels_go_to_the_network_and_back_unchanged() -> None:
    levels = torch.arange(256, dtype=torch.uint8).reshape(1, 1, 16, 16)
    scaled = as_network_input(levels)
    assert (scaled.min(), scaled.max()) == (-1, 1)
    assert np.array_equal(as_pixels(scaled)[0], levels[0, 0].numpy())
    assert set(as_pixels(torch.tensor([[[[-3.0, 3.0]]]])).ravel()) == {0, 255}


def test_the_fingerprint_tells_which_images_they_are(pixels) -> None:
    assert TrainingImages(pixels, INDICES).fingerprint == TrainingImages(pixels, INDICES).fingerprint
    others = [TrainingImages(pixels, INDICES[:4]), TrainingImages(pixels, INDICES[::-1])]
    assert len({TrainingImages(pixels, INDICES).fingerprint, *(other.fingerprint for other in others)}) == 3


def test_draws_depend_on_seed_and_images_shown_alone() -> None:
    def draws(seed: int, shown: int) -> torch.Tensor:
        made = draws_of_step(seed=seed, shown_images=shown, batch=4, latent_size=8)
        return torch.cat([made.latents_discriminator, made.latents_generator])

    assert torch.equal(draws(0, 16), draws(0, 16))
    assert not torch.equal(draws(0, 16), draws(0, 32))
    assert not torch.equal(draws(0, 16), draws(1, 16))
    assert len(torch.unique(draws(0, 0), dim=0)) == 8


def test_the_latent_of_a_seed_is_the_same_alone_and_among_others() -> None:
    assert torch.equal(latents_of_seeds([3, 9, 4], 16)[1], latents_of_seeds([9], 16)[0])
