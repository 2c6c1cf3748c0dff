"""Figures of detectors: values that can be reckoned by hand, and intervals that know about patients."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from core.detection.performance import (
    Measure,
    TestSet,
    area_under_roc,
    differences,
    estimates,
    roc_curve,
    scored,
)
from core.errors import BadInputError


def made_up(n_patients: int, per_patient: int, *, seed: int = 0) -> tuple[TestSet, np.ndarray]:
    """Patients whose slices are all told right or all told wrong."""
    rng = np.random.default_rng(seed)
    subjects = np.repeat(np.arange(n_patients), per_patient)
    is_tumor = np.arange(n_patients * per_patient) % 2 == 0
    right = (rng.random(n_patients) < 0.7)[subjects]
    return TestSet(subjects=subjects, is_tumor=is_tumor), np.where(is_tumor == right, 1.0, -1.0)


def test_measures_are_those_of_the_contingency_table() -> None:
    test = TestSet(subjects=np.array([0, 0, 1, 1, 2]), is_tumor=np.array([True, True, True, False, False]))
    found = estimates(scored(test, [np.array([2.0, -1.0, 0.5, -3.0, 1.0])]))
    assert found[Measure.ACCURACY].estimate == pytest.approx(3 / 5)
    assert found[Measure.SENSITIVITY].estimate == pytest.approx(2 / 3)
    assert found[Measure.SPECIFICITY].estimate == pytest.approx(1 / 2)
    assert found[Measure.AUC].estimate == pytest.approx(4 / 6)
    assert found[Measure.ACCURACY].sd_over_seeds is None


def test_the_area_is_scikit_learns_also_with_ties() -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        is_tumor, said = rng.random(50) < 0.4, rng.integers(0, 6, 50).astype(float)
        assert area_under_roc(is_tumor, said) == pytest.approx(roc_auc_score(is_tumor, said))
        curve = np.array(roc_curve(is_tumor, said))
        assert np.trapezoid(curve[:, 1], curve[:, 0]) == pytest.approx(roc_auc_score(is_tumor, said))


def test_slices_of_a_patient_count_together() -> None:
    """100 slices of each of 12 patients say no more than one slice of each would."""
    test, said = made_up(12, 100)
    low, high = estimates(scored(test, [said]))[Measure.ACCURACY].ci95 or (0, 0)
    single, _ = made_up(1200, 1)
    narrow_low, narrow_high = estimates(scored(single, [said]))[Measure.ACCURACY].ci95 or (0, 0)
    assert high - low > 5 * (narrow_high - narrow_low)


def test_of_one_patient_there_are_figures_and_no_interval() -> None:
    test, said = made_up(1, 10)
    found = estimates(scored(test, [said]))
    assert all(one.estimate is not None and one.ci95 is None for one in found.values())


def test_a_class_that_is_not_there_has_no_figure() -> None:
    test = TestSet(subjects=np.array([0, 1]), is_tumor=np.array([True, True]))
    found = estimates(scored(test, [np.array([1.0, -1.0])]))
    assert found[Measure.SPECIFICITY].estimate is None
    assert found[Measure.AUC].estimate is None
    assert found[Measure.SENSITIVITY].estimate == 0.5
    assert roc_curve(test.is_tumor, np.array([1.0, -1.0])) == []


def test_seeds_are_averaged_and_their_spread_is_told() -> None:
    test, said = made_up(8, 4)
    found = estimates(scored(test, [said, np.where(test.is_tumor, 1.0, -1.0)]))
    one = estimates(scored(test, [said]))[Measure.ACCURACY].estimate or 0
    assert found[Measure.ACCURACY].estimate == pytest.approx((one + 1) / 2)
    assert found[Measure.ACCURACY].sd_over_seeds == pytest.approx((1 - one) / np.sqrt(2))


def test_differences_are_paired_by_patient() -> None:
    """Where one is right wherever the other is, and once more, chance in who the patients are cancels out."""
    test, said = made_up(40, 4, seed=5)
    better = said.copy()
    wrong = np.flatnonzero((said > 0) != test.is_tumor)
    better[wrong[: len(wrong) // 2]] *= -1
    first, second = scored(test, [said]), scored(test, [better])
    found = differences(second, first)[Measure.ACCURACY]
    alone = estimates(first)[Measure.ACCURACY].ci95 or (0, 0)
    assert found.ci95 is not None
    assert found.ci95[0] > 0
    assert found.ci95[1] - found.ci95[0] < alone[1] - alone[0]
    same = differences(first, first)[Measure.AUC]
    assert same.estimate == 0
    assert same.ci95 == (0, 0)


def test_nothing_to_measure_is_refused() -> None:
    with pytest.raises(BadInputError):
        scored(made_up(2, 2)[0], [])
