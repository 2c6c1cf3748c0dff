"""What curators decided, and the reasons that a workspace adds. Triggers keep the decisions append-only."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlite_utils import Database

from core.curation.decision import STATUSES, CurationAct, Verdict
from core.curation.reasons import ExclusionReason
from core.curation.standing import ActRow, packed, unpacked
from core.curation.state import UndoableAct
from core.identifiers import ActId, ImageSetName, PersonId
from core.imageset.record import ImageKind, TumorStatus

_END = 2**62  # behind every position


def add_act(db: Database, act: CurationAct, *, received_at: str, settles: bool = False) -> None:
    db.execute(
        "INSERT INTO curation_acts (act_id, image_set, curator, verdict, images, reason, note, tumor_status, "
        "settles, undoes, decided_at, received_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            act.act_id,
            act.image_set,
            act.curator,
            act.verdict,
            packed(act.image_indices),
            act.reason,
            act.note,
            act.tumor_status,
            int(settles),
            act.undoes,
            act.decided_at,
            received_at,
        ],
    )


def act(db: Database, act_id: ActId) -> CurationAct | None:
    rows = db.query("SELECT * FROM curation_acts WHERE act_id = ?", [act_id])
    return next((_act(row) for row in rows), None)


def act_rows(
    db: Database, image_set: ImageSetName, *, curator: PersonId | None = None, until: ActId | None = None
) -> list[ActRow]:
    """The acts on a set that stand, in order; of one curator, or as they stood right after the act `until`."""
    sql = """
    SELECT curator, verdict, reason, tumor_status, settles, images FROM curation_acts act
    WHERE image_set = :image_set AND (:curator IS NULL OR curator = :curator) AND position <= :until
    AND undoes IS NULL AND NOT EXISTS (
        SELECT 1 FROM curation_acts later WHERE later.undoes = act.act_id AND later.position <= :until
    ) ORDER BY position"""
    values = {"image_set": image_set, "curator": curator, "until": _position(db, until)}
    return list(db.execute(sql, values).fetchall())


def decided_images(
    db: Database, image_sets: Collection[ImageSetName]
) -> Iterator[tuple[str, ImageSetName, NDArray[np.uint32]]]:
    """For each act on these sets, undone ones too, the curator's name, the set and the positions."""
    sql = "SELECT name, images FROM curation_acts JOIN people ON person_id = curator WHERE image_set = ?"
    for image_set in image_sets:
        for name, images in db.execute(sql, [image_set]):
            yield name, image_set, unpacked(images)


def last_position(db: Database, image_set: ImageSetName) -> int:
    """That of the last act on a set; 0 before the first."""
    sql = "SELECT coalesce(max(position), 0) FROM curation_acts WHERE image_set = ?"
    return int(db.execute(sql, [image_set]).fetchone()[0])


def last_undoable(db: Database, image_set: ImageSetName, curator: PersonId) -> UndoableAct | None:
    sql = """
    SELECT act_id, verdict, length(images) / 4 AS n_images, decided_at FROM curation_acts act
    WHERE image_set = ? AND curator = ? AND NOT settles AND undoes IS NULL
    AND NOT EXISTS (SELECT 1 FROM curation_acts later WHERE later.undoes = act.act_id)
    ORDER BY position DESC LIMIT 1"""
    return next((UndoableAct(**row) for row in db.query(sql, [image_set, curator])), None)


def recorded_statuses(db: Database, image_set: ImageSetName) -> NDArray[np.int8]:
    """The codes of the tumor statuses as they were recorded [N]."""
    code_of: dict[str, int] = {status: code for code, status in enumerate(STATUSES)}
    sql = "SELECT tumor_status FROM images WHERE image_set = ? ORDER BY image_index"
    return np.array([code_of[row[0]] for row in db.execute(sql, [image_set])], np.int8)


def positions(db: Database, image_set: ImageSetName) -> dict[str, int]:
    """The positions of a set's images by their ids."""
    return dict(db.execute("SELECT image_id, image_index FROM images WHERE image_set = ?", [image_set]).fetchall())


def added_reasons(db: Database, kind: ImageKind) -> tuple[ExclusionReason, ...]:
    rows = db.query("SELECT code, title FROM curation_reasons WHERE kind = ? ORDER BY rowid", [kind])
    return tuple(ExclusionReason(**row) for row in rows)


def add_reason(db: Database, kind: ImageKind, reason: ExclusionReason, *, added_at: str) -> None:
    db.execute("INSERT INTO curation_reasons VALUES (?, ?, ?, ?)", [kind, reason.code, reason.title, added_at])


def _position(db: Database, act_id: ActId | None) -> int:
    if act_id is None:
        return _END
    return int(db.execute("SELECT position FROM curation_acts WHERE act_id = ?", [act_id]).fetchone()[0])


def _act(row: Mapping[str, Any]) -> CurationAct:
    return CurationAct(
        act_id=ActId(row["act_id"]),
        image_set=ImageSetName(row["image_set"]),
        curator=PersonId(row["curator"]),
        verdict=row["verdict"] and Verdict(row["verdict"]),
        image_indices=tuple(unpacked(row["images"]).tolist()),
        decided_at=row["decided_at"],
        reason=row["reason"],
        note=row["note"],
        tumor_status=row["tumor_status"] and TumorStatus(row["tumor_status"]),
        undoes=row["undoes"] and ActId(row["undoes"]),
    )
