"""Gray images out of files of any common kind: PNG, JPEG, TIFF, NPY and NIfTI."""

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageSequence, UnidentifiedImageError

from core.errors import BadInputError
from core.imaging.intensity import intensity_scale, to_gray
from core.imaging.nifti import read_volume
from core.imaging.slicing import axial_slice, slice_range

# Gray saved as color JPEG comes back with channels up to 2 levels apart; real colors differ by far more.
_GRAY_TOLERANCE = 4
_DEEP_MODES = ("I", "F", "I;16", "I;16B", "I;16L", "I;16N")


def read_images(path: Path) -> Iterator[NDArray[Any]]:
    """The gray images [H, W] of one file, 8-bit or deeper, in their order. Raises BadInputError.

    A TIFF gives its pages, NPY [H, W] or [N, H, W], a NIfTI volume its axial slices (30..130 of 155), where
    voxels deeper than 8 bits are scaled as a volume.
    """
    reader = _reader(path)
    if reader is None:
        raise BadInputError(f"{path.name}: no image by its name.", f"Give {', '.join(sorted(_READERS))}.")
    try:
        yield from reader(path)
    except OSError as error:
        raise BadInputError(
            f"{path.name}: cannot be read ({error.strerror or error}).", "Check the file and its permission."
        ) from error


def is_deep(path: Path) -> bool:
    """Whether a file may hold float images or integers of more than 8 bits. Looks at its header alone."""
    try:
        if _reader(path) is _from_picture:
            with _opened(path) as picture:
                return picture.mode in _DEEP_MODES
        return _reader(path) is not None
    except (BadInputError, OSError):
        return False


def _reader(path: Path) -> Callable[[Path], Iterator[NDArray[Any]]] | None:
    name = path.name.lower()
    return next((reader for suffix, reader in _READERS.items() if name.endswith(suffix)), None)


def _from_picture(path: Path) -> Iterator[NDArray[Any]]:
    with _opened(path) as picture:
        try:
            for page in ImageSequence.Iterator(picture):
                yield _gray(page, path)
        except (OSError, ValueError, SyntaxError) as error:
            raise BadInputError(f"{path.name}: damaged or cut off ({error}).", "Copy or write it again.") from error


def _opened(path: Path) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return Image.open(path)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise BadInputError(f"{path.name}: far too many pixels.", "Give single images.") from error
    except UnidentifiedImageError as error:
        raise BadInputError(f"{path.name}: not an image, whatever its name.", "Write it again.") from error


def _gray(page: Image.Image, path: Path) -> NDArray[Any]:
    if page.mode in _DEEP_MODES or page.mode == "L":
        return np.asarray(page)
    if page.mode == "1":
        return np.asarray(page.convert("L"))
    channels = np.asarray(page.convert("RGBA")).astype(np.int16)
    if channels[..., 3].min() < 255:
        raise BadInputError(f"{path.name}: partly transparent.", "Save it without an alpha channel.")
    spread = int(np.ptp(channels[..., :3], axis=2).max())
    if spread > _GRAY_TOLERANCE:
        raise BadInputError(
            f"{path.name}: a color image (channels up to {spread} of 255 apart).", "Save it in gray."
        )
    return channels[..., 1].astype(np.uint8)


def _from_npy(path: Path) -> Iterator[NDArray[Any]]:
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError, SyntaxError) as error:
        fault = str(error).splitlines()[0]
        raise BadInputError(
            f"{path.name}: not a NumPy array ({fault}).", "Write it again with numpy.save."
        ) from error
    if array.ndim == 4 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim not in (2, 3) or array.dtype.kind not in "iuf" or not array.size:
        raise BadInputError(
            f"{path.name}: {array.dtype} {array.shape}, not gray images.", "Give [H, W] or [N, H, W] numbers."
        )
    yield from array.reshape(-1, *array.shape[-2:])


def _from_nifti(path: Path) -> Iterator[NDArray[Any]]:
    volume = read_volume(path, accept_2d=True)
    voxels = volume.voxels
    depth = voxels.shape[2]
    if depth == 1:
        yield axial_slice(voxels, 0)
        return
    try:
        scale = intensity_scale(volume)
    except BadInputError as error:
        raise BadInputError(f"{path.name}: {error.what}", error.next_step) from error
    for z in slice_range(depth):
        values = axial_slice(voxels, z)
        yield values if values.dtype == np.uint8 else to_gray(values, scale)


_READERS: dict[str, Callable[[Path], Iterator[NDArray[Any]]]] = {
    ".png": _from_picture,
    ".jpg": _from_picture,
    ".jpeg": _from_picture,
    ".tif": _from_picture,
    ".tiff": _from_picture,
    ".npy": _from_npy,
    ".nii": _from_nifti,
    ".nii.gz": _from_nifti,
}
