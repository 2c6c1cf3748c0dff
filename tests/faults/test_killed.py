"""kill -9 in the middle of an import leaves the workspace as it was, and the same import works afterwards."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.imageset.pixels import PixelWriter
from tests.command_line import Outcome, mrturing
from tests.faults.conftest import assert_well, contents

IMPORTS = {
    "images": ("images", "import", "--name", "new", "--kind", "synthetic", "--tumor-status", "tumor"),
    "cohort": ("cohort", "import", "--name", "new"),
}
# Runs the command and kills its process at the nth call of one of our own functions, before or after it.
KILLED = """
import os, signal, sys
from unittest.mock import patch
from core.cli.main import main
from core.imageset.pixels import PixelWriter

method, n, moment = sys.argv[1], int(sys.argv[2]), sys.argv[3]
original, calls = getattr(PixelWriter, method), 0

def killed(self, *arguments):
    global calls
    calls += 1
    if calls == n and moment == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    result = original(self, *arguments)
    if calls == n and moment == "after":
        os.kill(os.getpid(), signal.SIGKILL)
    return result

sys.argv = ["mrturing", *sys.argv[4:]]
with patch.object(PixelWriter, method, killed):
    main()
"""


def command(kind: str, folder: Path, workspace: Path) -> list[str]:
    return [*IMPORTS[kind][:2], str(folder), *IMPORTS[kind][2:], "--workspace", str(workspace)]


def imported(kind: str, folder: Path, workspace: Path) -> Outcome:
    return mrturing(*command(kind, folder, workspace))


def unfinished(workspace: Path) -> list[Path]:
    return list((workspace / "images").glob(".*.part"))


@pytest.fixture
def folders(images: Path, patients: Path) -> dict[str, Path]:
    return {"images": images, "cohort": patients}


@pytest.mark.parametrize(
    ("kind", "method", "n", "moment"),
    [
        ("images", "append", 1, "before"),
        ("images", "append", 15, "after"),
        ("images", "commit", 1, "before"),
        ("images", "commit", 1, "after"),
        ("cohort", "append", 20, "after"),
        ("cohort", "commit", 1, "after"),
        ("cohort", "commit", 2, "before"),
        ("cohort", "commit", 2, "after"),
    ],
)
def test_a_kill_leaves_the_workspace_as_it_was_and_the_import_can_be_repeated(
    workspace: Path, folders: dict[str, Path], kind: str, method: str, n: int, moment: str
) -> None:
    """After the nth `commit` the pixels bear their name and have no row yet."""
    before = contents(workspace)
    words = command(kind, folders[kind], workspace)
    run = subprocess.run([sys.executable, "-c", KILLED, method, str(n), moment, *words], check=False)
    assert run.returncode == -signal.SIGKILL
    assert contents(workspace)[:3] == before[:3]
    assert_well(workspace)
    assert imported(kind, folders[kind], workspace).code == 0
    assert_well(workspace)
    names = {entry["name"] for entry in contents(workspace)[0]["image_sets"]}
    assert contents(workspace)[3] == sorted(f"{name}.npy" for name in names)
    assert unfinished(workspace) == []


@pytest.mark.parametrize("kind", IMPORTS)
def test_the_command_itself_killed_while_it_reads(
    workspace: Path, folders: dict[str, Path], tmp_path: Path, kind: str
) -> None:
    """The last file is a pipe that nobody writes to: the command waits there, some images behind it."""
    before = contents(workspace)
    folder = Path(shutil.copytree(folders[kind], tmp_path / "in"))
    last = folder / ("99.png" if kind == "images" else "p3/p3_t1ce.nii.gz")
    last.unlink(missing_ok=True)
    os.mkfifo(last)
    words = command(kind, folder, workspace)
    process = subprocess.Popen([sys.executable, "-c", "from core.cli.main import main; main()", *words])
    try:
        deadline = time.monotonic() + 120
        while not unfinished(workspace):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
    finally:
        process.kill()
        process.wait()
    assert contents(workspace) == before
    assert len(unfinished(workspace)) >= 1
    last.unlink()
    assert imported(kind, folder, workspace).code == 0
    assert unfinished(workspace) == []


def test_what_another_import_is_still_writing_stays(workspace: Path, images: Path) -> None:
    with PixelWriter(workspace / "images" / "other.npy"):
        (at_work,) = unfinished(workspace)
        assert imported("images", images, workspace).code == 0
        assert unfinished(workspace) == [at_work]
    assert unfinished(workspace) == []
