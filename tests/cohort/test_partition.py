"""Patients are divided, never slices."""

import itertools
import random

import pytest

from core.cohort.partition import SHARES, partition_sizes, partition_subjects
from core.identifiers import SubjectId
from core.imageset.record import Partition


def ids(n: int) -> list[SubjectId]:
    return [SubjectId(f"p{i}") for i in range(n)]


def test_the_papers_patients_are_divided_as_in_the_paper() -> None:
    assert list(partition_sizes(220).values()) == [154, 44, 22]


@pytest.mark.parametrize("n", range(120))
def test_sizes_add_up_come_close_and_leave_none_empty_from_three_on(n: int) -> None:
    sizes = partition_sizes(n)
    assert sum(sizes.values()) == n
    assert min(sizes.values()) >= (1 if n >= 3 else 0)
    if n >= 10:
        assert all(abs(sizes[p] - n * share / 100) < 1 for p, share in SHARES.items())


@pytest.mark.parametrize("n", [0, 1, 2, 3, 4, 20, 220])
def test_each_patient_is_in_exactly_one_partition(n: int) -> None:
    partitions = partition_subjects(ids(n), seed=0)
    assert sorted(partitions) == sorted(ids(n))
    counts = {p: list(partitions.values()).count(p) for p in Partition}
    assert counts == partition_sizes(n)


def test_the_seed_alone_decides() -> None:
    shuffled = ids(50)
    random.Random(1).shuffle(shuffled)
    assert partition_subjects(shuffled, seed=3) == partition_subjects(ids(50), seed=3)
    drawn = [tuple(partition_subjects(ids(50), seed=seed).items()) for seed in range(5)]
    assert all(a != b for a, b in itertools.combinations(drawn, 2))


def test_every_patient_is_drawn_for_the_test_now_and_then() -> None:
    drawn = [partition_subjects(ids(10), seed=seed) for seed in range(200)]
    for subject_id in ids(10):
        times = sum(partitions[subject_id] is Partition.TEST for partitions in drawn)
        assert 5 <= times <= 40  # 20 expected; a binomial leaves this range once in 10,000
