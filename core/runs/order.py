"""What is random in a training, as a function of seeds alone: nothing of it needs to be saved."""

import hashlib
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

LARGEST_SEED = 2**31 - 1  # that a person may give


def derived_seed(seed: int, purpose: str, number: int = 0) -> int:
    """A seed of 63 bits that no other purpose or number gives."""
    digest = hashlib.sha256(f"{seed}/{purpose}/{number}".encode()).digest()
    return int.from_bytes(digest[:8], "little") >> 1


def drawn_over(lists: Sequence[NDArray[np.int64]], most: int, seed: int) -> list[NDArray[np.int64]]:
    """At most so many of what all lists hold together, by the seed: what is left of each, in its order."""
    ends = np.cumsum([0, *(len(one) for one in lists)])
    kept = np.sort(np.random.default_rng(seed).permutation(ends[-1])[:most])
    return [
        one[kept[(kept >= start) & (kept < start + len(one))] - start]
        for one, start in zip(lists, ends, strict=False)
    ]


def shown_at(positions: range, n_images: int, seed: int) -> NDArray[np.int64]:
    """Which of n images each position since the start of training shows: a permutation per epoch."""
    return np.array([_order(n_images, seed, p // n_images)[p % n_images] for p in positions], np.int64)


@lru_cache(maxsize=4)
def _order(n_images: int, seed: int, epoch: int) -> NDArray[np.int64]:
    return np.random.default_rng(derived_seed(seed, "epoch", epoch)).permutation(n_images)
