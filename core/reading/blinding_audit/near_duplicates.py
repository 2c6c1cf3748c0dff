"""Pairs of stimuli that show nearly the same: a reader who has seen one has an answer for the other."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.imaging.canonical import averaged

CORRELATION_LIMIT = 0.95
MOST_PAIRS = 50
_SIDE = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class NearDuplicate:
    """Two stimuli by index. `mirrored`: one resembles the other flipped left to right."""

    first: int
    second: int
    correlation: float
    mirrored: bool


def near_duplicates(pixels: NDArray[np.uint8]) -> list[NearDuplicate]:
    """The most alike pairs of uint8 [N, H, W], most alike first, at most `MOST_PAIRS`.

    Images are shrunk, what all have in common (the mean image) is taken away, and what is left is correlated.
    """
    shrunk = np.stack([averaged(image, _SIDE) for image in pixels])
    mean = shrunk.mean(0)
    rows = _normalized(shrunk - mean)
    straight = rows @ rows.T
    mirrored = _normalized(shrunk[:, :, ::-1] - mean) @ rows.T
    best = np.triu(np.maximum(straight, mirrored), 1)
    pairs = np.argwhere(best > CORRELATION_LIMIT)
    alike = [
        NearDuplicate(
            first=int(first),
            second=int(second),
            correlation=float(best[first, second]),
            mirrored=bool(mirrored[first, second] > straight[first, second]),
        )
        for first, second in pairs
    ]
    return sorted(alike, key=lambda pair: -pair.correlation)[:MOST_PAIRS]


def _normalized(images: NDArray[np.float64]) -> NDArray[np.float64]:
    rows = images.reshape(len(images), -1)
    rows = rows - rows.mean(1, keepdims=True)
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(length, 1e-9))
