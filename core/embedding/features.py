"""Images as points: what distances, clusters and pictures of distributions are computed from.

Pixels need no network and no weights: images at 32 x 32 pixels. At that size a copy stays near its original when it
was shifted by a few pixels, turned, blurred or brightened; two patients do not come as near.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInputError
from core.imaging.canonical import averaged

SIDE_PX = 32
MOST_COMPONENTS = 256
MOST_FITTED = 4000  # images: more of them change no component that counts
SPREAD = 1000.0
_LEAST_VARIANCE = 1e-6  # of gray values, squared: below, nothing but rounding


class Features(StrEnum):
    """What images are compared by: pixels, or what a network makes of them before its last layer."""

    PIXELS = "pixels"
    RESNET50 = "resnet50"
    DETECTOR = "detector"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PrincipalComponents:
    """`mean` float32 [f], `components` float32 [k, f] and the `deviations` float32 [k] along them, largest first.

    k is at most 256, and less where the rows vary in fewer ways. Distances are those of the rows; where these have
    no unit of their own, `components` brings them to thousandths of the fitted rows' spread.
    """

    mean: NDArray[np.float32]
    components: NDArray[np.float32]
    deviations: NDArray[np.float32]

    @classmethod
    def fit(cls, rows: NDArray[np.float32], *, has_unit: bool = True) -> Self:
        """Fit to features of real training images [n, f]. Raises BadInputError below two."""
        if len(rows) < 2:
            raise BadInputError(f"{len(rows)} training image has no components.", "Take a cohort with more.")
        mean = rows.mean(0, dtype=np.float64)
        centered = rows - mean
        spread = float(np.sqrt((centered**2).sum(1).mean()))
        unit = 1.0 if has_unit or spread == 0 else SPREAD / spread
        variances, vectors = np.linalg.eigh(np.cov(centered * unit, rowvar=False))
        variances, components = variances[::-1], vectors.T[::-1]
        n_components = min(MOST_COMPONENTS, len(rows) - 1, max(1, int((variances > _LEAST_VARIANCE).sum())))
        components = components[:n_components]
        largest = np.abs(components).argmax(1)[:, None]  # the sign of a component is arbitrary: settle it
        components = components * np.sign(np.take_along_axis(components, largest, 1)) * unit
        return cls(
            mean=mean.astype(np.float32),
            components=components.astype(np.float32),
            deviations=np.sqrt(np.maximum(variances[:n_components], 0)).astype(np.float32),
        )

    def of(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """float32 [n, k] of features [n, f]."""
        return np.asarray((rows - self.mean) @ self.components.T, np.float32)


def pixel_rows(images: Iterable[NDArray[np.uint8]]) -> NDArray[np.float32]:
    """float32 [n, 1024]: each image averaged over squares of pixels to 32 x 32."""
    small = [averaged(image, SIDE_PX) for image in images]
    return np.asarray(small, np.float32).reshape(len(small), SIDE_PX**2)
