"""Cohorts come in whole or not at all, and go with their image sets."""

import shutil
from dataclasses import asdict
from pathlib import Path

import pytest

from core.errors import BadInputError, NotFoundError, RefusedError
from core.identifiers import CohortName, ImageSetName, StudyName
from core.imageset.record import ImageKind, Partition, TumorStatus
from core.settings import WorkspacePaths
from core.storage import cohorts
from core.storage.database import opened
from core.workflows.cohorts import CohortRequest, all_cohorts, delete_cohort, import_cohort
from core.workflows.image_sets import all_image_sets, image_set_records
from core.workflows.maintenance import doctor
from core.workflows.studies import StudyPlan, create_study
from tests.phantom_patients import N_NONTUMOR, N_TUMOR, write_patients
from tests.phantoms import add_phantom_set

GLIOMA = CohortName("glioma")


def unseen(_done: int, _total: int) -> None: ...


def test_patients_become_a_cohort_with_a_set_per_tumor_status(patients: Path, tmp_path: Path) -> None:
    paths = WorkspacePaths(tmp_path / "workspace")
    progress: list[tuple[int, int]] = []
    summary = import_cohort(
        paths,
        CohortRequest(name=GLIOMA, folder=patients),
        on_progress=lambda done, total: progress.append((done, total)),
    )
    assert summary.n_subjects == 5
    assert summary.images == {
        TumorStatus.TUMOR: 5 * N_TUMOR,
        TumorStatus.NONTUMOR: 5 * N_NONTUMOR,
        TumorStatus.UNKNOWN: 0,
    }
    assert summary.image_sets == ["glioma-tumor", "glioma-nontumor"]
    assert progress[-1] == (5, 5)
    (row,) = all_cohorts(paths)
    assert (row.name, row.n_subjects, row.skipped) == (GLIOMA, 5, [])
    assert row.screened_out == summary.screened_out
    assert row.provenance["source"] == "BraTS"
    assert {(entry.name, entry.cohort, entry.n_images) for entry in all_image_sets(paths)} == {
        ("glioma-nontumor", "glioma", 35),
        ("glioma-tumor", "glioma", 25),
    }
    assert doctor(paths) == []


def test_no_patient_crosses_from_one_partition_to_another(cohort: WorkspacePaths) -> None:
    with opened(cohort.database) as db:
        partitions = cohorts.partitions(db, GLIOMA)
    assert set(partitions.values()) == set(Partition)
    for status in ("tumor", "nontumor"):
        for record in image_set_records(cohort, ImageSetName(f"glioma-{status}")):
            assert record.subject_id is not None
            assert record.partition is partitions[record.subject_id]


def test_the_seed_decides_the_partition(patients: Path, tmp_path: Path) -> None:
    drawn = []
    for number, seed in enumerate((0, 0, 1, 2, 3)):
        paths = WorkspacePaths(tmp_path / str(number))
        import_cohort(paths, CohortRequest(name=GLIOMA, folder=patients, seed=seed), on_progress=unseen)
        with opened(paths.database) as db:
            drawn.append(cohorts.partitions(db, GLIOMA))
    assert drawn[0] == drawn[1]
    assert any(other != drawn[0] for other in drawn[2:])


def test_patients_without_segmentation_are_of_unknown_status(tmp_path: Path) -> None:
    paths = WorkspacePaths(tmp_path / "workspace")
    folder = write_patients(tmp_path / "in", 1, segmented=False)
    summary = import_cohort(paths, CohortRequest(name=GLIOMA, folder=folder), on_progress=unseen)
    assert summary.image_sets == ["glioma-unknown"]


def test_a_layout_of_its_own_is_found_by_globs(patients: Path, tmp_path: Path) -> None:
    for number in range(2):
        (tmp_path / "in" / f"{number}").mkdir(parents=True)
        for kind, name in (("t1ce", "scan"), ("seg", "mask")):
            shutil.copy(patients / "p0" / f"p0_{kind}.nii.gz", tmp_path / "in" / str(number) / f"{name}.nii.gz")
    request = CohortRequest(
        name=GLIOMA,
        folder=tmp_path / "in",
        image_glob="*/scan.nii.gz",
        segmentation_glob="*/mask.nii.gz",
        source="clinic",
    )
    paths = WorkspacePaths(tmp_path / "workspace")
    summary = import_cohort(paths, request, on_progress=unseen)
    assert (summary.n_subjects, summary.images[TumorStatus.TUMOR]) == (2, 2 * N_TUMOR)
    provenance = all_cohorts(paths)[0].provenance
    assert provenance["source"] == "clinic"
    assert provenance["image_glob"] == "*/scan.nii.gz"


def test_a_bad_file_costs_its_patient_only(patients: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(patients, tmp_path / "in"))
    (folder / "p1" / "p1_t1ce.nii.gz").write_text("no volume")
    paths = WorkspacePaths(tmp_path / "workspace")
    summary = import_cohort(paths, CohortRequest(name=GLIOMA, folder=folder), on_progress=unseen)
    assert summary.n_subjects == 4
    (skipped,) = summary.skipped
    assert skipped.path == "p1/p1_t1ce.nii.gz"
    assert "not a NIfTI file" in skipped.line
    assert all_cohorts(paths)[0].skipped == [asdict(skipped)]


def test_when_nothing_can_be_used_nothing_is_kept(tmp_path: Path) -> None:
    folder = write_patients(tmp_path / "in", 2)
    for file in folder.glob("*/*_t1ce.nii.gz"):
        file.write_text("no volume")
    paths = WorkspacePaths(tmp_path / "workspace")
    with pytest.raises(BadInputError, match=r"No image could be made.*\n.*p0_t1ce.*\n.*p1_t1ce"):
        import_cohort(paths, CohortRequest(name=GLIOMA, folder=folder), on_progress=unseen)
    assert all_cohorts(paths) == all_image_sets(paths) == list(paths.images.iterdir()) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"folder": Path("/nowhere")}, "/nowhere"),
        ({"image_glob": "nothing*"}, "nothing"),
        ({"segmentation_glob": "*_seg.nii.gz"}, "needs an image glob"),
        ({"name": CohortName("a/b")}, "'a/b' cannot name a cohort"),
    ],
)
def test_what_cannot_be_imported_is_said(
    patients: Path, tmp_path: Path, changes: dict[str, object], words: str
) -> None:
    request = CohortRequest(**{"name": GLIOMA, "folder": patients} | changes)
    with pytest.raises(BadInputError, match=words):
        import_cohort(WorkspacePaths(tmp_path / "workspace"), request, on_progress=unseen)
    assert not list((tmp_path / "workspace").glob("images/*"))


def test_a_name_that_is_taken_is_refused(cohort: WorkspacePaths, patients: Path) -> None:
    with pytest.raises(RefusedError, match="There is a cohort 'glioma' already"):
        import_cohort(cohort, CohortRequest(name=GLIOMA, folder=patients), on_progress=unseen)


def test_a_set_in_the_way_is_named(cohort: WorkspacePaths, patients: Path) -> None:
    add_phantom_set(cohort, "other-nontumor", ImageKind.REAL, TumorStatus.NONTUMOR, n=1)
    with pytest.raises(RefusedError, match="There is an image set 'other-nontumor' already"):
        import_cohort(cohort, CohortRequest(name=CohortName("other"), folder=patients), on_progress=unseen)


def test_a_deleted_cohort_goes_with_its_sets_and_can_come_again(cohort: WorkspacePaths, patients: Path) -> None:
    assert delete_cohort(cohort, GLIOMA) == ["glioma-nontumor", "glioma-tumor"]
    assert all_cohorts(cohort) == all_image_sets(cohort) == list(cohort.images.iterdir()) == []
    import_cohort(cohort, CohortRequest(name=GLIOMA, folder=patients), on_progress=unseen)
    assert doctor(cohort) == []


def test_a_cohort_that_a_study_shows_is_not_deleted_even_in_part(cohort: WorkspacePaths) -> None:
    for seed, status in enumerate((TumorStatus.TUMOR, TumorStatus.NONTUMOR)):
        add_phantom_set(cohort, f"synthetic-{status}", ImageKind.SYNTHETIC, status, n=2, seed=seed)
    create_study(
        cohort,
        StudyPlan(
            name=StudyName("study"),
            real_sets=[ImageSetName("glioma-tumor"), ImageSetName("glioma-nontumor")],
            synthetic_sets=[ImageSetName("synthetic-tumor"), ImageSetName("synthetic-nontumor")],
            per_arm=2,
        ),
    )
    with pytest.raises(RefusedError, match="used by the study study"):
        delete_cohort(cohort, GLIOMA)
    assert len(all_image_sets(cohort)) == 4
    assert doctor(cohort) == []


def test_an_unknown_cohort_is_named(cohort: WorkspacePaths) -> None:
    with pytest.raises(NotFoundError, match=r"'absent'.*cohort list"):
        delete_cohort(cohort, CohortName("absent"))
