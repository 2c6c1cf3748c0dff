"""Axial slices in the radiological convention: anterior up, the patient's right on the viewer's left."""

from typing import Any

from numpy.typing import NDArray

FIRST_SLICE = 30
LAST_SLICE = 130
REFERENCE_DEPTH = 155


def axial_slice(voxels: NDArray[Any], z: int) -> NDArray[Any]:
    """Slice `z` of an LPS array [X, Y, Z] as rows and columns [Y, X] of a radiological view."""
    return voxels[:, :, z].T


def slice_range(depth: int) -> range:
    """The slices that are used: 30..130 of 155, and those at the same heights of any other depth."""
    lowest, beyond = FIRST_SLICE / REFERENCE_DEPTH, (LAST_SLICE + 1) / REFERENCE_DEPTH
    inside = [z for z in range(depth) if lowest <= (z + 0.5) / depth < beyond]
    return range(inside[0], inside[-1] + 1)
