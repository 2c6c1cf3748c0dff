"""Links and cookies that nobody else can make."""

import pytest

from core.access.signing import signed, verified
from core.identifiers import InvitationId

ID = InvitationId("ab" * 16)


@pytest.mark.parametrize("purpose", ["link", "cookie"])
def test_a_token_gives_back_its_invitation(purpose: str) -> None:
    assert verified(signed(ID, purpose, secret_key="k"), purpose, secret_key="k") == ID


def test_a_link_is_no_cookie() -> None:
    assert verified(signed(ID, "link", secret_key="k"), "cookie", secret_key="k") is None


def test_another_workspaces_token_is_worthless() -> None:
    assert verified(signed(ID, "link", secret_key="k"), "link", secret_key="other") is None


@pytest.mark.parametrize("position", [0, 10, -1])
def test_a_changed_token_is_worthless(position: int) -> None:
    token = list(signed(ID, "link", secret_key="k"))
    token[position] = "x" if token[position] != "x" else "y"
    assert verified("".join(token), "link", secret_key="k") is None


@pytest.mark.parametrize("token", ["", ".", "no token at all", "\x00"])
def test_anything_else_is_worthless(token: str) -> None:
    assert verified(token, "link", secret_key="k") is None
