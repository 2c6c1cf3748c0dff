"""Which images are drawn, and in which order a reader sees them. Both follow from seeds alone."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.identifiers import CaseId, PersonId
from core.imageset.record import ImageRecord
from core.reading.design import Presentation
from core.reading.protocol import Protocol, Question, Sampling


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One place in a reader's order: what becomes a trial."""

    case_id: CaseId
    is_repeat: bool = False
    question: Question | None = None


def reading_places(
    case_ids: Sequence[CaseId], protocol: Protocol, protocol_hash: str, reader: PersonId
) -> list[Place]:
    """Return a reader's whole way through a study, practice left out: reproducible, and of this reader alone.

    Where the questions are asked in two parts, each part has an order and repeats of its own.
    """
    shown = protocol.presentation
    if not protocol.has_two_parts:
        order = reading_order(case_ids, protocol_hash, reader)
        return _with_repeats(order, shown, _seeded(protocol_hash, reader, "repeats"))
    repeated: Sequence[CaseId] | None = None
    places: list[Place] = []
    for question in (Question.TUMOR, Question.REALISM):
        order = reading_order(case_ids, protocol_hash, f"{reader}/{question}")
        rng = _seeded(protocol_hash, reader, f"repeats/{question}")
        part = _with_repeats(order, shown, rng, repeated=repeated)
        repeated = [place.case_id for place in part if place.is_repeat]
        places += [replace(place, question=question) for place in part]
    return places


def practice_places(
    case_ids: Sequence[CaseId], protocol: Protocol, protocol_hash: str, reader: PersonId
) -> list[Place]:
    """The practice images in this reader's order; in a study of two parts with the question of the first."""
    question = Question.TUMOR if protocol.has_two_parts else None
    order = reading_order(case_ids, protocol_hash, f"{reader}/practice")
    return [Place(case_id=case_id, question=question) for case_id in order]


def reading_order(case_ids: Sequence[CaseId], protocol_hash: str, reader: str) -> list[CaseId]:
    """Return the cases in this reader's order: reproducible, and different for each reader.

    The order starts from the sorted ids, which are random, so that nothing of the truth can enter.
    """
    ids = sorted(case_ids)
    return [ids[index] for index in _seeded(protocol_hash, reader).permutation(len(ids))]


def _with_repeats(
    order: Sequence[CaseId],
    shown: Presentation,
    rng: np.random.Generator,
    *,
    repeated: Sequence[CaseId] | None = None,
) -> list[Place]:
    """Put repeats between the first presentations, each at least the distance behind its own.

    Any case that comes early enough may be repeated, or those of `repeated`, which then change places with others.
    """
    early = len(order) - shown.repeat_distance + 1
    chosen = rng.choice(early, size=shown.repeats, replace=False).tolist() if shown.repeats else []
    order = order if repeated is None else _changed_places(order, dict(zip(chosen, repeated, strict=True)))
    behind: dict[int, list[CaseId]] = {}
    for position in chosen:
        after = int(rng.integers(position + shown.repeat_distance - 1, len(order)))
        behind.setdefault(after, []).append(order[position])
    places = []
    for position, case_id in enumerate(order):
        places.append(Place(case_id=case_id))
        places += [Place(case_id=again, is_repeat=True) for again in behind.get(position, ())]
    return places


def _changed_places(order: Sequence[CaseId], wanted: Mapping[int, CaseId]) -> list[CaseId]:
    """The order with some cases at wanted positions; the others keep their order among themselves."""
    placed = set(wanted.values())
    others = (case_id for case_id in order if case_id not in placed)
    return [wanted[position] if position in wanted else next(others) for position in range(len(order))]


def _seeded(*parts: str) -> np.random.Generator:
    digest = hashlib.sha256("/".join(parts).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest))
