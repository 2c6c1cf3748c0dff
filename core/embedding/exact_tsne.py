"""t-SNE over all pairs of points: their affinities, and the descent that a compiled step makes."""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from core.embedding.tsne import EXAGGERATED_ITERATIONS, EXAGGERATION, OnIteration, Points

MakesStep = Callable[..., tuple[Tensor, Tensor, Tensor]]
_MOMENTUM = (0.5, 0.8)  # while exaggerated, and after
_LEAST_RATE = 50.0
_HALVINGS = 26  # of the 60 between the bounds: to a millionth
_ROWS = 64  # at once: what is bisected stays in the cache
_BLOCK = 2048
_TOLD_EVERY = 50
_FAR = 1e12  # in mean distances
_LOWEST_EXPONENT = -80.0
_LEAST = 1e-16  # numbers next to nothing take a processor ten times as long


class Step(nn.Module):
    """Gradient descent with momentum and a gain for each coordinate (Jacobs 1988), as scikit-learn does it.

    `joint` [n, n]; `points`, `update` and `gains` [d, n]; the others [] are numbers that change on the way. A sum
    for each coordinate, not one over all: that is what makes one pass of it.
    """

    def forward(
        self,
        joint: Tensor,
        points: Tensor,
        update: Tensor,
        gains: Tensor,
        exaggeration: Tensor,
        momentum: Tensor,
        rate: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor]:
        apart = [column[:, None] - column[None, :] for column in points]
        near = 1 / (1 + sum(one * one for one in apart))  # Student's t with one degree of freedom
        attraction, repulsion = joint * near, near * near
        total = near.sum(1).sum() - points.shape[1]
        attracted = torch.stack([(attraction * one).sum(1) for one in apart])
        repelled = torch.stack([(repulsion * one).sum(1) for one in apart])
        gradient = 4 * (exaggeration * attracted - repelled / total)
        gains = torch.where(update * gradient < 0, gains + 0.2, gains * 0.8).clamp(min=0.01)
        update = momentum * update - rate * gains * gradient
        return points + update, update, gains


def affinities(features: NDArray[np.float32], perplexity: float) -> Tensor:
    """How likely two images are neighbors, float32 [n, n], symmetric, 1 in all: each has `perplexity` of them."""
    points = torch.from_numpy(features).double()
    points -= points.mean(0)
    lengths = (points**2).sum(1)
    n = len(points)
    found = torch.empty(n, n)
    for start in range(0, n, _ROWS):
        rows = slice(start, min(start + _ROWS, n))
        distances = lengths[rows, None] + lengths - 2 * points[rows] @ points.T
        distances[torch.arange(len(distances)), torch.arange(n)[rows]] = 0
        found[rows] = _conditional(distances.clamp_(min=0).float(), start, np.log(perplexity))
    return _symmetric(found)


def _conditional(distances: Tensor, first: int, entropy: float) -> Tensor:
    """Squared distances [r, n] of the points `first` and on, to probabilities with this entropy, by bisection."""
    own = torch.arange(len(distances))
    distances /= distances.mean(1, keepdim=True).clamp(min=1e-30)
    nearest = distances.index_put((own, own + first), torch.tensor(_FAR)).amin(1, keepdim=True)
    distances = (distances - nearest).index_put_((own, own + first), torch.tensor(_FAR))
    low, high = torch.full((len(distances), 1), -20.0), torch.full((len(distances), 1), 40.0)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        sharpness = middle.exp()
        weights = _falling(distances, sharpness)
        total = weights.sum(1, keepdim=True)
        found = total.log() + sharpness * (distances * weights).sum(1, keepdim=True) / total
        too_wide = found > entropy
        low, high = torch.where(too_wide, middle, low), torch.where(too_wide, high, middle)
    weights = _falling(distances, ((low + high) / 2).exp())
    return weights / weights.sum(1, keepdim=True)


def _falling(distances: Tensor, sharpness: Tensor) -> Tensor:
    """exp(-sharpness * distances), but never so near to 0 that processors take a hundred times as long."""
    return (distances * -sharpness).clamp_(min=_LOWEST_EXPONENT).exp_()


def _symmetric(conditional: Tensor) -> Tensor:
    """In place, block by block: for many points it is all the memory that there is."""
    n = len(conditional)
    starts = range(0, n, _BLOCK)
    for one in starts:
        for other in starts[one // _BLOCK :]:
            above = conditional[one : one + _BLOCK, other : other + _BLOCK]
            below = conditional[other : other + _BLOCK, one : one + _BLOCK]
            mean = ((above + below.T) / (2 * n)).clamp_(min=_LEAST)
            above.copy_(mean)
            below.copy_(mean.T)
    return conditional


def minimized(step: MakesStep, joint: Tensor, start: Points, iterations: int, on_iteration: OnIteration) -> Points:
    """`start` [n, d] after so many steps of gradient descent."""
    points = torch.from_numpy(start.T.copy())
    rate = torch.tensor(max(len(start) / EXAGGERATION / 4, _LEAST_RATE))
    update, gains = torch.zeros_like(points), torch.ones_like(points)
    for number in range(iterations):
        exaggerated = number < EXAGGERATED_ITERATIONS
        if number == EXAGGERATED_ITERATIONS:
            update, gains = torch.zeros_like(points), torch.ones_like(points)
        exaggeration = torch.tensor(EXAGGERATION if exaggerated else 1.0)
        momentum = torch.tensor(_MOMENTUM[0] if exaggerated else _MOMENTUM[1])
        points, update, gains = step(joint, points, update, gains, exaggeration, momentum, rate)
        if (number + 1) % _TOLD_EVERY == 0 or number + 1 == iterations:
            on_iteration(number + 1)
    return np.ascontiguousarray(points.T.numpy())


def divergence(joint: Tensor, coordinates: Points) -> float:
    """Kullback and Leibler's, of the points' affinities from those of the images: 0 where all of them are kept."""
    points = torch.from_numpy(coordinates)
    n = len(points)
    cross, entropy, total = 0.0, 0.0, -float(n)  # a point is at distance 0 to itself, and that does not count
    for start in range(0, n, _BLOCK):
        rows = joint[start : start + _BLOCK]
        near = 1 + torch.cdist(points[start : start + _BLOCK], points, compute_mode=_EXACTLY).square_()
        entropy += float(torch.xlogy(rows, rows).sum(dtype=torch.float64))
        cross += float((rows * near.log()).sum(dtype=torch.float64))
        total += float((1 / near).sum(dtype=torch.float64))
    return entropy + cross + float(np.log(total))


_EXACTLY = "donot_use_mm_for_euclid_dist"
