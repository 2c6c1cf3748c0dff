"""The sliced Wasserstein distance between two sets of 2,000 images at 256 pixels; figures over features."""

import time
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from core.fidelity.distribution_distance import frechet_estimate, kernel_estimate
from core.fidelity.memorization import memorization
from core.fidelity.nearest import nearest
from core.fidelity.neighborhoods import neighborhood_figures
from core.fidelity.sliced_wasserstein import distances, sliced_wasserstein
from core.fidelity.two_sample_classifier import classifier_auc
from tests.benchmarks.figures import Figure

N_IMAGES = 2000
SIDE_PX = 256
N_COMPARED = 1000  # images of either set whose features are compared
N_FEATURES = 64
N_TEXTURES = 40
AT_MOST_S = 60.0


def measure_fidelity_figures() -> list[Figure]:
    ours, theirs = _images(1), _images(2)
    figures = [
        _timed(
            f"SWD of 2 x {N_IMAGES:,} images at {SIDE_PX} px",
            lambda: sliced_wasserstein(ours, theirs, seed=0),
            at_most=AT_MOST_S,
        ),
        _timed("  the same with its interval", lambda: distances(ours, theirs, seed=0)),
    ]
    synthetic, real, held_out = (_features(seed) for seed in range(3))
    patients = np.arange(N_COMPARED) // 20
    near, of_held_out = (nearest(one, real).distance[:, 0] for one in (synthetic, held_out))
    measures: dict[str, Callable[[], object]] = {
        "precision, recall, density, coverage": lambda: neighborhood_figures(synthetic, real, seed=0),
        "FID": lambda: frechet_estimate(synthetic, real, seed=0),
        "KID": lambda: kernel_estimate(synthetic, real, seed=0),
        "classifier": lambda: classifier_auc(synthetic, real, seed=0),
        "memorization": lambda: memorization(near, of_held_out, patients, seed=0),
    }
    beside = f", 2 x {N_COMPARED:,} images, with interval"
    return figures + [_timed(name + beside, measure) for name, measure in measures.items()]


def _images(seed: int) -> NDArray[np.uint8]:
    """Mixtures of a few smooth textures: what the time depends on is their number and size."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(N_TEXTURES, SIDE_PX, SIDE_PX)).astype(np.float32)
    textures = np.stack([cv2.GaussianBlur(one, (0, 0), 3) for one in noise])
    textures *= 30 / textures.std()
    images = np.empty((N_IMAGES, SIDE_PX, SIDE_PX), np.uint8)
    for image in images:
        one, other = rng.integers(0, N_TEXTURES, 2)
        image[:] = np.clip(128 + textures[one] + textures[other], 0, 255)
    return images


def _features(seed: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=(N_COMPARED, N_FEATURES)).astype(np.float32)


def _timed(name: str, measure: Callable[[], object], *, at_most: float | None = None) -> Figure:
    began = time.perf_counter()
    measure()
    return Figure(name=name, value=time.perf_counter() - began, unit="s", n=1, at_most=at_most)
