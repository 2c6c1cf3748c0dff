"""Which partition a patient belongs to. Never a slice: the slices of one patient stay together."""

from collections.abc import Collection

import numpy as np

from core.identifiers import SubjectId
from core.imageset.record import Partition

SHARES = {Partition.TRAINING: 70, Partition.VALIDATION: 20, Partition.TEST: 10}


def partition_subjects(subject_ids: Collection[SubjectId], *, seed: int) -> dict[SubjectId, Partition]:
    """70 / 20 / 10 percent by largest remainder, at least one in each as soon as there are three subjects.

    The same subjects and seed give the same partitions, in whatever order the subjects come.
    """
    ordered = sorted(set(subject_ids))
    shuffled = np.random.default_rng(seed).permutation(len(ordered))
    counts = partition_sizes(len(ordered))
    partitions = [partition for partition in Partition for _ in range(counts[partition])]
    drawn = {ordered[i]: partition for i, partition in zip(shuffled, partitions, strict=True)}
    return {subject_id: drawn[subject_id] for subject_id in ordered}


def partition_sizes(n_subjects: int) -> dict[Partition, int]:
    """220 subjects give 154, 44 and 22."""
    counts = {partition: n_subjects * share // 100 for partition, share in SHARES.items()}
    by_remainder = sorted(SHARES, key=lambda partition: -(n_subjects * SHARES[partition] % 100))
    for partition in by_remainder[: n_subjects - sum(counts.values())]:
        counts[partition] += 1
    if n_subjects >= len(SHARES):
        for partition in SHARES:
            if counts[partition] == 0:
                counts[max(counts, key=lambda p: counts[p])] -= 1
                counts[partition] = 1
    return counts
