"""Which images are drawn, and in which order a reader sees them. Both follow from seeds alone."""

import hashlib
from collections.abc import Iterator, Sequence

import numpy as np

from core.identifiers import CaseId, PersonId
from core.imageset.record import ImageRecord
from core.reading.protocol import Sampling


def drawing_order(records: Sequence[ImageRecord], sampling: Sampling, rng: np.random.Generator) -> Iterator[int]:
    """Yield indices into `records`, in the order in which an arm takes them.

    Patients take turns, so that n images come from as many patients as there are; each patient's slices come
    in random order and keep the sampling's rules. Images without a patient each count as one.
    """
    queues = [_slices_of_one_subject(queue, records, sampling) for queue in _shuffled_by_subject(records, rng)]
    while queues:
        waiting = []
        for queue in queues:
            index = next(queue, None)
            if index is not None:
                yield index
                waiting.append(queue)
        queues = waiting


def _shuffled_by_subject(records: Sequence[ImageRecord], rng: np.random.Generator) -> list[list[int]]:
    by_subject: dict[object, list[int]] = {}
    for index in rng.permutation(len(records)).tolist():
        by_subject.setdefault(records[index].subject_id or ("image", index), []).append(index)
    return list(by_subject.values())


def _slices_of_one_subject(queue: list[int], records: Sequence[ImageRecord], sampling: Sampling) -> Iterator[int]:
    taken: list[int] = []
    n_taken = 0
    for index in queue:
        if sampling.most_per_subject is not None and n_taken >= sampling.most_per_subject:
            return
        position = records[index].slice_index
        if position is not None and any(abs(position - other) < sampling.min_slice_spacing for other in taken):
            continue
        n_taken += 1
        taken += [] if position is None else [position]
        yield index


def reading_order(case_ids: Sequence[CaseId], protocol_hash: str, reader: PersonId) -> list[CaseId]:
    """Return the cases in this reader's order: reproducible, and different for each reader.

    The order starts from the sorted ids, which are random, so that nothing of the truth can enter.
    """
    digest = hashlib.sha256(f"{protocol_hash}/{reader}".encode()).digest()
    rng = np.random.default_rng(int.from_bytes(digest))
    ids = sorted(case_ids)
    return [ids[index] for index in rng.permutation(len(ids))]
