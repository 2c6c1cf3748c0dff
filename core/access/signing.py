"""Links and cookies that nobody else can make: an invitation's id, signed with the workspace's secret key.

The signature keeps guesses away from the database; whether the invitation still holds is looked up each time.
"""

from typing import Literal

from itsdangerous import BadSignature, URLSafeSerializer

from core.identifiers import InvitationId

Purpose = Literal["link", "cookie"]


def signed(invitation_id: InvitationId, purpose: Purpose, *, secret_key: str) -> str:
    """Return text for a URL or a cookie. A token made for one purpose is worthless for the other."""
    text = URLSafeSerializer(secret_key, salt=purpose).dumps(invitation_id)
    return text if isinstance(text, str) else text.decode()


def verified(token: str, purpose: Purpose, *, secret_key: str) -> InvitationId | None:
    """Return the invitation's id, or None when the token was not signed for this purpose with this key."""
    try:
        value = URLSafeSerializer(secret_key, salt=purpose).loads(token)
    except BadSignature:
        return None
    return InvitationId(value) if isinstance(value, str) else None
