"""d', criterion and their errors, against values computed elsewhere."""

import pytest

from core.observer_performance.contingency import ContingencyTable
from core.observer_performance.signal_detection import signal_detection


def table(hits: int, misses: int, false_alarms: int, correct_rejections: int) -> ContingencyTable:
    return ContingencyTable(
        hits=hits, misses=misses, false_alarms=false_alarms, correct_rejections=correct_rejections
    )


@pytest.mark.parametrize(
    ("counts", "dprime", "criterion", "beta", "az", "se"),
    [
        ((99, 1, 42, 58), 2.373896, -0.987081, 0.096017, 0.953385, 0.345999),
        ((82, 18, 1, 99), 3.077385, 0.635336, 7.065149, 0.985224, 0.353606),
    ],
    ids=["realism", "tumor"],
)
def test_the_papers_tables_have_the_reference_values(
    counts: tuple[int, int, int, int], dprime: float, criterion: float, beta: float, az: float, se: float
) -> None:
    found = signal_detection(table(*counts))
    assert found is not None
    assert (found.dprime, found.criterion) == pytest.approx((dprime, criterion), abs=1e-6)
    assert (found.beta, found.az) == pytest.approx((beta, az), abs=1e-6)
    assert (found.dprime_se, found.criterion_se) == pytest.approx((se, se / 2), abs=1e-6)


def test_the_log_linear_examples_hold() -> None:
    small, perfect = signal_detection(table(9, 1, 2, 7)), signal_detection(table(25, 0, 0, 25))
    assert small is not None
    assert perfect is not None
    assert (small.dprime, small.criterion, small.beta) == pytest.approx((1.771293, -0.211157, 0.687963), abs=1e-6)
    assert (perfect.dprime, perfect.criterion) == pytest.approx((4.139804, 0.0), abs=1e-6)


def test_swapping_what_is_called_turns_the_criterion_and_keeps_dprime() -> None:
    ours, mirrored = signal_detection(table(30, 10, 5, 35)), signal_detection(table(35, 5, 10, 30))
    assert ours is not None
    assert mirrored is not None
    assert mirrored.dprime == pytest.approx(ours.dprime)
    assert mirrored.criterion == pytest.approx(-ours.criterion)


@pytest.mark.parametrize(
    "counts",
    [(0, 0, 0, 0), (5, 2, 0, 0), (0, 0, 3, 4), (100, 0, 50, 0), (0, 100, 0, 50)],
    ids=["nothing", "signals only", "noise only", "always called", "never called"],
)
def test_one_class_and_one_word_are_not_estimable(counts: tuple[int, int, int, int]) -> None:
    assert signal_detection(table(*counts)) is None
