"""A disk that is full, files that may not grow, a folder that may not be written: one line, and nothing is lost."""

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command_line import Outcome, mrturing
from tests.faults.conftest import assert_well, contents

MIB = 1 << 20
NEW = ("--name", "new", "--kind", "synthetic", "--tumor-status", "tumor")


def assert_refused_in_one_line(outcome: Outcome, *words: str) -> None:
    assert (outcome.code, outcome.stdout) == (1, "")
    what, next_step = outcome.stderr.splitlines()
    assert any(word in what for word in words), what
    assert next_step


def import_commands(images: Path, patients: Path) -> list[tuple[object, ...]]:
    return [("images", "import", images, *NEW), ("cohort", "import", patients, "--name", "new")]


@pytest.fixture
def disk(tmp_path: Path, workspace: Path) -> Iterator[Path]:
    """A small disk of its own with the workspace on it."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={8 * MIB}", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("Only root can mount a small disk.")
    try:
        yield Path(shutil.copytree(workspace, folder / "workspace"))
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def leave_free(workspace: Path, n_bytes: int) -> Path:
    """Fill the disk but for so many bytes."""
    filler = workspace.parent / "filler"
    filler.unlink(missing_ok=True)
    free = shutil.disk_usage(workspace).free
    filler.write_bytes(bytes(max(0, free - n_bytes)))
    return filler


def test_an_import_on_a_full_disk_changes_nothing_and_works_with_more_space(
    disk: Path, images: Path, patients: Path
) -> None:
    for words in import_commands(images, patients):
        filler = leave_free(disk, MIB // 2)
        before = contents(disk)
        outcome = mrturing(*words, workspace=disk)
        assert_refused_in_one_line(outcome, "No space left on device", "disk is full")
        assert contents(disk) == before
        assert list((disk / "images").glob(".*")) == []
        assert_well(disk)
        filler.unlink()
        assert mrturing(*words, workspace=disk).code == 0
        assert mrturing(*words[:1], "delete", "new", workspace=disk).code == 0


@pytest.mark.parametrize("spare_kib", [4, 36, 40, 44, 48, 56, 64, 80, 120])
def test_wherever_the_disk_is_full_there_are_no_pixels_without_rows_or_rows_without_pixels(
    disk: Path, images: Path, spare_kib: int
) -> None:
    """There is space for the pixels and for some of what the database needs."""
    pixels = 20 * 65536 + 4096
    filler = leave_free(disk, pixels + spare_kib * 1024)
    outcome = mrturing("images", "import", images, *NEW, workspace=disk)
    filler.unlink()
    if outcome.code:
        assert_refused_in_one_line(outcome, "No space left on device", "disk is full", "disk I/O error")
        assert "disk space" in outcome.stderr or "some space" in outcome.stderr
    assert_well(disk)
    listed, files = contents(disk)[0], contents(disk)[3]
    names = {entry["name"] for entry in listed["image_sets"]}
    assert ("new" in names) == (outcome.code == 0)
    assert files == sorted(f"{name}.npy" for name in names)


def test_a_backup_and_an_export_on_a_full_disk_leave_nothing_behind(disk: Path) -> None:
    leave_free(disk, 40 * 1024)
    outcome = mrturing("backup", disk.parent / "copy.db", workspace=disk)
    assert_refused_in_one_line(outcome, "disk is full", "No space left on device")
    assert sorted(path.name for path in disk.parent.iterdir()) == ["filler", "workspace"]
    outcome = mrturing("images", "export", "real-tumor", disk.parent / "out", workspace=disk)
    assert_refused_in_one_line(outcome, "No space left on device")


def test_a_read_only_disk_is_one_line_for_every_command(disk: Path, images: Path, patients: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(disk.parent)], check=True)
    try:
        for words in (*import_commands(images, patients), ("study", "close", "study"), ("images", "list")):
            outcome = mrturing(*words, workspace=disk)
            assert_refused_in_one_line(outcome, "read-only", "readonly", "Read-only", "unable to open")
            assert "permissions" in outcome.stderr
    finally:
        subprocess.run(["mount", "-o", "remount,rw", str(disk.parent)], check=True)
    assert_well(disk)


@pytest.mark.skipif(os.geteuid() == 0, reason="Nothing is forbidden to root.")
def test_a_folder_without_permission_is_one_line(workspace: Path, images: Path, patients: Path) -> None:
    (workspace / "images").chmod(0o500)
    try:
        for words in import_commands(images, patients):
            assert_refused_in_one_line(mrturing(*words, workspace=workspace), "Permission denied")
    finally:
        (workspace / "images").chmod(0o700)


@pytest.mark.parametrize("kind", ["images", "cohort"])
def test_a_limit_on_the_size_of_files_is_a_full_disk(
    workspace: Path, images: Path, patients: Path, kind: str
) -> None:
    """Quotas and some file systems refuse to let a file grow, with another error than a full disk."""
    before = contents(workspace)
    words = next(words for words in import_commands(images, patients) if words[0] == kind)
    command = [sys.executable, "-c", "from core.cli.main import main; main()", *map(str, words)]
    run = subprocess.run(
        [*command, "--workspace", str(workspace)],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (MIB, MIB)),
    )
    assert_refused_in_one_line(Outcome(code=run.returncode, stdout=run.stdout, stderr=run.stderr), "File too large")
    assert contents(workspace) == before
    assert list((workspace / "images").glob(".*")) == []
