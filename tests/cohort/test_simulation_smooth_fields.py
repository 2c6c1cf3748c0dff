import numpy as np

from core.cohort.simulation.smooth_fields import smooth_field, spline_sum


def test_a_smooth_field_has_zero_mean_and_unit_variance():
    field = smooth_field(np.random.default_rng(0), (90, 80, 70), knot_mm=4)

    assert field.shape == (90, 80, 70)
    assert field.dtype == np.float32
    assert abs(field.mean()) < 0.05
    assert abs(field.std() - 1) < 0.05


def test_a_field_with_wider_knots_changes_more_slowly():
    fine, wide = (smooth_field(np.random.default_rng(0), (60, 50, 40), knot_mm=knot) for knot in (3, 12))

    assert np.abs(np.diff(wide, axis=0)).mean() < 0.5 * np.abs(np.diff(fine, axis=0)).mean()


def test_a_spline_of_linear_coefficients_is_linear():
    """Cubic B-splines reproduce polynomials of the first degree."""
    x, y, z = np.ogrid[0:8, 0:9, 0:10]
    coefficients = (2 * x - 3 * y + 5 * z).astype(np.float32)
    at = tuple(np.linspace(1, n - 3, 7) for n in (8, 9, 10))

    values = spline_sum(coefficients, at)

    grid = np.meshgrid(*at, indexing="ij")
    assert np.allclose(values, 2 * grid[0] - 3 * grid[1] + 5 * grid[2], atol=1e-4)
