"""Patients are found in the folders of every BraTS release, and in folders of any other layout."""

from pathlib import Path

import pytest

from core.cohort.brats import find_brats_subjects, patient_of
from core.cohort.layout import find_subjects_by_glob
from core.cohort.subject import Subject
from core.errors import BadInputError


def touched(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def found(subjects: list[Subject]) -> dict[str, list[tuple[str, str, str | None]]]:
    return {
        str(subject.subject_id): [
            (scan.scan_id, scan.image.name, scan.segmentation and scan.segmentation.name) for scan in subject.scans
        ]
        for subject in subjects
    }


@pytest.mark.parametrize(
    ("image", "segmentation"),
    [
        ("p1/p1_t1ce.nii.gz", "p1/p1_seg.nii.gz"),
        ("p1/p1_t1ce.nii", "p1/p1_seg.nii"),
        ("p1/p1_t1Gd.nii.gz", "p1/p1_seg.nii.gz"),
        ("p1/p1-t1c.nii.gz", "p1/p1-seg.nii.gz"),
        ("p1/p1_t1c.nii.gz", "p1/p1_seg.nii"),
        ("HGG/p1/p1_T1CE.nii.gz", "HGG/p1/p1_Seg.nii.gz"),
        ("p1_t1ce.nii.gz", "p1_seg.nii.gz"),
        ("p1/p1_t1ce.nii", "p1/W39_1998.09.19_Segm.nii"),
    ],
)
def test_each_releases_spelling_is_known(tmp_path: Path, image: str, segmentation: str) -> None:
    root = touched(tmp_path, image, segmentation, "p1/p1_t1.nii.gz", "p1/p1_flair.nii.gz", "p1/License.txt")
    subjects, skipped = find_brats_subjects(root)
    assert found(subjects) == {"p1": [("p1", Path(image).name, Path(segmentation).name)]}
    assert skipped == []


def test_without_a_segmentation_the_image_stands_alone(tmp_path: Path) -> None:
    subjects, _ = find_brats_subjects(touched(tmp_path, "p1/p1_t1ce.nii.gz"))
    assert found(subjects) == {"p1": [("p1", "p1_t1ce.nii.gz", None)]}


def test_hgg_and_lgg_lie_side_by_side(tmp_path: Path) -> None:
    root = touched(tmp_path, "LGG/b/b_t1ce.nii.gz", "HGG/a/a_t1ce.nii.gz", "HGG/a/a_seg.nii.gz")
    assert list(found(find_brats_subjects(root)[0])) == ["a", "b"]


def test_dates_of_one_patient_make_one_subject(tmp_path: Path) -> None:
    names = [f"BraTS-GLI-00003-{n}/BraTS-GLI-00003-{n}-t1c.nii.gz" for n in ("000", "001")]
    subjects, _ = find_brats_subjects(touched(tmp_path, *names, "BraTS-GLI-00004-000/x-t1c.nii.gz"))
    assert [len(subject.scans) for subject in subjects] == [2, 1]


@pytest.mark.parametrize(
    ("scan", "patient"),
    [
        ("BRATS_2013_pat0001_1", "BRATS_2013_pat0001"),
        ("brats_tcia_pat153_0109", "brats_tcia_pat153"),
        ("Brats17_CBICA_AAB_1", "Brats17_CBICA_AAB"),
        ("BraTS-GLI-00003-001", "BraTS-GLI-00003"),
        ("BraTS20_Training_001", "BraTS20_Training_001"),
        ("BraTS2021_00000", "BraTS2021_00000"),
        ("anyone", "anyone"),
    ],
)
def test_the_patient_is_what_all_dates_share(scan: str, patient: str) -> None:
    assert patient_of(scan) == patient


def test_a_folder_without_t1c_names_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="is empty"):
        find_brats_subjects(tmp_path)
    with pytest.raises(BadInputError, match="--image-glob"):
        find_brats_subjects(touched(tmp_path, "p1/p1_flair.nii.gz"))
    with pytest.raises(BadInputError, match="no file that matches"):
        find_subjects_by_glob(tmp_path, image_glob="*_t2.nii.gz")


def test_two_dates_in_one_folder_are_one_patient_with_two_scans(tmp_path: Path) -> None:
    names = ("Pre_Scan_T1", "Post_Scan_T1", "Pre_Mask", "Post_Mask")
    root = touched(tmp_path, *(f"{p}/{name}.nii.gz" for p in ("01", "02") for name in names))
    subjects, _ = find_subjects_by_glob(root, image_glob="*_T1.nii.gz", segmentation_glob="*Mask*")
    assert found(subjects) == {
        p: [
            (f"{p}-Post_Scan_T1", "Post_Scan_T1.nii.gz", "Post_Mask.nii.gz"),
            (f"{p}-Pre_Scan_T1", "Pre_Scan_T1.nii.gz", "Pre_Mask.nii.gz"),
        ]
        for p in ("01", "02")
    }


def test_files_in_one_folder_are_a_patient_each(tmp_path: Path) -> None:
    root = touched(tmp_path, "p1_T1.nii", "p1_mask.nii", "p2_T1.nii", "p2_mask.nii", "p10_T1.nii")
    subjects, _ = find_subjects_by_glob(root, image_glob="*_T1.nii", segmentation_glob="*_mask.nii")
    assert found(subjects) == {
        "p10_T1": [("p10_T1", "p10_T1.nii", None)],
        "p1_T1": [("p1_T1", "p1_T1.nii", "p1_mask.nii")],
        "p2_T1": [("p2_T1", "p2_T1.nii", "p2_mask.nii")],
    }


def test_images_and_labels_in_folders_of_their_own_are_paired_by_name(tmp_path: Path) -> None:
    root = touched(tmp_path, "images/a.nii.gz", "images/b.nii.gz", "labels/b.nii.gz", "labels/c.nii.gz")
    subjects, _ = find_subjects_by_glob(root, image_glob="images/*", segmentation_glob="labels/*")
    assert found(subjects) == {"a": [("a", "a.nii.gz", None)], "b": [("b", "b.nii.gz", "b.nii.gz")]}


def test_a_bids_subject_is_the_patient(tmp_path: Path) -> None:
    names = [f"sub-{p}/ses-{s}/anat/T1w.nii.gz" for p in ("01", "02") for s in ("1", "2")]
    subjects, _ = find_subjects_by_glob(touched(tmp_path, *names), image_glob="T1w.nii.gz")
    assert [(subject.subject_id, len(subject.scans)) for subject in subjects] == [("sub-01", 2), ("sub-02", 2)]
    assert len({scan.scan_id for subject in subjects for scan in subject.scans}) == 4


def test_segmentations_that_fit_equally_are_not_guessed(tmp_path: Path) -> None:
    root = touched(tmp_path, "p1/t1.nii", "p1/t1_a_seg.nii", "p1/t1_b_seg.nii", "p2/t1.nii")
    subjects, skipped = find_subjects_by_glob(root, image_glob="t1.nii", segmentation_glob="*seg*")
    assert list(found(subjects)) == ["p2"]
    assert [skip.path for skip in skipped] == ["p1/t1.nii"]


def test_names_that_no_id_may_have_are_made_plain(tmp_path: Path) -> None:
    subjects, _ = find_subjects_by_glob(touched(tmp_path, "Patient Ä/t1.nii", "p2/t1.nii"), image_glob="t1.nii")
    assert sorted(found(subjects)) == ["Patient", "p2"]


@pytest.mark.realdata
def test_the_real_cohorts_are_found(shared_data: Path) -> None:
    brats, _ = find_brats_subjects(shared_data / "brats")
    assert [subject.subject_id[-7:] for subject in brats] == ["pat0001", "pat0002", "pat0005", "pat0006"]
    assert all(scan.segmentation for subject in brats for scan in subject.scans)
    btp, _ = find_subjects_by_glob(shared_data / "btp", image_glob="*_T1.nii.gz", segmentation_glob="*_Mask.nii.gz")
    assert [len(subject.scans) for subject in btp] == [2] * 7
