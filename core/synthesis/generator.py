"""What every generator is to the rest of the house: a checkpoint that turns a seed into an image."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

_NEARLY_PARALLEL = 1e-6


class Generator(Protocol):
    """The same seed gives the same image, alone or among others."""

    @property
    def resampling_factor(self) -> float:
        """Pixels of a canonical image per pixel that the generator makes."""
        ...

    def images(self, seeds: Sequence[int]) -> NDArray[np.uint8]:
        """Return canonical images, uint8 [len(seeds), 256, 256]."""
        ...

    def between(self, seeds: Sequence[int], steps: int) -> NDArray[np.uint8]:
        """The way from seed to seed, canonical images uint8 [(len(seeds) - 1) * steps + 1, 256, 256]."""
        ...


def latents_between(latents: NDArray[np.float32], steps: int) -> NDArray[np.float32]:
    """From each latent to the next in `steps` equal angles: [n, size] to [(n - 1) * steps + 1, size].

    Latents lie near a sphere, whose inside no generator has seen: the way goes along it (Shoemake 1985).
    """
    ways = [_along_sphere(start, end, steps) for start, end in pairwise(latents)]
    return np.concatenate([*ways, latents[-1:]]).astype(np.float32)


def _along_sphere(start: NDArray[np.float32], end: NDArray[np.float32], steps: int) -> NDArray[np.float64]:
    """[steps, size], `start` first and `end` not among them; lengths change evenly."""
    shares = np.arange(steps)[:, None] / steps
    lengths = np.linalg.norm(start.astype(np.float64)), np.linalg.norm(end.astype(np.float64))
    from_unit, to_unit = start / lengths[0], end / lengths[1]
    angle = np.arccos(np.clip(from_unit @ to_unit, -1.0, 1.0))
    if angle < _NEARLY_PARALLEL:
        directions = np.repeat(from_unit[None], steps, axis=0)
    else:
        directions = (np.sin((1 - shares) * angle) * from_unit + np.sin(shares * angle) * to_unit) / np.sin(angle)
    return np.asarray(directions * ((1 - shares) * lengths[0] + shares * lengths[1]), np.float64)
