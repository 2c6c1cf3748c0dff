"""What goes wrong in training, noticed and said: numbers that are none, divergence, mode collapse."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.synthesis.run_folder import Tick

# A discriminator that the penalty holds has gradients of norm about 1; (norm - 1)^2 was below 5 in every healthy
# training seen, and grows without limit once the two networks drive each other away.
LARGEST_GRADIENT_PENALTY = 100.0
LARGEST_LOSS = 1e5
TICKS_TO_DIVERGE = 3

# Typical distance of a sample to the most similar other one, as a part of that between real images.
SMALLEST_VARIETY = 0.1
SNAPSHOTS_TO_COLLAPSE = 2
VARIETY_PX = 16
MOST_COMPARED = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What ends a training, and what a person can do."""

    what: str
    next_step: str


class Health:
    """Watches ticks and snapshots. While something looks wrong but is not certain, nothing may be saved."""

    def __init__(self) -> None:
        self._bad_ticks = 0
        self._bad_snapshots = 0

    @property
    def may_save(self) -> bool:
        return self._bad_ticks == 0 and self._bad_snapshots == 0

    def of_tick(self, tick: Tick) -> Trouble | None:
        if not all(math.isfinite(value) for value in _measures(tick)):
            self._bad_ticks += 1
            return Trouble(
                what=f"Training came to numbers that are none (NaN or infinite) before {_where(tick)}.",
                next_step="Start a run with --precision fp32, or with another --seed: a resume would repeat it.",
            )
        diverging = tick.gradient_penalty > LARGEST_GRADIENT_PENALTY or abs(tick.discriminator_loss) > LARGEST_LOSS
        self._bad_ticks = self._bad_ticks + 1 if diverging else 0
        if self._bad_ticks < TICKS_TO_DIVERGE:
            return None
        return Trouble(
            what=f"Training diverged before {_where(tick)}: gradient penalty {tick.gradient_penalty:.3g}, "
            f"discriminator loss {tick.discriminator_loss:.3g}.",
            next_step="Start a run with another --seed or a larger --batch: a resume would repeat it.",
        )

    def of_snapshot(self, tick: Tick, samples: NDArray[np.uint8], reals: NDArray[np.uint8]) -> Trouble | None:
        """`samples` and `reals`: uint8 [n, r, r] and [m, r, r]."""
        found = variety(samples, reals)
        self._bad_snapshots = self._bad_snapshots + 1 if found < SMALLEST_VARIETY else 0
        if self._bad_snapshots < SNAPSHOTS_TO_COLLAPSE:
            return None
        return Trouble(
            what=f"The samples collapsed to a few images before {_where(tick)}: they differ {found:.0%} as much as "
            "real images do.",
            next_step="Start a run with another --seed, a larger --batch or more training images: a resume would "
            "repeat it.",
        )


def variety(samples: NDArray[np.uint8], reals: NDArray[np.uint8]) -> float:
    """How far samples are from the most similar other one (median), relative to real images: near 0 when collapsed.

    Nearest ones, because a generator of a handful of images still has a large mean distance.
    """
    n = min(len(samples), len(reals), MOST_COMPARED)
    if n < 2:
        return 1.0
    between_reals = _nearest_distance(reals[:n])
    return _nearest_distance(samples[:n]) / between_reals if between_reals > 0 else 1.0


def _nearest_distance(images: NDArray[np.uint8]) -> float:
    size = min(VARIETY_PX, images.shape[1])
    block = images.shape[1] // size
    small = (
        images.reshape(len(images), size, block, size, block)
        .mean((2, 4), dtype=np.float64)
        .reshape(len(images), -1)
    )
    squares = (small**2).sum(1)
    squared = squares[:, None] + squares - 2 * small @ small.T
    np.fill_diagonal(squared, np.inf)
    return float(np.median(np.sqrt(np.maximum(squared.min(1), 0))))


def _measures(tick: Tick) -> tuple[float, ...]:
    return (
        tick.discriminator_loss,
        tick.generator_loss,
        tick.wasserstein_distance,
        tick.gradient_penalty,
        tick.discriminator_gradient_norm,
        tick.generator_gradient_norm,
    )


def _where(tick: Tick) -> str:
    return f"{tick.kimg:g} kimg ({tick.resolution} px)"
