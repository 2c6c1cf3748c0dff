"""Augmenting a set: only training patients' images, each with its patient, gone on with after a kill."""

import gc
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from core.curation.decision import Verdict
from core.errors import BadInputError, NotFoundError, RefusedError, WorkspaceError
from core.identifiers import CohortName, ImageSetName, ReleaseName
from core.imageset.pixels import open_pixels
from core.imageset.record import ImageKind, Partition, TumorStatus
from core.settings import WorkspacePaths
from core.workflows.augmentation import augmentation, versions_of
from core.workflows.augmentation_writing import (
    AugmentationRequest,
    forget_augmentation,
    start_augmentation,
    stop_augmentation,
    unfinished_augmentations,
    write_augmentation,
)
from core.workflows.cohorts import delete_cohort
from core.workflows.image_sets import all_image_sets, delete_image_set, image_set_records
from core.workflows.studies import create_study
from tests.curating import decide
from tests.phantoms import plan

SOURCE = ImageSetName("glioma-tumor")


def silent(_done: int, _total: int) -> None: ...


def request(n_images: int = 30, name: str = "glioma-classical", **changes: object) -> AugmentationRequest:
    return AugmentationRequest(
        **{"image_set": SOURCE, "name": ImageSetName(name), "n_images": n_images} | changes  # type: ignore[arg-type]
    )


class Killed(BaseException):
    """What a kill is to the code that it hits: it comes from nowhere."""


def kill_after(n: int) -> Callable[[int, int], None]:
    def on_progress(done: int, _total: int) -> None:
        if done >= n:
            raise Killed

    return on_progress


def test_only_training_images_are_transformed_unless_another_partition_is_named(cohort: WorkspacePaths) -> None:
    for partition in (Partition.TRAINING, Partition.TEST):
        found = augmentation(cohort, SOURCE, n_images=50, seed=0, partition=partition)
        sources = {found.records[number].partition for number in found.images.sources(range(50))}
        assert sources == {partition}


def test_images_without_a_partition_are_all_transformed(four_sets: WorkspacePaths) -> None:
    found = augmentation(four_sets, ImageSetName("synthetic-tumor"), n_images=24, seed=0)
    assert np.bincount(found.images.sources(range(24))).tolist() == [2] * 12


def test_a_written_set_has_the_images_that_were_made_on_demand(cohort: WorkspacePaths) -> None:
    told: list[tuple[int, int]] = []
    written = write_augmentation(cohort, request(), on_progress=lambda *done: told.append(done))
    lazy = augmentation(cohort, SOURCE, n_images=30, seed=0)
    np.testing.assert_array_equal(open_pixels(cohort.image_set(written.name)), lazy.images.images(range(30)))
    assert (told[0], told[-1]) == ((0, 30), (30, 30))
    assert unfinished_augmentations(cohort, SOURCE) == []


def test_each_written_image_stays_with_its_patient(cohort: WorkspacePaths) -> None:
    written = write_augmentation(cohort, request(), on_progress=silent)
    lazy = augmentation(cohort, SOURCE, n_images=30, seed=0)
    records = image_set_records(cohort, written.name)
    by_place = zip(records, lazy.images.sources(range(30)), lazy.images.transformations(range(30)), strict=True)
    for record, source, transformation in by_place:
        original = lazy.records[source]
        assert record.image_id.startswith(f"{original.image_id}-v")
        assert (record.subject_id, record.partition) == (original.subject_id, Partition.TRAINING)
        assert record.resampling_factor == pytest.approx(original.resampling_factor * transformation.zoom)
    assert len({record.image_id for record in records}) == 30
    assert (written.kind, written.tumor_status, written.cohort) == (ImageKind.REAL, TumorStatus.TUMOR, "glioma")
    source_set = next(entry for entry in all_image_sets(cohort) if entry.name == SOURCE)
    made_from = written.provenance["augmentation"]
    assert isinstance(made_from, dict)
    assert (made_from["image_set_sha256"], made_from["seed"]) == (source_set.sha256, 0)
    assert made_from["ranges"]["rotation_deg"] == 10


def begin_and_kill(paths: WorkspacePaths, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 35 images 20 are on the disk."""
    monkeypatch.setattr("core.workflows.augmentation_writing.TELL_EVERY", 10)
    with pytest.raises(Killed):
        write_augmentation(paths, request(35), on_progress=kill_after(20))


def test_what_a_killed_process_wrote_is_gone_on_with(
    cohort: WorkspacePaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin_and_kill(cohort, monkeypatch)
    (unfinished,) = unfinished_augmentations(cohort, SOURCE)
    assert (unfinished.request, unfinished.n_done, unfinished.running) == (request(35), 20, False)
    told: list[int] = []
    written = write_augmentation(cohort, request(35), on_progress=lambda done, _: told.append(done))
    assert told == [20, 30, 35]
    at_once = write_augmentation(cohort, request(35, "at-once"), on_progress=silent)
    assert written.sha256 == at_once.sha256


def test_another_request_of_the_same_name_begins_anew(
    cohort: WorkspacePaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin_and_kill(cohort, monkeypatch)
    told: list[int] = []
    write_augmentation(cohort, request(35, seed=1), on_progress=lambda done, _: told.append(done))
    assert told[0] == 0


def wait_for(paths: WorkspacePaths, name: ImageSetName) -> None:
    deadline = time.monotonic() + 200
    while name not in {entry.name for entry in all_image_sets(paths)} or unfinished_augmentations(paths, SOURCE):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_process_of_its_own_writes_what_is_written_here(cohort: WorkspacePaths) -> None:
    start_augmentation(cohort, request(seed=4))
    wait_for(cohort, ImageSetName("glioma-classical"))
    here = write_augmentation(cohort, request(name="here", seed=4), on_progress=silent)
    (started,) = [entry for entry in all_image_sets(cohort) if entry.name == "glioma-classical"]
    assert started.sha256 == here.sha256
    assert not list((cohort.features / SOURCE / "augmentations").glob("*"))


def test_what_broke_off_goes_on_in_a_process_of_its_own(
    cohort: WorkspacePaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin_and_kill(cohort, monkeypatch)
    (unfinished,) = unfinished_augmentations(cohort, SOURCE)
    assert unfinished.problem == "It was interrupted. Start it again."
    start_augmentation(cohort, unfinished.request)
    wait_for(cohort, ImageSetName("glioma-classical"))
    at_once = write_augmentation(cohort, request(35, "at-once"), on_progress=silent)
    assert at_once.sha256 in {entry.sha256 for entry in all_image_sets(cohort) if entry.name == "glioma-classical"}


def test_what_was_stopped_goes_on_or_is_forgotten(cohort: WorkspacePaths) -> None:
    start_augmentation(cohort, request(100_000))
    stop_augmentation(cohort, request(100_000))
    (stopped,) = unfinished_augmentations(cohort, SOURCE)
    assert (stopped.running, stopped.problem, stopped.n_done < 100_000) == (False, None, True)
    forget_augmentation(cohort, stopped.request)
    assert unfinished_augmentations(cohort, SOURCE) == []


def test_it_is_seen_to_be_at_work_and_not_started_twice(cohort: WorkspacePaths) -> None:
    seen: list[tuple[bool, int]] = []

    def on_progress(_done: int, _total: int) -> None:
        (one,) = unfinished_augmentations(cohort, SOURCE)
        seen.append((one.running, one.n_done))
        with pytest.raises(RefusedError, match="writing of glioma-classical is under way already"):
            start_augmentation(cohort, request())

    write_augmentation(cohort, request(), on_progress=on_progress)
    assert {running for running, _ in seen} == {True}


def test_what_the_command_would_refuse_is_refused_before_a_process_starts(cohort: WorkspacePaths) -> None:
    with pytest.raises(RefusedError, match="image set 'glioma-tumor' already"):
        start_augmentation(cohort, request(name="glioma-tumor"))
    with pytest.raises(NotFoundError, match="no release 'absent'"):
        start_augmentation(cohort, request(release=ReleaseName("absent")))
    assert not (cohort.features / SOURCE).exists()


def test_what_was_begun_can_be_forgotten_and_goes_with_its_source(
    cohort: WorkspacePaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.workflows.augmentation_writing.TELL_EVERY", 10)
    for name in ("one", "other"):
        with pytest.raises(Killed):
            write_augmentation(cohort, request(35, name), on_progress=kill_after(10))
    forget_augmentation(cohort, request(35, "one"))
    assert [entry.request.name for entry in unfinished_augmentations(cohort, SOURCE)] == ["other"]
    delete_image_set(cohort, SOURCE)
    assert list(cohort.root.rglob("*.part")) == []


def test_a_deleted_cohort_takes_the_transformed_images_of_its_patients_with_it(cohort: WorkspacePaths) -> None:
    write_augmentation(cohort, request(), on_progress=silent)
    assert "glioma-classical" in delete_cohort(cohort, CohortName("glioma"))
    assert not cohort.image_set(ImageSetName("glioma-classical")).exists()


def test_what_curators_discarded_or_corrected_is_left_out(cohort: WorkspacePaths) -> None:
    before = augmentation(cohort, SOURCE, n_images=10, seed=0)
    gone, corrected, *rest = before.images.sets[0].positions.tolist()
    decide(cohort, Verdict.DISCARD, gone, image_set=SOURCE, reason="unclear_boundary")
    decide(cohort, Verdict.CORRECT, corrected, image_set=SOURCE, tumor_status=TumorStatus.NONTUMOR)
    after = augmentation(cohort, SOURCE, n_images=10, seed=0)
    assert after.images.sets[0].positions.tolist() == rest
    np.testing.assert_array_equal(after.images.images([0]), before.images.images([2]))


def test_a_version_that_is_looked_at_is_the_one_that_is_written(cohort: WorkspacePaths) -> None:
    lazy = augmentation(cohort, SOURCE, n_images=60, seed=3)
    (of_set,) = lazy.images.sets
    position = int(of_set.positions[2])
    original, versions = versions_of(cohort, SOURCE, position, n_versions=2, seed=3)
    np.testing.assert_array_equal(original, of_set.pixels[position])
    for version, (transformation, image) in enumerate(versions):
        place = version * len(of_set.positions) + 2
        assert list(lazy.images.transformations([place])) == [transformation]
        np.testing.assert_array_equal(image, lazy.images.images([place])[0])


def test_what_cannot_be_transformed_is_refused(cohort: WorkspacePaths) -> None:
    written = write_augmentation(cohort, request(5), on_progress=silent)
    with pytest.raises(RefusedError, match="transformed already"):
        augmentation(cohort, written.name, n_images=5, seed=0)
    with pytest.raises(RefusedError, match="already"):
        write_augmentation(cohort, request(5), on_progress=silent)
    with pytest.raises(RefusedError, match="name of images of the cohort as scanned"):
        write_augmentation(cohort, request(5, "glioma-unknown"), on_progress=silent)
    with pytest.raises(NotFoundError):
        augmentation(cohort, ImageSetName("nowhere"), n_images=5, seed=0)
    with pytest.raises(BadInputError):
        augmentation(cohort, SOURCE, n_images=0, seed=0)
    with pytest.raises(BadInputError, match="no image 999"):
        versions_of(cohort, SOURCE, 999, n_versions=1, seed=0)
    everything = list(range(len(image_set_records(cohort, SOURCE))))
    decide(cohort, Verdict.DISCARD, *everything, image_set=SOURCE, reason="too_small_or_big")
    with pytest.raises(RefusedError, match="no training images"):
        augmentation(cohort, SOURCE, n_images=5, seed=0)


def test_readers_are_shown_no_transformed_images(four_sets: WorkspacePaths) -> None:
    source = ImageSetName("real-tumor")
    write_augmentation(four_sets, request(20, "transformed", image_set=source), on_progress=silent)
    sets = replace(plan(), real_sets=[ImageSetName("transformed"), ImageSetName("real-nontumor")])
    with pytest.raises(RefusedError, match="images of transformed are transformed"):
        create_study(four_sets, sets)


def test_a_disk_without_room_is_told_before_anything_is_written(
    cohort: WorkspacePaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = SimpleNamespace(free=3 * 10**9)
    monkeypatch.setattr("core.workflows.augmentation_writing.shutil.disk_usage", lambda _: free)
    with pytest.raises(WorkspaceError, match=r"need 6\.6 GB, and 3\.0 GB are free"):
        write_augmentation(cohort, request(100_000), on_progress=silent)
    assert unfinished_augmentations(cohort, SOURCE) == []


def test_memory_stays_the_same_whatever_is_written(four_sets: WorkspacePaths) -> None:
    peaks = []
    for n_images in (300, 900):
        gc.collect()
        tracemalloc.start()
        of_phantoms = request(n_images, f"n{n_images}", image_set=ImageSetName("real-tumor"))
        write_augmentation(four_sets, of_phantoms, on_progress=silent)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 500_000
    assert max(peaks) < 12_000_000
