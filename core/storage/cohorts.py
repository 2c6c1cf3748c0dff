"""Cohorts and their subjects."""

import json
from collections.abc import Mapping
from typing import Any

from sqlite_utils import Database

from core.cohort.record import Cohort
from core.identifiers import CohortName, ImageSetName, SubjectId
from core.imageset.record import Partition, means_scanned
from core.provenance import canonical_json


def add_cohort(db: Database, cohort: Cohort, partitions: Mapping[SubjectId, Partition]) -> None:
    db.execute(
        "INSERT INTO cohorts VALUES (?, ?, ?, ?, ?)",
        [
            cohort.name,
            cohort.created_at,
            canonical_json(dict(cohort.provenance)),
            canonical_json(dict(cohort.screened_out)),
            canonical_json([dict(line) for line in cohort.skipped]),
        ],
    )
    db.conn.executemany(
        "INSERT INTO subjects VALUES (?, ?, ?)",
        [[cohort.name, subject_id, partition] for subject_id, partition in partitions.items()],
    )


def cohorts(db: Database) -> list[Cohort]:
    return [_cohort(row) for row in db.query(f"{_COHORTS} ORDER BY created_at, name")]


def cohort(db: Database, name: CohortName) -> Cohort | None:
    return next((_cohort(row) for row in db.query(f"{_COHORTS} WHERE name = ?", [name])), None)


def partitions(db: Database, name: CohortName) -> dict[SubjectId, Partition]:
    rows = db.query("SELECT subject_id, partition FROM subjects WHERE cohort = ? ORDER BY subject_id", [name])
    return {SubjectId(row["subject_id"]): Partition(row["partition"]) for row in rows}


def image_sets_of(db: Database, name: CohortName) -> list[ImageSetName]:
    rows = db.query("SELECT name FROM image_sets WHERE cohort = ? ORDER BY name", [name])
    return [ImageSetName(row["name"]) for row in rows]


def scanned_sets_of(db: Database, name: CohortName) -> list[ImageSetName]:
    """Those of the images as they were scanned, without sets that were made from them."""
    return [one for one in image_sets_of(db, name) if means_scanned(one, name)]


def delete_cohort(db: Database, name: CohortName) -> None:
    """Delete a cohort with its subjects; its image sets must be gone before."""
    db.execute("DELETE FROM cohorts WHERE name = ?", [name])


_COHORTS = """
SELECT *, (SELECT count(*) FROM subjects WHERE cohort = cohorts.name) AS n_subjects FROM cohorts"""


def _cohort(row: Mapping[str, Any]) -> Cohort:
    return Cohort(
        name=CohortName(row["name"]),
        created_at=row["created_at"],
        provenance=json.loads(row["provenance"]),
        screened_out=json.loads(row["screened_out"]),
        skipped=json.loads(row["skipped"]),
        n_subjects=row["n_subjects"],
    )
