"""Image sets and what is known of each image."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlite_utils import Database

from core.identifiers import CohortName, ImageId, ImageSetName, StudyName, SubjectId
from core.imageset.record import ImageKind, ImageRecord, ImageSet, Partition, TrainedOn, TumorStatus
from core.provenance import canonical_json


def add_image_set(db: Database, image_set: ImageSet, records: Iterable[ImageRecord]) -> None:
    trained_on = image_set.trained_on
    db.execute(
        "INSERT INTO image_sets VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            image_set.name,
            image_set.kind,
            image_set.tumor_status,
            image_set.n_images,
            image_set.sha256,
            image_set.created_at,
            image_set.cohort,
            trained_on and trained_on.cohort,
            trained_on and trained_on.partition,
            None if trained_on is None else int(trained_on.attested),
            canonical_json(dict(image_set.provenance)),
        ],
    )
    db.conn.executemany(
        "INSERT INTO images VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (_image_row(image_set.name, index, record) for index, record in enumerate(records)),
    )


def image_sets(db: Database) -> list[ImageSet]:
    return [_image_set(row) for row in db.query("SELECT * FROM image_sets ORDER BY created_at, name")]


def image_set(db: Database, name: ImageSetName) -> ImageSet | None:
    return next((_image_set(row) for row in db.query("SELECT * FROM image_sets WHERE name = ?", [name])), None)


def image_records(db: Database, name: ImageSetName) -> list[ImageRecord]:
    """The records of a set; position n belongs to pixels n."""
    rows = db.query("SELECT * FROM images WHERE image_set = ? ORDER BY image_index", [name])
    return [_image_record(row) for row in rows]


def image_record(db: Database, name: ImageSetName, index: int) -> ImageRecord:
    """The record of an image that is known to be there."""
    rows = db.query("SELECT * FROM images WHERE image_set = ? AND image_index = ?", [name, index])
    return next(_image_record(row) for row in rows)


def delete_image_set(db: Database, name: ImageSetName) -> None:
    db.execute("DELETE FROM image_sets WHERE name = ?", [name])


def studies_using(db: Database, name: ImageSetName) -> list[StudyName]:
    sql = "SELECT DISTINCT study FROM cases WHERE image_set = ? ORDER BY study"
    return [StudyName(row["study"]) for row in db.query(sql, [name])]


def _image_row(name: ImageSetName, index: int, record: ImageRecord) -> list[object]:
    return [
        name,
        index,
        record.image_id,
        record.tumor_status,
        record.subject_id,
        record.partition,
        record.slice_index,
        record.seed,
        float(record.resampling_factor),
        record.source_name,
    ]


def _image_set(row: Mapping[str, Any]) -> ImageSet:
    trained_on = row["trained_on_cohort"] and TrainedOn(
        cohort=row["trained_on_cohort"],
        partition=Partition(row["trained_on_partition"]),
        attested=bool(row["trained_on_attested"]),
    )
    return ImageSet(
        name=ImageSetName(row["name"]),
        kind=ImageKind(row["kind"]),
        tumor_status=TumorStatus(row["tumor_status"]),
        n_images=row["n_images"],
        sha256=row["sha256"],
        created_at=row["created_at"],
        cohort=row["cohort"] and CohortName(row["cohort"]),
        trained_on=trained_on,
        provenance=json.loads(row["provenance"]),
    )


def _image_record(row: Mapping[str, Any]) -> ImageRecord:
    return ImageRecord(
        image_id=ImageId(row["image_id"]),
        tumor_status=TumorStatus(row["tumor_status"]),
        subject_id=row["subject_id"] and SubjectId(row["subject_id"]),
        partition=row["partition"] and Partition(row["partition"]),
        slice_index=row["slice_index"],
        seed=row["seed"],
        resampling_factor=row["resampling_factor"],
        source_name=row["source_name"],
    )
