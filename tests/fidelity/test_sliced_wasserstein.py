"""The distance is 0 between equal sets, does not mind the order, and is what theory says where theory knows it."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import gammaln
from scipy.stats import norm

from core.errors import BadInputError
from core.fidelity.sliced_wasserstein import (
    PATCH_PX,
    PATCHES_PER_IMAGE,
    distances,
    pyramid_patches,
    sliced_wasserstein,
)


def textures(n: int, *, seed: int, size: int = 32, blur: float = 1.0) -> NDArray[np.uint8]:
    """Smooth random pictures; a larger `blur` has coarser ones."""
    noise = np.random.default_rng(seed).normal(size=(n, size, size)).astype(np.float32)
    smooth = np.stack([cv2.GaussianBlur(image, (0, 0), blur) for image in noise])
    return np.clip(128 + 40 * smooth / smooth.std(), 0, 255).astype(np.uint8)


def test_equal_sets_are_at_distance_zero_whatever_their_order() -> None:
    images = textures(20, seed=0)
    assert sliced_wasserstein(images, images[::-1].copy(), seed=3) == {32: 0.0, 16: 0.0}


def test_it_is_symmetric_and_does_not_mind_the_order() -> None:
    a, b = textures(20, seed=0), textures(20, seed=1, blur=2.0)
    there = sliced_wasserstein(a, b, seed=0)
    assert there == pytest.approx(sliced_wasserstein(b, a, seed=0))
    assert there == pytest.approx(sliced_wasserstein(a[::-1], np.roll(b, 7, axis=0), seed=0), abs=0.01)


def test_each_level_is_half_as_large_as_the_one_before_down_to_16() -> None:
    assert list(sliced_wasserstein(textures(4, seed=0, size=128), textures(4, seed=1, size=128), seed=0)) == [
        128,
        64,
        32,
        16,
    ]
    assert list(sliced_wasserstein(textures(4, seed=0, size=8), textures(4, seed=1, size=8), seed=0)) == [8]


def test_sets_that_differ_in_what_is_fine_differ_at_the_fine_level_most() -> None:
    smooth = textures(60, seed=1, size=64, blur=6.0)
    grain = np.random.default_rng(2).integers(-12, 13, smooth.shape)
    noisy = np.clip(textures(60, seed=3, size=64, blur=6.0) + grain, 0, 255).astype(np.uint8)
    found = sliced_wasserstein(smooth, noisy, seed=0)
    assert found[64] > 4 * found[16]


def test_two_samples_of_one_source_are_nearer_than_two_sources() -> None:
    one, same, other = textures(60, seed=0), textures(60, seed=1), textures(60, seed=2, blur=2.0)
    near, far = sliced_wasserstein(one, same, seed=0), sliced_wasserstein(one, other, seed=0)
    assert all(near[level] < far[level] for level in near)


def test_the_distance_of_two_samples_falls_as_they_grow() -> None:
    few, many = (sliced_wasserstein(textures(n, seed=0), textures(n, seed=1), seed=0)[16] for n in (10, 160))
    assert many < few / 2


def test_brightness_and_contrast_of_a_whole_set_do_not_count() -> None:
    """Each set is brought to mean 0 and variance 1, as the paper does; what is left here is rounding."""
    images = textures(20, seed=0, blur=2.0)
    darker = (40 + images.astype(float) / 2).astype(np.uint8)
    # the patches of equal places: their position follows from the image, so that they are compared directly
    assert sliced_wasserstein(images, darker, seed=0)[16] < 100
    ours = pyramid_patches(images, seed=0)[16]
    assert ours.shape == (20, PATCHES_PER_IMAGE, PATCH_PX**2)
    assert float(ours.mean()) == pytest.approx(0, abs=1e-5)
    assert float(ours.std()) == pytest.approx(1, abs=1e-4)


def test_two_known_distributions_are_at_their_known_distance() -> None:
    """Images of one gray value each, normal in one set and two-valued in the other: E||x| - 1| of a standard normal
    x between them, times the mean length of (1, ..., 1) along a random direction, 7 E|d| on the sphere in 49-d.
    """
    normal = norm.ppf((np.arange(400) + 0.5) / 400)
    values = {"normal": 128 + 25 * normal, "two": np.repeat([103, 153], 200)}
    a, b = (np.full((400, 16, 16), found.round()[:, None, None]).astype(np.uint8) for found in values.values())
    between = np.abs(np.abs(normal) - 1).mean()
    along = PATCH_PX * np.exp(gammaln(24.5) - gammaln(25)) / np.sqrt(np.pi)
    assert sliced_wasserstein(a, b, seed=0)[16] == pytest.approx(1000 * between * along, rel=0.05)


def test_white_patches_against_constant_ones_are_at_the_mean_size_of_a_normal_value() -> None:
    """Against a set whose patches are all 0, W1 of a projection is E|x|, for a standard normal sqrt(2 / pi)."""
    noise = np.clip(np.random.default_rng(0).normal(128, 30, (80, 16, 16)), 0, 255).round().astype(np.uint8)
    flat = np.full((80, 16, 16), 90, np.uint8)
    assert sliced_wasserstein(noise, flat, seed=0)[16] == pytest.approx(1000 * np.sqrt(2 / np.pi), rel=0.01)


def test_sets_of_different_sizes_can_be_compared() -> None:
    a = textures(30, seed=0)
    twice = np.concatenate([a, a])
    assert sliced_wasserstein(a, twice, seed=0) == pytest.approx({32: 0.0, 16: 0.0}, abs=1e-3)
    assert sliced_wasserstein(a[:20], a, seed=0)[32] > 0


def test_the_interval_has_the_estimate_within_and_another_sample_of_the_source() -> None:
    a, b = textures(60, seed=0), textures(60, seed=1, blur=1.5)
    found = distances(a, b, seed=0)
    plain = sliced_wasserstein(a, b, seed=0)
    again = sliced_wasserstein(textures(60, seed=8), textures(60, seed=9, blur=1.5), seed=0)
    assert found.mean.estimate == pytest.approx(np.mean([*plain.values()]))
    assert found.mean.ci95[0] < found.mean.estimate < found.mean.ci95[1]
    for level, distance in found.levels.items():
        assert distance.estimate == plain[level]
        low, high = distance.ci95
        assert low < distance.estimate < high
        assert low < again[level] < high


@pytest.mark.parametrize(
    ("a", "b", "words"),
    [
        (np.zeros((0, 16, 16), np.uint8), np.zeros((1, 16, 16), np.uint8), "no set of images"),
        (np.zeros((1, 16, 16), np.float32), np.zeros((1, 16, 16), np.uint8), "float32"),
        (np.zeros((1, 24, 24), np.uint8), np.zeros((1, 24, 24), np.uint8), "power of 2"),
        (np.zeros((1, 16, 32), np.uint8), np.zeros((1, 16, 32), np.uint8), "square"),
        (np.zeros((1, 16, 16), np.uint8), np.zeros((1, 32, 32), np.uint8), "16 and of 32"),
    ],
)
def test_what_cannot_be_compared_is_said(a: NDArray[np.uint8], b: NDArray[np.uint8], words: str) -> None:
    with pytest.raises(BadInputError, match=words):
        sliced_wasserstein(a, b, seed=0)
