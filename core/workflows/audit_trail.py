"""What was done in a study, written into its audit trail, and the check of every trail."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from core.access.person import RESEARCHER_NAME, Role
from core.errors import BadInputError
from core.identifiers import PersonId, StudyName, TrialId
from core.provenance import utc_now
from core.reading.audit_trail import Action, Entry, Event, Head, first_break
from core.reading.blinding_audit.audit import because
from core.reading.study import Study
from core.storage import audit_trail, blinding, people, studies
from core.storage.database import Database


def record_by_researcher(
    db: Database, study: StudyName, action: Action, content: Mapping[str, object] | None = None
) -> None:
    """Record what the workspace's researcher did, by page or command, in the transaction that does it."""
    audit_trail.append(db, researchers_event(db, study, action, content))


def researchers_event(
    db: Database, study: StudyName, action: Action, content: Mapping[str, object] | None = None
) -> Event:
    """What the workspace's researcher does now, not recorded yet. A transaction: the researcher may be new."""
    now = utc_now()
    researcher = people.person_known_as(db, RESEARCHER_NAME, Role.RESEARCHER, now=now)
    return Event(
        study=study,
        at=now,
        person_id=researcher.person_id,
        role=Role.RESEARCHER,
        action=action,
        content=content or {},
    )


def record_by_reader(
    db: Database, study: StudyName, reader: PersonId, *, action: Action, content: Mapping[str, object] | None = None
) -> None:
    """Record what a reader did, in the transaction that does it."""
    event = Event(
        study=study, at=utc_now(), person_id=reader, role=Role.READER, action=action, content=content or {}
    )
    audit_trail.append(db, event)


def provenance(db: Database, study: Study) -> dict[str, object]:
    """What stands in or beside every export: the study, its protocol's hash, and where its audit trail ends."""
    locked = blinding.audit(db, study.name)
    return {
        "study": study.name,
        "protocol_hash": study.protocol_hash,
        "audit_trail": audit_trail.head(db, study.name).to_json(),
        "blinding_audit": locked.to_json() if locked else None,
    }


def provenance_text(provenance: Mapping[str, Any]) -> str:
    """The same in one line for a person."""
    trail, blinding_audit = provenance["audit_trail"], provenance["blinding_audit"]
    text = (
        f"Protocol hash {provenance['protocol_hash']}; "
        f"audit trail of {trail['length']} entries with the head {trail['head']}"
    )
    if blinding_audit is None:
        return text
    if not blinding_audit["blocking"]:
        return f"{text}; no leak was found by the blinding audit at the lock"
    leaks, reason = ", ".join(blinding_audit["blocking"]), blinding_audit["override_reason"]
    return f"{text}; locked in spite of the leaks {leaks}, {because(reason)}"


def trail_findings(db: Database) -> list[str]:
    """What is wrong with the audit trails, and with responses and protocols that they tell of."""
    return [finding for study in audit_trail.chains(db) for finding in _findings(db, study)]


def printed_findings(db: Database, file: Path) -> list[str]:
    """Whether an export's audit trail is still the beginning of the study's: a trail written anew shows here only.

    Raises BadInputError when the file is no JSON with `study` and `audit_trail`.
    """
    study, printed = _printed(file)
    if printed.length == 0 or audit_trail.hash_at(db, study, printed.length) == printed.sha256:
        return []
    return [
        f"The audit trail of the study {study} is not the one that {file} was exported from: "
        f"entry {printed.length} is another one or missing."
    ]


def _findings(db: Database, name: StudyName) -> list[str]:
    head = audit_trail.head(db, name)
    entries = list(audit_trail.entries(db, name))
    if not entries and head.length == 0:
        return [f"The study {name} has no audit trail: all of it was removed."]
    broken = first_break(entries, head)
    if broken is not None:
        return [f"The audit trail of the study {name} is broken: {broken}."]
    study = studies.study(db, name)
    of_study = _protocol_findings(study, entries) + _blinding_findings(db, name, entries) if study else []
    return _response_findings(db, name, entries) + of_study


def _response_findings(db: Database, study: StudyName, entries: Sequence[Entry]) -> list[str]:
    """The first response that is not what the trail tells."""
    withdrawn = {json.loads(entry.content)["reader"] for entry in entries if entry.action == Action.WITHDRAWN}
    stored = audit_trail.response_hashes(db, study)
    for entry in entries:
        if entry.action != Action.RESPONDED:
            continue
        told = json.loads(entry.content)
        found = stored.pop(TrialId(told["trial_id"]), None)
        expected = None if entry.person_id in withdrawn else told["response_sha256"]
        if found != expected:
            became = "is missing" if found is None else "was changed" if expected else "was not erased"
            return [
                f"The response to trial {told['trial_id']} of the study {study}, saved {entry.at}, {became}"
                f" (entry {entry.position} of the audit trail)."
            ]
    return [f"The response to trial {trial} of the study {study} is not in its audit trail." for trial in stored][
        :1
    ]


def _protocol_findings(study: Study, entries: Sequence[Entry]) -> list[str]:
    """A protocol that was changed together with its hash; the doctor sees by itself where the two differ."""
    locks = [entry for entry in entries if entry.action in {Action.ADOPTED, Action.LOCKED}]
    if not locks or study.protocol_hash != study.protocol.hash:
        return []
    if json.loads(locks[-1].content)["protocol_hash"] == study.protocol_hash:
        return []
    return [
        f"The protocol of the study {study.name} is not the one that was locked "
        f"(entry {locks[-1].position} of the audit trail)."
    ]


def _blinding_findings(db: Database, name: StudyName, entries: Sequence[Entry]) -> list[str]:
    """The audit that the study was locked with, and the reason, are those that its lock tells of."""
    for entry in entries:
        told = json.loads(entry.content)
        if entry.action != Action.LOCKED or "blinding_audit_sha256" not in told:
            continue
        kept = blinding.audit(db, name)
        if kept is None:
            became = "is missing"
        elif blinding.audit_sha256(db, name) != told["blinding_audit_sha256"]:
            became = "is not the one that was made at its lock"
        elif kept.override_reason != told["override_reason"]:
            became = "has another reason to accept its leaks than was given"
        else:
            continue
        return [f"The blinding audit of the study {name} {became} (entry {entry.position} of the audit trail)."]
    return []


def _printed(file: Path) -> tuple[StudyName, Head]:
    try:
        content = json.loads(file.read_bytes())
        trail = content["audit_trail"]
        return StudyName(str(content["study"])), Head(length=int(trail["length"]), sha256=str(trail["head"]))
    except (ValueError, KeyError, TypeError) as error:
        raise BadInputError(
            f"{file} does not say where an audit trail ended.",
            "Name the .provenance.json beside an export, or the JSON of `mrturing study results`.",
        ) from error
