"""Pixel files appear whole or not at all."""

import os
from pathlib import Path

import numpy as np
import pytest

from core.errors import RefusedError, WorkspaceError
from core.imageset.pixels import PixelWriter, images_in, open_pixels
from core.provenance import sha256_of_file

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 256, 256), np.uint8)


def test_what_was_appended_is_mapped_read_only(tmp_path: Path) -> None:
    path = tmp_path / "images" / "a.npy"
    with PixelWriter(path) as writer:
        assert [writer.append(image) for image in IMAGES] == [0, 1, 2]
        digest = writer.commit()
    pixels = open_pixels(path)
    np.testing.assert_array_equal(pixels, IMAGES)
    np.testing.assert_array_equal(np.load(path), IMAGES)
    assert not pixels.flags.writeable
    assert digest == sha256_of_file(path)
    assert [entry.name for entry in path.parent.iterdir()] == ["a.npy"]


def test_an_error_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    def interrupted() -> None:
        with PixelWriter(tmp_path / "a.npy") as writer:
            writer.append(IMAGES[0])
            raise InterruptedError

    with pytest.raises(InterruptedError):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def test_leaving_without_commit_leaves_nothing_and_an_older_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    np.save(path, IMAGES[:1])
    with PixelWriter(path) as writer:
        writer.append(IMAGES[2])
    np.testing.assert_array_equal(open_pixels(path), IMAGES[:1])
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_bears_the_name_before_commit(tmp_path: Path) -> None:
    with PixelWriter(tmp_path / "a.npy") as writer:
        writer.append(IMAGES[0])
        assert not (tmp_path / "a.npy").exists()


def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("No /dev/full on this system.")
    with PixelWriter(tmp_path / "a.npy") as writer:
        full = os.open("/dev/full", os.O_WRONLY)
        os.dup2(full, writer._file.fileno())
        os.close(full)
        with pytest.raises(WorkspaceError, match=r"The images of a cannot be written \(No space left"):
            writer.append(IMAGES[0])
    assert list(tmp_path.iterdir()) == []


def test_only_canonical_images_are_taken(tmp_path: Path) -> None:
    with PixelWriter(tmp_path / "a.npy") as writer, pytest.raises(ValueError, match="not a canonical image"):
        writer.append(np.zeros((240, 240), np.uint8))


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WorkspaceError, match="cannot be written"):
        PixelWriter(tmp_path / "file" / "a.npy")


@pytest.mark.parametrize("content", [b"", b"junk", None])
def test_a_damaged_or_missing_file_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "a.npy"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(WorkspaceError, match=r"a\.npy cannot be read"):
        open_pixels(path)


def test_a_file_of_another_shape_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((2, 64, 64), np.uint8))
    with pytest.raises(WorkspaceError, match="not canonical images"):
        open_pixels(tmp_path / "a.npy")


def test_a_long_work_is_gone_on_with_behind_its_last_whole_image(tmp_path: Path) -> None:
    path, unfinished = tmp_path / "images" / "a.npy", tmp_path / "work" / "a.part"
    with PixelWriter(path, unfinished=unfinished) as writer:
        writer.append(IMAGES[0])
        writer.append(IMAGES[1])
    assert images_in(unfinished.stat().st_size) == 2
    with unfinished.open("ab") as file:
        file.write(b"half of a third")
    with PixelWriter(path, unfinished=unfinished) as writer:
        assert writer.n_images == 2
        writer.append(IMAGES[2])
        assert writer.commit() == sha256_of_file(path)
    np.testing.assert_array_equal(open_pixels(path), IMAGES)
    assert not unfinished.exists()


def test_a_long_work_can_begin_anew(tmp_path: Path) -> None:
    for image in IMAGES[:2]:
        with PixelWriter(tmp_path / "a.npy", unfinished=tmp_path / "a.part") as writer:
            writer.forget()
            assert writer.append(image) == 0
    with PixelWriter(tmp_path / "a.npy", unfinished=tmp_path / "a.part") as writer:
        writer.commit()
    np.testing.assert_array_equal(open_pixels(tmp_path / "a.npy"), IMAGES[1:2])


def test_two_do_not_write_to_one_long_work(tmp_path: Path) -> None:
    with (
        PixelWriter(tmp_path / "a.npy", unfinished=tmp_path / "a.part"),
        pytest.raises(RefusedError, match=r"writing .* already"),
        PixelWriter(tmp_path / "a.npy", unfinished=tmp_path / "a.part"),
    ):
        pass
