"""Each planted fault raises the measure that is named for it, and leaves the others of its kind alone."""

import numpy as np
import pytest

from core.curation.oddities import HEAD_FROM, Oddity, PixelOddities, feature_oddities
from core.curation.triage import spreads

PIXEL_ODDITIES = list(Oddity)[:6]


def head(seed: int, *, radius: int = 80) -> np.ndarray:
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:256, :256] - 127.5
    inside = np.hypot(y, 0.9 * x) < radius + rng.uniform(-3, 3)
    return np.where(inside, rng.normal(110, 12, (256, 256)).clip(30, 200), 0).astype(np.uint8)


REAL = [head(seed) for seed in range(24)]


def gray_air(image: np.ndarray) -> np.ndarray:
    return np.maximum(image, 12).astype(np.uint8)


def small(_: np.ndarray) -> np.ndarray:
    return head(99, radius=40)


def in_pieces(image: np.ndarray) -> np.ndarray:
    broken = image.copy()
    broken[:, 120:136] = 0
    return broken


def bright(image: np.ndarray) -> np.ndarray:
    spotted = image.copy()
    spotted[110:150, 100:140] = 250
    return spotted


def darker(image: np.ndarray) -> np.ndarray:
    return np.where(image > 0, np.maximum(image * 0.6, HEAD_FROM), 0).astype(np.uint8)


def smooth(image: np.ndarray) -> np.ndarray:
    return np.where(image > 0, 110, 0).astype(np.uint8)


@pytest.mark.parametrize(
    ("fault", "oddity"),
    [
        (gray_air, Oddity.GRAY_AIR),
        (small, Oddity.HEAD_SIZE),
        (in_pieces, Oddity.PIECES),
        (bright, Oddity.BRIGHT),
        (darker, Oddity.GRAY_VALUES),
        (smooth, Oddity.DETAIL),
    ],
)
def test_a_planted_fault_is_called_by_its_name(fault: object, oddity: Oddity) -> None:
    oddities = PixelOddities(REAL)
    usual = np.stack([oddities.of(image) for image in REAL])
    measured = np.stack([oddities.of(image) for image in (head(50), fault(head(50)))])  # type: ignore[operator]
    padding = np.zeros((len(usual), 3), np.float32)
    found = spreads(np.column_stack([measured, padding[:2]]), np.column_stack([usual, padding]))[:, :6]
    place = PIXEL_ODDITIES.index(oddity)
    assert found[0].max() < 3
    assert found[1, place] > 3.5


def test_an_empty_image_is_measured() -> None:
    measured = PixelOddities(REAL).of(np.zeros((256, 256), np.uint8))
    assert np.isfinite(measured).all()
    assert measured[PIXEL_ODDITIES.index(Oddity.PIECES)] == 1


def test_structures_are_measured_where_features_deviate() -> None:
    deviations = np.full(64, 10.0, np.float32)
    large, little = np.zeros((2, 1, 64), np.float32)
    large[0, 3] = little[0, 50] = 200
    distance = np.array([5.0], np.float32)
    assert (
        feature_oddities(large, deviations, distance)[0, 1] > feature_oddities(little, deviations, distance)[0, 1]
    )
    assert (
        feature_oddities(little, deviations, distance)[0, 2] > feature_oddities(large, deviations, distance)[0, 2]
    )
