"""Drawing images from a PGGAN checkpoint: image by image a function of the checkpoint and a seed.

Batches have one size, and an image its own place in them (its seed modulo that size): the processor's kernels may
round differently from place to place, so that an image would else depend, in its last bit, on its company.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.errors import BadInputError
from core.imageset.record import IMAGE_SIZE
from core.imaging.canonical import SMALLEST_SIDE, to_canonical
from core.runs.devices import detect_compute
from core.runs.order import derived_seed
from core.synthesis.checkpoint import load_generator
from core.synthesis.generator import latents_between
from core.synthesis.latents import latents_of_seeds
from core.synthesis.layers import pixel_norm
from core.synthesis.networks import GeneratorNetwork
from core.synthesis.training_images import as_pixels

BATCH = 16
IMAGES_FOR_MEAN = 1024


class PgganGenerator:
    """`truncation` in (0, 1] pulls the features after the first block, at 4 px, to their mean over many latents: 1
    leaves them alone, less gives fewer odd images and less variety. (Karras et al. 2019 do so in an intermediate
    latent space, which this generator has not; its latents lie on a sphere and have no middle to pull to.)
    """

    def __init__(
        self,
        network: GeneratorNetwork,
        *,
        resolution: int,
        fade_in_alpha: float,
        truncation: float | None = None,
        device: str = "cpu",
    ) -> None:
        if truncation is not None and not 0 < truncation <= 1:
            raise BadInputError(f"A truncation of {truncation} cannot be.", "Take one above 0 and at most 1.")
        if resolution < SMALLEST_SIDE:
            raise BadInputError(
                f"This checkpoint makes images of {resolution} pixels.",
                f"Train it on until it makes {SMALLEST_SIDE} or more.",
            )
        self.resolution = resolution
        self._network = network.to(device).eval().requires_grad_(False)
        self._alpha = None if fade_in_alpha >= 1 else torch.tensor(fade_in_alpha, device=device)
        self._device = device
        if truncation is not None and truncation < 1:
            self._pull_to_mean(truncation)

    @classmethod
    def load(cls, path: Path, *, truncation: float | None = None, device: str | None = None) -> Self:
        """Either kind of checkpoint, onto the GPU if there is one. Raises BadInputError for any other file."""
        loaded = load_generator(path)
        return cls(
            loaded.network,
            resolution=loaded.resolution,
            fade_in_alpha=loaded.fade_in_alpha,
            truncation=truncation,
            device=device or detect_compute().device,
        )

    @property
    def resampling_factor(self) -> float:
        return IMAGE_SIZE / self.resolution

    def images(self, seeds: Sequence[int]) -> NDArray[np.uint8]:
        """Return canonical images, uint8 [len(seeds), 256, 256]."""
        images = np.empty((len(seeds), IMAGE_SIZE, IMAGE_SIZE), np.uint8)
        for places, pixels in self._drawn(seeds):
            images[places] = _canonical(pixels)
        return images

    def own_images(self, seeds: Sequence[int]) -> NDArray[np.uint8]:
        """The same as the network makes them, uint8 [len(seeds), r, r]."""
        images = np.empty((len(seeds), self.resolution, self.resolution), np.uint8)
        for places, pixels in self._drawn(seeds):
            images[places] = pixels
        return images

    def between(self, seeds: Sequence[int], steps: int) -> NDArray[np.uint8]:
        """The way from seed to seed, canonical images uint8 [(len(seeds) - 1) * steps + 1, 256, 256]."""
        latents = torch.from_numpy(latents_between(latents_of_seeds(seeds, self._latent_size).numpy(), steps))
        return np.concatenate([_canonical(as_pixels(self._made(batch))) for batch in torch.split(latents, BATCH)])

    @property
    def _latent_size(self) -> int:
        return self._network.config.latent_size

    def _drawn(self, seeds: Sequence[int]) -> Iterator[tuple[list[int], NDArray[np.uint8]]]:
        """Batch by batch, which of the seeds it has and their images, uint8 [n, r, r]."""
        for places in _batches(seeds):
            wanted = [seeds[place] for place in places]
            slots = [seed % BATCH for seed in wanted]
            latents = torch.ones(BATCH, self._latent_size)
            latents[slots] = latents_of_seeds(wanted, self._latent_size)
            yield places, as_pixels(self._made(latents)[slots])

    def _made(self, latents: Tensor) -> Tensor:
        """[n, latent] to images [n, 1, r, r]; always in fp32, which rounds alike on all machines, nearly."""
        with torch.inference_mode(), torch.backends.cudnn.flags(allow_tf32=False):
            images: Tensor = self._network(
                latents.to(self._device), resolution=self.resolution, fade_in_alpha=self._alpha
            )
        return images

    def _pull_to_mean(self, truncation: float) -> None:
        rng = torch.Generator().manual_seed(derived_seed(0, "truncation"))
        latents = torch.randn(IMAGES_FOR_MEAN, self._latent_size, generator=rng)
        with torch.inference_mode(), torch.backends.cudnn.flags(allow_tf32=False):
            mean = self._network.first(pixel_norm(latents.to(self._device))).mean(0, keepdim=True)
        self._network.first.register_forward_hook(
            lambda _block, _in, features: torch.lerp(mean, features, truncation)
        )


def _batches(seeds: Sequence[int]) -> Iterator[list[int]]:
    """Positions of the seeds in batches in which no two seeds have the same place."""
    batch: list[int] = []
    taken: set[int] = set()
    for position, seed in enumerate(seeds):
        if seed % BATCH in taken:
            yield batch
            batch, taken = [], set()
        batch.append(position)
        taken.add(seed % BATCH)
    if batch:
        yield batch


def _canonical(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.stack([to_canonical(image)[0] for image in pixels])
