"""Classical augmentation on one thread: ours against torchvision, image by image, and albumentations."""

import importlib.util
import os
import statistics
import time
from collections.abc import Callable

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torchvision.transforms import v2

from core.augmentation.sampling import PAPER
from core.augmentation.transformed_images import TransformedImages
from tests.benchmarks.figures import Figure
from tests.phantoms import phantom_images

N_SOURCES = 64
N_IMAGES = 512
N_ROUNDS = 15
BATCH = 64
NO_AIR = "ours, of images without air"  # all of which has to be resampled
Job = Callable[[], None]


def measure_augmentation() -> list[Figure]:
    """Each side makes 512 transformed images of 64 in memory, in turn; its processor time counts."""
    n_threads = torch.get_num_threads(), cv2.getNumThreads()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    try:
        return _one_thread(np.stack(list(phantom_images(N_SOURCES, seed=0))))
    finally:
        torch.set_num_threads(n_threads[0])
        cv2.setNumThreads(n_threads[1])


def _one_thread(sources: NDArray[np.uint8]) -> list[Figure]:
    jobs = {
        "ours": _ours(sources),
        NO_AIR: _ours(np.maximum(sources, 1)),
        "torchvision.transforms.v2": _torchvision(sources),
    }
    if importlib.util.find_spec("albumentations") is None:
        print("  albumentations is not installed (pip install albumentations): left out")
    else:
        jobs["albumentations"] = _albumentations(sources)
    seconds = _in_turn(jobs)
    rates = {name: N_IMAGES / statistics.median(times) for name, times in seconds.items()}
    figures = [
        Figure(name=f"transformed on one thread: {name}", value=rate, unit="images/s", n=N_ROUNDS)
        for name, rate in rates.items()
    ]
    targets = {"torchvision.transforms.v2": 6, "albumentations": 1.2}
    return figures + [
        Figure(name=f"ours / {name}", value=rates["ours"] / rates[name], unit="times", n=N_ROUNDS, at_least=target)
        for name, target in targets.items()
        if name in rates
    ]


def _in_turn(jobs: dict[str, Job]) -> dict[str, list[float]]:
    """Seconds of processor time of each round, after one that does not count: others on the machine do not."""
    seconds: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(N_ROUNDS + 1):
        for name, job in jobs.items():
            started_at = time.process_time()
            job()
            seconds[name].append(time.process_time() - started_at)
    return {name: times[1:] for name, times in seconds.items()}


def _ours(sources: NDArray[np.uint8]) -> Job:
    images = TransformedImages(pixels=sources, sha256="", positions=np.arange(N_SOURCES), n_images=N_IMAGES, seed=0)

    def work() -> None:
        for start in range(0, N_IMAGES, BATCH):
            images.images(range(start, start + BATCH))

    return work


def _torchvision(sources: NDArray[np.uint8]) -> Job:
    transform = v2.Compose(
        [
            v2.RandomHorizontalFlip(PAPER.horizontal_flip),
            v2.RandomVerticalFlip(PAPER.vertical_flip),
            v2.RandomAffine(
                degrees=PAPER.rotation_deg,
                translate=(PAPER.shift, PAPER.shift),
                scale=(1 - PAPER.zoom, 1 + PAPER.zoom),
                shear=float(np.degrees(np.arctan(PAPER.shear))),
                interpolation=v2.InterpolationMode.BILINEAR,
            ),
        ]
    )
    tensors = torch.from_numpy(sources)[:, None]

    def work() -> None:
        for place in range(N_IMAGES):
            transform(tensors[place % N_SOURCES])

    return work


def _albumentations(sources: NDArray[np.uint8]) -> Job:
    os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"  # it would ask the network for a newer version
    import albumentations

    degrees = float(np.degrees(np.arctan(PAPER.shear)))
    transform = albumentations.Compose(
        [
            albumentations.HorizontalFlip(p=PAPER.horizontal_flip),
            albumentations.VerticalFlip(p=PAPER.vertical_flip),
            albumentations.Affine(
                rotate=(-PAPER.rotation_deg, PAPER.rotation_deg),
                translate_percent=dict.fromkeys("xy", (-PAPER.shift, PAPER.shift)),
                scale=(1 - PAPER.zoom, 1 + PAPER.zoom),
                shear={"x": (-degrees, degrees), "y": (0, 0)},
                p=1,
            ),
        ]
    )
    cv2.setNumThreads(1)  # which it may have changed

    def work() -> None:
        for place in range(N_IMAGES):
            transform(image=sources[place % N_SOURCES])

    return work
