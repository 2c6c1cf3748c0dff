"""Means over readers and cases hold to published values, and say so where the data cannot tell."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.observer_performance.mrmc import (
    NOT_ESTIMABLE,
    MrmcEstimate,
    case_variance,
    mrmc_accuracy,
    mrmc_auc,
    mrmc_difference,
)
from tests.benchmarks.coverage import Population, coverage_percent

TOY = np.array([[1, 1, 0, 1, 0, 1], [1, 0, 0, 1, 1, 1], [1, 1, 0, 0, 0, 1]], dtype=float)
ONE_TRUTH = np.ones(6, dtype=bool)


def random_study(seed: int, n_readers: int = 4, n_cases: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """Correct or not, in two truths of different rates and sizes, with readers and cases that vary."""
    rng = np.random.default_rng(seed)
    truth = np.arange(n_cases) < n_cases // 4
    logits = np.where(truth, 0.4, 2.0) + rng.normal(0, 1, n_cases) + rng.normal(0, 0.8, (n_readers, 1))
    return (rng.random((n_readers, n_cases)) < 1 / (1 + np.exp(-logits))).astype(float), truth


def anova_variance(correct: np.ndarray) -> float:
    """(MSR + max(MSC - MSE, 0)) / (R C), from the sums of squares of the two-way table."""
    n_readers, n_cases = correct.shape
    readers, cases, mean = correct.mean(axis=1), correct.mean(axis=0), correct.mean()
    residual = correct - readers[:, None] - cases[None, :] + mean
    msr = n_cases * readers.var(ddof=1)
    msc = n_readers * cases.var(ddof=1)
    mse = (residual**2).sum() / ((n_readers - 1) * (n_cases - 1))
    return float((msr + max(msc - mse, 0)) / (n_readers * n_cases))


def test_the_binary_toy_has_its_published_mean_and_variance() -> None:
    result = mrmc_accuracy(TOY, ONE_TRUTH)
    assert result.estimate == pytest.approx(0.611111, abs=5e-7)
    assert result.se is not None
    assert result.se**2 == pytest.approx(0.0179012346, abs=5e-11)


@pytest.mark.parametrize("seed", range(5))
def test_one_truth_gives_the_two_way_table(seed: int) -> None:
    correct, truth = random_study(seed)
    common = correct[:, ~truth]
    result = mrmc_accuracy(common, np.zeros(common.shape[1], dtype=bool))
    assert result.se is not None
    assert result.se**2 == pytest.approx(anova_variance(common), rel=1e-10)


def test_a_difference_between_the_truths_is_no_case_variance() -> None:
    """Everything of one truth right, of the other wrong, by every reader: no case differs from its neighbour."""
    truth = np.arange(40) < 20
    correct = np.tile(truth.astype(float), (3, 1))
    correct[0, 0], correct[1, 25] = 0.0, 1.0
    result = mrmc_accuracy(correct, truth)
    assert result.se is not None
    assert result.se < np.sqrt(anova_variance(correct)) / 3


def test_the_interval_is_t_with_hillis_degrees_of_freedom() -> None:
    correct, _ = random_study(1)
    result = mrmc_accuracy(correct, np.ones(correct.shape[1], dtype=bool))
    msr = correct.mean(axis=1).var(ddof=1)
    assert result.se is not None
    assert result.df == pytest.approx((4 * result.se**2) ** 2 / (msr**2 / 3))


def test_the_order_of_readers_and_cases_does_not_matter() -> None:
    correct, truth = random_study(2)
    rng = np.random.default_rng(0)
    readers, cases = rng.permutation(4), rng.permutation(40)
    assert values(mrmc_accuracy(correct[readers][:, cases], truth[cases])) == pytest.approx(
        values(mrmc_accuracy(correct, truth))
    )
    assert values(mrmc_accuracy(correct, ~truth)) == pytest.approx(values(mrmc_accuracy(correct, truth)))


def test_missing_responses_are_left_out_and_cost_certainty() -> None:
    correct, truth = random_study(3, n_readers=6, n_cases=200)
    holes = correct.copy()
    holes[np.random.default_rng(0).random(correct.shape) < 0.3] = np.nan
    whole, partly = mrmc_accuracy(correct, truth), mrmc_accuracy(holes, truth)
    assert partly.estimate == pytest.approx(whole.estimate, abs=0.03)
    assert whole.se is not None
    assert partly.se == pytest.approx(whole.se, rel=0.5)
    unread = np.concatenate([correct, np.full((6, 3), np.nan)], axis=1)
    assert mrmc_accuracy(unread, np.append(truth, [True, False, True])) == whole


def test_readers_who_share_no_case_have_no_covariance() -> None:
    correct = np.full((2, 8), np.nan)
    correct[0, :4], correct[1, 4:] = [1, 1, 0, 1], [0, 1, 0, 1]
    result = mrmc_accuracy(correct, np.ones(8, dtype=bool))
    assert result.estimate == 0.625
    assert result.se == pytest.approx(np.std([0.75, 0.5], ddof=1) / np.sqrt(2))


def test_a_difference_is_that_of_the_two_accuracies_and_its_case_variances_add_up() -> None:
    """Of readers who differ by nothing between the groups, what is left is the cases' own variance."""
    correct, truth = random_study(5, n_readers=5, n_cases=80)
    group = np.arange(80) % 2 == 0
    found = mrmc_difference(correct, truth, group)
    one, other = mrmc_accuracy(correct[:, group], truth[group]), mrmc_accuracy(correct[:, ~group], truth[~group])
    assert one.estimate is not None
    assert other.estimate is not None
    assert found.estimate == pytest.approx(one.estimate - other.estimate)
    swapped = mrmc_difference(correct, truth, ~group)
    assert swapped.ci95 is not None
    assert found.ci95 == pytest.approx((-swapped.ci95[1], -swapped.ci95[0]))
    same = mrmc_difference(np.hstack([correct, correct]), np.tile(truth, 2), np.arange(160) < 80)
    assert same.estimate == pytest.approx(0)
    parts = [correct[:, truth == value] for value in (True, False)]
    cases = sum((part.shape[1] / 80) ** 2 * max(case_variance(part), 0) / part.shape[1] for part in parts)
    assert same.se is not None
    assert same.se**2 == pytest.approx(2 * cases)


def test_readers_whose_shares_are_the_same_and_cases_that_do_not_differ_give_no_interval() -> None:
    """Each of three readers is right on other images: not a variance of 0 but of what rounding leaves."""
    correct = np.zeros((3, 25))
    for reader in range(3):
        correct[reader, reader * 7 : reader * 7 + 7] = 1
    found = mrmc_accuracy(correct, np.ones(25, dtype=bool))
    assert found.estimate == pytest.approx(7 / 25)
    assert found.ci95 is None


def test_a_difference_needs_both_groups() -> None:
    correct, truth = random_study(6)
    assert mrmc_difference(correct, truth, np.ones(40, dtype=bool)) == NOT_ESTIMABLE


def test_a_reader_of_one_group_only_is_left_out_of_the_difference() -> None:
    correct, truth = random_study(7)
    group = np.arange(40) % 2 == 0
    half = np.where(group, np.nan, 1.0)
    assert mrmc_difference(np.vstack([correct, half]), truth, group) == mrmc_difference(correct, truth, group)


def test_a_reader_of_one_truth_only_is_left_out() -> None:
    correct, truth = random_study(4)
    half = np.where(truth, np.nan, 1.0)
    assert mrmc_accuracy(np.vstack([correct, half]), truth) == mrmc_accuracy(correct, truth)


@pytest.mark.parametrize(
    ("correct", "truth"),
    [
        (TOY[:1], ONE_TRUTH),
        (TOY[:, :1], ONE_TRUTH[:1]),
        (TOY[:, :2], np.array([True, False])),
        (np.ones((3, 6)), ONE_TRUTH),
    ],
    ids=["one reader", "one case", "one case of each truth", "no variance"],
)
def test_an_estimate_without_error_has_no_interval(correct: np.ndarray, truth: np.ndarray) -> None:
    result = mrmc_accuracy(correct, truth)
    assert result.estimate == pytest.approx(correct.mean())
    assert (result.se, result.df, result.ci95) == (None, None, None)


@pytest.mark.parametrize("shape", [(3, 0), (0, 6), (3, 6)])
def test_nothing_answered_is_not_estimable(shape: tuple[int, int]) -> None:
    nothing = MrmcEstimate(estimate=None, se=None, df=None, ci95=None)
    empty, truth = np.full(shape, np.nan), np.arange(shape[1]) < 3
    assert mrmc_accuracy(empty, truth) == nothing
    assert mrmc_auc(empty, truth) == nothing


def test_readers_with_equal_means_have_a_finite_interval() -> None:
    result = mrmc_accuracy(np.tile(TOY[0], (3, 1)), ONE_TRUTH)
    assert result.df == 1e6
    assert result.ci95 is not None
    assert result.ci95[1] <= 1.0


def test_intervals_of_simulated_studies_hold_the_truth() -> None:
    population = Population(rates=(0.70, 0.85), n_readers=10, reader_sd=0.5)
    assert 90 < coverage_percent(population, 500, seed=0) < 98


@pytest.mark.realdata
def test_van_dyke_has_its_published_values(shared_data: Path) -> None:
    table = pd.read_csv(shared_data / "observer" / "vandyke_treatment1.csv")
    ratings = table.pivot_table(index="reader", columns="case", values="rating").to_numpy(float)
    truth = table.groupby("case")["truth"].first().to_numpy(bool)
    result = mrmc_auc(ratings, truth)
    assert ratings.shape == (5, 114)
    assert result.estimate == pytest.approx(0.89703704, abs=5e-9)
    assert result.se == pytest.approx(0.0331736, abs=5e-8)
    assert result.df == pytest.approx(12.74, abs=0.005)
    assert result.ci95 == pytest.approx((0.8252236, 0.96885048), abs=5e-8)


def test_auc_and_its_jackknife_are_those_counted_pair_by_pair() -> None:
    rng = np.random.default_rng(0)
    truth = np.arange(12) < 5
    scores = rng.integers(1, 6, (3, 12)).astype(float)
    result = mrmc_auc(scores, truth)
    aucs = np.array([auc_by_pairs(row, truth) for row in scores])
    left_out = np.array(
        [[auc_by_pairs(np.delete(row, case), np.delete(truth, case)) for case in range(12)] for row in scores]
    )
    deviations = left_out - left_out.mean(axis=1, keepdims=True)
    covariance = 11 / 12 * deviations @ deviations.T
    cov2 = max((covariance.sum() - np.trace(covariance)) / 6, 0)
    assert result.estimate == pytest.approx(aucs.mean())
    assert result.se == pytest.approx(np.sqrt(aucs.var(ddof=1) / 3 + cov2))


def test_auc_needs_two_cases_of_each_truth() -> None:
    truth = np.array([True, False, False, False])
    assert mrmc_auc(np.array([[3.0, 1, 2, 2], [4, 1, 2, 5]]), truth).estimate is None
    one = mrmc_auc(np.array([[3.0, 1, 2, 2]]), np.array([True, True, False, False]))
    assert (one.estimate, one.se, one.ci95) == (0.5, None, None)


def test_auc_of_an_unscored_case_is_that_without_it() -> None:
    rng = np.random.default_rng(1)
    truth = np.arange(30) < 12
    scores = rng.normal(truth, 1, (4, 30))
    holes = scores.copy()
    holes[0, 3] = np.nan
    mean = np.mean([auc_by_pairs(row[~np.isnan(row)], truth[~np.isnan(row)]) for row in holes])
    assert mrmc_auc(holes, truth).estimate == pytest.approx(mean)


def values(result: MrmcEstimate) -> tuple[float, ...]:
    assert result.estimate is not None
    assert result.se is not None
    assert result.df is not None
    assert result.ci95 is not None
    return result.estimate, result.se, result.df, *result.ci95


def auc_by_pairs(scores: np.ndarray, truth: np.ndarray) -> float:
    pairs = scores[truth][:, None] - scores[~truth][None, :]
    return float(np.mean((pairs > 0) + 0.5 * (pairs == 0)))
