"""Sample reviews and releases. Triggers keep a release as it was made."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from sqlite_utils import Database

from core.curation.decision import STATUSES
from core.curation.release import Release, Selection
from core.curation.sample_review import SampleReview
from core.curation.standing import packed, unpacked
from core.identifiers import ImageSetName, ReleaseName
from core.provenance import canonical_json

_RELEASES = "SELECT *, (SELECT count(*) FROM release_images WHERE release = name) AS n_images FROM releases"


def add_sample_review(db: Database, review: SampleReview) -> None:
    db.execute(
        "INSERT INTO sample_reviews (image_set, seed, population, sample, started_at) VALUES (?, ?, ?, ?, ?)",
        [review.image_set, review.seed, packed(review.population), packed(review.sample), review.started_at],
    )


def sample_reviews(db: Database, image_set: ImageSetName) -> list[SampleReview]:
    """The samples that were drawn of a set, the last one last."""
    rows = db.query("SELECT * FROM sample_reviews WHERE image_set = ? ORDER BY review", [image_set])
    return [
        SampleReview(
            image_set=ImageSetName(row["image_set"]),
            seed=row["seed"],
            population=unpacked(row["population"]),
            sample=unpacked(row["sample"]),
            started_at=row["started_at"],
        )
        for row in rows
    ]


def add_release(db: Database, release: Release, selection: Selection) -> None:
    db.execute(
        "INSERT INTO releases VALUES (?, ?, ?, ?, ?)",
        [
            release.name,
            release.image_set,
            release.sha256,
            release.created_at,
            canonical_json(dict(release.data_sheet)),
        ],
    )
    kept = zip(selection.image_indices.tolist(), selection.tumor_statuses.tolist(), strict=True)
    db.conn.executemany(
        "INSERT INTO release_images VALUES (?, ?, ?)",
        ([release.name, index, STATUSES[code]] for index, code in kept),
    )


def releases(db: Database) -> list[Release]:
    return [_release(row) for row in db.query(f"{_RELEASES} ORDER BY created_at, name")]


def release(db: Database, name: ReleaseName) -> Release | None:
    return next((_release(row) for row in db.query(f"{_RELEASES} WHERE name = ?", [name])), None)


def releases_of(db: Database, image_set: ImageSetName) -> list[ReleaseName]:
    rows = db.query("SELECT name FROM releases WHERE image_set = ? ORDER BY name", [image_set])
    return [ReleaseName(row["name"]) for row in rows]


def selection(db: Database, release: Release) -> Selection:
    code_of = {status: code for code, status in enumerate(STATUSES)}
    sql = "SELECT image_index, tumor_status FROM release_images WHERE release = ? ORDER BY image_index"
    rows = db.execute(sql, [release.name]).fetchall()
    return Selection(
        image_set=release.image_set,
        image_indices=np.array([index for index, _ in rows], np.int64),
        tumor_statuses=np.array([code_of[status] for _, status in rows], np.int8),
    )


def delete_release(db: Database, name: ReleaseName) -> None:
    db.execute("DELETE FROM releases WHERE name = ?", [name])


def _release(row: Mapping[str, Any]) -> Release:
    return Release(
        name=ReleaseName(row["name"]),
        image_set=ImageSetName(row["image_set"]),
        n_images=row["n_images"],
        sha256=row["sha256"],
        created_at=row["created_at"],
        data_sheet=json.loads(row["data_sheet"]),
    )
