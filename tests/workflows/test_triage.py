"""Triage of a set with planted faults, copies and duplicates, against the images of real patients."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.curation.oddities import Oddity
from core.curation.triage import NO_IMAGE
from core.errors import NotFoundError, RefusedError
from core.identifiers import CohortName, ImageId, ImageSetName
from core.imageset.record import IMAGE_SIZE, ImageKind, ImageRecord, Partition, TrainedOn, TumorStatus
from core.imaging.canonical import drawn_at
from core.settings import WorkspacePaths
from core.storage.database import opened
from core.workflows import triage_reference
from core.workflows.image_sets import NewImageSet, add_image_set, delete_image_set, image_set_records
from core.workflows.stored_triage import stored_triage, triage_file
from core.workflows.training_data import training_data
from core.workflows.triage import TriageScores, triage
from tests.small_trainings import GLIOMA

SET = ImageSetName("synthetic")
REAL = ImageSetName("glioma-tumor")
LEARNED = TrainedOn(cohort=GLIOMA, partition=Partition.TRAINING, attested=True)


def real_images(paths: WorkspacePaths) -> tuple[np.ndarray, np.ndarray]:
    """All tumor images, and the positions of those of the training partition."""
    data = training_data(paths, GLIOMA, TumorStatus.TUMOR)
    return np.asarray(data.pixels), data.training


def add(
    paths: WorkspacePaths, images: list[np.ndarray], *, factor: float = 1.0, trained_on: TrainedOn | None = LEARNED
) -> None:
    records = [
        ImageRecord(image_id=ImageId(str(n)), tumor_status=TumorStatus.TUMOR, resampling_factor=factor)
        for n in range(len(images))
    ]
    new = NewImageSet(name=SET, kind=ImageKind.SYNTHETIC, tumor_status=TumorStatus.TUMOR, trained_on=trained_on)
    add_image_set(paths, new, records, images)


def triaged(paths: WorkspacePaths, name: ImageSetName = SET, **given: CohortName) -> TriageScores:
    return triage(paths, name, on_progress=lambda *_: None, **given)


def unlike_any(image: np.ndarray, seed: int) -> np.ndarray:
    """A new patient in the same head: another texture of the same gray values."""
    shuffled = image.copy()
    shuffled[image > 0] = np.random.default_rng(seed).permutation(image[image > 0])
    return cv2.GaussianBlur(shuffled, (0, 0), 2) * (image > 0)


def test_a_training_image_is_a_near_copy_and_is_named(cohort: WorkspacePaths) -> None:
    real, training = real_images(cohort)
    copies = [real[training[4]], real[training[7]][:, ::-1], cv2.GaussianBlur(real[training[2]], (0, 0), 1.5)]
    add(cohort, [*copies, *(unlike_any(real[0], seed) for seed in range(4))])
    found = triaged(cohort)
    assert [found.nearest_image(position) for position in range(3)] == [(REAL, training[n]) for n in (4, 7, 2)]
    np.testing.assert_array_equal(found.nearest_mirrored[:3], [False, True, False])
    np.testing.assert_array_equal(found.near_copy, [True] * 3 + [False] * 4)
    assert set(found.orders()["near-copies first"][:3]) == {0, 1, 2}
    assert found.nearest_distance[0] == pytest.approx(0, abs=0.01)


def test_what_no_patient_looks_like_comes_first_and_says_why(cohort: WorkspacePaths) -> None:
    real, training = real_images(cohort)
    hazy = np.maximum(real[training[0]], 14)
    broken = real[training[1]].copy()
    broken[120:140] = 0
    add(cohort, [real[training[3]], hazy, real[training[6]], broken, np.zeros_like(hazy)])
    found = triaged(cohort)
    assert set(found.orders()["least realistic first"][:3]) == {1, 3, 4}
    assert list(Oddity)[found.oddest[1]] is Oddity.GRAY_AIR
    np.testing.assert_array_equal(found.odd, [False, True, False, True, True])


def test_repeated_images_are_duplicates_of_the_first(cohort: WorkspacePaths) -> None:
    real, _ = real_images(cohort)
    one, other = unlike_any(real[0], 0), unlike_any(real[0], 1)
    add(cohort, [one, other, one, np.clip(one.astype(int) + 1, 0, 255).astype(np.uint8)])
    np.testing.assert_array_equal(triaged(cohort).near_duplicate_of, [NO_IMAGE, NO_IMAGE, 0, 0])


def test_enlarging_alone_makes_nothing_odd(cohort: WorkspacePaths) -> None:
    """What a perfect generator of 64 px would draw: images of patients, as it draws."""
    real, training = real_images(cohort)
    add(cohort, [drawn_at(real[position], 64) for position in training], factor=IMAGE_SIZE / 64)
    found = triaged(cohort)
    assert found.reference.compared_at_px == 64
    np.testing.assert_allclose(found.nearest_distance, 0, atol=0.01)
    assert np.median(found.unrealism) < np.quantile(found.real_unrealism, 0.95)


def test_a_real_slice_is_compared_with_other_patients(cohort: WorkspacePaths) -> None:
    records = image_set_records(cohort, REAL)
    found = triaged(cohort, REAL)
    for position, record in enumerate(records):
        _, nearest = found.nearest_image(position)
        assert records[nearest].subject_id != record.subject_id
        assert records[nearest].partition is Partition.TRAINING


def test_held_out_patients_say_how_near_is_too_near(
    cohort: WorkspacePaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, training = real_images(cohort)
    add(cohort, [real[training[0]]])
    few = triaged(cohort)
    assert (few.reference.n_held_out, len(few.real_distance)) == (0, len(real))
    monkeypatch.setattr(triage_reference, "FEWEST_HELD_OUT", 2)
    enough = triaged(cohort)
    assert enough.reference.n_held_out == len(enough.real_distance) == len(real) - len(training)
    assert enough.near_copy_limit == pytest.approx(np.quantile(enough.real_distance, 0.01))


def test_one_image_is_triaged(cohort: WorkspacePaths) -> None:
    add(cohort, [unlike_any(real_images(cohort)[0][0], 0)])
    found = triaged(cohort)
    assert (found.cluster[0], found.representative[0], found.near_duplicate_of[0]) == (0, True, NO_IMAGE)
    assert all(list(order) == [0] for order in found.orders().values())


def test_what_was_found_is_read_again_and_not_computed(
    cohort: WorkspacePaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(cohort, list(real_images(cohort)[0][:6]))
    told: list[tuple[int, int]] = []
    assert stored_triage(cohort, SET) is None
    first = triage(cohort, SET, on_progress=lambda done, total: told.append((done, total)))
    assert told[-1][0] == told[-1][1] == max(told)[0]
    monkeypatch.setattr("core.workflows.triage._computed", None)
    again = stored_triage(cohort, SET)
    assert again is not None
    for name, value in vars(first).items():
        np.testing.assert_array_equal(getattr(again, name), value) if isinstance(value, np.ndarray) else None
    assert (again.reference, again.computed_at) == (first.reference, triaged(cohort).computed_at)


def test_nothing_stale_is_shown(cohort: WorkspacePaths) -> None:
    real, _ = real_images(cohort)
    add(cohort, list(real[:6]))
    triaged(cohort)
    kept = Path(shutil.copy(triage_file(cohort, SET), cohort.root / "kept.npz"))
    delete_image_set(cohort, SET)
    assert not triage_file(cohort, SET).exists()
    assert not list(cohort.features.glob(f"{SET}/*"))
    add(cohort, list(real[6:12]))
    shutil.move(kept, triage_file(cohort, SET))
    assert stored_triage(cohort, SET) is None
    again = triaged(cohort)
    for file in (triage_file(cohort, SET), *cohort.features.rglob("*.rows")):
        file.write_bytes(file.read_bytes()[:300])
    assert stored_triage(cohort, SET) is None
    np.testing.assert_array_equal(triaged(cohort).unrealism, again.unrealism)


def test_what_cannot_be_triaged_is_said(cohort: WorkspacePaths) -> None:
    with pytest.raises(NotFoundError, match="no image set 'absent'"):
        triaged(cohort, ImageSetName("absent"))
    add(cohort, list(real_images(cohort)[0][:3]), trained_on=None)
    with pytest.raises(RefusedError, match="Nothing says which patients synthetic is to be compared with"):
        triaged(cohort)
    with pytest.raises(NotFoundError, match="no cohort 'absent'"):
        triaged(cohort, cohort=CohortName("absent"))
    assert triaged(cohort, cohort=GLIOMA).reference.cohort == GLIOMA
    with opened(cohort.database) as db:
        db.execute("UPDATE images SET subject_id = 'p0' WHERE image_set = ?", [REAL])
    with pytest.raises(RefusedError, match="has tumor images of fewer than 2 patients"):
        triaged(cohort, cohort=GLIOMA)
