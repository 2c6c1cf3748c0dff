"""Folders that torchvision's ImageFolder reads."""

import csv
from pathlib import Path

import numpy as np
import pytest

from core.errors import RefusedError
from core.identifiers import ImageId, SubjectId
from core.imageset.folder_export import MANIFEST, export_folder
from core.imageset.folder_import import import_folder
from core.imageset.pixels import PixelWriter, open_pixels
from core.imageset.record import ImageRecord, Partition, TumorStatus

PIXELS = np.random.default_rng(0).integers(0, 256, (3, 256, 256), np.uint8)
RECORDS = [
    ImageRecord(
        image_id=ImageId(f"p1-z{n:03d}"),
        tumor_status=TumorStatus.TUMOR if n else TumorStatus.NONTUMOR,
        subject_id=SubjectId("p1"),
        partition=Partition.TEST,
        slice_index=n,
    )
    for n in range(3)
]


def test_each_status_is_a_class_and_the_manifest_says_the_rest(tmp_path: Path) -> None:
    assert export_folder(PIXELS, RECORDS, tmp_path / "out") == 3
    with (tmp_path / "out" / MANIFEST).open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["file"] for row in rows] == [
        "nontumor/p1-z000.png",
        "tumor/p1-z001.png",
        "tumor/p1-z002.png",
    ]
    assert rows[1]["partition"] == "test"
    assert rows[1]["seed"] == ""


def test_what_is_exported_comes_back_by_import(tmp_path: Path) -> None:
    export_folder(PIXELS, RECORDS, tmp_path / "out")
    with PixelWriter(tmp_path / "set.npy") as writer:
        result = import_folder(
            tmp_path / "out", writer, tumor_status=TumorStatus.UNKNOWN, on_progress=lambda *_: None
        )
        writer.commit()
    assert [record.image_id for record in result.records] == [record.image_id for record in RECORDS]
    np.testing.assert_array_equal(open_pixels(tmp_path / "set.npy"), PIXELS)


def test_nothing_is_mixed_into_a_folder_with_content(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(RefusedError, match="is not empty"):
        export_folder(PIXELS, RECORDS, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
