"""The nearest neighbors of many points, exactly: products of matrices, block by block, on all cores."""

import numpy as np
import torch
from numpy.typing import NDArray

_AT_ONCE = 2**26  # distances


def nearest_neighbors(
    features: NDArray[np.float32], n_nearest: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Of points [n, k] the numbers and distances of the nearest other ones, [n, n_nearest] each, in any order."""
    points = torch.from_numpy(features - features.mean(0))
    lengths = points.square().sum(1)
    numbers = torch.empty(len(points), n_nearest, dtype=torch.int64)
    distances = torch.empty(len(points), n_nearest)
    for some in torch.split(torch.arange(len(points)), max(1, _AT_ONCE // len(points))):
        squared = torch.addmm(lengths[None], points[some], points.T, alpha=-2)  # less the length of its own
        squared[torch.arange(len(some)), some] = torch.inf
        near, numbers[some] = squared.topk(n_nearest, largest=False, sorted=False)
        distances[some] = (near + lengths[some, None]).clamp_(min=0).sqrt_()
    return numbers.numpy(), distances.numpy()
