"""Features keep what pixels say: distances, and nothing of the order or the number of components."""

import numpy as np
import pytest

from core.embedding.features import SIDE_PX, SPREAD, PrincipalComponents, pixel_rows
from core.errors import BadInputError


def images(n: int, seed: int = 0, *, size: int = 64) -> np.ndarray:
    """Blobs of different places and sizes on black."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:size, :size]
    made = []
    for _ in range(n):
        row, column, radius = rng.uniform(0.3, 0.7) * size, rng.uniform(0.3, 0.7) * size, rng.uniform(4, 14)
        made.append(200 * np.exp(-((y - row) ** 2 + (x - column) ** 2) / radius**2))
    return np.stack(made).astype(np.uint8)


def fitted_to(made: np.ndarray) -> PrincipalComponents:
    return PrincipalComponents.fit(pixel_rows(made))


def test_distances_between_fitted_images_are_those_of_their_pixels() -> None:
    made = images(30)
    features = fitted_to(made).of(pixel_rows(made))
    rows = pixel_rows(made)
    assert rows.shape == (30, SIDE_PX**2)
    for one, other in ((0, 1), (3, 17)):
        expected = np.linalg.norm(rows[one] - rows[other])
        assert np.linalg.norm(features[one] - features[other]) == pytest.approx(expected, rel=1e-3)


def test_components_are_orthonormal_and_largest_first() -> None:
    fitted = fitted_to(images(30))
    assert fitted.components.shape == (29, SIDE_PX**2)
    np.testing.assert_allclose(fitted.components @ fitted.components.T, np.eye(29), atol=1e-4)
    assert (np.diff(fitted.deviations) <= 0).all()
    np.testing.assert_allclose(
        fitted.of(pixel_rows(images(30))).std(0, ddof=1), fitted.deviations, rtol=1e-2, atol=0.5
    )


def test_a_small_shift_is_near_and_another_image_is_not() -> None:
    made = images(40)
    fitted = fitted_to(made)
    shifted = fitted.of(pixel_rows(np.roll(made, 1, axis=2)))
    distances = np.linalg.norm(shifted[:, None] - fitted.of(pixel_rows(made))[None], axis=2)
    assert (distances.argmin(1) == np.arange(40)).mean() > 0.9


def test_features_without_a_unit_are_in_thousandths_of_the_spread() -> None:
    rows = np.random.default_rng(0).normal(size=(200, 8)).astype(np.float32) * 0.01 + 3
    found, plain = (PrincipalComponents.fit(rows, has_unit=has_unit) for has_unit in (False, True))
    distances = np.linalg.norm(found.of(rows), axis=1)
    assert np.sqrt((distances**2).mean()) == pytest.approx(SPREAD, rel=1e-3)
    ratio = found.of(rows) / plain.of(rows)
    np.testing.assert_allclose(ratio, ratio[0, 0], rtol=1e-2)
    np.testing.assert_allclose(found.deviations / plain.deviations, ratio[0, 0], rtol=1e-2)


def test_constant_images_have_one_feature_and_it_is_a_number() -> None:
    features = fitted_to(np.full((5, 64, 64), 70, np.uint8)).of(pixel_rows(images(3)))
    assert features.shape == (3, 1)
    assert np.isfinite(features).all()


def test_one_image_has_no_components() -> None:
    with pytest.raises(BadInputError, match="1 training image has no components"):
        fitted_to(images(1))
