"""An image that curators corrected counts as what it shows, wherever it lies, for all that use a cohort."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.curation.decision import Verdict
from core.detection.condition import Condition
from core.errors import RefusedError
from core.identifiers import ImageId, ImageSetName, ReleaseName, StudyName
from core.imageset.pixels import open_pixels
from core.imageset.record import ImageKind, ImageRecord, Partition, TrainedOn, TumorStatus
from core.reading.case import Case
from core.reading.design import Presentation
from core.reading.protocol import Corrections
from core.settings import WorkspacePaths
from core.storage import studies
from core.storage.database import opened
from core.synthesis.training_images import TrainingImages
from core.workflows.augmentation import augmentation, versions_of
from core.workflows.augmentation_writing import AugmentationRequest, write_augmentation
from core.workflows.cohorts import CohortRequest, import_cohort
from core.workflows.detector_images import chosen_images
from core.workflows.fidelity import measured
from core.workflows.fidelity_sources import FidelityRequest, fidelity_sources
from core.workflows.generators import run_folder, run_named
from core.workflows.image_sets import NewImageSet, add_image_set, image_set_records
from core.workflows.releases import release
from core.workflows.resolved_images import cohort_images
from core.workflows.stored_fidelity import fidelity
from core.workflows.studies import create_study, lock_study
from core.workflows.training import resume, train, train_eigenimages
from core.workflows.training_data import TrainingData, training_data
from core.workflows.triage import triage
from tests.curating import decide
from tests.phantom_patients import write_patients
from tests.phantoms import plan
from tests.small_trainings import GLIOMA, smoke_request

TUMOR, NONTUMOR, UNKNOWN = (ImageSetName(f"glioma-{status}") for status in TumorStatus)
MADE = ImageSetName("made")
GOOD = ReleaseName("good")


def silent(*_: object) -> None: ...


@pytest.fixture(scope="module")
def mixed_master(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six patients: of p1 (test), p2 and p5 (training) nothing says where a tumor is."""
    patients = write_patients(tmp_path_factory.mktemp("patients") / "BraTS", 6)
    for number in (1, 2, 5):
        (patients / f"p{number}" / f"p{number}_seg.nii.gz").unlink()
    paths = WorkspacePaths(tmp_path_factory.mktemp("mixed") / "workspace")
    import_cohort(paths, CohortRequest(name=GLIOMA, folder=patients), on_progress=silent)
    return paths.root


@pytest.fixture
def mixed(mixed_master: Path, tmp_path: Path) -> WorkspacePaths:
    return WorkspacePaths(Path(shutil.copytree(mixed_master, tmp_path / "workspace")))


def of_patient(paths: WorkspacePaths, image_set: ImageSetName, subject: str) -> list[int]:
    return [n for n, one in enumerate(image_set_records(paths, image_set)) if one.subject_id == subject]


def correct(paths: WorkspacePaths, image_set: ImageSetName, *images: int, to: str = "tumor") -> None:
    decide(paths, Verdict.CORRECT, *images, image_set=image_set, tumor_status=TumorStatus(to))


def corrected_to_tumor(paths: WorkspacePaths) -> dict[ImageSetName, list[int]]:
    """One nontumor slice of a training patient; of the unknown ones two of training patients, one of a test one."""
    nontumor = of_patient(paths, NONTUMOR, "p3")[2:3]
    unknown = sorted(
        [
            of_patient(paths, UNKNOWN, "p2")[8],
            of_patient(paths, UNKNOWN, "p5")[9],
            of_patient(paths, UNKNOWN, "p1")[9],
        ]
    )
    correct(paths, NONTUMOR, *nontumor)
    correct(paths, UNKNOWN, *unknown)
    return {NONTUMOR: nontumor, UNKNOWN: unknown}


def learned(data: TrainingData) -> dict[str, list[int]]:
    return {one.name: positions.tolist() for one, positions in data.set_by_set(data.training)}


def partition_of(paths: WorkspacePaths, image_set: ImageSetName, index: int) -> Partition | None:
    return image_set_records(paths, image_set)[index].partition


def add_made(paths: WorkspacePaths, images: np.ndarray) -> None:
    """A synthetic tumor set of these images."""
    records = [ImageRecord(image_id=ImageId(str(n)), tumor_status=TumorStatus.TUMOR) for n in range(len(images))]
    trained_on = TrainedOn(cohort=GLIOMA, partition=Partition.TRAINING, attested=True)
    new = NewImageSet(name=MADE, kind=ImageKind.SYNTHETIC, tumor_status=TumorStatus.TUMOR, trained_on=trained_on)
    add_image_set(paths, new, records, images)


def test_a_status_has_all_its_images_the_set_that_was_imported_for_it_first(mixed: WorkspacePaths) -> None:
    corrected = corrected_to_tumor(mixed)
    away, gone = of_patient(mixed, TUMOR, "p4")[:2]
    correct(mixed, TUMOR, away, to="nontumor")
    decide(mixed, Verdict.DISCARD, gone, image_set=TUMOR, reason="unclear_boundary")
    with opened(mixed.database) as db:
        tumor, nontumor, every = (
            cohort_images(db, GLIOMA, status) for status in (TumorStatus.TUMOR, TumorStatus.NONTUMOR, None)
        )
    assert [one.image_set.name for one in tumor] == [TUMOR, NONTUMOR, UNKNOWN]
    assert {one.image_set.name: one.positions.tolist() for one in tumor[1:]} == corrected
    assert not {away, gone} & set(tumor[0].positions.tolist())
    assert {one.image_set.name: one.positions.tolist() for one in nontumor}[TUMOR] == [away]
    for one in tumor:
        assert {record.tumor_status for record in one.records} == {TumorStatus.TUMOR}
        ids = [record.image_id for record in image_set_records(mixed, one.image_set.name)]
        assert [record.image_id for record in one.records] == [ids[place] for place in one.positions]
    assert sum(len(one.positions) for one in every) == 15 + 21 + 60 - 1


def test_a_generator_learns_from_what_was_corrected_to_its_status(mixed: WorkspacePaths) -> None:
    before = training_data(mixed, GLIOMA, TumorStatus.TUMOR)
    corrected = corrected_to_tumor(mixed)
    after = training_data(mixed, GLIOMA, TumorStatus.TUMOR)
    training = [place for place in corrected[UNKNOWN] if partition_of(mixed, UNKNOWN, place) is Partition.TRAINING]
    assert len(training) == 2
    assert learned(after) == {TUMOR: before.training.tolist(), NONTUMOR: corrected[NONTUMOR], UNKNOWN: training}
    shown = after.pixels[after.training]
    expected = [open_pixels(mixed.image_set(one.name))[places] for one, places in after.set_by_set(after.training)]
    np.testing.assert_array_equal(shown, np.concatenate(expected))
    no_longer = training_data(mixed, GLIOMA, TumorStatus.NONTUMOR)
    assert not set(corrected[NONTUMOR]) & set(learned(no_longer)[NONTUMOR])


def test_a_cohort_of_unknown_images_can_be_learned_from_once_curators_said_what_they_show(
    mixed: WorkspacePaths,
) -> None:
    slices = of_patient(mixed, UNKNOWN, "p2")
    for status, some in (("tumor", slices[6:9]), ("nontumor", slices[:4])):
        correct(mixed, UNKNOWN, *some, to=status)
    everything = range(len(image_set_records(mixed, TUMOR)))
    decide(mixed, Verdict.DISCARD, *everything, image_set=TUMOR, reason="unclear_boundary")
    assert learned(training_data(mixed, GLIOMA, TumorStatus.TUMOR)) == {UNKNOWN: slices[6:9]}
    run = train_eigenimages(mixed, GLIOMA, TumorStatus.TUMOR, seed=0)
    assert run_folder(mixed, run.name).options()["training_images"] == 3


def test_training_reads_the_images_of_all_sets_as_if_they_lay_in_one(mixed: WorkspacePaths) -> None:
    corrected_to_tumor(mixed)
    data = training_data(mixed, GLIOMA, TumorStatus.TUMOR)
    copied = np.concatenate([open_pixels(mixed.image_set(one.image_set.name)) for one in data.sources])
    read, whole = TrainingImages(data.pixels, data.training), TrainingImages(copied, data.training)
    assert read.fingerprint == whole.fingerprint
    for resolution in (16, 256):
        read.prepare(resolution)
        batch = read.batch(resolution, range(5, 25), seed=1)
        np.testing.assert_array_equal(batch, whole.batch(resolution, range(5, 25), seed=1))


def test_a_run_says_what_was_added_and_goes_on_with_it_whatever_is_decided_since(mixed: WorkspacePaths) -> None:
    corrected = corrected_to_tumor(mixed)
    begun = train(mixed, smoke_request(), should_stop=lambda: "paused", on_tick=silent)
    assert begun is not None
    told = run_folder(mixed, begun.name).options()
    assert told["image_set"] == TUMOR
    assert {one["image_set"]: one["positions"] for one in told["added_by_curation"]} == corrected
    data = training_data(mixed, GLIOMA, TumorStatus.TUMOR)
    assert told["training_images"] == len(data.training)
    correct(mixed, NONTUMOR, *corrected[NONTUMOR], to="nontumor")
    correct(mixed, UNKNOWN, *of_patient(mixed, UNKNOWN, "p5")[:3])
    again = training_data(mixed, GLIOMA, TumorStatus.TUMOR, begun=told)
    assert (again.sha256, again.training.tolist()) == (data.sha256, data.training.tolist())
    resume(mixed, begun.name, should_stop=lambda: None, on_tick=silent)
    assert run_named(mixed, begun.name).state == "finished"


def test_a_run_without_corrections_is_recorded_as_ever(mixed: WorkspacePaths) -> None:
    run = train_eigenimages(mixed, GLIOMA, TumorStatus.TUMOR, seed=0)
    told = run_folder(mixed, run.name).options()
    data = training_data(mixed, GLIOMA, TumorStatus.TUMOR)
    assert (told["excluded_by_curation"], told["added_by_curation"]) == ([], [])
    assert told["image_set_sha256"] == data.sha256 == data.sources[0].image_set.sha256
    assert isinstance(data.pixels, np.ndarray)


def test_a_detector_learns_from_corrected_and_never_from_written_transformed_images(mixed: WorkspacePaths) -> None:
    corrected = corrected_to_tumor(mixed)
    correct(mixed, UNKNOWN, *of_patient(mixed, UNKNOWN, "p1")[:2], to="nontumor")
    before = chosen_images(mixed, GLIOMA, Condition.NONE, [], extra_per_class=4, seed=0)
    request = AugmentationRequest(image_set=TUMOR, name=ImageSetName("written"), n_images=9)
    write_augmentation(mixed, request, on_progress=silent)
    after = chosen_images(mixed, GLIOMA, Condition.NONE, [], extra_per_class=4, seed=0)
    assert after.fingerprint == before.fingerprint
    tumor = [one for one in after.real if one.is_tumor]
    for name, positions in corrected.items():
        found = [place for one in tumor if one.image_set == name for place in one.positions.tolist()]
        assert sorted(found) == positions
    for one in after.real:
        assert {partition_of(mixed, one.image_set, place) for place in one.positions} == {one.partition}


def test_classical_augmentation_transforms_what_was_corrected_to_the_status(mixed: WorkspacePaths) -> None:
    before = augmentation(mixed, TUMOR, n_images=10, seed=2)
    corrected = corrected_to_tumor(mixed)
    after = augmentation(mixed, TUMOR, n_images=26, seed=2)
    assert after.images.n_sources == before.images.n_sources + 3 == 13
    np.testing.assert_array_equal(before.images.images(range(10)), after.images.images(range(10)))
    _, versions = versions_of(mixed, NONTUMOR, corrected[NONTUMOR][0], n_versions=2, seed=2)
    np.testing.assert_array_equal(after.images.images([10, 23]), [image for _, image in versions])
    request = AugmentationRequest(image_set=TUMOR, name=ImageSetName("written"), n_images=26, seed=2)
    written = write_augmentation(mixed, request, on_progress=silent)
    records = image_set_records(mixed, written.name)
    source = image_set_records(mixed, NONTUMOR)[corrected[NONTUMOR][0]]
    assert (records[10].image_id, records[23].image_id) == (f"{source.image_id}-v0", f"{source.image_id}-v1")
    assert {(one.tumor_status, one.partition) for one in records} == {(TumorStatus.TUMOR, Partition.TRAINING)}
    made_from = written.provenance["augmentation"]
    assert isinstance(made_from, dict)
    assert [one["image_set"] for one in made_from["added_by_curation"]] == [NONTUMOR, UNKNOWN]


def test_a_release_is_transformed_as_it_was_frozen(mixed: WorkspacePaths) -> None:
    every = range(len(image_set_records(mixed, NONTUMOR)))
    decide(mixed, Verdict.KEEP, *every, image_set=NONTUMOR)
    corrected = corrected_to_tumor(mixed)[NONTUMOR]
    release(mixed, NONTUMOR, GOOD)
    correct(mixed, NONTUMOR, *corrected, to="nontumor")
    found = augmentation(mixed, NONTUMOR, n_images=28, seed=0, release=GOOD)
    assert found.images.n_sources == 14
    assert found.tumor_status is TumorStatus.UNKNOWN  # one of its images shows a tumor, the others none
    shows = {record.image_id: record.tumor_status for record in found.records}
    ids = [record.image_id for record in image_set_records(mixed, NONTUMOR)]
    assert [one for one, status in shows.items() if status is TumorStatus.TUMOR] == [
        ids[place] for place in corrected
    ]


def test_a_study_draws_what_was_corrected_to_what_its_sets_show(mixed: WorkspacePaths) -> None:
    synthetic = np.random.default_rng(0).integers(20, 200, (8, 256, 256), np.uint8)
    add_made(mixed, synthetic)
    decide(mixed, Verdict.CORRECT, 4, 5, 6, 7, image_set=MADE, tumor_status=TumorStatus.NONTUMOR)
    corrected = corrected_to_tumor(mixed)
    left = of_patient(mixed, TUMOR, "p4")[0]
    gone = {*range(len(image_set_records(mixed, TUMOR)))} - {left}
    decide(mixed, Verdict.DISCARD, *gone, image_set=TUMOR, reason="unclear_boundary")
    asked = replace(
        plan("study", per_arm=4),
        real_sets=[TUMOR, NONTUMOR],
        synthetic_sets=[MADE],
        presentation=Presentation(practice=0),
    )
    asked = replace(asked, sampling=replace(asked.sampling, partition=Partition.TRAINING))
    study = create_study(mixed, asked)
    real = [one for one in drawn(mixed) if one.truth is ImageKind.REAL and one.tumor_status is TumorStatus.TUMOR]
    assert {(one.image_set, one.image_index) for one in real} == {
        (TUMOR, left),
        (NONTUMOR, corrected[NONTUMOR][0]),
        *((UNKNOWN, n) for n in corrected[UNKNOWN] if partition_of(mixed, UNKNOWN, n) is Partition.TRAINING),
    }
    assert study.protocol.corrections[UNKNOWN] == Corrections(n_excluded=0, n_corrected=3)
    correct(mixed, UNKNOWN, *corrected[UNKNOWN], to="unknown")
    with pytest.raises(RefusedError, match=r"corrected 2 images of glioma-unknown since"):
        lock_study(mixed, study.name, override_leaks="phantoms")


def drawn(paths: WorkspacePaths) -> list[Case]:
    with opened(paths.database) as db:
        return studies.cases(db, StudyName("study"))


def test_a_study_of_a_release_draws_what_the_release_holds(mixed: WorkspacePaths) -> None:
    add_made(mixed, np.random.default_rng(0).integers(20, 200, (8, 256, 256), np.uint8))
    decide(mixed, Verdict.CORRECT, 4, 5, 6, 7, image_set=MADE, tumor_status=TumorStatus.NONTUMOR)
    unknown = of_patient(mixed, UNKNOWN, "p2")
    decide(mixed, Verdict.KEEP, *range(len(image_set_records(mixed, UNKNOWN))), image_set=UNKNOWN)
    correct(mixed, UNKNOWN, *unknown[6:8])
    correct(mixed, UNKNOWN, *unknown[:2], to="nontumor")
    release(mixed, UNKNOWN, GOOD)
    correct(mixed, UNKNOWN, *unknown[:8], to="unknown")
    asked = replace(plan("study", per_arm=2), real_sets=[GOOD], synthetic_sets=[MADE])
    create_study(mixed, replace(asked, presentation=Presentation(practice=0)))
    real = [one for one in drawn(mixed) if one.truth is ImageKind.REAL]
    assert {one.image_index for one in real if one.tumor_status is TumorStatus.TUMOR} == set(unknown[6:8])
    assert {one.image_index for one in real if one.tumor_status is TumorStatus.NONTUMOR} == set(unknown[:2])


def test_fidelity_compares_with_the_images_that_a_generator_learns_from(mixed: WorkspacePaths) -> None:
    corrected = corrected_to_tumor(mixed)
    data = training_data(mixed, GLIOMA, TumorStatus.TUMOR)
    add_made(mixed, np.asarray(data.pixels[data.training]))
    asked = FidelityRequest(image_set=MADE, cohort=GLIOMA, resolution=32)
    found = measured(mixed, fidelity_sources(mixed, asked), on_progress=silent)
    assert found.n_training_images == len(data.training) == 13
    assert found.swd.mean.estimate == 0
    assert found.memorization.held_out.shape == (5 + 1,)  # five of the validation patient, one of the test patient
    assert found.figures["recall"].estimate.estimate == 1
    kept = fidelity(mixed, asked, on_progress=silent)
    correct(mixed, NONTUMOR, *corrected[NONTUMOR], to="nontumor")
    assert fidelity(mixed, asked, on_progress=silent)["training_images"] == 12
    assert kept["training_images"] == 13


def test_triage_compares_with_what_was_corrected_to_the_status(mixed: WorkspacePaths) -> None:
    data = training_data(mixed, GLIOMA, TumorStatus.TUMOR)
    nontumor = open_pixels(mixed.image_set(NONTUMOR))
    wrong = of_patient(mixed, NONTUMOR, "p3")[2]
    add_made(mixed, np.stack([nontumor[wrong], *data.pixels[data.training[:4]]]))
    before = triage(mixed, MADE, on_progress=silent)
    assert before.nearest_image(0)[0] == TUMOR
    corrected_to_tumor(mixed)
    away = of_patient(mixed, TUMOR, "p4")[0]
    decide(mixed, Verdict.DISCARD, away, image_set=TUMOR, reason="unclear_boundary")
    after = triage(mixed, MADE, on_progress=silent)
    assert after.nearest_image(0) == (NONTUMOR, wrong)
    assert after.nearest_distance[0] == pytest.approx(0, abs=0.01)
    assert [name for name, _ in after.reference.image_sets] == [TUMOR, NONTUMOR, UNKNOWN]
    assert (after.reference.n_real, before.reference.n_real) == (15 - 1 + 4, 15)
