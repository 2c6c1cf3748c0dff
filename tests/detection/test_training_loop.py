"""What training a detector promises: it learns what is there and goes on where it was."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from core.detection.checkpoint import load_checkpoint, load_detector
from core.detection.network import Detector
from core.detection.performance import area_under_roc
from core.detection.recipes import smoke
from core.detection.run_folder import RunFolder, Tick
from core.detection.training_images import Places, StoredImages
from core.errors import BadInputError, MrTuringError, RefusedError, WorkspaceError
from core.runs.run_folder import RunState
from tests.detection.tiny_detector import SMALL, made_up, run_training, shuffled


class Clock:
    """Stands still but where it is said how long something takes."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@dataclass(frozen=True)
class SlowImages:
    images_of: StoredImages
    clock: Clock
    takes_s: float

    def __len__(self) -> int:
        return len(self.images_of)

    def images(self, places: Places) -> NDArray[np.uint8]:
        self.clock.now_s += self.takes_s
        return self.images_of.images(places)


def refused_by_torch() -> Exception:
    """What torch raises on this machine for an exbibyte."""
    try:
        torch.empty(2**60, dtype=torch.uint8)
    except RuntimeError as error:
        return error
    raise AssertionError("so much memory there is")


def area_and_share_right(folder: RunFolder) -> tuple[float, float]:
    said = folder.predictions()
    area = area_under_roc(np.array([one.image.is_tumor for one in said]), np.array([one.log_odds for one in said]))
    assert area is not None
    return area, share_right(folder)


def share_right(folder: RunFolder) -> float:
    return float(np.mean([not one.is_wrong for one in folder.predictions()]))


def assert_same_training(one: Path, other: Path) -> None:
    ours, theirs = (load_checkpoint(RunFolder(path).last_checkpoint).file.tensors for path in (one, other))
    assert ours.keys() == theirs.keys()
    assert [name for name in ours if not torch.equal(ours[name], theirs[name])] == []


def test_a_planted_signal_is_learned(tmp_path: Path) -> None:
    run_training(tmp_path / "run", smoke(), images=made_up(60))
    assert share_right(RunFolder(tmp_path / "run")) > 0.95


def test_truths_that_nothing_shows_are_told_by_chance_only(tmp_path: Path) -> None:
    run_training(tmp_path / "run", smoke(epochs=4), images=made_up(100, planted=False))
    assert 0.36 < share_right(RunFolder(tmp_path / "run")) < 0.64  # 4 standard errors of 200 images


def test_a_signal_is_told_by_chance_only_where_training_sees_shuffled_truths(tmp_path: Path) -> None:
    """One training leans some way by accident, its area by 0.14 (standard deviation): hence the mean of 8."""
    images, config = made_up(60), smoke(epochs=4)
    run_training(tmp_path / "right", config, images=images)
    assert area_and_share_right(RunFolder(tmp_path / "right")) > (0.95, 0.95)
    found = []
    for seed in range(8):
        unrelated = replace(
            images, training=shuffled(images.training, seed=seed), validation=shuffled(images.validation, seed=seed)
        )
        run_training(tmp_path / str(seed), replace(config, seed=seed), images=unrelated)
        found.append(area_and_share_right(RunFolder(tmp_path / str(seed))))
    area, right = np.mean(found, axis=0)
    assert 0.3 < area < 0.7
    assert 0.3 < right < 0.7


def test_a_training_that_was_paused_goes_on_bit_for_bit(tmp_path: Path) -> None:
    run_training(tmp_path / "whole")
    assert run_training(tmp_path / "parts", stop_after=7).state is RunState.PAUSED
    assert RunFolder(tmp_path / "parts").predictions() == []
    run_training(tmp_path / "parts", resume=True, stop_after=1)
    assert run_training(tmp_path / "parts", resume=True).state is RunState.FINISHED
    assert_same_training(tmp_path / "whole", tmp_path / "parts")
    whole, parts = RunFolder(tmp_path / "whole"), RunFolder(tmp_path / "parts")
    assert parts.predictions() == whole.predictions()
    epochs = [[tick.validation for tick in run.ticks() if tick.validation] for run in (whole, parts)]
    assert epochs[0] == epochs[1]
    assert len(epochs[0]) == 3


def test_training_ends_when_epochs_brought_nothing_better(tmp_path: Path) -> None:
    config = replace(SMALL, learning_rate=1e-12, most_epochs=9, patience_epochs=2)
    ticks: list[Tick] = []
    outcome = run_training(tmp_path / "run", replace(config, dropout=0.0), ticks=ticks)
    found = [tick.validation for tick in ticks if tick.validation]
    last_best = max(number for number, one in enumerate(found) if one.is_best)
    assert outcome.state is RunState.FINISHED
    assert len(found) == min(9, last_best + 1 + 2)


def test_the_best_epoch_is_what_test_images_are_shown_to(tmp_path: Path) -> None:
    run_training(tmp_path / "run")
    folder = RunFolder(tmp_path / "run")
    best = load_checkpoint(folder.best_checkpoint)
    losses = [tick.validation.loss for tick in folder.ticks() if tick.validation]
    assert best.progress.best_loss == min(losses)
    assert losses[best.progress.best_epoch - 1] == min(losses)
    assert {name.split(".")[0] for name in best.file.tensors} == {"detector"}
    assert not load_detector(folder.best_checkpoint).training


def test_ticks_tell_epoch_speed_and_time_left(tmp_path: Path) -> None:
    ticks: list[Tick] = []
    run_training(tmp_path / "run", ticks=ticks)
    assert RunFolder(tmp_path / "run").ticks() == ticks
    assert [tick.epoch for tick in ticks] == sorted({tick.epoch for tick in ticks})
    assert ticks[-1].epoch == 3
    assert ticks[-1].seconds_left == 0
    assert ticks[0].seconds_left > 0
    assert all(0 <= tick.loader_share <= 1 and tick.images_per_s > 0 for tick in ticks)


def test_the_time_left_counts_validations(tmp_path: Path) -> None:
    """15 steps of 1 s, and after each 5 a validation of 10 s."""
    clock, ticks = Clock(), []
    images = made_up()
    slow = [SlowImages(source, clock, takes_s=5.0) for source in images.validation.sources]

    def step_done() -> None:
        clock.now_s += 1.0

    run_training(
        tmp_path / "run",
        images=replace(images, validation=replace(images.validation, sources=slow)),
        ticks=ticks,
        clock=clock,
        should_stop=step_done,
    )
    assert [tick.seconds_left for tick in ticks[:4]] == pytest.approx([14, 13, 12, 11])  # none has been timed yet
    assert [tick.seconds + tick.seconds_left for tick in ticks[4:]] == pytest.approx([45] * 11)


def test_frozen_statistics_stay_as_they_are(tmp_path: Path) -> None:
    config = replace(SMALL, frozen_batch_norm=True)
    before = {name: t.clone() for name, t in Detector.initial(config).named_buffers() if "running" in name}
    run_training(tmp_path / "run", config)
    after = dict(load_detector(RunFolder(tmp_path / "run").best_checkpoint).named_buffers())
    assert before
    assert all(torch.equal(after[name], tensor) for name, tensor in before.items())


def test_another_training_is_not_gone_on_with(tmp_path: Path) -> None:
    run_training(tmp_path / "run", stop_after=2)
    with pytest.raises(RefusedError, match="batch 8, not 4"):
        run_training(tmp_path / "run", replace(SMALL, batch=4), resume=True)
    with pytest.raises(RefusedError, match="images that the run was begun with"):
        run_training(tmp_path / "run", images=replace(made_up(), fingerprint="other"), resume=True)
    with pytest.raises(RefusedError, match="trained already"):
        run_training(tmp_path / "run")
    assert run_training(tmp_path / "run", resume=True).state is RunState.FINISHED


def test_a_corrupt_checkpoint_is_named(tmp_path: Path) -> None:
    run_training(tmp_path / "run", stop_after=2)
    file = RunFolder(tmp_path / "run").last_checkpoint
    content = bytearray(file.read_bytes())
    content[-100] ^= 1
    file.write_bytes(content)
    with pytest.raises(BadInputError, match=r"last\.safetensors cannot be used"):
        run_training(tmp_path / "run", resume=True)


def test_numbers_that_are_none_end_a_training_with_an_outcome(tmp_path: Path) -> None:
    detector = Detector.initial(SMALL)
    with torch.no_grad():
        detector.classifier.bias.fill_(torch.nan)
    with pytest.raises(RefusedError, match="NaN"):
        run_training(tmp_path / "run", detector=detector)
    outcome = RunFolder(tmp_path / "run").outcome()
    assert outcome is not None
    assert outcome.state is RunState.FAILED
    assert "NaN" in outcome.what


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 8 bytes"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes. Error code 12"),
        refused_by_torch(),
    ],
    ids=["python", "windows", "linux", "this machine"],
)
def test_a_batch_that_does_not_fit_is_answered_with_a_smaller_one(tmp_path: Path, error: Exception) -> None:
    def full() -> str | None:
        raise error

    with pytest.raises(WorkspaceError) as raised:
        run_training(tmp_path / "run", should_stop=full)
    assert isinstance(raised.value, MrTuringError)
    assert "--batch" in raised.value.next_step
