"""Runs and what is drawn from them: eigenimages, which are there at once, stand for all generators here."""

from pathlib import Path

import numpy as np
import pytest

from core.errors import BadInputError, MrTuringError, NotFoundError, RefusedError, WorkspaceError
from core.identifiers import CohortName, ImageSetName, RunName
from core.imageset.pixels import open_pixels
from core.imageset.record import ImageKind, ImageSet, Partition, TrainedOn, TumorStatus
from core.provenance import sha256_of_file
from core.runs.run_folder import RunState
from core.settings import WorkspacePaths
from core.storage.database import opened
from core.workflows.cohorts import CohortRequest, import_cohort
from core.workflows.generators import (
    all_generators,
    delete_run,
    run_named,
    run_snapshots,
    run_ticks,
    unreadable_runs,
)
from core.workflows.image_sets import all_image_sets, image_set_records
from core.workflows.runs import run_log
from core.workflows.sampling import SamplingRequest, sample_generator
from core.workflows.training import train_eigenimages
from tests.phantom_patients import N_TUMOR, write_patients
from tests.small_trainings import GLIOMA


def drawn(paths: WorkspacePaths, run: str, name: str, *, n: int, seed: int = 0) -> ImageSet:
    request = SamplingRequest(run=RunName(run), name=ImageSetName(name), n_images=n, seed=seed)
    return sample_generator(paths, request, on_progress=lambda *_: None)


def test_a_run_learns_from_the_training_partition_and_says_so(cohort: WorkspacePaths) -> None:
    run = train_eigenimages(cohort, GLIOMA, TumorStatus.TUMOR, seed=0)
    records = image_set_records(cohort, ImageSetName("glioma-tumor"))
    n_training = sum(record.partition is Partition.TRAINING for record in records)
    assert 0 < n_training < len(records)
    assert (run.kimg, run.resolution) == (n_training / 1000, 256)
    assert run.trained_on == TrainedOn(cohort="glioma", partition=Partition.TRAINING, attested=False)
    assert all_generators(cohort) == [run]
    assert run.checkpoint.is_file()


def test_patients_of_other_partitions_change_nothing(cohort: WorkspacePaths) -> None:
    first = train_eigenimages(cohort, GLIOMA, TumorStatus.TUMOR, seed=0)
    file = cohort.image_set(ImageSetName("glioma-tumor"))
    records = image_set_records(cohort, ImageSetName("glioma-tumor"))
    pixels = np.array(open_pixels(file))
    for index, record in enumerate(records):
        if record.partition is not Partition.TRAINING:
            pixels[index] = 255
    np.save(file, pixels)
    second = train_eigenimages(cohort, GLIOMA, TumorStatus.TUMOR, seed=0)
    assert second.name == f"{first.name}-2"
    assert sha256_of_file(first.checkpoint) == sha256_of_file(second.checkpoint)


def test_the_same_seed_gives_the_same_image_alone_or_among_others(cohort: WorkspacePaths) -> None:
    run = train_eigenimages(cohort, GLIOMA, TumorStatus.NONTUMOR, seed=0)
    made = {
        name: drawn(cohort, run.name, name, n=n, seed=seed)
        for name, n, seed in (("many", 70, 0), ("again", 70, 0), ("alone", 1, 65), ("other", 1, 1000))
    }
    pixels = {name: open_pixels(cohort.image_set(ImageSetName(name))) for name in made}
    np.testing.assert_array_equal(pixels["many"], pixels["again"])
    assert made["many"].sha256 == made["again"].sha256
    assert np.abs(pixels["many"][65].astype(int) - pixels["alone"][0]).max() <= 1
    assert not np.array_equal(pixels["other"][0], pixels["alone"][0])
    ids = {name: [record.image_id for record in image_set_records(cohort, ImageSetName(name))] for name in made}
    assert ids["many"] == ids["again"]
    assert ids["many"][65] == ids["alone"][0]


def test_a_synthetic_set_says_where_it_comes_from(cohort: WorkspacePaths) -> None:
    run = train_eigenimages(cohort, GLIOMA, TumorStatus.TUMOR, seed=0)
    image_set = drawn(cohort, run.name, "drawn", n=3, seed=5)
    assert (image_set.kind, image_set.tumor_status) == (ImageKind.SYNTHETIC, TumorStatus.TUMOR)
    assert image_set.trained_on == run.trained_on
    assert image_set.provenance == {
        "generator": run.name,
        "recipe": "eigenimage",
        "checkpoint": "best",
        "checkpoint_sha256": sha256_of_file(run.checkpoint),
        "truncation": None,
        "n_generated": 3,
        "trained_at": run.started_at,
    }
    assert [record.seed for record in image_set_records(cohort, ImageSetName("drawn"))] == [5, 6, 7]


@pytest.mark.parametrize(
    ("cohort_name", "status", "error", "words"),
    [
        ("absent", TumorStatus.TUMOR, NotFoundError, "no cohort 'absent'"),
        ("glioma", TumorStatus.UNKNOWN, RefusedError, "glioma has no unknown images"),
    ],
)
def test_what_cannot_be_learned_is_said(
    cohort: WorkspacePaths, cohort_name: str, status: TumorStatus, error: type[MrTuringError], words: str
) -> None:
    with pytest.raises(error, match=words):
        train_eigenimages(cohort, CohortName(cohort_name), status, seed=0)
    assert all_generators(cohort) == []


def test_no_training_image_is_said(cohort: WorkspacePaths) -> None:
    with opened(cohort.database) as db:
        db.execute("UPDATE images SET partition = 'test'")
    with pytest.raises(RefusedError, match="training partition of glioma has no tumor images"):
        train_eigenimages(cohort, GLIOMA, TumorStatus.TUMOR, seed=0)


def test_one_patient_is_enough_to_learn_from(tmp_path: Path) -> None:
    paths = WorkspacePaths(tmp_path / "workspace")
    request = CohortRequest(name=GLIOMA, folder=write_patients(tmp_path / "in", 1))
    import_cohort(paths, request, on_progress=lambda *_: None)
    assert train_eigenimages(paths, GLIOMA, TumorStatus.TUMOR, seed=0).kimg == N_TUMOR / 1000


@pytest.mark.parametrize(
    ("run", "name", "n", "words"),
    [
        ("absent", "new", 1, "no generator run 'absent'"),
        ("../images", "new", 1, "cannot name a run"),
        ("eigenimage-glioma-tumor", "glioma-tumor", 1, "an image set 'glioma-tumor' already"),
        ("eigenimage-glioma-tumor", "a/b", 1, "cannot name a"),
        ("eigenimage-glioma-tumor", "new", 0, "0 images cannot be drawn"),
    ],
)
def test_what_cannot_be_drawn_is_said(cohort: WorkspacePaths, run: str, name: str, n: int, words: str) -> None:
    train_eigenimages(cohort, GLIOMA, TumorStatus.TUMOR, seed=0)
    with pytest.raises(MrTuringError, match=words):
        drawn(cohort, run, name, n=n)
    assert {entry.name for entry in all_image_sets(cohort)} == {"glioma-tumor", "glioma-nontumor"}


def test_a_damaged_checkpoint_is_said(cohort: WorkspacePaths) -> None:
    run = train_eigenimages(cohort, GLIOMA, TumorStatus.TUMOR, seed=0)
    run.checkpoint.write_bytes(b"half")
    with pytest.raises(BadInputError, match="not an eigenimage checkpoint"):
        drawn(cohort, run.name, "new", n=1)


def test_a_run_of_eigenimages_is_finished_at_once(cohort: WorkspacePaths) -> None:
    run = train_eigenimages(cohort, GLIOMA, TumorStatus.TUMOR, seed=0)
    assert (run.state, run.kimg, run.problem) == (RunState.FINISHED, run.planned_kimg, None)
    assert (run_ticks(cohort, run.name), run_snapshots(cohort, run.name)) == ([], [])
    assert run_log(cohort, run.name) == ""


def test_a_deleted_run_leaves_what_was_drawn_from_it(cohort: WorkspacePaths) -> None:
    run = train_eigenimages(cohort, GLIOMA, TumorStatus.TUMOR, seed=0)
    drawn(cohort, run.name, "kept", n=2)
    delete_run(cohort, run.name)
    assert all_generators(cohort) == []
    assert not cohort.run(run.name).exists()
    assert len(image_set_records(cohort, ImageSetName("kept"))) == 2
    with pytest.raises(NotFoundError, match="no generator run"):
        delete_run(cohort, run.name)


def test_options_that_cannot_be_read_are_named(cohort: WorkspacePaths) -> None:
    run = train_eigenimages(cohort, GLIOMA, TumorStatus.TUMOR, seed=0)
    (cohort.run(run.name) / "options.json").write_text('{"recipe":"eigenimage"}')
    with pytest.raises(WorkspaceError, match=f"options of the run {run.name} cannot be read"):
        run_named(cohort, run.name)


def test_a_run_that_cannot_be_read_does_not_hide_the_others(cohort: WorkspacePaths) -> None:
    damaged = train_eigenimages(cohort, GLIOMA, TumorStatus.TUMOR, seed=0)
    whole = train_eigenimages(cohort, GLIOMA, TumorStatus.NONTUMOR, seed=0)
    (cohort.run(damaged.name) / "options.json").write_text("{")
    assert all_generators(cohort) == [whole]
    assert [damaged.name in problem.what for problem in unreadable_runs(cohort)] == [True]
