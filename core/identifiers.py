"""The names and ids of things: typed, checked once, and unguessable where a browser sees them."""

import hashlib
import hmac
import re
import secrets
from typing import NewType

from core.errors import BadInputError

CohortName = NewType("CohortName", str)
SubjectId = NewType("SubjectId", str)
ImageSetName = NewType("ImageSetName", str)
ImageId = NewType("ImageId", str)
RunName = NewType("RunName", str)
StudyName = NewType("StudyName", str)
PersonId = NewType("PersonId", str)
InvitationId = NewType("InvitationId", str)
CaseId = NewType("CaseId", str)
TrialId = NewType("TrialId", str)
Ticket = NewType("Ticket", str)
ResponseId = NewType("ResponseId", str)
ActId = NewType("ActId", str)
ReleaseName = NewType("ReleaseName", str)
EmbeddingName = NewType("EmbeddingName", str)

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def checked_name(text: str, what: str) -> str:
    """Return `text` if it can name a `what` (and a file): 1 to 64 letters, digits, dots, dashes, underscores.

    Raises BadInputError otherwise.
    """
    if not _NAME.fullmatch(text):
        raise BadInputError(
            f"{text!r} cannot name a{'n' if what[0] in 'aeiou' else ''} {what}.",
            "Use 1 to 64 letters, digits, dots, dashes or underscores, and begin with a letter or digit.",
        )
    return text


def random_id() -> str:
    """128 random bits as 32 hexadecimal digits: carries no order and cannot be guessed."""
    return secrets.token_hex(16)


def keyed_id(secret_key: str, *parts: str | int) -> str:
    """An id that follows from its parts but that only the key's owner can make: 128 bits in hexadecimal."""
    message = "\x00".join(str(part) for part in parts).encode()
    return hmac.new(secret_key.encode(), message, hashlib.sha256).hexdigest()[:32]
