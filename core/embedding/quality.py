"""How well points show what lies near to what among the images: without it, a picture of t-SNE is no evidence."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.imageset.contact_sheet import evenly_chosen

N_NEIGHBORS = 15
MOST_LOOKED_AT = 2000  # points; their neighbors are looked for among all
_AT_ONCE = 2**24  # distances


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """Over the `n_neighbors` nearest points of each point, 1 is best.

    `trustworthiness` (Venna and Kaski 2001): 1 where neighbors in the picture are neighbors among the images, less
    the farther away they are in truth. `neighborhood_preservation`: the share of them that are.
    """

    trustworthiness: float
    neighborhood_preservation: float
    n_neighbors: int


def quality(features: NDArray[np.float32], coordinates: NDArray[np.float32]) -> Quality:
    """Of points [n, 2 or 3] for images with features [n, k]; at most 2,000 of them are looked at, evenly chosen."""
    n = len(features)
    n_neighbors = max(1, min(N_NEIGHBORS, (n - 1) // 2))
    looked_at = np.array(evenly_chosen(n, MOST_LOOKED_AT))
    chunks = np.array_split(looked_at, max(1, len(looked_at) * n // _AT_ONCE + 1))
    ranks = np.concatenate([_true_ranks(features, coordinates, chunk, n_neighbors) for chunk in chunks])
    too_far = np.maximum(ranks - n_neighbors, 0).sum(1).mean()
    return Quality(
        trustworthiness=float(1 - too_far * 2 / (n_neighbors * max(1, 2 * n - 3 * n_neighbors - 1))),
        neighborhood_preservation=float((ranks <= n_neighbors).mean()),
        n_neighbors=n_neighbors,
    )


def _true_ranks(
    features: NDArray[np.float32], coordinates: NDArray[np.float32], chunk: NDArray[np.int64], n_neighbors: int
) -> NDArray[np.int64]:
    """[c, n_neighbors]: the how manieth neighbor among the images each neighbor in the picture is, from 1 on."""
    shown = np.argpartition(_distances(coordinates, chunk), n_neighbors - 1, axis=1)[:, :n_neighbors]
    distances = _distances(features, chunk)
    of_shown = np.take_along_axis(distances, shown, 1)
    return np.stack([1 + (distances < column[:, None]).sum(1) for column in of_shown.T], axis=1)


def _distances(points: NDArray[np.float32], chunk: NDArray[np.int64]) -> NDArray[np.float64]:
    """Squared, [c, n]; of a point to itself infinite."""
    exact = points.astype(np.float64) - points.mean(0, dtype=np.float64)
    lengths = (exact**2).sum(1)
    found: NDArray[np.float64] = lengths[chunk, None] + lengths - 2 * exact[chunk] @ exact.T
    found[np.arange(len(chunk)), chunk] = np.inf
    return found
