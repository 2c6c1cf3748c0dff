"""The averaged brain (MNI152, in nilearn) as maps that every simulated patient is sampled from."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from core.cohort.simulation.smooth_fields import Field
from core.cohort.simulation.vessels import tube_depth

# The brain and 4 mm around it, in the template's LPS voxels, of which (98, 98, 72) is the MNI origin.
_CROP = (slice(22, 175), slice(20, 210), slice(0, 159))
# MNI coordinates (right, anterior, superior) of the first voxel of the crop.
_FIRST_VOXEL_MM = (98.0 - 22, 98.0 - 20, 0.0 - 72)


@dataclass(frozen=True, slots=True, kw_only=True)
class Templates:
    """Maps [153, 190, 159], 1 mm, LPS. Distances in mm.

    `parenchyma` and `white` are probabilities; `t1` is 1 at the brightest; `brain_depth` is positive in the
    brain; `ventricle_distance` is negative in the lateral ventricles; `vessel_depth` is positive in vessels.
    """

    parenchyma: Field
    white: Field
    t1: Field
    brain_depth: Field
    ventricle_distance: Field
    vessel_depth: Field

    @property
    def shape(self) -> tuple[int, int, int]:
        nx, ny, nz = self.t1.shape
        return nx, ny, nz


def mni_to_voxel(mni_mm: NDArray[np.float32]) -> NDArray[np.float32]:
    """Voxel indices in the maps of `mni_mm` [3, ...] (LPS-signed: left, posterior, superior positive)."""
    offset = np.array([_FIRST_VOXEL_MM[0], _FIRST_VOXEL_MM[1], -_FIRST_VOXEL_MM[2]], dtype=np.float32)
    return mni_mm + offset.reshape(3, *([1] * (mni_mm.ndim - 1)))


def _signed_distance(inside: NDArray[np.bool_]) -> Field:
    """Distance in voxels to the border, positive inside."""
    within = ndimage.distance_transform_edt(inside).astype(np.float32)
    without = ndimage.distance_transform_edt(~inside).astype(np.float32)
    return np.asarray(within - without, dtype=np.float32)


def _ventricle_distance(parenchyma: Field, brain_depth: Field) -> Field:
    """The lateral ventricles are the largest piece of deep fluid that is not around the brain stem."""
    deep = np.zeros(parenchyma.shape, dtype=bool)
    box = (slice(34, 119), slice(33, 148), slice(60, 112))
    deep[box] = (parenchyma[box] < 0.5) & (brain_depth[box] > 20)
    pieces, _ = ndimage.label(deep)
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    wide = (slice(10, 143), slice(10, 175), slice(30, 140))
    distance = np.full(parenchyma.shape, 30, dtype=np.float32)
    distance[wide] = np.minimum(-_signed_distance((pieces == sizes.argmax())[wide]), 30)
    return np.asarray(ndimage.gaussian_filter(distance, 1.0), dtype=np.float32)


@cache
def load_templates() -> Templates:
    """Read the maps from nilearn's own files (no network) and derive the rest: 4 s, once per process."""
    from nilearn import datasets  # takes a second to import, and nothing else here needs it

    t1, gray, white = (
        np.ascontiguousarray(load(resolution=1).get_fdata(dtype=np.float32)[::-1, ::-1][_CROP])
        for load in (
            datasets.load_mni152_template,
            datasets.load_mni152_gm_template,
            datasets.load_mni152_wm_template,
        )
    )
    parenchyma = gray + white
    brain_depth = ndimage.gaussian_filter(_signed_distance(t1 > 0), 1.0)
    return Templates(
        parenchyma=parenchyma,
        white=white,
        t1=t1,
        brain_depth=brain_depth,
        ventricle_distance=_ventricle_distance(parenchyma, brain_depth),
        vessel_depth=tube_depth(t1.shape, _FIRST_VOXEL_MM),
    )
