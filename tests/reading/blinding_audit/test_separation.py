"""AUC, interval and permutation p of one number per image."""

import numpy as np
import pytest
from scipy.stats import kstest, mannwhitneyu

from core.reading.blinding_audit.image_content import content_features
from core.reading.blinding_audit.pipeline_artifacts import pixel_artifacts
from core.reading.blinding_audit.separation import auc_interval, p_over_patients, separations

SEPARATED = np.array([[1.0], [2.0], [3.0], [4.0], [11.0], [12.0], [13.0], [14.0]])
SECOND_HALF = np.arange(8) >= 4


def test_the_auc_is_that_of_mann_and_whitney_with_ties_counted_half() -> None:
    rng = np.random.default_rng(0)
    values = rng.integers(0, 9, (50, 3)).astype(float)
    synthetic = rng.random(50) < 0.4
    for column, found in zip(values.T, separations(values, synthetic, rng=rng, n_permutations=9), strict=True):
        u = mannwhitneyu(column[synthetic], column[~synthetic]).statistic
        assert found.auc == pytest.approx(u / (synthetic.sum() * (~synthetic).sum()))


def test_both_directions_of_a_full_separation_are_found() -> None:
    up, down = separations(np.hstack([SEPARATED, -SEPARATED]), SECOND_HALF, rng=np.random.default_rng(0))
    assert (up.auc, down.auc) == (1.0, 0.0)
    assert up.p == down.p == pytest.approx(2 / 70, abs=0.006)  # 2 of the 70 ways to divide 8 into halves


def test_what_is_the_same_in_all_images_separates_nothing() -> None:
    (found,) = separations(np.ones((8, 1)), SECOND_HALF, rng=np.random.default_rng(0))
    assert (found.auc, found.p) == (0.5, 1.0)


def test_one_seed_gives_one_answer() -> None:
    values = np.random.default_rng(1).normal(size=(30, 4))
    synthetic = np.arange(30) % 3 == 0
    first, second = (separations(values, synthetic, rng=np.random.default_rng(5)) for _ in range(2))
    assert first == second


def test_both_kinds_are_needed() -> None:
    with pytest.raises(ValueError, match="real and synthetic"):
        separations(SEPARATED, np.ones(8, bool), rng=np.random.default_rng(0))


def p_over_shuffles(values: np.ndarray, n_shuffles: int = 200) -> np.ndarray:
    rng = np.random.default_rng(2)
    truth = np.arange(len(values)) < len(values) // 2
    return np.array(
        [separations(values, rng.permutation(truth), rng=rng, n_permutations=999)[0].p for _ in range(n_shuffles)]
    )


def test_over_200_shuffles_of_the_truth_p_is_uniform() -> None:
    """Kolmogorov and Smirnov reject uniformity once in a hundred seeds; this seed is fixed."""
    p = p_over_shuffles(np.random.default_rng(3).gamma(2.0, size=(60, 1)))
    assert kstest(p, "uniform").pvalue > 0.01
    assert p.mean() == pytest.approx(0.5, abs=0.07)  # 3.4 standard errors


def test_over_200_shuffles_the_audits_own_features_have_a_uniform_p(matched_pixels: np.ndarray) -> None:
    """Features with hardly a tie, of stimuli from one hand. Twelve tests of uniformity, so at p < 0.001 each."""
    rows = [pixel_artifacts(image) | content_features(image) for image in matched_pixels]
    values = np.array([[*row.values()] for row in rows])
    smooth = values[:, [len(np.unique(column)) > 55 for column in values.T]]
    rng = np.random.default_rng(11)
    truth = np.arange(len(values)) < len(values) // 2
    found = [separations(smooth, rng.permutation(truth), rng=rng, n_permutations=499) for _ in range(200)]
    p = np.array([[one.p for one in columns] for columns in found])
    assert p.shape[1] >= 8
    for column in p.T:
        assert kstest(column, "uniform").pvalue > 0.001


@pytest.mark.parametrize("n_values", [2, 3, 10])
def test_with_ties_p_is_never_too_small(n_values: int) -> None:
    """At most 3.1 standard errors above its level, at each level."""
    p = p_over_shuffles(np.random.default_rng(4).integers(0, n_values, (60, 1)).astype(float))
    for level in (0.01, 0.05, 0.1, 0.25, 0.5):
        assert (p <= level).mean() <= level + 3.1 * np.sqrt(level * (1 - level) / 200)


def test_the_interval_holds_the_estimate_and_has_a_width_everywhere() -> None:
    for auc in (0.0, 0.2, 0.5, 0.93, 1.0):
        low, high = auc_interval(auc, 20, 30)
        assert 0 <= low <= auc <= high <= 1
        assert high - low > 0.05
        narrower = auc_interval(auc, 200, 300)
        assert narrower[1] - narrower[0] < high - low


def test_the_interval_is_mirrored_with_the_auc() -> None:
    low, high = auc_interval(0.8, 25, 25)
    assert auc_interval(0.2, 25, 25) == pytest.approx((1 - high, 1 - low))


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    """Normal scores a unit apart: the AUC is 0.760. 400 drawings; 0.95 has a standard error of 0.011."""
    rng = np.random.default_rng(6)
    covered = 0
    for _ in range(400):
        values = np.concatenate([rng.normal(0, 1, 25), rng.normal(1, 1, 25)])[:, None]
        low, high = separations(values, np.arange(50) >= 25, rng=rng, n_permutations=1)[0].ci95
        covered += low <= 0.7602 <= high
    assert 0.92 <= covered / 400 <= 0.99


def patients_that_differ(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Ten patients of six images each, which are much alike: values [60, 1] and groups."""
    groups = np.repeat(np.arange(10), 6)
    return (rng.normal(size=10)[groups] + 0.1 * rng.normal(size=60))[:, None], groups


def test_by_patient_p_does_not_take_patients_for_kinds() -> None:
    """Five of the ten patients at random: over images p is far too small, over patients it keeps its level."""
    rng = np.random.default_rng(8)
    over_images, over_patients = [], []
    for _ in range(200):
        values, groups = patients_that_differ(rng)
        synthetic = np.isin(groups, rng.permutation(10)[:5])
        over_images.append(separations(values, synthetic, rng=rng, n_permutations=199)[0].p)
        over_patients.append(p_over_patients(values, synthetic, groups, rng=rng, n_permutations=199)[0])
    assert np.mean(np.array(over_images) <= 0.05) > 0.3
    assert np.mean(np.array(over_patients) <= 0.05) <= 0.05 + 3.1 * np.sqrt(0.05 * 0.95 / 200)


def test_by_patient_p_of_single_images_is_that_over_images() -> None:
    values = np.random.default_rng(9).normal(size=(40, 3)) + np.linspace(0, 1, 40)[:, None]
    synthetic = np.arange(40) >= 20
    over_images = [one.p for one in separations(values, synthetic, rng=np.random.default_rng(1))]
    by_patient = p_over_patients(values, synthetic, range(40), rng=np.random.default_rng(1))
    assert list(by_patient) == over_images
