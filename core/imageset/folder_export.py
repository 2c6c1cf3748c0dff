"""Image sets out to folders of PNG files that torchvision's ImageFolder reads."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInputError, RefusedError
from core.imageset.record import ImageRecord
from core.imaging.png import encode_png

MANIFEST = "manifest.csv"
_COLUMNS = (
    "file",
    "image_id",
    "tumor_status",
    "subject_id",
    "partition",
    "slice_index",
    "seed",
    "resampling_factor",
    "source_name",
)


def export_folder(pixels: Iterable[NDArray[np.uint8]], records: Sequence[ImageRecord], folder: Path) -> int:
    """Write FOLDER/TUMOR_STATUS/IMAGE_ID.png for N images [256, 256] and FOLDER/manifest.csv; returns N.

    Raises RefusedError where the folder has anything in it, BadInputError where it cannot be written.
    """
    try:
        if folder.exists() and any(folder.iterdir()):
            raise RefusedError(f"{folder} is not empty.", "Name a new folder, so that nothing is mixed up.")
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / MANIFEST).open("w", newline="", encoding="utf-8") as file:
            manifest = csv.DictWriter(file, _COLUMNS)
            manifest.writeheader()
            for image, record in zip(pixels, records, strict=True):
                manifest.writerow(_write_image(image, record, folder))
    except OSError as error:
        raise BadInputError(
            f"{folder} cannot be written ({error.strerror}).", "Check the path, permission and free space."
        ) from error
    return len(records)


def _write_image(image: NDArray[np.uint8], record: ImageRecord, folder: Path) -> dict[str, object]:
    name = Path(record.tumor_status, f"{record.image_id}.png")
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(encode_png(image))
    return {"file": name.as_posix()} | {column: getattr(record, column) for column in _COLUMNS[1:]}
