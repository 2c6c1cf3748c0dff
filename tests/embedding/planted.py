"""Features of images that are of a few kinds, known beforehand."""

import numpy as np
from numpy.typing import NDArray

N_KINDS = 3


def planted(n: int = 150, *, n_features: int = 20, apart: float = 6.0, seed: int = 0) -> NDArray[np.float32]:
    """Image number i is of the kind i mod 3; kinds are `apart` by so many of their own deviations."""
    rng = np.random.default_rng(seed)
    centers = np.eye(n_features)[:N_KINDS] * apart * np.sqrt(n_features / 2)
    return np.asarray(centers[np.arange(n) % N_KINDS] + rng.normal(size=(n, n_features)), np.float32)


def share_of_own_kind(coordinates: NDArray[np.float32]) -> float:
    """Of nearest points, how many are of the same kind."""
    distances = np.linalg.norm(coordinates[:, None] - coordinates[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    kind = np.arange(len(coordinates)) % N_KINDS
    return float((kind[distances.argmin(1)] == kind).mean())
