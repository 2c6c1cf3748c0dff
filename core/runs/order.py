"""What is random in a training, as a function of seeds alone: nothing of it needs to be saved."""

import hashlib
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray


def derived_seed(seed: int, purpose: str, number: int = 0) -> int:
    """A seed of 63 bits that no other purpose or number gives."""
    digest = hashlib.sha256(f"{seed}/{purpose}/{number}".encode()).digest()
    return int.from_bytes(digest[:8], "little") >> 1


def shown_at(positions: range, n_images: int, seed: int) -> NDArray[np.int64]:
    """Which of n images each position since the start of training shows: a permutation per epoch."""
    return np.array([_order(n_images, seed, p // n_images)[p % n_images] for p in positions], np.int64)


@lru_cache(maxsize=4)
def _order(n_images: int, seed: int, epoch: int) -> NDArray[np.int64]:
    return np.random.default_rng(derived_seed(seed, "epoch", epoch)).permutation(n_images)
