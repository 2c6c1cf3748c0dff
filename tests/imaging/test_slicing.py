"""Which slices are used and how they lie."""

import numpy as np
import pytest

from core.imaging.slicing import axial_slice, slice_range


def test_a_slice_is_radiological() -> None:
    voxels = np.zeros((4, 5, 3))
    voxels[0, 0, 1], voxels[3, 4, 1] = 1, 2  # right anterior, left posterior
    view = axial_slice(voxels, 1)
    assert view.shape == (5, 4)
    assert view[0, 0] == 1
    assert view[-1, -1] == 2


def test_brats_depth_gives_the_papers_slices() -> None:
    assert slice_range(155) == range(30, 131)


@pytest.mark.parametrize("depth", [1, 2, 3, 24, 63, 155, 310, 512])
def test_any_depth_gives_the_same_heights(depth: int) -> None:
    used = slice_range(depth)
    assert 0 <= used.start < used.stop <= depth
    assert abs(len(used) - depth * 101 / 155) <= 1
