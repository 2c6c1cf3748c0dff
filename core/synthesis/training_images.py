"""Real images for training, from the memory-mapped image set, at every resolution and never waited for."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.errors import BadInputError
from core.imageset.record import IMAGE_SIZE
from core.imageset.stacked_pixels import Pixels
from core.imaging.canonical import averaged
from core.provenance import sha256_of_bytes
from core.runs.order import shown_at

CACHED_BYTES = 512 << 20  # of one resolution; what is larger is read from the file in every step


class TrainingImages:
    """The images at `indices` of a set, uint8 [N, 256, 256]. An epoch shows each once, in an order by seed."""

    def __init__(self, pixels: Pixels, indices: Sequence[int] | NDArray[np.integer]) -> None:
        """Raises BadInputError where the pixels are no canonical images."""
        if pixels.dtype != np.uint8 or pixels.shape[1:] != (IMAGE_SIZE, IMAGE_SIZE):
            raise BadInputError(
                f"The training images are {pixels.dtype} {list(pixels.shape[1:])}, not 8-bit {IMAGE_SIZE} x "
                f"{IMAGE_SIZE}.",
                "Import them as an image set, which brings them to size.",
            )
        self._pixels = pixels
        self._indices = np.asarray(indices, np.int64)
        self._levels: dict[int, NDArray[np.uint8]] = {}

    def __len__(self) -> int:
        return len(self._indices)

    @property
    def fingerprint(self) -> str:
        """Of which images of how large a set these are; the pixels of a set never change."""
        return sha256_of_bytes(self._indices.tobytes() + str(len(self._pixels)).encode())

    def prepare(self, resolution: int) -> None:
        """Make what the batches of a resolution are cut from: seconds for thousands of images, once per stage."""
        self._levels = {kept: level for kept, level in self._levels.items() if kept == resolution}
        if resolution == IMAGE_SIZE or len(self) * resolution**2 > CACHED_BYTES or resolution in self._levels:
            return
        self._levels[resolution] = np.stack([averaged(self._pixels[index], resolution) for index in self._indices])

    def batch(self, resolution: int, positions: range, *, seed: int, flips: Tensor | None = None) -> Tensor:
        """What training shows at these positions since its start: uint8 [len(positions), 1, r, r].

        `flips`, bool [len(positions)]: which to mirror.
        """
        images = torch.from_numpy(self.pixels_at(resolution, shown_at(positions, len(self), seed)))[:, None]
        if flips is None:
            return images
        return torch.where(flips[:, None, None, None], images.flip(3), images)

    def pixels_at(self, resolution: int, positions: NDArray[np.int64]) -> NDArray[np.uint8]:
        """uint8 [len(positions), r, r] by position in `indices`."""
        level = self._levels.get(resolution)
        if level is not None:
            return level[positions]
        return np.stack([averaged(self._pixels[index], resolution) for index in self._indices[positions]])


def as_network_input(images: Tensor) -> Tensor:
    """uint8 0..255 to float32 in [-1, 1]."""
    return images.float() / 127.5 - 1


def as_pixels(images: Tensor) -> NDArray[np.uint8]:
    """What a network makes, [n, 1, r, r] about [-1, 1], to uint8 [n, r, r]."""
    gray = ((images[:, 0].float() + 1) * 127.5).round().clamp(0, 255)
    pixels: NDArray[np.uint8] = gray.to(torch.uint8).cpu().numpy()
    return pixels
