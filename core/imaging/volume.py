"""Voxels in space. Volumes and segmentations are different types, so no interpolation touches a label map."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInputError


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Volume:
    """Gray values [X, Y, Z] in LPS order: x grows to the patient's Left, y to Posterior, z to Superior.

    `spacing_mm` is the distance of voxel centers along x, y, z. Voxels keep the number type of their file;
    NaN and infinity stand where the file has them and count as air when the volume is scaled.
    """

    voxels: NDArray[Any]
    spacing_mm: tuple[float, float, float]

    def __post_init__(self) -> None:
        _check_three_axes(self.voxels)
        if self.voxels.dtype.kind not in "iuf":
            raise BadInputError(f"Voxels of type {self.voxels.dtype} are not gray values.", "Give numbers.")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Segmentation:
    """Whole-number labels [X, Y, Z] in LPS order on the grid of its volume. Tumor is `labels > 0`."""

    labels: NDArray[np.integer[Any]]
    spacing_mm: tuple[float, float, float]

    def __post_init__(self) -> None:
        _check_three_axes(self.labels)
        if self.labels.dtype.kind not in "iu":
            raise BadInputError(
                f"Labels of type {self.labels.dtype} are not whole numbers.",
                "Convert them to integers first.",
            )


def _check_three_axes(array: NDArray[Any]) -> None:
    if array.ndim != 3 or 0 in array.shape:
        raise BadInputError(
            f"An array of shape {array.shape} is not a volume.", "Give three axes of at least one voxel each."
        )
