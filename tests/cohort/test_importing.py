"""Volumes on disk become canonical images, and what cannot is said in a line."""

import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from core.cohort.brats import find_brats_subjects
from core.cohort.importing import ImportedVolumes, import_volumes
from core.cohort.layout import find_subjects_by_glob
from core.cohort.screening import Screening
from core.cohort.subject import Subject
from core.imageset.pixels import PixelWriter, open_pixels
from core.imageset.record import Partition, TumorStatus
from core.imaging.nifti import write_segmentation, write_volume
from core.imaging.volume import Segmentation, Volume

SPACING_MM = (1.0, 1.0, 1.0)


def head(seed: int) -> np.ndarray:
    """A brain-like block of 160 x 180 in 240 x 240 x 31, brighter in front and darker on the patient's right."""
    rng = np.random.default_rng(seed)
    voxels = np.full((240, 240, 31), -3.0, np.float32)
    voxels[40:200, 30:210] = rng.uniform(0.9, 1.1, (160, 180, 31))
    voxels[40:200, 30:60] *= 2
    voxels[40:80, 30:210] *= 0.5
    return voxels


def tumor() -> np.ndarray:
    labels = np.zeros((240, 240, 31), np.uint8)
    labels[100:130, 100:130, 10:15] = 1
    return labels


def add_subject(root: Path, name: str, labels: np.ndarray | None, seed: int = 0) -> None:
    folder = root / name
    folder.mkdir(parents=True)
    write_volume(folder / f"{name}_t1ce.nii.gz", Volume(voxels=head(seed), spacing_mm=SPACING_MM))
    if labels is not None:
        write_segmentation(folder / f"{name}_seg.nii.gz", Segmentation(labels=labels, spacing_mm=SPACING_MM))


def imported(
    root: Path, subjects: Sequence[Subject], target: Path
) -> tuple[ImportedVolumes, dict[TumorStatus, np.ndarray]]:
    progress: list[tuple[int, int]] = []
    with ExitStack() as stack:
        writers = {status: stack.enter_context(PixelWriter(target / f"{status}.npy")) for status in TumorStatus}
        result = import_volumes(
            subjects,
            writers,
            root=root,
            seed=0,
            screening=Screening(),
            on_progress=lambda done, total: progress.append((done, total)),
        )
        for writer in writers.values():
            writer.commit()
    n_scans = sum(len(subject.scans) for subject in subjects)
    assert progress == [(n, n_scans) for n in range(1, n_scans + 1)]
    return result, {status: np.asarray(open_pixels(target / f"{status}.npy")) for status in TumorStatus}


def test_slices_are_sorted_by_status_screened_and_recorded(tmp_path: Path) -> None:
    add_subject(tmp_path / "in", "p1", tumor())
    result, pixels = imported(tmp_path / "in", find_brats_subjects(tmp_path / "in")[0], tmp_path / "out")
    tumor_records = result.records[TumorStatus.TUMOR]
    assert [record.image_id for record in tumor_records] == [f"p1-z{z:03d}" for z in range(10, 15)]
    assert {record.slice_index for record in result.records[TumorStatus.NONTUMOR]} == {
        z for z in range(6, 26) if not 6 <= z <= 18
    }
    assert result.screened_out == {
        "tumor_too_small": 0,
        "near_tumor": 8,
        "too_little_brain": 0,
        "too_much_brain": 0,
    }
    assert {status: len(images) for status, images in pixels.items()} == {
        TumorStatus.TUMOR: 5,
        TumorStatus.NONTUMOR: 7,
        TumorStatus.UNKNOWN: 0,
    }
    assert all(record.partition is Partition.TRAINING for record in tumor_records)
    assert all(record.resampling_factor == 1 for record in tumor_records)


def test_an_image_lies_radiologically_in_the_middle_of_black(tmp_path: Path) -> None:
    add_subject(tmp_path / "in", "p1", None)
    _, pixels = imported(tmp_path / "in", find_brats_subjects(tmp_path / "in")[0], tmp_path / "out")
    image = pixels[TumorStatus.UNKNOWN][0].astype(int)
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    assert (rows[0], rows[-1], columns[0], columns[-1]) == (38, 217, 48, 207)
    assert image[40:66, 100:200].mean() > image[70:210, 100:200].mean() + 20  # anterior is up
    assert image[70:210, 50:86].mean() < image[70:210, 100:200].mean() - 10  # right is on the left


def test_a_fault_costs_its_own_subject_only(tmp_path: Path) -> None:
    root = tmp_path / "in"
    for name in ("good", "cut", "shape", "text", "half"):
        add_subject(root, name, tumor()[:-1] if name == "shape" else tumor())
    cut = root / "cut" / "cut_t1ce.nii.gz"
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 2])
    (root / "text" / "text_t1ce.nii.gz").write_text("no volume")
    (root / "half" / "half_seg.nii.gz").write_bytes(b"")
    result, _ = imported(root, find_brats_subjects(root)[0], tmp_path / "out")
    assert list(result.partitions) == ["good"]
    assert [(skip.path, skip.reason.split(": ")[0]) for skip in result.skipped] == [
        ("cut/cut_t1ce.nii.gz", "cut_t1ce.nii.gz"),
        ("half/half_t1ce.nii.gz", "half_seg.nii.gz"),
        ("shape/shape_t1ce.nii.gz", "shape_seg.nii.gz"),
        ("text/text_t1ce.nii.gz", "text_t1ce.nii.gz"),
    ]
    assert "239 x 240 x 31" in result.skipped[2].reason
    assert all("\n" not in skip.reason for skip in result.skipped)


def test_no_patient_crosses_partitions(tmp_path: Path) -> None:
    root = tmp_path / "in"
    for patient in range(3, 8):
        for date in ("000", "001"):
            add_subject(root, f"BraTS-GLI-0000{patient}-{date}", tumor(), seed=patient)
    result, _ = imported(root, find_brats_subjects(root)[0], tmp_path / "out")
    records = [record for rows in result.records.values() for record in rows]
    crossed = {(record.subject_id, record.partition) for record in records}
    assert len(crossed) == len({record.subject_id for record in records}) == 5
    assert {partition for _, partition in crossed} == set(Partition)
    assert {(r.image_id[:15], r.subject_id) for r in records} == {(s, s) for s in result.partitions}


def test_nothing_readable_gives_no_subject(tmp_path: Path) -> None:
    (tmp_path / "in" / "p1").mkdir(parents=True)
    (tmp_path / "in" / "p1" / "p1_t1ce.nii.gz").write_bytes(b"")
    result, _ = imported(tmp_path / "in", find_brats_subjects(tmp_path / "in")[0], tmp_path / "out")
    assert result.partitions == {}
    assert len(result.skipped) == 1


@pytest.mark.realdata
def test_real_patients_come_in_with_every_rule_counted(shared_data: Path, tmp_path: Path) -> None:
    root = shared_data / "brats"
    result, pixels = imported(root, find_brats_subjects(root)[0], tmp_path)
    assert len(result.partitions) == 4
    assert result.skipped == []
    n_images = sum(len(images) for images in pixels.values())
    assert n_images + sum(result.screened_out.values()) == 4 * 101
    assert len(pixels[TumorStatus.TUMOR]) > 200
    assert len(pixels[TumorStatus.NONTUMOR]) > 80
    assert len(pixels[TumorStatus.UNKNOWN]) == 0


@pytest.mark.realdata
def test_odd_files_in_a_cohort_are_skipped_or_taken_and_never_stop_it(shared_data: Path, tmp_path: Path) -> None:
    odd = shared_data / "odd_nifti"
    for name in ("good", "empty", "wrong"):
        (tmp_path / "in" / name).mkdir(parents=True)
        shutil.copy(odd / "ok_small_u8.nii.gz", tmp_path / "in" / name / f"{name}_t1ce.nii.gz")
    for name, source in (("good", "seg_ok_shape"), ("empty", "seg_empty"), ("wrong", "seg_wrong_shape")):
        shutil.copy(odd / f"{source}.nii.gz", tmp_path / "in" / name / f"{name}_seg.nii.gz")
    result, pixels = imported(tmp_path / "in", find_brats_subjects(tmp_path / "in")[0], tmp_path / "out")
    assert list(result.partitions) == ["empty", "good"]
    assert [skip.path for skip in result.skipped] == ["wrong/wrong_t1ce.nii.gz"]
    assert len(pixels[TumorStatus.TUMOR]) > 0
    everything, _ = find_subjects_by_glob(odd, image_glob="*.nii*")
    taken, _ = imported(odd, everything, tmp_path / "odd")
    assert len(taken.partitions) + len(taken.skipped) == len(everything) == 23
