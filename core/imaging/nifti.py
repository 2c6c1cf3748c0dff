"""NIfTI files in and out: the only room that knows nibabel.

Whatever a file claims is held against its real bytes before memory is taken. Every image is brought to LPS by
the nearest axes of its affine; nothing is resampled. An oblique image is taken up to 30 degrees off the
patient's axes (scans along the anterior-posterior commissure are tilted by 10 to 25) and refused beyond.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import deflate
import nibabel as nib
import numpy as np
from numpy.typing import NDArray

from core.errors import BadInputError
from core.imaging.gzip_stream import gunzip_pieces, gunzip_start, gunzip_whole, is_gzip
from core.imaging.volume import Segmentation, Volume

MAX_BYTES = 1 << 30
MAX_TILT_DEGREES = 30.0
_MAX_DEFLATE_RATIO = 1032
_COMPRESSION_LEVEL = 1
_HEADER_KINDS: dict[int, Any] = {348: nib.Nifti1Header, 540: nib.Nifti2Header}
_HEADER_BYTES = 540
_CACHED_VOXELS = 1 << 16
_MAGIC_AT = {348: 344, 540: 4}
_LPS_IN_RAS = (-1, -1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
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


def read_volume(path: Path, *, accept_2d: bool = False) -> Volume:
    """The image of a .nii or .nii.gz file in LPS order, in its own number type or scaled to float32.

    With `accept_2d` a file of two axes is a volume of one axial slice. Raises BadInputError.
    """
    array, layout = _read(path, accept_2d=accept_2d)
    if layout.slope != 1 or layout.intercept != 0:
        array = array.astype(np.float32) * np.float32(layout.slope) + np.float32(layout.intercept)
    voxels, spacing_mm = _to_lps(array, layout.affine, path)
    return Volume(voxels=voxels, spacing_mm=spacing_mm)


def read_segmentation(path: Path) -> Segmentation:
    """The label map of a .nii or .nii.gz file in LPS order; NaN is background. Raises BadInputError."""
    array, layout = _read(path)
    if layout.slope != 1 or layout.intercept != 0:
        array = array * layout.slope + layout.intercept
    voxels, spacing_mm = _to_lps(_whole_numbers(array, path), layout.affine, path)
    return Segmentation(labels=voxels, spacing_mm=spacing_mm)


def write_volume(path: Path, volume: Volume) -> None:
    """Write a .nii or .nii.gz file with the affine that BraTS uses. The same voxels give the same bytes."""
    _write(path, volume.voxels, volume.spacing_mm)


def write_segmentation(path: Path, segmentation: Segmentation) -> None:
    _write(path, segmentation.labels, segmentation.spacing_mm)


def _read(path: Path, *, accept_2d: bool = False) -> tuple[NDArray[Any], _Layout]:
    raw = _read_bytes(path)
    compressed = is_gzip(raw)
    start = gunzip_start(raw, _HEADER_BYTES) if compressed else raw[:_HEADER_BYTES]
    layout = _layout(start, path, accept_2d=accept_2d)
    if layout.end > MAX_BYTES or (compressed and layout.end > _MAX_DEFLATE_RATIO * len(raw)):
        raise BadInputError(
            f"{path.name}: its header claims {layout.end:,} bytes, the file has {len(raw):,}"
            f"{' compressed' if compressed else ''}.",
            f"Volumes of up to {MAX_BYTES:,} bytes are read; copy the file again or crop the volume.",
        )
    content = _unpacked(raw, layout.end, path) if compressed else raw
    if len(content) < layout.end:
        raise BadInputError(
            f"{path.name}: cut off, its header claims {layout.end:,} bytes and {len(content):,} are there.",
            "Copy or download the file again.",
        )
    n_voxels = int(np.prod(layout.shape))
    flat = np.frombuffer(content, layout.dtype, count=n_voxels, offset=layout.offset)
    return flat.reshape(layout.shape, order="F"), layout


def _read_bytes(path: Path) -> bytes:
    try:
        n_bytes = path.stat().st_size
        if n_bytes > MAX_BYTES:
            raise BadInputError(
                f"{path.name}: {n_bytes:,} bytes is too large.",
                f"Files of up to {MAX_BYTES:,} bytes are read.",
            )
        raw = path.read_bytes()
    except OSError as error:
        raise BadInputError(
            f"{path.name}: cannot be read ({error.strerror}).", "Check the path and the permission."
        ) from error
    if not raw:
        raise BadInputError(f"{path.name}: the file is empty (0 bytes).", "Copy or download it again.")
    return raw


def _unpacked(raw: bytes, n_bytes: int, path: Path) -> NDArray[np.uint8] | bytearray:
    whole = gunzip_whole(raw, n_bytes)
    if whole is not None:
        return whole
    pieces, undamaged = gunzip_pieces(raw, n_bytes)
    if not undamaged:
        raise BadInputError(
            f"{path.name}: its compressed data is damaged after {len(pieces):,} of {n_bytes:,} bytes.",
            "Copy or download the file again.",
        )
    return pieces


def _layout(start: bytes, path: Path, *, accept_2d: bool) -> _Layout:
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
    return _Layout(
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
        return _HEADER_KINDS[size](start[:size], check=False)
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
        affine = np.asarray(header.get_best_affine(), np.float64)
    except (nib.spatialimages.HeaderDataError, ValueError, np.linalg.LinAlgError) as error:
        raise BadInputError(f"{path.name}: bad orientation ({error}).", "Convert it again.") from error
    if not np.isfinite(affine).all() or abs(np.linalg.det(affine[:3, :3])) < 1e-9:
        raise BadInputError(f"{path.name}: its affine has no inverse.", "Convert it again from DICOM.")
    return affine


def _to_lps(
    array: NDArray[Any], affine: NDArray[np.float64], path: Path
) -> tuple[NDArray[Any], tuple[float, float, float]]:
    """Views of the same memory: axes are only exchanged and flipped."""
    lengths_mm = np.linalg.norm(affine[:3, :3], axis=0)
    directions = affine[:3, :3] / lengths_mm
    patient_axes = np.abs(directions).argmax(axis=0)
    along = directions[patient_axes, range(3)]
    tilt_degrees = float(np.degrees(np.arccos(np.abs(along).min().clip(0, 1))))
    if tilt_degrees > MAX_TILT_DEGREES or len(set(patient_axes)) < 3:
        raise BadInputError(
            f"{path.name}: oblique, {tilt_degrees:.0f} degrees off the patient's axes.",
            f"Up to {MAX_TILT_DEGREES:.0f} degrees are taken; resample it to axial slices first.",
        )
    order = np.argsort(patient_axes)
    turned = array.transpose(order)
    flips = tuple(
        slice(None, None, -1 if along[source] * sign < 0 else 1)
        for source, sign in zip(order, _LPS_IN_RAS, strict=True)
    )
    x_mm, y_mm, z_mm = (float(mm) for mm in lengths_mm[order])
    return turned[flips], (x_mm, y_mm, z_mm)


def _whole_numbers(array: NDArray[Any], path: Path) -> NDArray[np.integer[Any]]:
    if array.dtype.kind in "iu":
        return array
    labels = _exactly_uint8(array)
    if labels is not None:
        return labels
    known = np.nan_to_num(array, nan=0.0, posinf=0.5, neginf=0.5)
    wide: NDArray[np.integer[Any]] = known.clip(-(2**31), 2**31 - 1).astype(np.int32)
    if not np.array_equal(wide, known):
        odd = float(array[wide != known][0])
        raise BadInputError(
            f"{path.name}: holds the value {odd:g}, so it is not a label map.",
            "Give a segmentation with whole-number labels (interpolated with nearest neighbor if at all).",
        )
    return wide


def _exactly_uint8(array: NDArray[Any]) -> NDArray[np.integer[Any]] | None:
    """The same numbers as uint8, or None if any is no whole number of 0..255. Works within the cache."""
    source = array.reshape(-1, order="A")
    labels = np.empty(source.shape, np.uint8)
    with np.errstate(invalid="ignore"):
        for start in range(0, source.size, _CACHED_VOXELS):
            part = source[start : start + _CACHED_VOXELS]
            narrow = labels[start : start + _CACHED_VOXELS]
            narrow[:] = part
            if not np.array_equal(narrow.astype(part.dtype), part):
                return None
    return labels.reshape(array.shape, order="F" if array.flags.f_contiguous else "C")


def _write(path: Path, array: NDArray[Any], spacing_mm: tuple[float, float, float]) -> None:
    """Header and voxels only, renamed when whole. Like BraTS, voxel 0 lies at RAS (0, n_y - 1, 0) mm."""
    x_mm, y_mm, z_mm = spacing_mm
    affine = np.diag([-x_mm, -y_mm, z_mm, 1.0])
    affine[1, 3] = y_mm * (array.shape[1] - 1)
    header: Any = _HEADER_KINDS[348]()
    header.set_data_shape(array.shape)
    header.set_data_dtype(array.dtype)
    header.set_qform(affine, code="scanner")
    header.set_sform(affine, code="aligned")
    header.set_xyzt_units("mm")
    header["vox_offset"] = 352
    header["magic"] = b"n+1"
    content = header.binaryblock + bytes(4) + array.astype(array.dtype.newbyteorder("<")).tobytes(order="F")
    packed = deflate.gzip_compress(content, _COMPRESSION_LEVEL) if path.suffix == ".gz" else content
    unfinished = path.with_name(f".{path.name}.part")
    try:
        unfinished.write_bytes(packed)
        unfinished.replace(path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise BadInputError(
            f"{path}: cannot be written ({error.strerror}).", "Check the folder and the free space."
        ) from error
