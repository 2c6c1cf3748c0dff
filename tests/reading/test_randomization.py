"""Drawing over patients, and each reader's own order."""

import numpy as np
import pytest

from core.identifiers import CaseId, ImageId, PersonId, SubjectId
from core.imageset.record import ImageRecord, TumorStatus
from core.reading.protocol import Sampling
from core.reading.randomization import drawing_order, reading_order


def records(slices_per_subject: dict[str, list[int]]) -> list[ImageRecord]:
    return [
        ImageRecord(
            image_id=ImageId(f"{subject}-{z}"),
            tumor_status=TumorStatus.TUMOR,
            subject_id=SubjectId(subject),
            slice_index=z,
        )
        for subject, slices in slices_per_subject.items()
        for z in slices
    ]


def drawn(pool: list[ImageRecord], sampling: Sampling, seed: int = 0) -> list[ImageRecord]:
    return [pool[index] for index in drawing_order(pool, sampling, np.random.default_rng(seed))]


def test_images_are_drawn_over_as_many_patients_as_there_are() -> None:
    pool = records({"a": list(range(50)), "b": [3, 4], "c": [9]})
    assert {record.subject_id for record in drawn(pool, Sampling())[:3]} == {"a", "b", "c"}


def test_every_image_is_drawn_exactly_once_without_limits() -> None:
    pool = records({"a": list(range(20)), "b": list(range(7))})
    assert sorted(r.image_id for r in drawn(pool, Sampling())) == sorted(r.image_id for r in pool)


def test_images_without_a_patient_each_count_as_one() -> None:
    pool = [ImageRecord(image_id=ImageId(str(n)), tumor_status=TumorStatus.TUMOR, seed=n) for n in range(9)]
    assert len(drawn(pool, Sampling(most_per_subject=1))) == 9


@pytest.mark.parametrize("spacing", [2, 5, 10])
def test_slices_of_one_patient_keep_their_spacing(spacing: int) -> None:
    slices = [
        r.slice_index or 0 for r in drawn(records({"a": list(range(60))}), Sampling(min_slice_spacing=spacing))
    ]
    gaps = [abs(one - other) for one in slices for other in slices if one != other]
    assert min(gaps) >= spacing


def test_no_patient_gives_more_slices_than_allowed() -> None:
    pool = drawn(records({"a": list(range(30)), "b": list(range(30))}), Sampling(most_per_subject=4))
    assert [sum(r.subject_id == subject for r in pool) for subject in ("a", "b")] == [4, 4]


def test_the_same_seed_draws_the_same_images_and_another_seed_others() -> None:
    pool = records({"a": list(range(40)), "b": list(range(40))})
    assert drawn(pool, Sampling(), 1) == drawn(pool, Sampling(), 1)
    assert drawn(pool, Sampling(), 1)[:10] != drawn(pool, Sampling(), 2)[:10]


def test_a_readers_order_follows_from_protocol_and_reader_alone() -> None:
    ids = [CaseId(f"{n:02d}") for n in range(40)]
    order = reading_order(ids, "hash", PersonId("r1"))
    assert order == reading_order(ids[::-1], "hash", PersonId("r1"))
    assert sorted(order) == ids


def test_readers_and_protocols_have_different_orders() -> None:
    ids = [CaseId(f"{n:02d}") for n in range(40)]
    orders = [
        tuple(reading_order(ids, protocol, PersonId(reader))) for protocol in ("p", "q") for reader in ("a", "b")
    ]
    assert len(set(orders)) == 4
