"""Curators: people with a link of their own, who decide and open nothing else."""

import pytest

from core.access.person import RESEARCHER_NAME, Person, Role
from core.curation.decision import Verdict
from core.errors import AccessDeniedError, NotFoundError, RefusedError
from core.settings import WorkspacePaths
from core.workflows.access import (
    accept_invitation,
    curator_known_as,
    curators,
    invite_curator,
    revoke_curator,
    sign_in,
)
from core.workflows.curation import curation_gallery
from tests.curating import SYNTHETIC, decide, verdicts
from tests.phantoms import BASE_URL


def cookie(paths: WorkspacePaths, name: str, *, again: bool = False) -> str:
    link = invite_curator(paths, name, again=again, base_url=BASE_URL)
    role, found = accept_invitation(paths, link.rsplit("/", 1)[1])
    assert role is Role.CURATOR
    return found


def person(paths: WorkspacePaths, signed_in_by: str) -> Person | None:
    found = sign_in(paths, signed_in_by, Role.CURATOR)
    return found.person if found else None


def test_a_curators_link_signs_a_curator_in_and_nobody_else(four_sets: WorkspacePaths) -> None:
    ann = cookie(four_sets, "ann")
    found = person(four_sets, ann)
    assert found is not None
    assert (found.name, found.role) == ("ann", Role.CURATOR)
    assert sign_in(four_sets, ann, Role.RESEARCHER) is None
    assert sign_in(four_sets, ann, Role.READER) is None


def test_a_new_link_ends_the_old_one_and_the_decisions_stay(four_sets: WorkspacePaths) -> None:
    old = cookie(four_sets, "ann")
    ann = person(four_sets, old)
    assert ann is not None
    decide(four_sets, Verdict.KEEP, 3, curator=ann)
    with pytest.raises(RefusedError, match=r"ann was already invited.*--again"):
        invite_curator(four_sets, "ann", again=False, base_url=BASE_URL)
    new = cookie(four_sets, "ann", again=True)
    assert person(four_sets, old) is None
    assert person(four_sets, new) == ann
    assert verdicts(four_sets, ann)[3] == 1


def test_a_revoked_curator_is_out_until_invited_anew(four_sets: WorkspacePaths) -> None:
    ann = cookie(four_sets, "ann")
    revoke_curator(four_sets, "ann")
    assert person(four_sets, ann) is None
    assert [(one.person.name, one.has_link) for one in curators(four_sets)] == [("ann", False)]
    assert person(four_sets, cookie(four_sets, "ann")) is not None
    assert [(one.has_link, one.signed_in) for one in curators(four_sets)] == [(True, True)]
    with pytest.raises(NotFoundError, match="'bob'"):
        revoke_curator(four_sets, "bob")


def test_by_command_a_curator_is_added_on_first_use_and_nobody_is_the_researcher(four_sets: WorkspacePaths) -> None:
    assert curator_known_as(four_sets, "ann") == curator_known_as(four_sets, "ann")
    researcher = curator_known_as(four_sets, None)
    assert (researcher.name, researcher.role) == (RESEARCHER_NAME, Role.RESEARCHER)


def test_a_reader_does_not_curate(four_sets: WorkspacePaths) -> None:
    reader = Person(
        person_id=curator_known_as(four_sets, "ann").person_id, name="r", role=Role.READER, created_at=""
    )
    with pytest.raises(AccessDeniedError, match="reader"):
        curation_gallery(four_sets, SYNTHETIC, reader)
