"""A run folder is whole whatever happens to the process that writes it, and reading it loads no torch."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import RefusedError, WorkspaceError
from core.runs.run_folder import Outcome, RunState, write_whole
from core.synthesis.run_folder import RunFolder, Tick

TICK = Tick(
    kimg=1.0,
    resolution=8,
    fade_in_alpha=0.5,
    batch=16,
    discriminator_loss=-1.5,
    generator_loss=2.5,
    wasserstein_distance=3.0,
    gradient_penalty=0.1,
    discriminator_gradient_norm=7.0,
    generator_gradient_norm=8.0,
    images_per_s=99.0,
    loader_share=0.01,
    memory_mb=300.0,
    seconds=10.0,
    seconds_left=20.0,
)
SNAPSHOT = replace(TICK, kimg=2.0, swd={16: 40.5, 8: 12.25}, grid="000002.000-kimg.png")


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    folder = RunFolder(tmp_path / "run")
    folder.write_options({"recipe": "light"})
    return folder


def test_ticks_are_read_as_they_were_written(folder: RunFolder) -> None:
    assert folder.ticks() == []
    for tick in (TICK, SNAPSHOT):
        folder.append_tick(tick)
    assert folder.ticks() == [TICK, SNAPSHOT]
    (snapshot,) = folder.snapshots()
    assert (snapshot.kimg, snapshot.swd) == (2.0, {16: 40.5, 8: 12.25})
    assert snapshot.path == folder.path / "samples" / "000002.000-kimg.png"


@pytest.mark.parametrize("torn", ["", "{", '{"kimg":3.0,"batch":'])
def test_a_line_that_a_kill_left_unfinished_does_not_count_and_is_gone_after_a_resume(
    folder: RunFolder, torn: str
) -> None:
    folder.append_tick(TICK)
    with (folder.path / "stats.jsonl").open("a") as file:
        file.write(torn)
    assert folder.ticks() == [TICK]
    folder.rewind(1.0)
    folder.append_tick(SNAPSHOT)
    assert folder.ticks() == [TICK, SNAPSHOT]


def test_going_back_forgets_the_ticks_and_grids_that_come_again(folder: RunFolder) -> None:
    for tick in (TICK, replace(SNAPSHOT, kimg=1.5, grid=folder.write_grid(1.5, b"a")), SNAPSHOT):
        folder.append_tick(tick)
    folder.write_grid(2.0, b"b")
    folder.write_grid(2.5, b"killed before its tick")
    folder.rewind(1.5)
    assert [tick.kimg for tick in folder.ticks()] == [1.0, 1.5]
    assert [file.name for file in folder.samples.iterdir()] == ["000001.500-kimg.png"]


def test_a_run_without_an_outcome_is_interrupted_and_with_one_in_that_state(folder: RunFolder) -> None:
    assert folder.state() is RunState.INTERRUPTED
    for state in (RunState.PAUSED, RunState.STOPPED, RunState.FAILED, RunState.FINISHED):
        folder.write_outcome(Outcome(state=state, what="It did.", next_step="Look."))
        assert folder.state() is state
        assert folder.outcome() == Outcome(state=state, what="It did.", next_step="Look.")
    folder.forget_outcome()
    assert folder.state() is RunState.INTERRUPTED


def test_while_it_is_held_a_run_trains_and_no_one_else_can_hold_it(folder: RunFolder) -> None:
    other = RunFolder(folder.path)
    with folder.locked(), folder.locked():
        assert other.state() is RunState.RUNNING
        assert other.training_process() == os.getpid()
        with pytest.raises(RefusedError, match="another process"), other.locked():
            pass
    assert other.training_process() is None
    with other.locked():
        pass


def test_the_lock_goes_with_a_killed_process(folder: RunFolder) -> None:
    held = (
        "import os, sys; from pathlib import Path; from core.synthesis.run_folder import RunFolder\n"
        "with RunFolder(Path(sys.argv[1])).locked(): os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", held, str(folder.path)], check=False, cwd=Path(__file__).parents[2])
    assert folder.state() is RunState.INTERRUPTED


def test_what_cannot_be_written_whole_leaves_what_was_there(folder: RunFolder) -> None:
    (folder.path / "samples").write_text("a file where a folder should be")
    with pytest.raises(WorkspaceError, match="samples"):
        write_whole(folder.samples / "grid.png", b"new")
    assert folder.samples.read_text() == "a file where a folder should be"


def test_options_that_cannot_be_read_are_one_line(folder: RunFolder) -> None:
    assert folder.options() == {"recipe": "light"}
    (folder.path / "options.json").write_text("{")
    with pytest.raises(WorkspaceError, match="options of the run run cannot be read"):
        folder.options()


def test_reading_a_run_loads_no_torch() -> None:
    code = "import sys, core.synthesis.run_folder; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=Path(__file__).parents[2]).returncode == 0
