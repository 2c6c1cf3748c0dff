"""Whether synthetic images show what they are said to show: a small network that tells tumor from nontumor.

It learns from real images alone and is checked on real images of patients that it has not seen; what it then says
of synthetic images can be trusted no further than that check goes.
"""

import math
from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from core.errors import BadInputError

EPOCHS = 12
BATCH = 64
LEARNING_RATE = 3e-3
CHANNELS = (16, 32, 64)
LARGEST_SHIFT_PX = 4
GAIN_SPREAD = 0.1


class TumorStatusClassifier:
    """Says of images [n, r, r] whether they show a tumor; learns at that size, either kind weighing the same."""

    def __init__(self, tumor: NDArray[np.uint8], nontumor: NDArray[np.uint8], *, seed: int) -> None:
        """Learn from real images, uint8 [n, r, r] of either kind. Raises BadInputError where one has none."""
        if not len(tumor) or not len(nontumor):
            raise BadInputError(
                f"{len(tumor)} tumor and {len(nontumor)} nontumor images teach no difference.",
                "Take a cohort whose training partition has both.",
            )
        images, has_tumor = _as_input(np.concatenate([tumor, nontumor])), _targets(len(tumor), len(nontumor))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self._network = _network()
            _fit(self._network, images, has_tumor)
        self._network.eval()

    def shows_tumor(self, images: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """bool [n]"""
        with torch.inference_mode():
            parts = [self._network(part).argmax(1) for part in torch.split(_as_input(images), BATCH)]
        return np.asarray(torch.cat(parts).bool().numpy(), np.bool_)


def _network() -> nn.Sequential:
    layers: list[nn.Module] = []
    for n_in, n_out in zip((1, *CHANNELS), CHANNELS, strict=False):
        layers += [
            nn.Conv2d(n_in, n_out, 3, padding=1, bias=False),
            nn.BatchNorm2d(n_out),
            nn.ReLU(),
            nn.MaxPool2d(2),
        ]
    # The largest response anywhere: a tumor is one place in the image, wherever it lies.
    return nn.Sequential(
        *layers, nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Dropout(0.3), nn.Linear(CHANNELS[-1], 2)
    )


def _fit(network: nn.Sequential, images: Tensor, has_tumor: Tensor) -> None:
    weights = len(has_tumor) / (2 * torch.bincount(has_tumor, minlength=2).float())
    optimizer = torch.optim.AdamW(network.parameters(), LEARNING_RATE, weight_decay=0.01)
    n_steps = EPOCHS * math.ceil(len(images) / BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=n_steps)
    for chosen in _batches(len(images)):
        loss = nn.functional.cross_entropy(network(_varied(images[chosen])), has_tumor[chosen], weights)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()


def _batches(n_images: int) -> Iterator[Tensor]:
    """Of all epochs; none of one image alone, of which there is no variance to normalize by."""
    for _ in range(EPOCHS):
        yield from torch.tensor_split(torch.randperm(n_images), math.ceil(n_images / BATCH))


def _varied(images: Tensor) -> Tensor:
    """Mirrored or not, a little shifted, a little brighter or darker: what must not matter."""
    n = len(images)
    mirrored = torch.where(torch.rand(n, 1, 1, 1) < 0.5, images.flip(3), images)
    down, across = torch.randint(-LARGEST_SHIFT_PX, LARGEST_SHIFT_PX + 1, (2,)).tolist()
    gain = 1 + GAIN_SPREAD * (2 * torch.rand(n, 1, 1, 1) - 1)
    return torch.roll(mirrored, (down, across), (2, 3)) * gain


def _as_input(images: NDArray[np.uint8]) -> Tensor:
    """uint8 [n, r, r] to float32 [n, 1, r, r] in 0..1, air being 0."""
    return torch.from_numpy(np.ascontiguousarray(images)).float()[:, None] / 255


def _targets(n_tumor: int, n_nontumor: int) -> Tensor:
    return torch.cat([torch.ones(n_tumor, dtype=torch.long), torch.zeros(n_nontumor, dtype=torch.long)])
