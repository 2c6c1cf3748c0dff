"""Simulated readers read a locked study the way people do: link, consent, tickets, responses."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import count, islice
from typing import Any

from core.access.person import Role
from core.errors import RefusedError
from core.identifiers import StudyName
from core.provenance import utc_now
from core.reading.simulated_readers import SIMULATED_PROFILE, SPECIALTY, Ability, SimulatedReader
from core.reading.study import Enrollment
from core.settings import WorkspacePaths
from core.storage import people, readings, studies
from core.storage.database import Database, opened
from core.workflows.access import accept_invitation, invite_reader, sign_in
from core.workflows.image_sets import OnProgress
from core.workflows.reading import (
    Reading,
    begin_reading,
    opened_reading,
    reading_session,
    stimulus_png,
    submit_responses,
)
from core.workflows.studies import study_named


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedReading:
    """How many responses of a simulated reader the study has, from now and from before."""

    reader: str
    responses: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedReadings:
    """`n_people` of the study's readers are people: the results count both."""

    readings: list[SimulatedReading]
    n_people: int


def simulate_readings(
    paths: WorkspacePaths,
    study: StudyName,
    ability: Ability,
    *,
    n_readers: int,
    seed: int,
    on_progress: OnProgress,
) -> SimulatedReadings:
    """Let `simulated-1`, `simulated-2`, ... read a locked study to its end; one who has begun goes on.

    A number whose name belongs to a person, or to a reader who withdrew, is passed over. Raises RefusedError
    unless the study is locked.
    """
    with opened(paths.database) as db:
        study_named(db, study)
        numbers = (number for number in count(1) if _may_read(_enrollment(db, study, number)))
        readers = [
            SimulatedReader(number=number, seed=seed, ability=ability) for number in islice(numbers, n_readers)
        ]
    done = []
    for position, reader in enumerate(readers):
        on_progress(position, n_readers)
        cookie = _signed_in(paths, study, reader)
        done.append(SimulatedReading(reader=reader.name, responses=_read(paths, cookie, reader)))
    on_progress(n_readers, n_readers)
    return SimulatedReadings(readings=done, n_people=_count_people(paths, study))


def _enrollment(db: Database, study: StudyName, number: int) -> Enrollment | None:
    person = people.person_named(db, SimulatedReader.name_of(number), Role.READER)
    return studies.enrollment(db, study, person.person_id) if person else None


def _is_simulated(enrollment: Enrollment) -> bool:
    return enrollment.profile is not None and enrollment.profile["specialty"] == SPECIALTY


def _may_read(enrollment: Enrollment | None) -> bool:
    return enrollment is None or (_is_simulated(enrollment) and enrollment.withdrawn_at is None)


def _count_people(paths: WorkspacePaths, study: StudyName) -> int:
    with opened(paths.database) as db:
        enrolled = [studies.enrollment(db, study, one.reader) for one in studies.progress(db, study)]
    return sum(one is not None and not _is_simulated(one) for one in enrolled)


def _signed_in(paths: WorkspacePaths, study: StudyName, reader: SimulatedReader) -> str:
    """Invite, follow the link, agree to take part; return the cookie."""
    with opened(paths.database) as db:
        has_begun = _enrollment(db, study, reader.number) is not None
    link = invite_reader(paths, study, reader.name, again=has_begun, base_url="")
    _, cookie = accept_invitation(paths, link.rsplit("/", 1)[1])
    signed_in = sign_in(paths, cookie, Role.READER)
    if signed_in is not None:
        begin_reading(paths, signed_in, SIMULATED_PROFILE)
    return cookie


def _read(paths: WorkspacePaths, cookie: str, reader: SimulatedReader) -> int:
    """Answer what is left of the study, a few trials at a time as a browser does; return all responses' number."""
    with opened_reading(paths, cookie) as reading:
        db, study = reading.db, reading.study.name
        both = [*studies.cases(db, study), *studies.cases(db, study, practice=True)]
        cases = {case.case_id: case for case in both}
        n_trials = readings.count_trials(db, study, reading.reader)
        left = readings.unanswered(db, study, reading.reader)
        trials = {trial.trial_id: trial for trial in left}
        to_come = Counter(trial.case_id for trial in left)
        position: Mapping[str, Any] = reading_session(reading)
        while position["ahead"]:
            records = []
            for ahead in position["ahead"]:
                stimulus_png(reading, ahead["ticket"], paths)
                trial = trials[ahead["trial"]]
                to_come[trial.case_id] -= 1
                records.append(
                    reader.record(
                        cases[trial.case_id],
                        reading.study.protocol,
                        trial=trial,
                        painted_at=datetime.fromisoformat(utc_now()),
                        presentations_left=to_come[trial.case_id],
                    )
                )
            position = _submitted(reading, records)
    return n_trials


def _submitted(reading: Reading, records: list[Mapping[str, object]]) -> Mapping[str, Any]:
    reply: Mapping[str, Any] = submit_responses(reading, records)
    if reply["refused"]:
        raise RefusedError(
            f"A simulated response was refused: {reply['refused'][0]['what']}",
            "See whether somebody else answers for this reader, and run the command again.",
        )
    return reply
