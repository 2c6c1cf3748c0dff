"""What the header of a NIfTI file says of its image, checked before anything is believed."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from numpy.typing import NDArray

from core.errors import BadInputError

MAX_BYTES = 1 << 30
HEADER_BYTES = 540
_SHORTEST_MM, _LONGEST_MM = 1e-3, 1e3
_MAGIC_AT = {348: 344, 540: 4}
HEADER_KINDS: dict[int, Any] = {348: nib.Nifti1Header, 540: nib.Nifti2Header}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageLayout:
    """What a header says of its image: `shape` has three axes, `affine` leads from voxels to RAS mm."""

    shape: tuple[int, int, int]
    dtype: np.dtype[Any]
    offset: int
    slope: float
    intercept: float
    affine: NDArray[np.float64]

    @property
    def end(self) -> int:
        return self.offset + int(np.prod(self.shape, dtype=object)) * self.dtype.itemsize


def image_layout(start: bytes, path: Path, *, accept_2d: bool) -> ImageLayout:
    """Read the first `HEADER_BYTES` of a file. Raises BadInputError, which names the file and the fault."""
    header = _header(start, path)
    shape = _three_axes(tuple(int(n) for n in header.get_data_shape()), path, accept_2d=accept_2d)
    try:
        dtype = header.get_data_dtype()
    except (nib.spatialimages.HeaderDataError, KeyError, ValueError) as error:
        raise BadInputError(f"{path.name}: unknown number type ({error}).", "Save it as int16.") from error
    if dtype.names is not None or dtype.kind not in "iuf" or dtype.itemsize > 8:
        kind = "color" if dtype.names is not None else str(dtype)
        raise BadInputError(f"{path.name}: {kind} voxels.", "Save it as a gray image of int16 or float32.")
    slope, intercept = float(header["scl_slope"]), float(header["scl_inter"])
    if not np.isfinite(slope) or slope == 0:
        slope, intercept = 1.0, 0.0
    offset = float(header["vox_offset"])
    if not header.sizeof_hdr <= offset < MAX_BYTES:
        raise BadInputError(f"{path.name}: its data cannot begin at byte {offset:g}.", "Save the file again.")
    return ImageLayout(
        shape=shape,
        dtype=dtype,
        offset=int(offset),
        slope=slope,
        intercept=intercept if np.isfinite(intercept) else 0.0,
        affine=_affine(header, path),
    )


def _header(start: bytes, path: Path) -> Any:
    """A nibabel header of NIfTI-1 or 2. Raises BadInputError for bytes that are no NIfTI file."""
    if start.startswith(b"version https://git-lfs"):
        raise BadInputError(f"{path.name}: a pointer of git-lfs, not the image.", "Run git lfs pull there.")
    sizes = (int.from_bytes(start[:4], "little"), int.from_bytes(start[:4], "big"))
    size = next((n for n in sizes if n in _MAGIC_AT), None)
    if size is None or len(start) < size:
        raise BadInputError(f"{path.name}: not a NIfTI file.", "Give .nii or .nii.gz files.")
    magic = start[_MAGIC_AT[size] : _MAGIC_AT[size] + 3]
    if magic not in (b"n+1", b"n+2"):
        fault = "the header of a .hdr/.img pair" if magic in (b"ni1", b"ni2") else f"wrong magic {magic!r}"
        raise BadInputError(f"{path.name}: not a one-file NIfTI image ({fault}).", "Save it as .nii.gz.")
    try:
        return HEADER_KINDS[size](start[:size], check=False)
    except (nib.spatialimages.HeaderDataError, nib.wrapstruct.WrapStructError, ValueError) as error:
        raise BadInputError(f"{path.name}: its header is damaged ({error}).", "Save it again.") from error


def _three_axes(shape: tuple[int, ...], path: Path, *, accept_2d: bool) -> tuple[int, int, int]:
    axes = shape
    while len(axes) > 3 and axes[-1] == 1:
        axes = axes[:-1]
    if len(axes) == 2 and accept_2d:
        axes = (*axes, 1)
    if len(axes) == 3 and min(axes) > 0:
        return axes
    size = " x ".join(str(n) for n in shape)
    raise BadInputError(
        f"{path.name}: {len(axes)}-D ({size}), not one volume.",
        "Give one 3-D file for each volume (split channels or time points first).",
    )


def _affine(header: Any, path: Path) -> NDArray[np.float64]:
    """Voxels to RAS mm. Without qform and sform nobody can know which way the head lies: refused."""
    if header["sform_code"] <= 0 and header["qform_code"] <= 0:
        raise BadInputError(
            f"{path.name}: neither qform nor sform says how the head lies.",
            "Convert it again from DICOM, or set the orientation that you know to be right.",
        )
    try:
        with np.errstate(all="ignore"):
            affine = np.asarray(header.get_best_affine(), np.float64)
    except (nib.spatialimages.HeaderDataError, ValueError, np.linalg.LinAlgError) as error:
        raise BadInputError(f"{path.name}: bad orientation ({error}).", "Convert it again.") from error
    lengths_mm = np.abs(affine[:3, :3]).max(axis=0)
    if not ((lengths_mm > _SHORTEST_MM) & (lengths_mm < _LONGEST_MM)).all():
        raise BadInputError(
            f"{path.name}: its voxels have no possible size or direction.", "Convert it again from DICOM."
        )
    return affine
