"""Features of image sets, computed once and kept in the workspace by what they follow from."""

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from core.embedding.features import MOST_FITTED, SIDE_PX, PixelFeatures
from core.errors import from_os_error
from core.imageset.contact_sheet import evenly_chosen
from core.imageset.pixels import open_pixels
from core.imageset.record import ImageSet
from core.imaging.canonical import drawn_at
from core.provenance import sha256_of_bytes, sha256_of_json
from core.settings import WorkspacePaths

AT_ONCE = 512
_KIND = f"pixels after PCA, {SIDE_PX} px"
Chosen = tuple[ImageSet, NDArray[np.int64]]  # a set and the positions of some of its images
OnDone = Callable[[int], None]  # how many images were just dealt with


def drawn_images(
    paths: WorkspacePaths, image_set: ImageSet, positions: NDArray[np.int64], *, side_px: int
) -> Iterator[NDArray[np.uint8]]:
    """Images of a set one by one, as a generator of `side_px` pixels would have drawn them; at 256 as they are."""
    pixels = open_pixels(paths.image_set(image_set.name))
    return (drawn_at(np.asarray(pixels[position]), side_px) for position in positions)


def thinned(chosen: Sequence[Chosen], most: int) -> list[Chosen]:
    """At most `most` of the images, evenly chosen over all sets."""
    ends = np.cumsum([len(positions) for _, positions in chosen])
    kept = np.array(evenly_chosen(int(ends[-1]), most), np.int64)
    parts = np.split(kept, np.searchsorted(kept, ends[:-1]))
    starts = ends - [len(positions) for _, positions in chosen]
    return [
        (image_set, positions[part - start])
        for (image_set, positions), part, start in zip(chosen, parts, starts, strict=True)
    ]


def pixel_features(paths: WorkspacePaths, training: Sequence[Chosen], *, side_px: int) -> PixelFeatures:
    """The principal components of training images, at most 4,000 of them, evenly chosen."""
    key = sha256_of_json([_KIND, side_px, [[one.sha256, _hash(positions)] for one, positions in training]])
    file = _folder(paths, training[0][0]) / f"{key}.npz"
    with suppress(OSError, ValueError, KeyError, EOFError, BadZipFile):
        return PixelFeatures.load(file)
    fitted = PixelFeatures.fit(
        chain.from_iterable(
            drawn_images(paths, image_set, positions, side_px=side_px)
            for image_set, positions in thinned(training, MOST_FITTED)
        )
    )
    _write_whole(file, fitted.save)
    return fitted


def features_of(
    paths: WorkspacePaths,
    image_set: ImageSet,
    pixel_features: PixelFeatures,
    *,
    side_px: int,
    positions: NDArray[np.int64] | None = None,
    mirrored: bool = False,
    on_done: OnDone = lambda _: None,
) -> NDArray[np.float32]:
    """float32 [n, k], memory-mapped, of images of a set at `side_px` pixels, or of their mirror images.

    Of those at ascending `positions` [n]; of all unless told otherwise.
    """
    chosen = np.arange(image_set.n_images) if positions is None else positions
    which = [] if len(chosen) == image_set.n_images else [_hash(chosen)]
    key = sha256_of_json([_KIND, pixel_features.sha256, image_set.sha256, side_px, mirrored, *which])
    file = _folder(paths, image_set) / f"{key}.npy"
    shape = (len(chosen), len(pixel_features.components))
    stored = _stored(file, shape)
    if stored is not None:
        on_done(len(chosen))
        return stored

    def compute(unfinished: Path) -> None:
        features = np.lib.format.open_memmap(unfinished, "w+", np.float32, shape)
        for start in range(0, len(chosen), AT_ONCE):
            some = chosen[start : start + AT_ONCE]
            images = drawn_images(paths, image_set, some, side_px=side_px)
            features[start : start + len(some)] = pixel_features.of(
                image[:, ::-1] if mirrored else image for image in images
            )
            on_done(len(some))
        features.flush()

    _write_whole(file, compute)
    return np.asarray(np.load(file, mmap_mode="r", allow_pickle=False))


def _folder(paths: WorkspacePaths, image_set: ImageSet) -> Path:
    return paths.features / image_set.name


def _hash(positions: NDArray[np.int64]) -> str:
    return sha256_of_bytes(np.ascontiguousarray(positions, np.int64).tobytes())


def _stored(file: Path, shape: tuple[int, int]) -> NDArray[np.float32] | None:
    """None where there is none, or none that is whole."""
    with suppress(OSError, ValueError, EOFError):
        features = np.load(file, mmap_mode="r", allow_pickle=False)
        if features.shape == shape and features.dtype == np.float32:
            return np.asarray(features)
    return None


def _write_whole(file: Path, write: Callable[[Path], None]) -> None:
    """`file` appears whole or not at all. Raises WorkspaceError."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(".part", f".{file.name}.", file.parent)
        os.close(descriptor)
        try:
            write(Path(name))
            Path(name).replace(file)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        raise from_os_error(error, file) from error
