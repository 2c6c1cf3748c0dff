"""Powers and sample sizes hold to exact reference values."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from core.errors import BadInputError
from core.observer_performance.equivalence import exact_tost_p
from core.observer_performance.mrmc import mrmc_accuracy
from core.observer_performance.planning import (
    VarianceComponents,
    difference_power,
    equivalence_power,
    expectation,
    images_for,
    images_for_width,
    mrmc_interval_width,
)
from core.reading.design import Goal, PlannedAnalysis, SampleSize


@pytest.mark.parametrize(
    ("n", "accuracy", "power"),
    [
        (100, 0.6, 0.4621),
        (100, 0.65, 0.8276),
        (200, 0.55, 0.2620),
        (200, 0.6, 0.7868),
        (200, 0.65, 0.9884),
        (400, 0.55, 0.4807),
        (400, 0.6, 0.9762),
    ],
)
def test_power_against_half_has_its_exact_value(n: int, accuracy: float, power: float) -> None:
    assert difference_power(n, accuracy) == pytest.approx(power, abs=5e-5)


def test_the_actual_size_is_below_alpha() -> None:
    assert difference_power(200, 0.5) == pytest.approx(0.04, abs=0.0005)
    assert (difference_power(np.arange(1, 500), 0.5) <= 0.05).all()


@pytest.mark.parametrize("n", [5, 6, 17, 40])
def test_power_is_that_of_the_test_that_the_analysis_makes(n: int) -> None:
    rejected = [k for k in range(n + 1) if stats.binomtest(k, n).pvalue <= 0.05]
    assert difference_power(n, 0.7) == pytest.approx(stats.binom.pmf(rejected, n, 0.7).sum())


@pytest.mark.parametrize(
    ("margin", "n", "power"),
    [
        (0.05, 888, 0.8094),
        (0.10, 100, 0.2356),
        (0.10, 150, 0.5375),
        (0.10, 200, 0.770753),
        (0.10, 227, 0.815761),
        (0.15, 50, 0.3282),
        (0.15, 100, 0.806652),
    ],
)
def test_equivalence_power_has_its_exact_value(margin: float, n: int, power: float) -> None:
    digits = 5e-7 if len(str(power)) > 6 else 5e-5
    assert equivalence_power(n, 0.5, margin=margin) == pytest.approx(power, abs=digits)


@pytest.mark.parametrize("n", [1, 7, 40, 101])
def test_equivalence_power_is_that_of_its_p(n: int) -> None:
    found = [k for k in range(n + 1) if exact_tost_p(k, n, margin=0.2) <= 0.05]
    assert equivalence_power(n, 0.55, margin=0.2) == pytest.approx(stats.binom.pmf(found, n, 0.55).sum())


@pytest.mark.parametrize(("margin", "first"), [(0.05, 888), (0.10, 227), (0.15, 100)])
def test_the_sample_size_is_the_first_from_which_power_stays(margin: float, first: int) -> None:
    def power(n: np.ndarray) -> np.ndarray:
        return equivalence_power(n, 0.5, margin=margin)

    assert images_for(power) == first
    assert power(np.array([first - 1]))[0] < 0.80
    assert (power(np.arange(first, 4 * first)) >= 0.80).all()


def test_a_sample_size_beyond_reason_is_none() -> None:
    assert images_for(lambda n: difference_power(n, 0.5)) is None
    assert images_for(lambda n: equivalence_power(n, 0.61, margin=0.1)) is None
    assert images_for(lambda n: np.ones(n.shape)) == 1


@pytest.mark.parametrize("margin", [0.0, 0.5, -0.1, float("nan")])
def test_an_impossible_margin_is_refused(margin: float) -> None:
    with pytest.raises(BadInputError, match="margin"):
        equivalence_power(10, 0.5, margin=margin)


def test_the_interval_narrows_with_readers_and_cases_down_to_what_the_other_leaves() -> None:
    parts = VarianceComponents.stated(accuracy=0.7, reader_sd=0.05, case_share=0.2)
    widths = [mrmc_interval_width(parts, n_readers=n, n_cases=200) for n in range(2, 30)]
    assert widths == sorted(widths, reverse=True)
    most_cases = mrmc_interval_width(parts, n_readers=5, n_cases=10**9)
    assert most_cases == pytest.approx(2 * stats.t.ppf(0.975, 4) * 0.05 / np.sqrt(5), rel=1e-3)
    most_readers = mrmc_interval_width(parts, n_readers=10**6, n_cases=200)
    assert most_readers == pytest.approx(2 * 1.95996 * np.sqrt(parts.case / 200), rel=1e-3)
    assert np.isnan(mrmc_interval_width(parts, n_readers=1, n_cases=200))


@pytest.mark.parametrize(("n_readers", "at_most"), [(5, 0.2), (10, 0.12), (40, 0.08)])
def test_the_images_for_a_width_are_the_fewest(n_readers: int, at_most: float) -> None:
    parts = VarianceComponents.stated(accuracy=0.7, reader_sd=0.05, case_share=0.2)
    n = images_for_width(parts, n_readers=n_readers, at_most=at_most)
    assert n is not None
    assert mrmc_interval_width(parts, n_readers=n_readers, n_cases=n) <= at_most
    assert mrmc_interval_width(parts, n_readers=n_readers, n_cases=n - 1) > at_most


def test_no_number_of_images_mends_how_readers_vary() -> None:
    parts = VarianceComponents.stated(accuracy=0.7, reader_sd=0.05, case_share=0.2)
    assert images_for_width(parts, n_readers=3, at_most=0.2) is None
    assert images_for_width(parts, n_readers=1, at_most=0.9) is None


def test_a_sample_size_is_expected_to_do_what_its_parts_do() -> None:
    size = SampleSize(
        goal=Goal.EQUIVALENCE,
        power=0.8,
        accuracy=0.5,
        n_readers=5,
        n_images=200,
        reader_sd=0.05,
        case_sd=0.2,
        error_sd=0.4,
    )
    found = expectation(size, PlannedAnalysis())
    assert (found.images_needed, found.power) == (227, pytest.approx(0.770753, abs=5e-7))
    parts = VarianceComponents(reader=0.0025, case=0.04, error=0.16)
    assert found.interval_width == pytest.approx(mrmc_interval_width(parts, n_readers=5, n_cases=200))
    narrow = expectation(size, PlannedAnalysis(margin=0.05))
    assert narrow.images_needed == 888
    apart = expectation(replace(size, goal=Goal.DIFFERENCE, accuracy=0.6), PlannedAnalysis())
    assert apart.power == pytest.approx(0.7868, abs=5e-5)
    assert expectation(replace(size, n_readers=1), PlannedAnalysis()).interval_width is None


def test_the_planned_width_is_that_of_simulated_studies() -> None:
    rng = np.random.default_rng(0)
    n_readers, n_cases = 15, 150
    widths = []
    for _ in range(300):
        chance = 0.7 + rng.normal(0, 0.06, (n_readers, 1)) + rng.normal(0, 0.2, n_cases).clip(-0.28, 0.28)
        correct = (rng.random((n_readers, n_cases)) < chance).astype(float)
        interval = mrmc_accuracy(correct, np.zeros(n_cases, dtype=bool)).ci95
        assert interval is not None
        widths.append(interval[1] - interval[0])
    case_sd = rng.normal(0, 0.2, 100_000).clip(-0.28, 0.28).std()
    share = case_sd**2 / (0.21 - 0.06**2)
    parts = VarianceComponents.stated(accuracy=0.7, reader_sd=0.06, case_share=share)
    planned = mrmc_interval_width(parts, n_readers=n_readers, n_cases=n_cases)
    assert np.mean(widths) == pytest.approx(planned, rel=0.05)


@pytest.mark.parametrize(("accuracy", "reader_sd", "case_share"), [(1.2, 0.1, 0.2), (0.9, 0.4, 0.2), (0.7, 0.1, 2)])
def test_variances_that_cannot_be_are_refused(accuracy: float, reader_sd: float, case_share: float) -> None:
    with pytest.raises(BadInputError, match="cannot be together"):
        VarianceComponents.stated(accuracy=accuracy, reader_sd=reader_sd, case_share=case_share)


def pilot(seed: int, *, reader_sd: float = 0.15) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = np.arange(90) < 30
    chance = np.where(truth, 0.6, 0.8) + rng.normal(0, reader_sd, (6, 1)) + rng.normal(0, 0.2, 90)
    return (rng.random((6, 90)) < chance).astype(float), truth


def test_a_plan_of_the_pilots_own_size_has_the_pilots_own_interval() -> None:
    correct, truth = pilot(0)
    parts = VarianceComponents.estimated(correct, truth)
    interval = mrmc_accuracy(correct, truth).ci95
    assert parts is not None
    assert interval is not None
    assert min(parts.reader, parts.case, parts.error) > 0
    width = mrmc_interval_width(parts, n_readers=6, n_cases=90)
    assert width == pytest.approx(interval[1] - interval[0], rel=1e-9)


def test_components_of_pilots_are_on_average_those_of_the_population() -> None:
    found = [VarianceComponents.estimated(*pilot(seed)) for seed in range(200)]
    assert np.mean([parts.reader for parts in found if parts]) == pytest.approx(0.15**2, rel=0.3)
    assert np.mean([parts.case for parts in found if parts]) == pytest.approx(0.2**2, rel=0.3)


def test_a_difference_between_the_truths_is_no_component() -> None:
    truth = np.arange(40) < 20
    correct = np.tile(truth.astype(float), (3, 1))
    assert VarianceComponents.estimated(correct, truth) == VarianceComponents(reader=0, case=0, error=0)


@pytest.mark.parametrize(("readers", "cases"), [(1, 90), (6, 1), (6, 31), (0, 90)])
def test_a_pilot_that_is_too_small_has_no_components(readers: int, cases: int) -> None:
    correct, truth = pilot(0)
    assert VarianceComponents.estimated(correct[:readers, :cases], truth[:cases]) is None
