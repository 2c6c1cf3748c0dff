"""The estimate of what nobody looked at: exact, and right whatever else was looked at since."""

from math import comb

import numpy as np
import pytest
from scipy import stats

from core.curation.resolution import DISCARDED, OPEN, Resolution
from core.curation.sample_review import discards95, drawn_sample, rest_estimate, review_state
from core.errors import BadInputError, RefusedError
from core.identifiers import ImageSetName
from core.observer_performance.proportions import Proportion

KEPT = 0
SET = ImageSetName("set")


def resolution(outcomes: list[int] | np.ndarray) -> Resolution:
    found = np.array(outcomes, np.int8)
    return Resolution(
        outcomes=found, deferred=np.zeros(len(found), bool), discarded_by=np.zeros(len(found), np.int32)
    )


@pytest.mark.parametrize(("n_population", "n"), [(5, 1), (40, 10), (60, 45), (12, 12)])
def test_the_interval_holds_the_truth_in_95_of_100_samples_at_least(n_population: int, n: int) -> None:
    intervals = [discards95(k, n, n_population) for k in range(n + 1)]
    for truth in range(n_population + 1):
        p = stats.hypergeom(n_population, truth, n).pmf(range(n + 1))
        covered = sum(p[k] for k, (low, high) in enumerate(intervals) if low <= truth <= high)
        assert covered > 0.95 - 1e-12


def test_no_number_within_the_interval_makes_the_sample_improbable_and_each_beside_it_does() -> None:
    low, high = discards95(3, 20, 100)
    for count, fits in ((low - 1, False), (low, True), (high, True), (high + 1, False)):
        law = stats.hypergeom(100, count, 20)
        assert bool(min(law.sf(2), law.cdf(3)) > 0.025) is fits


def test_of_a_very_large_population_it_is_clopper_and_pearsons() -> None:
    low, high = discards95(12, 100, 1_000_000)
    exact = Proportion(12, 100).clopper_pearson95
    assert exact is not None
    assert (low / 1e6, high / 1e6) == pytest.approx(exact, abs=2e-4)


def test_a_sample_is_of_undecided_images_and_follows_from_its_seed() -> None:
    found = resolution([KEPT, *[OPEN] * 30, DISCARDED])
    one, again, other = (drawn_sample(SET, found, n=10, seed=seed, started_at="t") for seed in (7, 7, 8))
    assert one.sample.tolist() == again.sample.tolist() != other.sample.tolist()
    assert set(one.sample.tolist()) <= set(range(1, 31)) == set(one.population.tolist())
    assert len(set(one.sample.tolist())) == 10


def test_every_image_is_as_likely_to_be_drawn() -> None:
    found = resolution([OPEN] * 5)
    drawn = [tuple(drawn_sample(SET, found, n=2, seed=seed, started_at="t").sample) for seed in range(2000)]
    counts = np.unique(drawn, axis=0, return_counts=True)[1]
    assert len(counts) == comb(5, 2)
    assert stats.chisquare(counts).pvalue > 0.001


def test_what_is_known_since_is_taken_off() -> None:
    """Of 100 undecided images 20 are reviewed, 4 of them discarded; then 10 of the others, all of them bad."""
    before = resolution([OPEN] * 100)
    review = drawn_sample(SET, before, n=20, seed=0, started_at="t")
    outcomes = before.outcomes.copy()
    outcomes[review.sample] = [DISCARDED] * 4 + [KEPT] * 16
    low, high = discards95(4, 20, 100)
    after = rest_estimate(review, resolution(outcomes))
    assert (after.n_rest, after.expected, after.rate) == (80, 16.0, 0.2)
    assert after.interval95 == (low - 4, high - 4)
    others = [index for index in range(100) if outcomes[index] == OPEN][:10]
    outcomes[others] = DISCARDED
    later = rest_estimate(review, resolution(outcomes))
    assert (later.n_rest, later.expected) == (70, 6.0)
    assert later.interval95 == (max(low - 14, 0), high - 14)


def test_when_everything_was_looked_at_nothing_is_left_to_estimate() -> None:
    review = drawn_sample(SET, resolution([OPEN] * 3), n=3, seed=0, started_at="t")
    found = rest_estimate(review, resolution([KEPT, DISCARDED, KEPT]))
    assert (found.n_rest, found.expected, found.interval95, found.rate, found.rate95) == (
        0,
        0.0,
        (0, 0),
        None,
        None,
    )


def test_there_is_no_estimate_while_an_image_of_the_sample_waits() -> None:
    found = resolution([OPEN] * 10)
    review = drawn_sample(SET, found, n=4, seed=1, started_at="t")
    outcomes = found.outcomes.copy()
    outcomes[review.sample[:3]] = KEPT
    waiting = review_state(review, resolution(outcomes), n_reviews=1)
    assert (waiting.waiting.tolist(), waiting.estimate) == ([review.sample[3]], None)
    outcomes[review.sample[3]] = DISCARDED
    assert review_state(review, resolution(outcomes), n_reviews=1).estimate is not None


@pytest.mark.parametrize(("n", "seed", "error", "message"), [
    (0, 0, BadInputError, "at least 1"), (1, -1, BadInputError, "seed 0"), (4, 0, RefusedError, "3 images of set"),
])  # fmt: skip
def test_samples_that_cannot_be_drawn_say_why(n: int, seed: int, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        drawn_sample(SET, resolution([OPEN] * 3 + [KEPT]), n=n, seed=seed, started_at="t")
