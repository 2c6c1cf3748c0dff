"""Trials, their one-time tickets, and the responses: what moves while a reader reads."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from core.identifiers import CaseId, ImageSetName, PersonId, ResponseId, StudyName, Ticket, TrialId
from core.reading.protocol import Question
from core.reading.trial import Response, Trial, TrialTicket


def add_trials(db: Database, study: StudyName, reader: PersonId, *, trials: Iterable[Trial]) -> None:
    db.conn.executemany(
        "INSERT INTO trials (trial_id, study, reader, trial_index, case_id, is_repeat, question) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            [trial.trial_id, study, reader, trial.trial_index, trial.case_id, trial.is_repeat, trial.question]
            for trial in trials
        ],
    )


def has_trials(db: Database, study: StudyName, reader: PersonId) -> bool:
    rows = db.execute("SELECT 1 FROM trials WHERE study = ? AND reader = ? LIMIT 1", [study, reader])
    return rows.fetchone() is not None


def count_trials(db: Database, study: StudyName, reader: PersonId) -> int:
    """A reader's trials, practice left out."""
    sql = "SELECT count(*) FROM trials WHERE study = ? AND reader = ? AND trial_index >= 0"
    return int(db.execute(sql, [study, reader]).fetchone()[0])


def unanswered(db: Database, study: StudyName, reader: PersonId, *, most: int = -1) -> list[Trial]:
    """The next trials in this reader's order that have no response; all of them unless told how many."""
    sql = """
    SELECT trials.* FROM trials LEFT JOIN responses USING (trial_id)
    WHERE study = ? AND reader = ? AND response_id IS NULL ORDER BY trial_index LIMIT ?"""
    return [_trial(row) for row in db.query(sql, [study, reader, most])]


def first_of_part(db: Database, study: StudyName, reader: PersonId, question: Question) -> int:
    """The index of the first trial, practice left out, that asks this question alone."""
    sql = "SELECT min(trial_index) FROM trials WHERE study = ? AND reader = ? AND question = ? AND trial_index >= 0"
    return int(db.execute(sql, [study, reader, question]).fetchone()[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class LastTicket:
    """The newest ticket of a trial; older ones are void."""

    ticket: Ticket
    issue: int
    fetched_at: str | None


def last_ticket(db: Database, trial_id: TrialId) -> LastTicket | None:
    sql = "SELECT ticket, issue, fetched_at FROM tickets WHERE trial_id = ? ORDER BY issue DESC LIMIT 1"
    row = db.execute(sql, [trial_id]).fetchone()
    return row and LastTicket(ticket=Ticket(row[0]), issue=row[1], fetched_at=row[2])


def add_ticket(db: Database, ticket: TrialTicket, *, issue: int, issued_at: str) -> None:
    db.execute(
        "INSERT INTO tickets (ticket, trial_id, issue, issued_at) VALUES (?, ?, ?, ?)",
        [ticket.ticket, ticket.trial_id, issue, issued_at],
    )


def redeem(db: Database, ticket: Ticket, reader: PersonId, study: StudyName, *, fetched_at: str) -> Trial | None:
    """Use a ticket, once; None when it is not this reader's, was used, or was replaced by a newer one."""
    sql = """
    UPDATE tickets SET fetched_at = ? WHERE ticket = ? AND fetched_at IS NULL
    AND issue = (SELECT max(issue) FROM tickets newer WHERE newer.trial_id = tickets.trial_id)
    AND trial_id IN (SELECT trial_id FROM trials WHERE reader = ? AND study = ?)"""
    if db.execute(sql, [fetched_at, ticket, reader, study]).rowcount != 1:
        return None
    (row,) = db.query("SELECT trials.* FROM trials JOIN tickets USING (trial_id) WHERE ticket = ?", [ticket])
    return _trial(row)


def pixels_of(db: Database, case_id: CaseId) -> tuple[ImageSetName, int, str]:
    """Where a case's pixels are, and their hash: nothing else of the case."""
    sql = "SELECT image_set, image_index, pixels_sha256 FROM cases WHERE case_id = ?"
    row = db.execute(sql, [case_id]).fetchone()
    return ImageSetName(row[0]), int(row[1]), str(row[2])


def first_fetched_at(db: Database, trial_id: TrialId) -> str | None:
    row = db.execute("SELECT min(fetched_at) FROM tickets WHERE trial_id = ?", [trial_id]).fetchone()
    return row[0] and str(row[0])


def is_saved(db: Database, response_id: ResponseId, trial_id: TrialId) -> bool:
    sql = "SELECT 1 FROM responses WHERE response_id = ? AND trial_id = ?"
    return db.execute(sql, [response_id, trial_id]).fetchone() is not None


def add_response(
    db: Database,
    response: Response,
    *,
    protocol_hash: str,
    pixels_sha256: str,
    fetched_at: str,
    received_at: str,
) -> Mapping[str, object]:
    """Save a response and return its row."""
    row: dict[str, object] = {name: getattr(response, name) for name in response.__slots__}
    row |= {name: int(value) for name, value in row.items() if isinstance(value, bool)}
    row |= {"protocol_hash": protocol_hash, "pixels_sha256": pixels_sha256}
    row |= {"fetched_at": fetched_at, "received_at": received_at}
    db.table("responses").insert(row)
    return row


def erase_responses(db: Database, study: StudyName, reader: PersonId) -> int:
    """Overwrite what a withdrawn reader answered and when images were fetched; returns how many responses."""
    db.execute("PRAGMA secure_delete = ON")
    tickets = "DELETE FROM tickets WHERE trial_id IN (SELECT trial_id FROM trials WHERE study = ? AND reader = ?)"
    db.execute(tickets, [study, reader])
    responses = (
        "DELETE FROM responses WHERE trial_id IN (SELECT trial_id FROM trials WHERE study = ? AND reader = ?)"
    )
    return db.execute(responses, [study, reader]).rowcount


def recent_trial_times_ms(db: Database, study: StudyName, reader: PersonId, *, most: int = 20) -> list[float]:
    """How long the reader's last trials took, from paint to the last answer."""
    sql = """
    SELECT max(coalesce(response_time_ms, 0), coalesce(tumor_response_time_ms, 0)) AS ms
    FROM responses JOIN trials USING (trial_id)
    WHERE study = ? AND reader = ? AND cannot_judge = 0 ORDER BY trial_index DESC LIMIT ?"""
    return [float(row["ms"]) for row in db.query(sql, [study, reader, most])]


def response_table(db: Database, study: StudyName) -> Sequence[Mapping[str, Any]]:
    """Every response of a study with its case's truth, joined here and stored nowhere; in reading order.

    Practice is left out.
    """
    sql = """
    SELECT t.reader AS reader_id, t.trial_index, t.is_repeat, t.question, t.case_id, c.truth, c.tumor_status,
           c.subject_id, json_extract(s.provenance, '$.generator') AS generator, c.image_set, r.*
    FROM responses r JOIN trials t USING (trial_id) JOIN cases c USING (case_id)
    JOIN image_sets s ON s.name = c.image_set JOIN enrollments e ON (e.study, e.reader) = (t.study, t.reader)
    WHERE t.study = ? AND t.trial_index >= 0 ORDER BY e.enrolled_at, t.reader, t.trial_index"""
    return list(db.query(sql, [study]))


def _trial(row: Mapping[str, Any]) -> Trial:
    return Trial(
        trial_id=TrialId(row["trial_id"]),
        trial_index=row["trial_index"],
        case_id=CaseId(row["case_id"]),
        is_repeat=bool(row["is_repeat"]),
        question=row["question"] and Question(row["question"]),
    )
