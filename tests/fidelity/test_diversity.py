"""What discarding does to a set is what theory says of Gaussians and of copies."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from core.fidelity.diversity import distance_change, mean_change, mean_ms_ssim
from core.fidelity.ms_ssim import WEIGHTS, ms_ssim


def points(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, 8)).astype(np.float32)


def picture(seed: int, *, smooth_px: float = 3) -> np.ndarray:
    noise = gaussian_filter(np.random.default_rng(seed).normal(size=(256, 256)), smooth_px)
    return np.clip(128 + 60 * noise / noise.std(), 0, 255).astype(np.uint8)


def test_the_mean_distance_of_a_gaussian_set_is_the_known_one() -> None:
    """Two points of N(0, I) in 8 dimensions are 2 Gamma(4.5) / Gamma(4) = 3.878 apart."""
    change = distance_change(points(800), np.ones(800, bool), seed=0)
    assert change.before is not None
    assert change.before.estimate == pytest.approx(3.878, rel=0.02)
    low, high = change.before.ci95
    assert low < change.before.estimate < high
    assert high - low < 0.2


def test_discarding_at_random_does_not_narrow_a_set_and_discarding_one_side_does() -> None:
    features = points(600)
    at_random = distance_change(features, np.random.default_rng(1).random(600) < 0.5, seed=0).ratio
    one_side = distance_change(features, features[:, 0] > 0, seed=0).ratio
    assert at_random is not None
    assert one_side is not None
    assert at_random.ci95[0] < 1 < at_random.ci95[1]
    assert one_side.ci95[1] < 1


def test_keeping_all_changes_nothing() -> None:
    values = np.arange(20, dtype=np.float32)
    change = mean_change(values, np.ones(20, bool), seed=0)
    assert change.before == change.after
    assert change.ratio is not None
    assert (change.ratio.estimate, change.ratio.ci95) == (1.0, (1.0, 1.0))


def test_the_mean_over_kept_images_is_theirs() -> None:
    change = mean_change(np.array([1, 2, 3, 10], np.float32), np.array([True, True, True, False]), seed=0)
    assert change.before is not None
    assert change.after is not None
    assert (change.before.estimate, change.after.estimate, change.after.n) == (4, 2, 3)


def test_the_interval_of_a_mean_holds_it_as_often_as_it_says() -> None:
    held = 0
    for seed in range(100):
        values = np.random.default_rng(seed).normal(5, 1, 60).astype(np.float32)
        estimate = mean_change(values, np.ones(60, bool), seed=seed).before
        assert estimate is not None
        held += estimate.ci95[0] < 5 < estimate.ci95[1]
    assert 88 <= held <= 99


@pytest.mark.parametrize("n", [1, 2, 3])
def test_of_too_few_images_nothing_is_said(n: int) -> None:
    kept = np.zeros(n, bool)
    kept[0] = True
    change = distance_change(points(n), kept, seed=0)
    assert (change.after, change.ratio) == (None, None)
    assert (change.before is None) == (n == 1)
    assert mean_ms_ssim(np.stack([picture(seed) for seed in range(n)]), seed=0) is None


def test_without_anything_before_there_is_no_ratio() -> None:
    change = mean_change(np.zeros(5, np.float32), np.ones(5, bool), seed=0)
    assert change.ratio is None
    assert change.to_json()["before"] == {"estimate": 0.0, "ci95": [0.0, 0.0], "n": 5}


def test_ms_ssim_is_one_for_equal_images_and_falls_with_noise() -> None:
    image = picture(0)
    noise = np.random.default_rng(1).normal(size=image.shape)
    noisy = [ms_ssim(image, np.clip(image + level * noise, 0, 255).astype(np.uint8)) for level in (0, 10, 30, 90)]
    assert noisy[0] == pytest.approx(1)
    assert noisy == sorted(noisy, reverse=True)
    assert ms_ssim(picture(2), picture(3)) < 0.3
    assert ms_ssim(image, picture(3)) == ms_ssim(picture(3), image)


def test_ms_ssim_of_a_change_in_brightness_follows_from_the_formula() -> None:
    """Constants: contrast and structure are 1 at every scale, and the luminance of the coarsest is known."""
    one, other = np.full((256, 256), 100, np.uint8), np.full((256, 256), 150, np.uint8)
    luminance = (2 * 100 * 150 + 2.55**2) / (100**2 + 150**2 + 2.55**2)
    assert ms_ssim(one, other) == pytest.approx(luminance ** WEIGHTS[-1], rel=1e-4)


def test_a_set_of_copies_has_no_variety() -> None:
    one = picture(0)
    copies = mean_ms_ssim(np.stack([one] * 8), seed=0)
    different = mean_ms_ssim(np.stack([picture(seed) for seed in range(8)]), seed=0)
    assert copies is not None
    assert different is not None
    assert copies.estimate == pytest.approx(1)
    assert (copies.n, different.n) == (4, 4)
    assert different.ci95[1] < 0.5


def test_small_images_have_too_few_scales() -> None:
    with pytest.raises(ValueError, match="5 scales"):
        ms_ssim(np.zeros((64, 64), np.uint8), np.zeros((64, 64), np.uint8))
