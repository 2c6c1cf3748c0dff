"""Adam with the equalized learning rate (Karras et al. 2018, section 4.1) on weights at the scale of their use.

The paper stores w and computes with c w, c being He's constant of the layer. Adam's step on w does not depend on
c except through eps, so a step of lr on w is one of c lr on c w, with eps / c.
"""

from collections import defaultdict

import torch
from torch import nn

from core.synthesis.layers import EqualizedLayer


def equalized_adam(
    network: nn.Module,
    *,
    learning_rate: float = 1e-3,
    betas: tuple[float, float] = (0.0, 0.99),
    eps: float = 1e-8,
) -> torch.optim.Adam:
    """One group of parameters per scale, in a fixed order; biases have the scale 1.

    Each group keeps the rate it was made with as `full_lr`, for `scale_learning_rate`.
    """
    parameters: dict[float, list[nn.Parameter]] = defaultdict(list)
    for layer in network.modules():
        if isinstance(layer, EqualizedLayer):
            parameters[layer.weight_scale].append(layer.weight)
            parameters[1.0].append(layer.bias)
    groups = [
        {"params": parameters[scale], "full_lr": learning_rate * scale, "eps": eps / scale}
        for scale in sorted(parameters)
    ]
    optimizer = torch.optim.Adam(groups, betas=betas, fused=True)
    scale_learning_rate(optimizer, 1.0)
    return optimizer


def scale_learning_rate(optimizer: torch.optim.Adam, factor: float) -> None:
    """From here on, all groups learn at `factor` of their full rate."""
    for group in optimizer.param_groups:
        group["lr"] = factor * group["full_lr"]
