"""A reader's session: consent, trials one after the other, responses. Nothing here returns a truth."""

import statistics
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from core.access.person import Role, SignIn
from core.errors import (
    AccessDeniedError,
    BadInputError,
    MrTuringError,
    NotFoundError,
    RefusedError,
    WorkspaceError,
)
from core.identifiers import PersonId, StudyName, Ticket, keyed_id
from core.imageset.pixels import open_pixels
from core.imaging.png import encode_png
from core.provenance import sha256_of_bytes, utc_now
from core.reading.audit_trail import Action, responded
from core.reading.case import Stimulus
from core.reading.design import Scale
from core.reading.protocol import Question
from core.reading.study import CONSENT_VERSION, ReaderProfile, Study, StudyState
from core.reading.trial import TRIALS_AHEAD, Response, Trial, TrialTicket
from core.settings import WorkspacePaths
from core.storage import audit_trail, people, readings, studies
from core.storage.connections import Connections
from core.storage.database import Database, opened, writing
from core.workflows.access import sign_in_from
from core.workflows.audit_trail import record_by_reader

MINIMUM_VIEWPORT = {"width": 900, "height": 600}  # CSS pixels


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One reader's way through one study, on an open database."""

    db: Database
    study: Study
    reader: PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingStatus:
    """What the start and end pages show. Of a study in two parts, the questions and the mixture only of the first.

    `may_tell`: whether it may be said now that some images are synthetic.
    """

    study: StudyName
    state: StudyState
    prevalence_text: str
    questions: tuple[Question, ...]
    scale: Scale
    confirm: bool
    consented: bool
    may_tell: bool
    n_practice: int
    n_trials: int
    n_responses: int

    @property
    def takes_readers(self) -> bool:
        return self.state in {StudyState.LOCKED, StudyState.OPEN}

    @property
    def finished(self) -> bool:
        return self.n_responses == self.n_trials


def reading_status(paths: WorkspacePaths, signed_in: SignIn) -> ReadingStatus:
    """Where a reader stands."""
    reader = signed_in.person.person_id
    with opened(paths.database) as db:
        study = _study_of(db, signed_in)
        enrollment = studies.enrollment(db, study.name, reader)
        n_trials = readings.count_trials(db, study.name, reader)
        left = sum(not trial.is_practice for trial in readings.unanswered(db, study.name, reader))
    protocol = study.protocol
    return ReadingStatus(
        study=study.name,
        state=study.state,
        prevalence_text="" if protocol.has_two_parts else protocol.prevalence_text,
        questions=(Question.TUMOR,) if protocol.has_two_parts else protocol.questions,
        scale=protocol.scale,
        confirm=protocol.confirm,
        consented=enrollment is not None and enrollment.consented_at is not None,
        may_tell=not protocol.has_two_parts,
        n_practice=protocol.presentation.practice,
        n_trials=n_trials,
        n_responses=n_trials - left,
    )


def begin_reading(paths: WorkspacePaths, signed_in: SignIn, profile: ReaderProfile) -> None:
    """Record consent and profile, once, before the first trial."""
    with opened(paths.database) as db, writing(db):
        study = _study_of(db, signed_in)
        reader = signed_in.person.person_id
        is_new = studies.record_consent(
            db, study.name, reader, profile=profile, consent_version=CONSENT_VERSION, consented_at=utc_now()
        )
        if is_new:
            content = {"consent_version": CONSENT_VERSION}
            record_by_reader(db, study.name, reader, action=Action.CONSENTED, content=content)


@contextmanager
def opened_reading(
    paths: WorkspacePaths, cookie: str | None, *, connections: Connections | None = None
) -> Iterator[Reading]:
    """Open the reading that a reader's cookie belongs to, on one of `connections` or one of its own.

    Raises AccessDeniedError without a standing sign-in, RefusedError before consent and after the study closed.
    """
    if not cookie or not paths.database.is_file():
        raise AccessDeniedError("You are not signed in.", "Open your personal link again.")
    with connections.lent() if connections else opened(paths.database) as db:
        signed_in = sign_in_from(db, cookie, Role.READER)
        if signed_in is None:
            raise AccessDeniedError(
                "Your link has ended, or another one replaced it.",
                "Ask the person who invited you for a new link.",
            )
        study = _study_of(db, signed_in)
        reader = signed_in.person.person_id
        enrollment = studies.enrollment(db, study.name, reader)
        if not study.takes_readers:
            raise RefusedError("This study is closed.", "Thank you; there is nothing more to read.")
        if enrollment is None or enrollment.consented_at is None:
            raise RefusedError("You have not agreed to take part yet.", "Open the start page first.")
        yield Reading(db=db, study=study, reader=reader)


def reading_session(reading: Reading) -> dict[str, object]:
    """What the viewer needs to begin or to resume: position, questions, and tickets for the next trials."""
    with writing(reading.db):
        ahead = _tickets(reading, renew=True)
        protocol = reading.study.protocol
        return _position(reading, ahead) | {
            "practice_total": protocol.presentation.practice,
            "break_every": protocol.presentation.break_every,
            "scale": str(protocol.scale),
            "confirm": protocol.confirm,
            "minimum_viewport": MINIMUM_VIEWPORT,
            "seconds_per_trial": _seconds_per_trial(reading),
        }


def stimulus_png(reading: Reading, ticket: Ticket, paths: WorkspacePaths) -> bytes | None:
    """Return one trial's image for its ticket, as a PNG; None when the ticket does not hold (any more).

    Raises WorkspaceError, naming no source, where the pixels are not those whose hash is saved with the response.
    """
    # The disk is not waited for: a response, which is, saves before it that its image was fetched.
    with writing(reading.db, durable=False):
        trial = readings.redeem(reading.db, ticket, reading.reader, reading.study.name, fetched_at=utc_now())
    if trial is None:
        return None
    return encode_png(_stimulus(reading, trial, paths).pixels)


def _stimulus(reading: Reading, trial: Trial, paths: WorkspacePaths) -> Stimulus:
    image_set, index, pixels_sha256 = readings.pixels_of(reading.db, trial.case_id)
    damaged = WorkspaceError("This image is damaged.", "Tell the researcher, who finds it with `mrturing doctor`.")
    try:
        pixels = reading.study.protocol.remedies.applied(open_pixels(paths.image_set(image_set))[index])
    except WorkspaceError as error:
        raise damaged from error  # its own words name the file, and so the source
    if sha256_of_bytes(pixels.tobytes()) != pixels_sha256:
        raise damaged
    return Stimulus(trial_id=trial.trial_id, pixels=pixels)


def submit_responses(reading: Reading, records: Sequence[object]) -> dict[str, object]:
    """Save what a browser sends, all in one transaction, and say which responses are saved and which refused."""
    saved: list[str] = []
    refused: list[dict[str, str]] = []
    with writing(reading.db):
        if not studies.is_open_to(reading.db, reading.study.name, reading.reader):
            raise RefusedError("This reading has ended.", "Thank you; there is nothing more to read.")
        for record in records:
            response_id = str(record.get("response_id", ""))[:64] if isinstance(record, dict) else ""
            try:
                _save(reading, Response.from_json(record))
                saved.append(response_id)
            except MrTuringError as error:
                refused.append({"response_id": response_id, "what": error.what})
        position = _position(reading, _tickets(reading, renew=False))
    return {"saved": saved, "refused": refused} | position


def _study_of(db: Database, signed_in: SignIn) -> Study:
    name = signed_in.invitation.study
    study = name and studies.study(db, name)
    if not study:
        raise NotFoundError("This study is not there any more.", "Ask the person who invited you.")
    return study


def _save(reading: Reading, response: Response) -> None:
    if readings.is_saved(reading.db, response.response_id, response.trial_id):
        return
    trial = next((trial for trial in _next_trials(reading) if trial.trial_id == response.trial_id), None)
    fetched_at = readings.first_fetched_at(reading.db, trial.trial_id) if trial else None
    if trial is None or fetched_at is None:
        raise RefusedError("This image was already answered, or was never shown.", "Go on with the next image.")
    protocol = reading.study.protocol
    if not response.answers(trial.asks(protocol.questions), scale=protocol.scale):
        raise BadInputError("The response does not answer what the protocol asks.", "Reload the page.")
    _, _, pixels_sha256 = readings.pixels_of(reading.db, trial.case_id)
    row = readings.add_response(
        reading.db,
        response,
        protocol_hash=reading.study.protocol_hash or "",
        pixels_sha256=pixels_sha256,
        fetched_at=fetched_at,
        received_at=utc_now(),
    )
    audit_trail.append(reading.db, responded(reading.study.name, reading.reader, row))


def _next_trials(reading: Reading) -> list[Trial]:
    """The next trials, of one part only: what comes in the second one stays unknown until the first is done."""
    trials = readings.unanswered(reading.db, reading.study.name, reading.reader, most=TRIALS_AHEAD)
    return [trial for trial in trials if trial.question == trials[0].question]


def _tickets(reading: Reading, *, renew: bool) -> list[TrialTicket]:
    """Tickets for the next trials: those not used yet, and new ones; `renew` replaces used ones too."""
    tickets = []
    for trial in _next_trials(reading):
        last = readings.last_ticket(reading.db, trial.trial_id)
        if last is not None and last.fetched_at is not None and not renew:
            continue
        if last is None or last.fetched_at is not None:
            tickets.append(_new_ticket(reading, trial, 1 if last is None else last.issue + 1))
        else:
            tickets.append(_as_ticket(trial, last.ticket))
    return tickets


def _new_ticket(reading: Reading, trial: Trial, issue: int) -> TrialTicket:
    key = people.secret_key(reading.db)
    ticket = _as_ticket(trial, Ticket(keyed_id(key, "ticket", trial.trial_id, issue)))
    readings.add_ticket(reading.db, ticket, issue=issue, issued_at=utc_now())
    return ticket


def _as_ticket(trial: Trial, ticket: Ticket) -> TrialTicket:
    return TrialTicket(trial_id=trial.trial_id, trial_index=trial.trial_index, ticket=ticket)


def _position(reading: Reading, ahead: Sequence[TrialTicket]) -> dict[str, object]:
    n_trials = readings.count_trials(reading.db, reading.study.name, reading.reader)
    following = _next_trials(reading)
    questions = following[0].asks(reading.study.protocol.questions) if following else ()
    return {
        "state": "reading" if following else "finished",
        "trials_total": n_trials,
        "next_trial_index": following[0].trial_index if following else n_trials,
        "questions": [str(question) for question in questions],
        "second_part": _second_part(reading) if following and following[0].question is Question.REALISM else None,
        "ahead": [
            {"trial": ticket.trial_id, "trial_index": ticket.trial_index, "ticket": ticket.ticket}
            for ticket in ahead
        ],
    }


def _second_part(reading: Reading) -> dict[str, object]:
    """Where the second part begins, and what its readers are told then: not before."""
    db, study = reading.db, reading.study
    first = readings.first_of_part(db, study.name, reading.reader, Question.REALISM)
    return {"first_trial_index": first, "text": study.protocol.prevalence_text}


def _seconds_per_trial(reading: Reading) -> float | None:
    times_ms = readings.recent_trial_times_ms(reading.db, reading.study.name, reading.reader)
    return round(statistics.median(times_ms) / 1000, 1) if times_ms else None
