"""NIfTI files in and out: the only room that knows nibabel.

Whatever a file claims is held against its real bytes before memory is taken. Every image is brought to LPS by
the nearest axes of its affine; nothing is resampled. An oblique image is taken up to 30 degrees off the
patient's axes (scans along the anterior-posterior commissure are tilted by 10 to 25) and refused beyond.
"""

from pathlib import Path
from typing import Any

import deflate
import numpy as np
from numpy.typing import NDArray

from core.errors import BadInputError
from core.imaging.gzip_stream import gunzip_pieces, gunzip_start, gunzip_whole, is_gzip
from core.imaging.nifti_header import HEADER_BYTES, HEADER_KINDS, MAX_BYTES, ImageLayout, image_layout
from core.imaging.volume import Segmentation, Volume

MAX_TILT_DEGREES = 30.0
_MAX_DEFLATE_RATIO = 1032
_COMPRESSION_LEVEL = 1
_CACHED_VOXELS = 1 << 16
_LPS_IN_RAS = (-1, -1, 1)


def read_volume(path: Path, *, accept_2d: bool = False) -> Volume:
    """The image of a .nii or .nii.gz file in LPS order, in its own number type or scaled to float32.

    With `accept_2d` a file of two axes is a volume of one axial slice. Raises BadInputError.
    """
    array, layout = _read(path, accept_2d=accept_2d)
    if layout.slope != 1 or layout.intercept != 0:
        with np.errstate(over="ignore", invalid="ignore"):
            array = array.astype(np.float32) * np.float32(layout.slope) + np.float32(layout.intercept)
    voxels, spacing_mm = _to_lps(array, layout.affine, path)
    return Volume(voxels=voxels, spacing_mm=spacing_mm)


def read_segmentation(path: Path) -> Segmentation:
    """The label map of a .nii or .nii.gz file in LPS order; NaN is background. Raises BadInputError."""
    array, layout = _read(path)
    if layout.slope != 1 or layout.intercept != 0:
        with np.errstate(over="ignore", invalid="ignore"):
            array = array * layout.slope + layout.intercept
    voxels, spacing_mm = _to_lps(_whole_numbers(array, path), layout.affine, path)
    return Segmentation(labels=voxels, spacing_mm=spacing_mm)


def write_volume(path: Path, volume: Volume) -> None:
    """Write a .nii or .nii.gz file with the affine that BraTS uses. The same voxels give the same bytes."""
    _write(path, volume.voxels, volume.spacing_mm)


def write_segmentation(path: Path, segmentation: Segmentation) -> None:
    _write(path, segmentation.labels, segmentation.spacing_mm)


def _read(path: Path, *, accept_2d: bool = False) -> tuple[NDArray[Any], ImageLayout]:
    raw = _read_bytes(path)
    compressed = is_gzip(raw)
    start = gunzip_start(raw, HEADER_BYTES) if compressed else raw[:HEADER_BYTES]
    layout = image_layout(start, path, accept_2d=accept_2d)
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
    header: Any = HEADER_KINDS[348]()
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
