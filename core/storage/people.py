"""People, their invitations, and the key that signs links and cookies."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from sqlite_utils import Database

from core.access.person import Invitation, Person, Role
from core.identifiers import InvitationId, PersonId, StudyName, random_id


def secret_key(db: Database) -> str:
    """The workspace's signing key, made on first use."""
    sql = "SELECT value FROM secrets WHERE name = 'signing'"
    if db.execute(sql).fetchone() is None:
        db.execute("INSERT OR IGNORE INTO secrets VALUES ('signing', ?)", [secrets.token_hex(32)])
    return str(db.execute(sql).fetchone()[0])


def add_person(db: Database, person: Person) -> None:
    db.execute(
        "INSERT INTO people VALUES (?, ?, ?, ?)",
        [person.person_id, person.name, person.role, person.created_at],
    )


def person_known_as(db: Database, name: str, role: Role, *, now: str) -> Person:
    """The person of that name and role, added on first use."""
    known = person_named(db, name, role)
    if known is not None:
        return known
    person = Person(person_id=PersonId(random_id()), name=name, role=role, created_at=now)
    add_person(db, person)
    return person


def person_named(db: Database, name: str, role: Role) -> Person | None:
    return next((_person(row) for row in db.query(f"{_PEOPLE} WHERE name = ? AND role = ?", [name, role])), None)


def people(db: Database, role: Role) -> list[Person]:
    return [_person(row) for row in db.query(f"{_PEOPLE} WHERE role = ? ORDER BY name", [role])]


def names(db: Database) -> dict[str, str]:
    """Everybody's name by their id."""
    return dict(db.execute("SELECT person_id, name FROM people").fetchall())


def names_of(db: Database, person_ids: Sequence[PersonId]) -> list[str]:
    """The names of people who are known to be there, in the same order."""
    known = names(db)
    return [known[person_id] for person_id in person_ids]


def add_invitation(db: Database, invitation: Invitation) -> None:
    db.execute(
        "INSERT INTO invitations (invitation_id, person_id, study, created_at) VALUES (?, ?, ?, ?)",
        [invitation.invitation_id, invitation.person_id, invitation.study, invitation.created_at],
    )


def invitation(db: Database, invitation_id: InvitationId) -> tuple[Person, Invitation] | None:
    """Return who was invited by this invitation, whatever became of it."""
    sql = f"{_INVITATIONS} WHERE invitation_id = ?"
    return next(((_person(row), _invitation(row)) for row in db.query(sql, [invitation_id])), None)


def standing_invitation(db: Database, person: PersonId, study: StudyName | None) -> Invitation | None:
    """Return the newest invitation of a person that was not revoked, used or not."""
    sql = f"{_INVITATIONS} WHERE person_id = ? AND study IS ? AND revoked_at IS NULL ORDER BY i.rowid DESC"
    return next((_invitation(row) for row in db.query(sql, [person, study])), None)


def mark_used(db: Database, invitation_id: InvitationId, used_at: str) -> bool:
    """Use an invitation; False when it was used or revoked before."""
    sql = "UPDATE invitations SET used_at = ? WHERE invitation_id = ? AND used_at IS NULL AND revoked_at IS NULL"
    return db.execute(sql, [used_at, invitation_id]).rowcount == 1


def revoke_invitations(db: Database, person: PersonId, study: StudyName | None, *, revoked_at: str) -> None:
    """End all links of a person to a study, and the sign-ins they led to."""
    sql = "UPDATE invitations SET revoked_at = ? WHERE person_id = ? AND study IS ? AND revoked_at IS NULL"
    db.execute(sql, [revoked_at, person, study])


_PEOPLE = "SELECT person_id, name, role, created_at FROM people"
_INVITATIONS = """
SELECT i.invitation_id, i.person_id, i.study, i.created_at AS invited_at, i.used_at, i.revoked_at,
       p.name, p.role, p.created_at
FROM invitations i JOIN people p USING (person_id)"""


def _person(row: Mapping[str, Any]) -> Person:
    return Person(
        person_id=PersonId(row["person_id"]),
        name=row["name"],
        role=Role(row["role"]),
        created_at=row["created_at"],
    )


def _invitation(row: Mapping[str, Any]) -> Invitation:
    return Invitation(
        invitation_id=InvitationId(row["invitation_id"]),
        person_id=PersonId(row["person_id"]),
        study=row["study"] and StudyName(row["study"]),
        created_at=row["invited_at"],
        used_at=row["used_at"],
        revoked_at=row["revoked_at"],
    )
