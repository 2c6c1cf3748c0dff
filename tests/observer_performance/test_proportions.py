"""Published intervals and exact tests."""

import pytest

from core.observer_performance.proportions import Proportion


@pytest.mark.parametrize(
    ("k", "n", "wilson", "clopper_pearson", "p"),
    [
        (157, 200, (0.722977, 0.836281), (0.721529, 0.839818), 1.895513e-16),
        (99, 100, (0.945514, 0.998233), (0.945541, 0.999747), 1.593499e-28),
        (58, 100, (0.482065, 0.672016), (0.477119, 0.678014), 0.1332106),
        (181, 200, (0.856398, 0.938337), (0.855623, 0.94183), 2.475843e-34),
        (82, 100, (0.733326, 0.882998), (0.730523, 0.889689), 6.147807e-11),
    ],
)
def test_the_papers_rates_have_the_reference_intervals(
    k: int, n: int, wilson: tuple[float, float], clopper_pearson: tuple[float, float], p: float
) -> None:
    rate = Proportion(k, n)
    assert rate.wilson95 == pytest.approx(wilson, abs=1e-6)
    assert rate.clopper_pearson95 == pytest.approx(clopper_pearson, abs=1e-6)
    assert rate.p_vs_half == pytest.approx(p, rel=1e-6)


@pytest.mark.parametrize(
    ("k", "n", "wilson", "clopper_pearson"),
    [(81, 263, (0.2553, 0.3662), (0.2527, 0.3676)), (0, 20, (0.0, 0.1611), (0.0, 0.1684))],
)
def test_newcombes_examples_hold(
    k: int, n: int, wilson: tuple[float, float], clopper_pearson: tuple[float, float]
) -> None:
    assert Proportion(k, n).wilson95 == pytest.approx(wilson, abs=5e-5)
    assert Proportion(k, n).clopper_pearson95 == pytest.approx(clopper_pearson, abs=5e-5)


@pytest.mark.parametrize(
    ("k", "n", "p"),
    [(115, 200, 0.040037), (114, 200, 0.055966), (100, 200, 1.0), (61, 100, 0.0352), (60, 100, 0.056888)],
)
def test_the_binomial_test_is_exact_and_two_sided(k: int, n: int, p: float) -> None:
    assert Proportion(k, n).p_vs_half == pytest.approx(p, abs=5e-7)
    assert Proportion(n - k, n).p_vs_half == pytest.approx(p, abs=5e-7)


def test_nothing_of_nothing_is_not_estimable() -> None:
    assert Proportion(0, 0).to_json() == {
        "k": 0,
        "n": 0,
        "estimate": None,
        "wilson95": None,
        "clopper_pearson95": None,
        "p_vs_half": None,
    }


def test_pooled_trials_keep_the_estimate_and_lose_interval_and_p() -> None:
    pooled = Proportion(3, 4, independent=False)
    assert pooled.estimate == 0.75
    assert (pooled.wilson95, pooled.clopper_pearson95, pooled.p_vs_half) == (None, None, None)


@pytest.mark.parametrize(("k", "n"), [(-1, 3), (4, 3)])
def test_counts_that_contradict_each_other_are_no_proportion(k: int, n: int) -> None:
    with pytest.raises(ValueError, match="not a proportion"):
        Proportion(k, n)
