"""Folders of images from anywhere become image sets."""

import os
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from PIL import Image

from core.errors import BadInputError
from core.imageset.folder_files import natural_order
from core.imageset.folder_import import ImportedFolder, import_folder
from core.imageset.pixels import PixelWriter, open_pixels
from core.imageset.record import TumorStatus

RNG = np.random.default_rng(0)
GRAY = RNG.integers(0, 256, (256, 256), np.uint8)
SMOOTH = np.add.outer(np.arange(256), np.arange(256)).astype(np.uint16) // 2


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.mkdir()
    return path


def imported(folder: Path) -> tuple[ImportedFolder, np.ndarray]:
    target = folder.parent / "set.npy"
    progress: list[tuple[int, int]] = []
    with PixelWriter(target) as writer:
        result = import_folder(
            folder,
            writer,
            tumor_status=TumorStatus.TUMOR,
            on_progress=lambda done, total: progress.append((done, total)),
        )
        writer.commit()
    assert progress[-1][0] == progress[-1][1] == len(progress)
    pixels = open_pixels(target)
    assert len(pixels) == len(result.records)
    assert len({record.image_id for record in result.records}) == len(pixels)
    return result, np.asarray(pixels)


def test_8_bit_images_pass_unchanged_in_natural_order(folder: Path) -> None:
    for n in (10, 2, 1):
        Image.fromarray((GRAY // n).astype(np.uint8)).save(folder / f"image{n}.png")
    result, pixels = imported(folder)
    assert [record.source_name for record in result.records] == ["image1.png", "image2.png", "image10.png"]
    assert [record.image_id for record in result.records] == ["image1", "image2", "image10"]
    for image, n in zip(pixels, (1, 2, 10), strict=True):
        np.testing.assert_array_equal(image, GRAY // n)
    assert result.skipped == []
    assert result.limits == {}


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.npy", "a.nii.gz", "a.nii"])
def test_each_kind_of_file_gives_the_same_8_bit_image(folder: Path, name: str) -> None:
    if name.endswith(".npy"):
        np.save(folder / name, GRAY)
    elif ".nii" in name:
        nib.save(nib.Nifti1Image(GRAY.T[:, :, None], np.diag([-1, -1, 1, 1])), folder / name)
    else:
        Image.fromarray(GRAY).save(folder / name)
    np.testing.assert_array_equal(imported(folder)[1], GRAY[None])


def test_a_2d_nifti_is_one_image(folder: Path) -> None:
    nib.save(nib.Nifti1Image(GRAY.T, np.diag([-1, -1, 1, 1])), folder / "a.nii")
    np.testing.assert_array_equal(imported(folder)[1], GRAY[None])


def test_jpeg_comes_close(folder: Path) -> None:
    Image.fromarray(SMOOTH.astype(np.uint8)).save(folder / "a.JPG", quality=95)
    assert np.abs(imported(folder)[1][0].astype(int) - SMOOTH).max() < 8


@pytest.mark.parametrize("shape", [(2, 256, 256), (2, 1, 256, 256)])
def test_an_array_of_images_is_taken_apart(folder: Path, shape: tuple[int, ...]) -> None:
    np.save(folder / "stack.npy", np.stack([GRAY, 255 - GRAY]).reshape(shape))
    result, pixels = imported(folder)
    np.testing.assert_array_equal(pixels, np.stack([GRAY, 255 - GRAY]))
    assert [record.image_id for record in result.records] == ["stack", "stack-0001"]


def test_pages_of_a_tiff_are_taken_apart(folder: Path) -> None:
    pages = [Image.fromarray(GRAY), Image.fromarray(255 - GRAY)]
    pages[0].save(folder / "pages.tif", save_all=True, append_images=pages[1:])
    np.testing.assert_array_equal(imported(folder)[1], np.stack([GRAY, 255 - GRAY]))


def test_16_bit_images_share_one_scale(folder: Path) -> None:
    Image.fromarray(SMOOTH * 4).save(folder / "dim.png")
    Image.fromarray(SMOOTH * 16).save(folder / "bright.tif")
    result, (bright, dim) = imported(folder)
    assert result.limits == {"integer": (0.0, 4080.0)}
    np.testing.assert_array_equal(bright, SMOOTH)
    assert np.abs(dim * 4.0 - bright).max() <= 2.5


def test_a_generators_floats_fill_the_gray_levels(folder: Path) -> None:
    np.save(folder / "a.npy", (GRAY.astype(np.float32) - 127.5) / 127.5)
    result, pixels = imported(folder)
    assert result.limits == {"float": (-1.0, 1.0)}
    np.testing.assert_array_equal(pixels[0], GRAY)


def test_gray_saved_as_color_is_taken_and_real_color_refused(folder: Path) -> None:
    Image.fromarray(GRAY).convert("RGB").save(folder / "gray.png")
    Image.fromarray(GRAY).convert("RGBA").save(folder / "opaque.png")
    Image.fromarray(GRAY).convert("P").save(folder / "palette.png")
    Image.fromarray(np.dstack([GRAY, GRAY // 2, GRAY])).save(folder / "red.png")
    Image.fromarray(np.dstack([GRAY, GRAY, GRAY, GRAY])).save(folder / "holes.png")
    result, pixels = imported(folder)
    np.testing.assert_array_equal(pixels, np.stack([GRAY] * 3))
    assert {skip.path: skip.reason.split(".png: ")[1][:13] for skip in result.skipped} == {
        "holes.png": "partly transp",
        "red.png": "a color image",
    }


def test_small_images_are_enlarged_and_say_so(folder: Path) -> None:
    Image.fromarray(GRAY[:64, :64]).save(folder / "a.png")
    assert imported(folder)[0].records[0].resampling_factor == 4.0


def faulty_files(folder: Path) -> dict[str, str]:
    """Files that cannot be used, by name, with a part of what should be said of each."""
    Image.fromarray(GRAY).save(folder / "whole.jpg")
    raw = (folder / "whole.jpg").read_bytes()
    (folder / "whole.jpg").unlink()
    (folder / "half.jpg").write_bytes(raw[: len(raw) // 2])
    (folder / "text.nii.gz").write_text("not an image")
    (folder / "text.png").write_text("not an image")
    (folder / "text.npy").write_text("not an image")
    (folder / "empty.png").write_bytes(b"")
    (folder / "notes.docx").write_text("notes")
    np.save(folder / "nan.npy", np.full((64, 64), np.nan))
    np.save(folder / "color.npy", np.zeros((2, 3, 64, 64)))
    np.save(folder / "tiny.npy", np.zeros((4, 4), np.uint8))
    np.save(folder / "none.npy", np.zeros((0, 64, 64), np.uint8))
    np.save(folder / "pickled.npy", np.array([{"a": 1}], dtype=object))
    (folder / "dangling.png").symlink_to(folder / "absent.png")
    return {
        "half.jpg": "damaged or cut off",
        "text.nii.gz": "not a NIfTI file",
        "text.png": "not an image",
        "text.npy": "not a NumPy array",
        "empty.png": "not an image",
        "notes.docx": "no image by its name",
        "nan.npy": "NaN",
        "color.npy": "not gray images",
        "tiny.npy": "4 x 4 pixels is too small",
        "none.npy": "not gray images",
        "pickled.npy": "not a NumPy array",
        "dangling.png": "cannot be read",
    }


def test_each_fault_is_one_line_and_the_rest_is_imported(folder: Path) -> None:
    faults = faulty_files(folder)
    Image.fromarray(GRAY).save(folder / "good.png")
    result, pixels = imported(folder)
    np.testing.assert_array_equal(pixels, GRAY[None])
    assert {skip.path for skip in result.skipped} == faults.keys()
    for skip in result.skipped:
        assert faults[skip.path] in skip.reason
        assert "\n" not in skip.reason
        assert skip.path in skip.reason


@pytest.mark.skipif(os.geteuid() == 0, reason="Nothing is forbidden to root.")
def test_what_may_not_be_read_is_skipped(folder: Path) -> None:
    Image.fromarray(GRAY).save(folder / "good.png")
    Image.fromarray(GRAY).save(folder / "locked.png")
    (folder / "locked.png").chmod(0)
    (folder / "locked").mkdir(mode=0)
    result, pixels = imported(folder)
    assert len(pixels) == 1
    assert {skip.path for skip in result.skipped} == {"locked.png", "locked"}


def test_files_of_one_name_in_two_folders_get_two_ids(folder: Path) -> None:
    for name in ("one", "two"):
        (folder / name).mkdir()
        Image.fromarray(GRAY).save(folder / name / "a b.png")
    assert [record.image_id for record in imported(folder)[0].records] == ["a_b", "a_b.2"]


def test_an_empty_or_missing_folder_is_refused(folder: Path) -> None:
    with PixelWriter(folder.parent / "set.npy") as writer:
        for path, what in ((folder, "is empty"), (folder / "absent", "is not a folder")):
            with pytest.raises(BadInputError, match=what):
                import_folder(path, writer, tumor_status=TumorStatus.UNKNOWN, on_progress=lambda *_: None)


def test_numbers_in_names_count_as_numbers() -> None:
    names = ["b1", "a10", "a2", "a02x", "A1"]
    assert sorted(names, key=natural_order) == ["A1", "a2", "a02x", "a10", "b1"]


@pytest.mark.realdata
def test_odd_nifti_files_never_stop_an_import(shared_data: Path, tmp_path: Path) -> None:
    with PixelWriter(tmp_path / "set.npy") as writer:
        result = import_folder(
            shared_data / "odd_nifti", writer, tumor_status=TumorStatus.UNKNOWN, on_progress=lambda *_: None
        )
    refused = {skip.path for skip in result.skipped}
    taken = {record.source_name for record in result.records}
    assert not refused & taken
    assert {"truncated_gz.nii.gz", "dim_lies_9999.nii", "rgb24.nii.gz", "constant.nii.gz"} <= refused
    assert {"2d_only.nii.gz", "ok_small_u8.nii.gz", "orient_AIL.nii.gz"} <= taken


@pytest.mark.realdata
def test_public_jpegs_come_in(shared_data: Path, tmp_path: Path) -> None:
    with PixelWriter(tmp_path / "set.npy") as writer:
        result = import_folder(
            shared_data / "cheng" / "meningioma",
            writer,
            tumor_status=TumorStatus.TUMOR,
            on_progress=lambda *_: None,
        )
    assert len(result.records) == 64
    assert {record.resampling_factor for record in result.records} == {0.5}
