"""Images that any generator or scanner wrote, from a folder into an image set."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInputError
from core.identifiers import ImageId
from core.imageset.folder_files import SkippedFile, files_below, plain_id, relative_name
from core.imageset.image_files import is_deep, read_images
from core.imageset.pixels import PixelWriter
from core.imageset.record import ImageRecord, TumorStatus
from core.imaging.canonical import SMALLEST_SIDE, full_range, scale_to_8bit, to_canonical

OnProgress = Callable[[int, int], None]

_INTEGER, _FLOAT = "integer", "float"
_SUFFIX = re.compile(r"\.(nii\.gz|[^.]+)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedFolder:
    """`records[i]` describes image i of the writer; `limits` has the values that became black and white
    in "integer" images of more than 8 bits and in "float" images, where there were any.
    """

    records: Sequence[ImageRecord]
    skipped: Sequence[SkippedFile]
    limits: dict[str, tuple[float, float]]


def import_folder(
    folder: Path, writer: PixelWriter, *, tumor_status: TumorStatus, on_progress: OnProgress
) -> ImportedFolder:
    """Write the images of all files below `folder`, in natural order, as canonical images.

    8-bit images pass unchanged; deeper ones share limits, found in a run over their files before. A file that
    cannot be used is skipped with a line. `on_progress` gets (files done, files in all). The caller
    commits or discards the writer. Raises BadInputError for a folder without files.
    """
    files, skipped = files_below(folder)
    limits = _shared_limits([path for path in files if is_deep(path)])
    records: list[ImageRecord] = []
    taken: set[str] = set()
    for n_done, path in enumerate(files, start=1):
        try:
            for index, image in enumerate(_checked(read_images(path), path)):
                canonical, factor = to_canonical(_to_8bit(image, limits))
                writer.append(canonical)
                records.append(_record(path, index, tumor_status, factor, taken))
        except BadInputError as error:
            skipped.append(SkippedFile(path=relative_name(path, folder), reason=str(error)))
        on_progress(n_done, len(files))
    return ImportedFolder(records=records, skipped=skipped, limits=limits)


def _shared_limits(files: Sequence[Path]) -> dict[str, tuple[float, float]]:
    """The limits of integer and of float images; faults are left to the run that writes."""

    def images_of(kind: str) -> Iterator[NDArray[Any]]:
        for path in files:
            try:
                yield from (image for image in _checked(read_images(path), path) if _kind_of_number(image) == kind)
            except BadInputError:
                continue

    limits = {kind: full_range(images_of(kind)) for kind in (_INTEGER, _FLOAT)}
    return {kind: pair for kind, pair in limits.items() if pair is not None}


def _checked(images: Iterator[NDArray[Any]], path: Path) -> Iterator[NDArray[Any]]:
    for image in images:
        if image.dtype.kind == "f" and not np.isfinite(image).all():
            raise BadInputError(f"{path.name}: holds NaN or infinity.", "Write finite numbers.")
        if min(image.shape) < SMALLEST_SIDE:
            raise BadInputError(
                f"{path.name}: {image.shape[1]} x {image.shape[0]} pixels is too small.",
                f"Give images of at least {SMALLEST_SIDE} x {SMALLEST_SIDE}.",
            )
        yield image


def _kind_of_number(image: NDArray[Any]) -> str | None:
    if image.dtype == np.uint8:
        return None
    return _FLOAT if image.dtype.kind == "f" else _INTEGER


def _to_8bit(image: NDArray[Any], limits: dict[str, tuple[float, float]]) -> NDArray[np.uint8]:
    kind = _kind_of_number(image)
    return np.asarray(image, np.uint8) if kind is None else scale_to_8bit(image, limits[kind])


def _record(path: Path, index: int, tumor_status: TumorStatus, factor: float, taken: set[str]) -> ImageRecord:
    """Ids are the file's name, or name and number where a file has several or two folders the same name."""
    stem = plain_id(_SUFFIX.sub("", path.name))
    first = name = stem if index == 0 else f"{stem}-{index:04d}"
    n = 1
    while name in taken:
        n += 1
        name = f"{first}.{n}"
    taken.add(name)
    return ImageRecord(
        image_id=ImageId(name), tumor_status=tumor_status, resampling_factor=factor, source_name=path.name
    )
