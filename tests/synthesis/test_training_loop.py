"""A training ends as it should, goes on exactly where it was, and never loses what was good."""

import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from core.errors import BadInputError, RefusedError, WorkspaceError
from core.runs.run_folder import RunState
from core.synthesis import recording
from core.synthesis.checkpoint import load_checkpoint, load_generator
from core.synthesis.growth import Growth
from core.synthesis.recipes import TrainingConfig, grown
from core.synthesis.run_folder import RunFolder
from core.synthesis.training_images import TrainingImages
from tests.tiny_training import (
    BATCH,
    CONFIG,
    N_STEPS,
    all_tensors,
    assert_same_training,
    made_up_images,
    run_training,
)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Networks this small only wait for each other on more."""
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(n_threads)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nothing interrupted."""
    path = tmp_path_factory.mktemp("whole") / "run"
    run_training(path)
    return path


def test_a_run_ends_finished_with_a_checkpoint_at_its_full_length(whole: Path) -> None:
    folder = RunFolder(whole)
    last = load_checkpoint(folder.last_checkpoint)
    assert folder.state() is RunState.FINISHED
    assert last.shown_images == N_STEPS * BATCH == round(1000 * CONFIG.kimg)
    assert last.config == CONFIG


def test_ticks_say_how_it_goes(whole: Path) -> None:
    ticks = RunFolder(whole).ticks()
    assert [tick.kimg for tick in ticks] == sorted({tick.kimg for tick in ticks})
    assert (ticks[-1].kimg, ticks[-1].resolution, ticks[-1].fade_in_alpha) == (0.1, 8, 1.0)
    assert {tick.resolution for tick in ticks} == {4, 8}
    assert any(0 < tick.fade_in_alpha < 1 for tick in ticks)
    for tick in ticks:
        assert tick.images_per_s > 0
        assert 0 <= tick.loader_share <= 1
        assert tick.memory_mb > 1
        assert tick.discriminator_gradient_norm > 0
        assert tick.generator_gradient_norm > 0
    assert ticks[-1].seconds_left == 0
    assert ticks[0].seconds_left > 0


def test_snapshots_show_the_same_seeds_at_every_kimg_and_are_measured_from_8_px_on(whole: Path) -> None:
    snapshots = RunFolder(whole).snapshots()
    assert [snapshot.kimg for snapshot in snapshots] == [0.02, 0.04, 0.06, 0.08, 0.1]
    assert all(snapshot.path.read_bytes().startswith(b"\x89PNG") for snapshot in snapshots)
    assert [snapshot.swd is None for snapshot in snapshots] == [True, True, False, False, False]
    assert set(snapshots[-1].swd or {}) == {8}


def test_the_best_checkpoint_is_the_smoothed_generator_of_the_best_snapshot_that_has_faded_in(whole: Path) -> None:
    """Only the last one has: at 100 images of the schedule, alpha is 1."""
    folder = RunFolder(whole)
    best = load_checkpoint(folder.best_checkpoint)
    assert {name.split(".")[0] for name in best.file.tensors} == {"moving_average"}
    assert best.shown_images == N_STEPS * BATCH
    last = all_tensors(folder.last_checkpoint)
    assert all(torch.equal(last[name], tensor) for name, tensor in best.file.tensors.items())
    loaded = load_generator(folder.best_checkpoint)
    assert (loaded.kimg, loaded.resolution, loaded.fade_in_alpha) == (0.1, 8, 1.0)


def test_the_moving_average_follows_the_generator_and_is_not_it(whole: Path) -> None:
    tensors = all_tensors(RunFolder(whole).last_checkpoint)
    weight = "blocks.0.conv.weight"
    assert not torch.equal(tensors[f"moving_average.{weight}"], tensors[f"generator.{weight}"])
    assert torch.allclose(tensors[f"moving_average.{weight}"], tensors[f"generator.{weight}"], atol=0.05)


@pytest.mark.parametrize("stops", [[3], [14], [10], [22], [5, 1, 8, 3]])
def test_stopped_and_resumed_equals_uninterrupted_bit_for_bit(
    tmp_path: Path, whole: Path, stops: list[int]
) -> None:
    """Steps 11 to 20 fade in; 10 is the end of the first stage."""
    path = tmp_path / "run"
    for number, steps in enumerate(stops):
        result = run_training(path, stop_after=steps, resume=number > 0)
        assert result.outcome.state is RunState.PAUSED
        assert result.kimg * 1000 == sum(stops[: number + 1]) * BATCH
    assert run_training(path, resume=True).outcome.state is RunState.FINISHED
    assert_same_training(RunFolder(path).last_checkpoint, RunFolder(whole).last_checkpoint)
    assert_same_training(RunFolder(path).best_checkpoint, RunFolder(whole).best_checkpoint)
    grids = [[snapshot.path.read_bytes() for snapshot in RunFolder(run).snapshots()] for run in (path, whole)]
    assert grids[0] == grids[1]


def test_a_cooldown_changes_its_own_steps_alone_and_is_resumed_within(tmp_path: Path, whole: Path) -> None:
    """The last 5 steps of 25."""
    config = replace(CONFIG, cooldown_kimg=5 * BATCH / 1000)
    paths = [tmp_path / name for name in ("usual", "cooled", "resumed")]
    run_training(paths[0], stop_after=20)
    run_training(paths[1], config, stop_after=20)
    usual, cooled = (all_tensors(RunFolder(path).last_checkpoint) for path in paths[:2])
    assert all(torch.equal(usual[name], cooled[name]) for name in usual)
    run_training(paths[1], config, resume=True)
    run_training(paths[2], config, stop_after=23)
    run_training(paths[2], config, resume=True)
    assert_same_training(RunFolder(paths[2]).last_checkpoint, RunFolder(paths[1]).last_checkpoint)
    weight = "generator.blocks.0.conv.weight"
    before, ours, theirs = (
        all_tensors(path)[weight]
        for path in (
            RunFolder(paths[0]).last_checkpoint,
            *(RunFolder(p).last_checkpoint for p in (paths[1], whole)),
        )
    )
    assert 0 < (ours - before).norm() < 0.8 * (theirs - before).norm()


def test_a_stop_is_a_state_of_its_own_and_can_be_resumed_too(tmp_path: Path) -> None:
    run_training(tmp_path / "run", stop_after=2, stop_as="stopped")
    assert RunFolder(tmp_path / "run").state() is RunState.STOPPED
    assert run_training(tmp_path / "run", resume=True, stop_after=1).kimg == 3 * BATCH / 1000


def test_a_finished_run_resumed_stays_as_it_is(tmp_path: Path) -> None:
    config = replace(CONFIG, stages=CONFIG.stages[:1])
    run_training(tmp_path / "run", config)
    before = RunFolder(tmp_path / "run").last_checkpoint.read_bytes()
    assert run_training(tmp_path / "run", config, resume=True).outcome.state is RunState.FINISHED
    assert RunFolder(tmp_path / "run").last_checkpoint.read_bytes() == before


def test_a_checkpoint_of_a_lower_resolution_grows_on_as_if_it_had_been_meant_to(
    tmp_path: Path, whole: Path
) -> None:
    low = replace(CONFIG, stages=CONFIG.stages[:1])
    run_training(tmp_path / "run", low)
    result = run_training(tmp_path / "run", grown(low, CONFIG), resume=True)
    assert result.resolution == 8
    assert_same_training(result.checkpoint, RunFolder(whole).last_checkpoint)


def test_a_run_that_cooled_down_grows_on_and_cools_down_again_at_its_new_end(tmp_path: Path) -> None:
    low = replace(CONFIG, stages=CONFIG.stages[:1], cooldown_kimg=0.02)
    run_training(tmp_path / "run", low)
    further = grown(low, replace(CONFIG, cooldown_kimg=0.01))
    assert further.cooldown_kimg == 0.01
    assert run_training(tmp_path / "run", further, resume=True).resolution == 8
    with pytest.raises(RefusedError, match=r"cooldown_kimg 0\.01, not 0\.02"):
        run_training(tmp_path / "run", replace(further, cooldown_kimg=0.02), resume=True)


def test_checkpoints_are_written_by_the_clock(tmp_path: Path) -> None:
    """A clock that goes on a minute each time it is asked, and a process that ends in the last step."""
    minutes = iter(range(10**9))

    def should_stop() -> str | None:
        if next(steps) == N_STEPS - 1:
            raise KeyboardInterrupt
        return None

    steps = iter(range(10**9))
    with pytest.raises(KeyboardInterrupt):
        run_training(tmp_path / "run", should_stop=should_stop, clock=lambda: 60.0 * next(minutes))
    assert load_checkpoint(RunFolder(tmp_path / "run").last_checkpoint).shown_images > 0
    assert RunFolder(tmp_path / "run").state() is RunState.INTERRUPTED


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"recipe": "light"}, "recipe smoke"),
        ({"learning_rate": 0.5}, "learning_rate"),
        ({"seed": 1}, "seed 0, not 1"),
        ({"horizontal_flip": False}, "horizontal_flip"),
        ({"stages": (replace(CONFIG.stages[0], stable_kimg=1.0), CONFIG.stages[1])}, "schedule"),
    ],
)
def test_a_resume_with_another_recipe_is_refused_in_one_line(
    tmp_path: Path, changed: dict[str, object], said: str
) -> None:
    run_training(tmp_path / "run", stop_after=2)
    with pytest.raises(RefusedError) as refusal:
        run_training(tmp_path / "run", replace(CONFIG, **changed), resume=True)  # type: ignore[arg-type]
    assert said in refusal.value.what
    assert "\n" not in str(refusal.value)
    assert RunFolder(tmp_path / "run").state() is RunState.PAUSED


def test_a_resume_with_other_images_is_refused(tmp_path: Path) -> None:
    run_training(tmp_path / "run", stop_after=2)
    with pytest.raises(RefusedError, match="other images than these 16"):
        run_training(tmp_path / "run", images=made_up_images(16), resume=True)


def test_what_has_no_checkpoint_cannot_be_resumed_and_what_has_one_not_begun_again(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="no checkpoint yet"):
        run_training(tmp_path / "run", resume=True)
    run_training(tmp_path / "run", stop_after=1)
    with pytest.raises(RefusedError, match="trained already"):
        run_training(tmp_path / "run")


def test_too_few_images_for_a_batch_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="3 training images are too few for batches of 4"):
        run_training(tmp_path / "run", images=made_up_images(3))
    assert not RunFolder(tmp_path / "run").last_checkpoint.exists()


def test_images_of_another_size_are_refused() -> None:
    with pytest.raises(BadInputError, match=r"uint8 \[128, 128\]"):
        TrainingImages(np.zeros((9, 128, 128), np.uint8), range(9))


def test_two_processes_cannot_train_one_run(tmp_path: Path) -> None:
    """A process holds the lock; flock tells apart open files, not processes, so this one can play both."""
    with RunFolder(tmp_path / "run").locked():
        assert RunFolder(tmp_path / "run").state() is RunState.RUNNING
        with pytest.raises(RefusedError, match="being trained by another process"):
            run_training(tmp_path / "run")


def diverging(learning_rate: float) -> TrainingConfig:
    return replace(CONFIG, learning_rate=learning_rate, tick_kimg=0.004)


@pytest.mark.parametrize(("learning_rate", "said"), [(1e30, "NaN"), (3.0, "diverged")])
def test_a_training_that_goes_wrong_ends_at_its_last_good_checkpoint(
    tmp_path: Path, learning_rate: float, said: str
) -> None:
    path = tmp_path / "run"
    seconds = iter(range(0, 10**9, 301))
    result = run_training(path, diverging(learning_rate), clock=lambda: float(next(seconds)))
    folder = RunFolder(path)
    assert folder.state() is result.outcome.state is RunState.FAILED
    assert said in result.outcome.what
    assert "--seed" in result.outcome.next_step
    kept = load_checkpoint(result.checkpoint)
    assert kept.shown_images == round(1000 * result.kimg) < N_STEPS * BATCH
    assert all(bool(torch.isfinite(tensor).all()) for tensor in kept.file.tensors.values())
    assert all(np.isfinite(tick.discriminator_loss) for tick in folder.ticks())


def test_a_pause_in_the_middle_of_a_divergence_keeps_the_checkpoint_before_it(tmp_path: Path) -> None:
    result = run_training(tmp_path / "run", diverging(1e30), stop_after=1)
    assert result.kimg == 0
    assert load_checkpoint(result.checkpoint).shown_images == 0


def test_mode_collapse_is_noticed_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def all_alike(_network: object, latents: torch.Tensor, growth: Growth) -> NDArray[np.uint8]:
        return np.full((len(latents), growth.resolution, growth.resolution), 90, np.uint8)

    monkeypatch.setattr(recording, "samples", all_alike)
    result = run_training(tmp_path / "run")
    assert result.outcome.state is RunState.FAILED
    assert "collapsed to a few images before 0.04 kimg (4 px)" in result.outcome.what
    assert result.kimg < 0.02


def test_a_disk_that_fills_up_leaves_the_old_checkpoint_and_says_so(tmp_path: Path, whole: Path) -> None:
    path = tmp_path / "run"
    run_training(path, stop_after=13)
    before = RunFolder(path).last_checkpoint.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, hard))
    try:
        with pytest.raises(WorkspaceError) as problem:
            run_training(path, resume=True, stop_after=1)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "File too large" in problem.value.what
    assert "last.safetensors" in problem.value.what
    assert RunFolder(path).last_checkpoint.read_bytes() == before
    assert list(RunFolder(path).last_checkpoint.parent.glob(".*")) == []
    assert RunFolder(path).state() is RunState.FAILED
    run_training(path, resume=True)
    assert_same_training(RunFolder(path).last_checkpoint, RunFolder(whole).last_checkpoint)


KILLED = """
import os, signal, sys
from pathlib import Path
from unittest.mock import patch
import torch
from core.synthesis import recording, run_folder
from tests.tiny_training import run_training

torch.set_num_threads(1)
module, function, n = sys.argv[2], sys.argv[3], int(sys.argv[4])
owner = {"recording": recording, "folder": run_folder.RunFolder}[module]
original, calls = getattr(owner, function), 0

def killed(*arguments, **options):
    global calls
    calls += 1
    if calls == n:
        os.kill(os.getpid(), signal.SIGKILL)
    return original(*arguments, **options)

with patch.object(owner, function, killed):
    run_training(Path(sys.argv[1]), clock=iter(range(0, 10**9, 40)).__next__)
"""


@pytest.mark.parametrize(
    ("module", "function", "n"),
    [
        ("recording", "samples", 8),  # in the fourth snapshot, in the middle of the fade
        ("folder", "write_grid", 4),
        ("folder", "append_tick", 9),
        ("recording", "save_generator", 2),
        ("recording", "save_training", 4),
    ],
)
def test_a_kill_in_the_middle_of_a_snapshot_costs_no_more_than_the_way_from_the_last_checkpoint(
    tmp_path: Path, whole: Path, module: str, function: str, n: int
) -> None:
    path = tmp_path / "run"
    command = [sys.executable, "-c", KILLED, str(path), module, function, str(n)]
    assert subprocess.run(command, check=False, cwd=Path(__file__).parents[2]).returncode == -signal.SIGKILL
    folder = RunFolder(path)
    assert folder.state() is RunState.INTERRUPTED
    assert load_checkpoint(folder.last_checkpoint).shown_images > 0
    run_training(path, resume=True)
    assert_same_training(folder.last_checkpoint, RunFolder(whole).last_checkpoint)
    assert_same_training(folder.best_checkpoint, RunFolder(whole).best_checkpoint)
    assert [tick.kimg for tick in folder.ticks()] == sorted({tick.kimg for tick in folder.ticks()})
    assert [snapshot.kimg for snapshot in folder.snapshots()] == [0.02, 0.04, 0.06, 0.08, 0.1]
    assert len(list(folder.samples.iterdir())) == 5
