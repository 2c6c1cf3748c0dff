"""What bad input gets on the command line: one line that names file and fault, the rest imported."""

import re
import shutil
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.command_line import Outcome, mrturing
from tests.phantom_patients import write_patients
from tests.phantoms import phantom_images

# Every file of the folder that holds no usable volume, with words of its fault.
ODD_VOLUMES = {
    "2d_only.nii.gz": "2-D",
    "4d_four_channels.nii.gz": "4-D",
    "all_zero.nii.gz": "one value only",
    "bad_magic.nii": "magic",
    "constant.nii.gz": "one value only",
    "dim_lies_9999.nii": "claims",
    "empty.nii.gz": "0 bytes",
    "header_only.nii": "cut off",
    "lfs_pointer.nii.gz": "git-lfs",
    "not_nifti.nii.gz": "not a NIfTI",
    "rgb24.nii.gz": "color",
    "seg_empty.nii.gz": "one value only",
    "truncated_gz.nii.gz": "cut off",
}


def skipped_lines(outcome: Outcome) -> dict[str, str]:
    found = re.findall(r"^  skipped ([^:]+): (.+)$", outcome.stdout, re.MULTILINE)
    return dict(found)


def assert_named_once(lines: dict[str, str]) -> None:
    for name, reason in lines.items():
        assert Path(name).name not in reason


@pytest.mark.realdata
def test_every_odd_volume_is_named_with_its_fault_and_the_rest_imported(shared_data: Path, tmp_path: Path) -> None:
    outcome = mrturing(
        *("cohort", "import", shared_data / "odd_nifti", "--name", "odd", "--image-glob", "*.nii*"),
        workspace=tmp_path / "workspace",
    )
    assert (outcome.code, outcome.stderr) == (0, "")
    lines = skipped_lines(outcome)
    assert lines.keys() == ODD_VOLUMES.keys()
    for name, words in ODD_VOLUMES.items():
        assert words in lines[name]
    assert_named_once(lines)
    n_files = len(list((shared_data / "odd_nifti").iterdir()))
    assert f"odd: {n_files - len(ODD_VOLUMES)} subjects" in outcome.stdout
    assert mrturing("doctor", workspace=tmp_path / "workspace").code == 0


@pytest.mark.realdata
def test_odd_volumes_as_images_are_skipped_the_same_way(shared_data: Path, tmp_path: Path) -> None:
    """An image set takes a single slice, which a cohort does not."""
    outcome = mrturing(
        *("images", "import", shared_data / "odd_nifti", "--name", "odd"),
        *("--kind", "real", "--tumor-status", "unknown"),
        workspace=tmp_path / "workspace",
    )
    assert (outcome.code, outcome.stderr) == (0, "")
    assert skipped_lines(outcome).keys() == ODD_VOLUMES.keys() - {"2d_only.nii.gz"}


@pytest.mark.realdata
def test_only_odd_volumes_end_with_1_and_a_line_each(shared_data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ODD_VOLUMES:
        shutil.copy(shared_data / "odd_nifti" / name, folder / name)
    workspace = tmp_path / "workspace"
    outcome = mrturing("cohort", "import", folder, "--name", "odd", "--image-glob", "*", workspace=workspace)
    assert (outcome.code, outcome.stdout) == (1, "")
    assert "Traceback" not in outcome.stderr
    lines = outcome.stderr.splitlines()
    assert sorted(line.split(":")[0] for line in lines[1:-1]) == sorted(ODD_VOLUMES)
    assert mrturing("cohort", "list", "--json", workspace=workspace).json == {"cohorts": []}
    assert list((workspace / "images").iterdir()) == []


@pytest.mark.realdata
def test_a_segmentation_of_another_shape_costs_its_patient_only(shared_data: Path, tmp_path: Path) -> None:
    for patient, segmentation in (("good", "seg_ok_shape"), ("bad", "seg_wrong_shape"), ("none", None)):
        folder = tmp_path / "in" / patient
        folder.mkdir(parents=True)
        shutil.copy(shared_data / "odd_nifti" / "ok_small_u8.nii.gz", folder / f"{patient}_t1ce.nii.gz")
        if segmentation:
            shutil.copy(shared_data / "odd_nifti" / f"{segmentation}.nii.gz", folder / f"{patient}_seg.nii.gz")
    outcome = mrturing("cohort", "import", tmp_path / "in", "--name", "c", workspace=tmp_path / "workspace")
    assert outcome.code == 0
    lines = skipped_lines(outcome)
    assert lines.keys() == {"bad/bad_t1ce.nii.gz"}
    assert "bad_seg.nii.gz: its shape" in lines["bad/bad_t1ce.nii.gz"]
    assert "c: 2 subjects" in outcome.stdout
    assert "c-unknown" in outcome.stdout


@pytest.fixture
def import_images(tmp_path: Path):
    def run(folder: Path) -> Outcome:
        return mrturing(
            *("images", "import", folder, "--name", "a", "--kind", "synthetic", "--tumor-status", "tumor"),
            workspace=tmp_path / "workspace",
        )

    return run


def test_bad_images_are_named_and_the_good_one_imported(tmp_path: Path, import_images) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    Image.fromarray(next(phantom_images(1, seed=0))).save(folder / "good.png")
    Image.fromarray(next(phantom_images(1, seed=1))).save(folder / "half.jpg")
    (folder / "half.jpg").write_bytes((folder / "half.jpg").read_bytes()[:9000])
    (folder / "text.png").write_text("no image")
    (folder / "text.nii.gz").write_text("no volume")
    Image.fromarray(np.zeros((256, 256, 3), np.uint8) + np.array([255, 0, 0], np.uint8)).save(folder / "red.png")
    outcome = import_images(folder)
    assert (outcome.code, outcome.stderr) == (0, "")
    assert "a: 1 images" in outcome.stdout
    lines = skipped_lines(outcome)
    assert lines.keys() == {"half.jpg", "text.png", "text.nii.gz", "red.png"}
    assert "cut off" in lines["half.jpg"]
    assert_named_once(lines)


def test_an_empty_folder_and_none_at_all_are_said(tmp_path: Path, import_images) -> None:
    (tmp_path / "in").mkdir()
    for folder, words in ((tmp_path / "in", "is empty"), (tmp_path / "absent", "is not a folder")):
        outcome = import_images(folder)
        assert (outcome.code, outcome.stdout) == (1, "")
        assert words in outcome.stderr
        cohort = mrturing("cohort", "import", folder, "--name", "a", workspace=tmp_path / "workspace")
        assert (cohort.code, cohort.stdout) == (1, "")
        assert words in cohort.stderr


def test_a_header_that_claims_20_gb_takes_no_memory(tmp_path: Path) -> None:
    folder = write_patients(tmp_path / "in", 2)
    file = folder / "p0" / "p0_t1ce.nii"
    header = bytearray(348)
    header[:4] = (348).to_bytes(4, "little")
    for axis, size in enumerate((3, 2000, 2000, 2500)):
        header[40 + 2 * axis : 42 + 2 * axis] = size.to_bytes(2, "little")
    header[70:72] = (4).to_bytes(2, "little")
    header[72:74] = (16).to_bytes(2, "little")
    header[108:112] = np.float32(352).tobytes()
    header[254:256] = (1).to_bytes(2, "little")
    header[280:284] = header[300:304] = header[320:324] = np.float32(1).tobytes()
    header[344:348] = b"n+1\0"
    file.write_bytes(bytes(header) + bytes(1000))
    (folder / "p0" / "p0_t1ce.nii.gz").unlink()
    tracemalloc.start()
    outcome = mrturing("cohort", "import", folder, "--name", "c", workspace=tmp_path / "workspace")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert outcome.code == 0
    assert "header claims 20,000,000,352 bytes" in skipped_lines(outcome)["p0/p0_t1ce.nii"]
    assert peak < 100e6
