"""A reader who withdraws is out: nothing of what was answered is left, and nobody else notices."""

import sqlite3
from pathlib import Path

import pytest

from core.errors import AccessDeniedError, NotFoundError, RefusedError
from core.identifiers import PersonId, StudyName
from core.storage import audit_trail, readings, studies
from core.storage.database import opened
from core.workflows.access import accept_invitation, unused_reader_link, withdraw_reader
from core.workflows.maintenance import doctor
from core.workflows.reading import opened_reading, reading_session, stimulus_png, submit_responses
from core.workflows.results import study_responses, study_results
from core.workflows.studies import close_study, study_status
from tests.phantoms import BASE_URL, PROFILE, LockedStudy, response
from tests.reading_robot import read

UNIQUE_TIME = "2031-03-17T11:22:33.444Z"


def person_id(study: LockedStudy, name: str) -> PersonId:
    return next(reader.reader for reader in study_status(study.paths, study.name).readers if reader.name == name)


def n_rows(study: LockedStudy, table: str) -> int:
    with opened(study.paths.database) as db:
        return db.table(table).count


def bytes_of(root: Path) -> bytes:
    return b"".join(file.read_bytes() for file in root.glob("mrturing.db*"))


def test_a_withdrawn_readers_responses_leave_counts_and_results(study: LockedStudy) -> None:
    read(study.paths, study.cookie("stays"))
    read(study.paths, study.cookie("leaves"), most=5)
    assert withdraw_reader(study.paths, study.name, "leaves") == 5
    status = study_status(study.paths, study.name)
    assert [(r.name, r.responses, r.withdrawn) for r in status.readers] == [
        ("stays", 8, False),
        ("leaves", 0, True),
    ]
    assert [reader.name for reader in status.remaining] == ["stays"]
    close_study(study.paths, study.name)
    assert study_results(study.paths, study.name).readers == ("stays",)
    assert len(study_responses(study.paths, study.name)) == 8
    assert doctor(study.paths) == []


def test_a_reader_can_withdraw_after_the_close(study: LockedStudy) -> None:
    for name in ("stays", "leaves"):
        read(study.paths, study.cookie(name))
    close_study(study.paths, study.name)
    assert set(study_results(study.paths, study.name).readers) == {"stays", "leaves"}
    assert withdraw_reader(study.paths, study.name, "leaves") == 8
    assert study_results(study.paths, study.name).readers == ("stays",)
    assert doctor(study.paths) == []


def test_nothing_of_what_was_answered_is_left_in_any_file(study: LockedStudy) -> None:
    read(study.paths, study.cookie("leaves"), lambda _: {"answered_at": UNIQUE_TIME}, most=5)
    with opened(study.paths.database) as db:
        ids = [str(row[0]) for row in db.execute("SELECT response_id FROM responses")]
    assert UNIQUE_TIME.encode() in bytes_of(study.paths.root)
    withdraw_reader(study.paths, study.name, "leaves")
    left = bytes_of(study.paths.root)
    assert not [text for text in (*ids, UNIQUE_TIME, PROFILE.specialty) if text.encode() in left]
    assert (n_rows(study, "responses"), n_rows(study, "tickets")) == (0, 0)
    with opened(study.paths.database) as db:
        enrollment = studies.enrollment(db, study.name, person_id(study, "leaves"))
    assert enrollment is not None
    assert (enrollment.profile, enrollment.consent_version) == (None, "1")


def test_the_hashes_stay_in_the_trail(study: LockedStudy) -> None:
    read(study.paths, study.cookie("leaves"), most=5)
    with opened(study.paths.database) as db:
        before = list(audit_trail.entries(db, study.name))
    withdraw_reader(study.paths, study.name, "leaves")
    with opened(study.paths.database) as db:
        after = list(audit_trail.entries(db, study.name))
    assert after[:-1] == before
    assert after[-1].action == "withdrawn"
    assert after[-1].role == "researcher"


def test_the_link_and_the_sign_in_end(study: LockedStudy) -> None:
    cookie = study.cookie("leaves")
    read(study.paths, cookie, most=2)
    unused = study.link("never came")
    for name in ("leaves", "never came"):
        withdraw_reader(study.paths, study.name, name)
    with pytest.raises(AccessDeniedError, match="ended"), opened_reading(study.paths, cookie):
        pass
    with pytest.raises(AccessDeniedError):
        accept_invitation(study.paths, unused.rsplit("/", 1)[1])
    assert unused_reader_link(study.paths, study.name, "never came", base_url=BASE_URL) is None


def test_a_withdrawal_is_final(study: LockedStudy) -> None:
    read(study.paths, study.cookie("leaves"), most=2)
    withdraw_reader(study.paths, study.name, "leaves")
    with pytest.raises(RefusedError, match="leaves has withdrawn from study"):
        withdraw_reader(study.paths, study.name, "leaves")
    for again in (False, True):
        with pytest.raises(RefusedError, match="leaves has withdrawn from study"):
            study.link("leaves", again=again)
    with opened(study.paths.database) as db, pytest.raises(sqlite3.IntegrityError, match="final"):
        db.execute("UPDATE enrollments SET withdrawn_at = NULL")


@pytest.mark.parametrize(("name", "reader"), [("study", "nobody"), ("absent", "here"), ("study", "researcher")])
def test_who_was_never_invited_cannot_withdraw(study: LockedStudy, name: str, reader: str) -> None:
    study.link("here")
    with pytest.raises(NotFoundError, match="no reader"):
        withdraw_reader(study.paths, StudyName(name), reader)


def test_a_response_on_its_way_when_the_reader_withdraws_is_not_saved(study: LockedStudy) -> None:
    with opened_reading(study.paths, study.cookie("leaves")) as reading:
        entry = reading_session(reading)["ahead"][0]
        stimulus_png(reading, entry["ticket"], study.paths)
        withdraw_reader(study.paths, study.name, "leaves")
        with pytest.raises(RefusedError, match="ended"):
            submit_responses(reading, [response(entry["trial"])])
    assert n_rows(study, "responses") == 0
    assert doctor(study.paths) == []


def test_a_response_on_its_way_when_the_study_closes_is_not_saved(study: LockedStudy) -> None:
    with opened_reading(study.paths, study.cookie()) as reading:
        entry = reading_session(reading)["ahead"][0]
        stimulus_png(reading, entry["ticket"], study.paths)
        close_study(study.paths, study.name)
        with pytest.raises(RefusedError, match="ended"):
            submit_responses(reading, [response(entry["trial"])])
    assert n_rows(study, "responses") == 0


def test_only_the_withdrawn_readers_responses_can_be_erased(study: LockedStudy) -> None:
    read(study.paths, study.cookie("stays"), most=3)
    read(study.paths, study.cookie("leaves"), most=2)
    stays = person_id(study, "stays")
    withdraw_reader(study.paths, study.name, "leaves")
    with opened(study.paths.database) as db:
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            db.execute("DELETE FROM responses")
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            readings.erase_responses(db, study.name, stays)
    assert n_rows(study, "responses") == 3


def test_the_other_readers_go_on_undisturbed(study: LockedStudy) -> None:
    cookie = study.cookie("stays")
    read(study.paths, study.cookie("leaves"), most=2)
    with opened_reading(study.paths, cookie) as reading:
        before = reading_session(reading)
        withdraw_reader(study.paths, study.name, "leaves")
        assert reading_session(reading) == before
    assert len(read(study.paths, cookie)) == 8
