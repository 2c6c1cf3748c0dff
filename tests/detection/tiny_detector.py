"""Detectors of seconds: made-up images with or without a bright spot, and trainings of a few steps."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.detection.network import Detector
from core.detection.recipes import DetectorConfig, smoke
from core.detection.run_folder import RunFolder, TestImage, Tick
from core.detection.training_images import LabeledImages, StoredImages
from core.detection.training_loop import DetectorImages, train
from core.runs.devices import Compute, Precision
from core.runs.run_folder import Outcome

COMPUTE = Compute(device="cpu", precision=Precision.FP32, compiled=False)
SMALL = replace(smoke(), batch=8, epoch_images=40, most_epochs=3, patience_epochs=3)  # 15 steps


def spots(n: int, *, planted: bool, seed: int) -> NDArray[np.uint8]:
    """Noisy gray disks; where planted, each with a bright spot somewhere off its middle."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:256, :256] - 127.5
    brain = 100.0 * ((x / 80) ** 2 + (y / 95) ** 2 < 1)
    images = brain + rng.normal(0, 4, (n, 256, 256))
    if planted:
        angle, away = rng.uniform(0, 2 * np.pi, (n, 1, 1)), rng.uniform(20, 55, (n, 1, 1))
        images += 110 * ((x - away * np.cos(angle)) ** 2 + (y - away * np.sin(angle)) ** 2 < 18**2)
    return np.asarray(images.clip(0, 255).round(), np.uint8)


def labeled(n: int, *, seed: int, planted: bool = True) -> LabeledImages:
    """`n` images of each class, which look alike unless a spot is planted in those of tumors."""
    sources = [
        StoredImages(pixels=spots(n, planted=planted and truth, seed=2 * seed + truth), positions=np.arange(n))
        for truth in (False, True)
    ]
    return LabeledImages(sources=sources, is_tumor=[False, True])


def shuffled(images: LabeledImages, *, seed: int) -> LabeledImages:
    """Half of the images of each class are said to be of the other one: what they show tells nothing."""
    rng = np.random.default_rng(seed)
    halves = [
        StoredImages(pixels=source.pixels, positions=half)
        for source in images.sources
        for half in np.split(rng.permutation(source.positions), 2)
    ]
    return LabeledImages(sources=halves, is_tumor=[False, True] * len(images.sources))


def made_up(n: int = 24, *, planted: bool = True) -> DetectorImages:
    test = labeled(n, seed=2, planted=planted)
    truths = test.truths(range(2 * n)) == 1
    return DetectorImages(
        training=labeled(n, seed=0, planted=planted),
        validation=labeled(8, seed=1, planted=planted),
        test=test,
        test_images=tuple(
            TestImage(image_set="test", position=p, subject=f"p{p % 6}", is_tumor=bool(t))
            for p, t in enumerate(truths)
        ),
        fingerprint=f"{n}-{planted}",
    )


def run_training(
    path: Path,
    config: DetectorConfig = SMALL,
    *,
    images: DetectorImages | None = None,
    stop_after: int | None = None,
    stop_as: str = "paused",
    resume: bool = False,
    ticks: list[Tick] | None = None,
    **changed: Any,
) -> Outcome:
    """Train in a folder; `stop_after` so many steps of this call."""
    steps = iter(range(1, 10**9))
    options: dict[str, Any] = {
        "detector": Detector.initial(config),
        "compute": COMPUTE,
        "should_stop": lambda: stop_as if next(steps) == stop_after else None,
        "on_tick": (ticks if ticks is not None else []).append,
        "resume": resume,
    }
    return train(config, images or made_up(), RunFolder(path), **(options | changed))
