"""Trainings of seconds: two networks of a few features, made-up images, and what to compare of two runs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from core.runs.devices import Compute, Precision
from core.synthesis.checkpoint import load_checkpoint
from core.synthesis.networks import NetworkConfig
from core.synthesis.recipes import Stage, TrainingConfig
from core.synthesis.run_folder import RunFolder, Tick
from core.synthesis.training_images import TrainingImages
from core.synthesis.training_loop import TrainingResult, train

BATCH = 4
COMPUTE = Compute(device="cpu", precision=Precision.FP32, compiled=False)
# 10 steps at 4 px, then at 8 px 10 in which it fades in and 5 after them; a snapshot after steps 5, 10, 15, ...
CONFIG = TrainingConfig(
    recipe="smoke",
    network=NetworkConfig(channels=(6, 5, 4), latent_size=8, minibatch_std_group=2),
    stages=(
        Stage(resolution=4, fade_kimg=0.0, stable_kimg=0.04, batch=BATCH),
        Stage(resolution=8, fade_kimg=0.04, stable_kimg=0.02, batch=BATCH),
    ),
    moving_average_half_life_kimg=0.01,
    horizontal_flip=True,
    tick_kimg=0.008,
    snapshot_kimg=0.02,
    quality_images=8,
)
N_STEPS = 25


def made_up_images(n: int = 12) -> TrainingImages:
    """Bright blobs off the middle, each elsewhere; only some of the set are for training."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[:256, :256]
    centers = rng.uniform(60, 190, (n + 2, 2, 1, 1))
    blobs = [np.exp(-((y - cy) ** 2 + (x - cx) ** 2) / 2000) for cy, cx in centers]
    return TrainingImages((230 * np.stack(blobs)).astype(np.uint8), range(1, n + 1))


def mean_brightness(samples: NDArray[np.uint8]) -> Mapping[int, float]:
    """In place of a distance."""
    return {samples.shape[1]: float(samples.mean())}


def run_training(
    path: Path,
    config: TrainingConfig = CONFIG,
    *,
    images: TrainingImages | None = None,
    stop_after: int | None = None,
    stop_as: str = "paused",
    resume: bool = False,
    **changed: Any,
) -> TrainingResult:
    """Train in a folder; `stop_after` so many steps of this call."""
    steps = iter(range(1, 10**9))

    def should_stop() -> str | None:
        return stop_as if next(steps) == stop_after else None

    options: dict[str, Any] = {
        "compute": COMPUTE,
        "quality": mean_brightness,
        "should_stop": should_stop,
        "on_tick": ignored,
        "resume": resume,
    }
    return train(config, images or made_up_images(), RunFolder(path), **(options | changed))


def ignored(_tick: Tick) -> None:
    pass


def all_tensors(checkpoint: Path) -> dict[str, torch.Tensor]:
    return dict(load_checkpoint(checkpoint).file.tensors)


def assert_same_training(one: Path, other: Path) -> None:
    """Bit for bit: networks, moving average and both optimizers."""
    ours, theirs = all_tensors(one), all_tensors(other)
    assert ours.keys() == theirs.keys()
    assert [name for name in ours if not torch.equal(ours[name], theirs[name])] == []
