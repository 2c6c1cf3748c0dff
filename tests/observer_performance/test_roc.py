"""AUC and DeLong's interval, against pROC and the ratings of Hanley and McNeil."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.observer_performance.roc import MOST_POINTS, roc_area


@pytest.mark.realdata
def test_the_interval_is_that_of_proc(shared_data: Path) -> None:
    patients = pd.read_csv(shared_data / "observer" / "asah_ndka.csv")
    found = roc_area(patients["ndka"].to_numpy(float), (patients["outcome"] == "Poor").to_numpy())
    assert found is not None
    assert found.auc == pytest.approx(0.6119579946, abs=1e-10)
    assert found.ci95 == pytest.approx((0.5012449993, 0.7226709899), abs=1e-10)


def test_the_ratings_of_hanley_and_mcneil_have_their_area() -> None:
    noise, signal = [33, 6, 6, 11, 2], [3, 2, 2, 11, 33]
    scores = np.repeat([1.0, 2, 3, 4, 5] * 2, noise + signal)
    found = roc_area(scores, np.arange(len(scores)) >= sum(noise))
    assert found is not None
    assert (found.auc, found.se) == pytest.approx((0.893171, 0.030724), abs=1e-6)
    assert found.ci95 == pytest.approx((0.832952, 0.95339), abs=1e-6)


def test_the_curve_has_that_area_and_runs_from_corner_to_corner() -> None:
    rng = np.random.default_rng(2)
    present = rng.random(3000) < 0.4
    for scores in (rng.integers(-5, 6, 3000) + 2.0 * present, rng.normal(present, 1)):
        found = roc_area(scores, present)
        assert found is not None
        x, y = np.array(found.curve).T
        assert (found.curve[0], found.curve[-1]) == ((0, 0), (1, 1))
        assert (np.diff(x) >= 0).all()
        assert (np.diff(y) >= 0).all()
        assert len(found.curve) <= MOST_POINTS + 1
        assert np.trapezoid(y, x) == pytest.approx(found.auc, abs=0.002)


def test_turning_the_scores_turns_the_area() -> None:
    scores, present = np.array([1.0, 2, 2, 3, 5, 4]), np.array([0, 0, 1, 0, 1, 1], dtype=bool)
    up, down = roc_area(scores, present), roc_area(-scores, present)
    assert up is not None
    assert down is not None
    assert up.auc == pytest.approx(1 - down.auc) == pytest.approx(7.5 / 9)
    assert up.se == pytest.approx(down.se)


def test_answers_without_confidence_stay_out() -> None:
    scores, present = np.array([1.0, np.nan, 2, 3, np.nan]), np.array([0, 0, 1, 1, 1], dtype=bool)
    found = roc_area(scores, present)
    assert found is not None
    assert (found.n, found.auc) == (3, 1)


@pytest.mark.parametrize("scores", [[1.0, 1, 1, 1], [1.0, 1, 2, 2]], ids=["constant", "told apart"])
def test_scores_without_variance_have_an_area_and_no_interval(scores: list[float]) -> None:
    found = roc_area(np.array(scores), np.array([False, False, True, True]))
    assert found is not None
    assert (found.se, found.ci95) == (None, None)


@pytest.mark.parametrize("present", [[True, True], [False, False], []])
def test_one_class_has_no_area(present: list[bool]) -> None:
    assert roc_area(np.arange(len(present), dtype=float), np.array(present, dtype=bool)) is None
