"""From a scanner's numbers to gray levels: a volume is scaled as a whole, to keep its contrast."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from core.errors import BadInputError
from core.imaging.volume import Volume

BRAIN_TOP_GRAY = 235
BRAIN_TOP_PERCENTILE = 99.9
_SAMPLED_EACH_WAY = 64
_CONSTANT_AIR_SHARE = 0.25
_HISTOGRAM_BINS = 256
_CV2_TYPES = ("uint8", "uint16", "int16", "float32", "float64")


@dataclass(frozen=True, slots=True, kw_only=True)
class IntensityScale:
    """Gray = (value - `low`) * 235 / (`high` - `low`), clipped to 0..255.

    `air_value`: the one number that stands for air, drawn as 0; None where air is noise around `low`.
    `tissue_above`: values above are tissue, not air.
    """

    low: float
    high: float
    tissue_above: float
    air_value: float | None

    @property
    def slope(self) -> float:
        return BRAIN_TOP_GRAY / (self.high - self.low)

    @property
    def tissue_gray(self) -> int:
        """Pixels of at least this gray level are tissue."""
        return max(1, round((self.tissue_above - self.low) * self.slope))


def intensity_scale(volume: Volume) -> IntensityScale:
    """Find the air and the brain's 99.9th percentile. Raises BadInputError where all voxels are alike.

    Estimated from every nth voxel along x and y of all slices that are not flat (about 600,000 of a BraTS
    volume): deterministic, and close to what all voxels give. NaN and infinity are left out.
    """
    values = _sorted_sample(volume.voxels)
    air_value = _constant_air(values)
    if air_value is not None:
        tissue = values[values != air_value]
        low = _low_of_tissue(tissue, air_value)
        tissue_above = air_value
    else:
        tissue_above = _otsu_threshold(values)
        low = float(np.median(values[values <= tissue_above]))
        tissue = values[values > tissue_above]
    high = float(np.percentile(tissue, BRAIN_TOP_PERCENTILE))
    if not high > low:
        high = float(values[-1])
    return IntensityScale(low=low, high=high, tissue_above=max(low, tissue_above), air_value=air_value)


def to_gray(values: NDArray[Any], scale: IntensityScale) -> NDArray[np.uint8]:
    """Scale values [H, W] to 0..255; NaN and infinity are air."""
    native = values if values.dtype.isnative else values.astype(values.dtype.newbyteorder("="))
    if native.dtype.name not in _CV2_TYPES:
        native = native.astype(np.float32)
    native = np.ascontiguousarray(native)
    shift = -scale.low * scale.slope
    gray = cv2.addWeighted(native, scale.slope, native, 0.0, shift, dtype=cv2.CV_8U)
    out = np.asarray(gray, np.uint8)
    if scale.air_value is not None and scale.low < scale.air_value:
        out[native == scale.air_value] = 0
    return out


def _sorted_sample(voxels: NDArray[Any]) -> NDArray[Any]:
    step_x, step_y = (max(1, n // _SAMPLED_EACH_WAY) for n in voxels.shape[:2])
    sample = voxels[::step_x, ::step_y]
    sample = sample if sample.dtype.isnative else sample.astype(sample.dtype.newbyteorder("="))
    flat = sample.min(axis=(0, 1)) == sample.max(axis=(0, 1))
    values = sample[:, :, ~flat].ravel(order="K")
    if values.dtype.kind == "f":
        values = values[np.isfinite(values)]
    values = np.sort(values)
    if not values.size or values[0] == values[-1]:
        raise BadInputError("The volume holds one value only, no image.", "Check how it was written.")
    return values


def _constant_air(values: NDArray[Any]) -> float | None:
    """The most frequent value, if it fills a quarter of the volume: noise never does."""
    starts = np.flatnonzero(np.r_[True, values[1:] != values[:-1]])
    counts = np.diff(np.r_[starts, values.size])
    longest = int(counts.argmax())
    if counts[longest] < _CONSTANT_AIR_SHARE * values.size:
        return None
    return float(values[starts[longest]])


def _low_of_tissue(tissue: NDArray[Any], air_value: float) -> float:
    """Gray level 0: the air, unless a part of the brain lies below it (z-scored brains on zeroed air)."""
    if np.searchsorted(tissue, air_value) > 0.02 * tissue.size:
        return float(np.percentile(tissue, 0.1))
    return air_value


def _otsu_threshold(values: NDArray[Any]) -> float:
    """The value that splits the histogram into the two classes farthest apart (Otsu 1979)."""
    top = np.percentile(values, BRAIN_TOP_PERCENTILE)
    counts, edges = np.histogram(values, _HISTOGRAM_BINS, (float(values[0]), float(max(top, values[0] + 1e-6))))
    centers = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)
    above = below[-1] - below
    sum_below = np.cumsum(counts * centers)
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = sum_below / below - (sum_below[-1] - sum_below) / above
        between = np.nan_to_num(below * above * apart**2)
    return float(edges[1 + int(between.argmax())])
