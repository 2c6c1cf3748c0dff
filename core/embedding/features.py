"""Images as points: what distances, clusters and pictures of distributions are computed from.

Pixels after PCA need no network and no weights: images at 32 x 32 pixels, along the principal components of real
training images. At that size a copy stays near its original when it was shifted by a few pixels, turned, blurred or
brightened; two patients do not come as near.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from core.errors import BadInputError

SIDE_PX = 32
MOST_COMPONENTS = 256
MOST_FITTED = 4000
_LEAST_VARIANCE = 1e-6  # of gray values, squared: below, nothing but rounding


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PixelFeatures:
    """`mean` float32 [1024], `components` float32 [k, 1024] and the `deviations` float32 [k] along them, in gray
    values of the fitted images; largest first. k is at most 256, and less where the images vary in fewer ways.
    """

    mean: NDArray[np.float32]
    components: NDArray[np.float32]
    deviations: NDArray[np.float32]

    @classmethod
    def fit(cls, images: Iterable[NDArray[np.uint8]]) -> Self:
        """Fit to real training images, uint8 [H, W] each; 4,000 say enough. Raises BadInputError below two."""
        rows = pixel_rows(images).astype(np.float64)
        if len(rows) < 2:
            raise BadInputError(f"{len(rows)} training image has no components.", "Take a cohort with more.")
        mean = rows.mean(0)
        variances, vectors = np.linalg.eigh(np.cov(rows - mean, rowvar=False))
        variances, components = variances[::-1], vectors.T[::-1]
        n_components = min(MOST_COMPONENTS, len(rows) - 1, max(1, int((variances > _LEAST_VARIANCE).sum())))
        components = components[:n_components]
        largest = np.abs(components).argmax(1)[:, None]  # the sign of a component is arbitrary: settle it
        return cls(
            mean=mean.astype(np.float32),
            components=(components * np.sign(np.take_along_axis(components, largest, 1))).astype(np.float32),
            deviations=np.sqrt(np.maximum(variances[:n_components], 0)).astype(np.float32),
        )

    @property
    def sha256(self) -> str:
        digest = hashlib.sha256()
        for array in (self.mean, self.components, self.deviations):
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()

    def of(self, images: Iterable[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """float32 [n, k] of n images uint8 [H, W]; distances between them are in gray values at 32 x 32 pixels."""
        return np.asarray((pixel_rows(images) - self.mean) @ self.components.T, np.float32)

    def save(self, file: Path) -> None:
        with file.open("wb") as stream:
            np.savez(stream, mean=self.mean, components=self.components, deviations=self.deviations)

    @classmethod
    def load(cls, file: Path) -> Self:
        """Raises OSError, ValueError, KeyError, EOFError or BadZipFile where the file is not one of these."""
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            return cls(mean=arrays["mean"], components=arrays["components"], deviations=arrays["deviations"])


def pixel_rows(images: Iterable[NDArray[np.uint8]]) -> NDArray[np.float32]:
    """float32 [n, 1024]: each image averaged over squares of pixels to 32 x 32."""
    small = [cv2.resize(image, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA) for image in images]
    return np.asarray(small, np.float32).reshape(len(small), SIDE_PX**2)
