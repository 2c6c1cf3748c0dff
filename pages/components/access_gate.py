"""Who is here, by this browser's cookies. Every page asks before it shows anything."""

from typing import NoReturn

import streamlit as st

from core.access.cookies import COOKIES
from core.access.person import Role, SignIn
from core.settings import WorkspacePaths, workspace_from_environment
from core.workflows.access import sign_in


def signed_in_as(role: Role) -> SignIn | None:
    """Return the signed-in person of this role, or None. Looked up on every run, so that a revoked link ends."""
    return sign_in(workspace_from_environment(), st.context.cookies.get(COOKIES[role]), role)


def readers_link_has_ended() -> bool:
    """Whether this browser came by a reader's link that holds no longer."""
    return COOKIES[Role.READER] in st.context.cookies and signed_in_as(Role.READER) is None


def researchers_only() -> WorkspacePaths:
    """Let a researcher pass and return the workspace; anybody else sees why not, and the page ends."""
    if signed_in_as(Role.RESEARCHER) is None:
        _turn_away("This page is for researchers.", "Open the researcher's link that `mrturing app` prints.")
    return workspace_from_environment()


def curators_only() -> tuple[WorkspacePaths, SignIn]:
    """Let a curator or a researcher pass; anybody else sees why not, and the page ends."""
    curator = signed_in_as(Role.RESEARCHER) or signed_in_as(Role.CURATOR)
    if curator is None:
        _turn_away("This page is for curators.", "Open the personal link that you were sent, or ask for a new one.")
    return workspace_from_environment(), curator


def readers_only() -> tuple[WorkspacePaths, SignIn]:
    """Let a reader pass; anybody else sees why not, and the page ends."""
    reader = signed_in_as(Role.READER)
    if reader is None:
        _turn_away("Your personal link has ended.", "Ask the person who invited you for a new one.")
    return workspace_from_environment(), reader


def _turn_away(what: str, next_step: str) -> NoReturn:
    st.title("MR Turing")
    st.info(f"{what}  \n{next_step}")
    st.stop()
