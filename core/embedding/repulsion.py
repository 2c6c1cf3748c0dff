"""What pushes very many points apart in t-SNE, on all cores.

Points share their charges among the nodes of a grid, the kernel is applied there by Fourier transforms, and each
point reads its potentials from the nodes around it (Linderman et al. 2019, FIt-SNE): linear in the points.
"""

import math

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.fft import next_fast_len
from torch import Tensor

NODES = 3  # along each side of a box, which is as wide as the kernel at most
FEWEST_BOXES = 50  # along each axis


def repulsion(points: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Of points [n, 2]: the sums of (y - y') / (1 + d^2)^2 over all others, and one of 1 / (1 + d^2) over pairs."""
    y = torch.from_numpy(points - points.mean(0)).float()
    extent = float((y.amax(0) - y.amin(0)).max())
    n_boxes = max(FEWEST_BOXES, math.ceil(extent))
    nodes, shares = _nodes((y - y.amin(0)) * (n_boxes / extent), n_boxes)
    charges = torch.cat([torch.ones(len(y), 1), y], 1)
    side = n_boxes * NODES
    grid = torch.zeros(side**2, 3)
    grid.index_add_(0, nodes.reshape(-1), (shares[:, :, None] * charges[:, None]).reshape(-1, 3))
    fields = _potentials(grid.T.reshape(3, side, side), spacing=extent / side)
    read = fields.index_select(1, nodes.reshape(-1)).reshape(4, *nodes.shape)
    near, pushed, *pulled = (read * shares).sum(2)
    force = y * pushed[:, None] - torch.stack(pulled, 1)
    return force.double().numpy(), float(near.sum(dtype=torch.float64)) - len(y)


def _nodes(scaled: Tensor, n_boxes: int) -> tuple[Tensor, Tensor]:
    """Of points in units of boxes the numbers of the nodes of their own box, and the share of each, [n, 9] both."""
    boxes = scaled.floor().clamp_(max=n_boxes - 1)
    inside = (scaled - boxes)[:, :, None]  # 0 to 1
    places = (torch.arange(NODES) + 0.5) / NODES
    lagrange = torch.ones(len(scaled), 2, NODES)
    for one in range(NODES):
        for other in set(range(NODES)) - {one}:
            lagrange[:, :, one] *= (inside[:, :, 0] - places[other]) / (places[one] - places[other])
    rows, columns = (boxes.long() * NODES)[:, :, None].unbind(1)
    along = torch.arange(NODES)
    numbers = (rows + along)[:, :, None] * (n_boxes * NODES) + (columns + along)[:, None, :]
    shares = lagrange[:, 0, :, None] * lagrange[:, 1, None, :]
    return numbers.flatten(1), shares.flatten(1)


def _potentials(charges: Tensor, *, spacing: float) -> Tensor:
    """Of charges [3, s, s] on a grid, [4, s * s]: the first under 1 / (1 + d^2), and all under its square."""
    side = charges.shape[1]
    length = next_fast_len(2 * side - 1, real=True)
    steps = torch.arange(length)
    squared = (torch.minimum(steps, length - steps) * spacing).square()
    kernel = 1 / (1 + squared[:, None] + squared)
    of_kernel, of_square = torch.fft.rfft2(torch.stack([kernel, kernel.square()]))
    transformed = torch.fft.rfft2(charges, s=(length, length))
    products = torch.cat([transformed[:1] * of_kernel, transformed * of_square])
    fields: Tensor = torch.fft.irfft2(products, s=(length, length))[:, :side, :side]
    return fields.reshape(4, -1)
