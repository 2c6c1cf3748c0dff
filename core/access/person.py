"""Who signs in, and by which link."""

from dataclasses import dataclass
from enum import StrEnum

from core.errors import BadInputError
from core.identifiers import InvitationId, PersonId, StudyName


class Role(StrEnum):
    RESEARCHER = "researcher"
    READER = "reader"
    CURATOR = "curator"


RESEARCHER_NAME = "researcher"  # a workspace has one
MOST_NAME_CHARACTERS = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who signs in. The name is kept here only, apart from all responses; researchers alone see it."""

    person_id: PersonId
    name: str
    role: Role
    created_at: str

    def __post_init__(self) -> None:
        fits = self.name == self.name.strip() and 0 < len(self.name) <= MOST_NAME_CHARACTERS
        if not fits or not self.name.isprintable():
            raise BadInputError(
                f"{self.name!r} cannot be a person's name.",
                f"Use 1 to {MOST_NAME_CHARACTERS} printable characters without spaces around them.",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """One personal link. A reader's belongs to a study, a curator's opens the gallery, a researcher's everything.

    `used_at` is when somebody signed in by it (once); `revoked_at` ends the link and the sign-in it led to.
    """

    invitation_id: InvitationId
    person_id: PersonId
    study: StudyName | None
    created_at: str
    used_at: str | None = None
    revoked_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """A person who came by an invitation that is still good."""

    person: Person
    invitation: Invitation
