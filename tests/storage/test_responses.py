"""Responses can be added and read, and nothing else."""

import sqlite3

import pytest

from core.identifiers import StudyName
from core.storage import readings
from core.storage.database import opened
from core.workflows.reading import opened_reading, reading_session, stimulus_png, submit_responses
from tests.phantoms import LockedStudy, locked_study, response


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> LockedStudy:
    """A study in which one trial was answered."""
    study = locked_study(tmp_path_factory.mktemp("answered") / "workspace", per_arm=1)
    with opened_reading(study.paths, study.cookie()) as reading:
        first = reading_session(reading)["ahead"][0]
        assert stimulus_png(reading, first["ticket"], study.paths) is not None
        assert len(submit_responses(reading, [response(first["trial"])])["saved"]) == 1
    return study


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE responses SET decision = 'synthetic'",
        "UPDATE responses SET received_at = received_at",
        "DELETE FROM responses",
    ],
)
def test_responses_are_never_changed_or_deleted(answered: LockedStudy, statement: str) -> None:
    with opened(answered.paths.database) as db:
        before = db.execute("SELECT * FROM responses").fetchall()
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            db.execute(statement)
        assert db.execute("SELECT * FROM responses").fetchall() == before


def test_a_trial_has_one_response(answered: LockedStudy) -> None:
    with opened(answered.paths.database) as db:
        row = next(iter(db.query("SELECT * FROM responses")))
        with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
            db.table("responses").insert(row | {"response_id": "another"})


def test_a_response_keeps_what_a_reader_answered_and_no_truth(answered: LockedStudy) -> None:
    with opened(answered.paths.database) as db:
        columns = {column.name for column in db.table("responses").columns}
        row = next(iter(db.query("SELECT * FROM responses")))
        study_hash = db.execute("SELECT protocol_hash FROM studies").fetchone()[0]
    assert columns.isdisjoint({"truth", "tumor_status", "correct", "arm", "image_set"})
    assert row["protocol_hash"] == study_hash
    assert (row["decision"], row["tumor_decision"], row["response_time_ms"]) == ("real", "tumor", 1200.5)
    assert (row["cannot_judge"], row["inverted"], row["interrupted"]) == (0, 0, 0)


def test_the_long_table_joins_the_truth(answered: LockedStudy) -> None:
    with opened(answered.paths.database) as db:
        (row,) = readings.response_table(db, StudyName("study"))
        truth = db.execute("SELECT truth, tumor_status FROM cases WHERE case_id = ?", [row["case_id"]]).fetchone()
    assert (row["truth"], row["tumor_status"]) == truth
    assert row["trial_index"] == 0


def test_a_trials_case_cannot_be_taken_away(answered: LockedStudy) -> None:
    with opened(answered.paths.database) as db, pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        db.execute("DELETE FROM studies")
