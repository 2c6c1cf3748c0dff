"""What a detector says of images, many at a time, and how sure it is."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.detection.inference import AT_ONCE, WORTH_IT_FROM, frozen
from core.detection.network import Detector, log_odds
from core.detection.training_images import LabeledImages, made_ahead
from core.runs.devices import Compute, Precision


def said_of(detector: Detector, images: Tensor) -> Tensor:
    """The log-odds of a tumor [b] of images, uint8 [b, 1, r, r]."""
    return log_odds(detector(images))


def predicted(
    detector: Detector,
    images: LabeledImages,
    numbers: NDArray[np.int64] | None = None,
    *,
    px: int,
    compute: Compute,
    of: Callable[[Detector, Tensor], Tensor] = said_of,
) -> NDArray[np.float32]:
    """The log-odds of a tumor [N] of the images of these numbers, else of all; or what `of` makes of a batch."""
    numbers = np.arange(len(images)) if numbers is None else numbers
    worth_it = compute.compiled and len(numbers) >= WORTH_IT_FROM
    apply = frozen(detector, replace(compute, compiled=worth_it), of)

    def batch(number: int) -> Tensor:
        some = numbers[number * AT_ONCE : (number + 1) * AT_ONCE]
        return torch.from_numpy(images.cropped(some, px))[:, None]

    with made_ahead(batch) as batch_at:
        n_batches = -(-len(numbers) // AT_ONCE)
        found = [apply(batch_at(one).to(compute.device)).float().cpu() for one in range(n_batches)]
    return np.asarray(torch.cat(found).numpy())


def autocast(compute: Compute) -> torch.autocast:
    """bf16 inside the network where the machine is fast in it."""
    kind = torch.device(compute.device).type
    return torch.autocast(kind, dtype=torch.bfloat16, enabled=compute.precision is Precision.BF16)
