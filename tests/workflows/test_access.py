"""Links and cookies: who gets in, by which, and for how long."""

from pathlib import Path

import pytest

from core.access.person import Role
from core.errors import AccessDeniedError, BadInputError, NotFoundError, RefusedError
from core.identifiers import StudyName
from core.settings import WorkspacePaths
from core.workflows.access import (
    accept_invitation,
    invite_reader,
    researcher_link,
    sign_in,
    unused_reader_link,
)
from core.workflows.reading import opened_reading, reading_status
from core.workflows.studies import close_study, create_study
from tests.phantoms import BASE_URL, LockedStudy, plan
from tests.reading_robot import read


def token(link: str) -> str:
    return link.rsplit("/", 1)[1]


def test_a_link_begins_with_the_base_url_and_signs_in_once(study: LockedStudy) -> None:
    link = invite_reader(study.paths, study.name, "r", again=False, base_url="https://study.example/")
    assert link.startswith("https://study.example/join/")
    role, cookie = accept_invitation(study.paths, token(link))
    signed_in = sign_in(study.paths, cookie, Role.READER)
    assert role is Role.READER
    assert signed_in is not None
    assert (signed_in.person.name, signed_in.invitation.study) == ("r", study.name)
    with pytest.raises(AccessDeniedError, match="was used already"):
        accept_invitation(study.paths, token(link))


def test_inviting_twice_needs_again(study: LockedStudy) -> None:
    study.link("r")
    with pytest.raises(RefusedError, match=r"r was already invited.*--again"):
        study.link("r")


def test_again_ends_the_old_link_unused(study: LockedStudy) -> None:
    old = study.link("r")
    new = study.link("r", again=True)
    with pytest.raises(AccessDeniedError, match="replaced by a newer one"):
        accept_invitation(study.paths, token(old))
    assert accept_invitation(study.paths, token(new))[0] is Role.READER


def test_again_ends_the_old_sign_in_and_the_reading_goes_on(study: LockedStudy) -> None:
    old = study.cookie("r")
    first = read(study.paths, old, most=3)
    new = study.cookie("r", again=True, consent=False)
    assert sign_in(study.paths, old, Role.READER) is None
    with pytest.raises(AccessDeniedError, match="another one replaced it"), opened_reading(study.paths, old):
        pass
    rest = read(study.paths, new)
    assert len({*first, *rest}) == 8


def test_an_unused_link_can_be_printed_again_until_it_is_used(study: LockedStudy) -> None:
    assert unused_reader_link(study.paths, study.name, "r", base_url=BASE_URL) is None
    link = study.link("r")
    assert unused_reader_link(study.paths, study.name, "r", base_url=BASE_URL) == link
    accept_invitation(study.paths, token(link))
    assert unused_reader_link(study.paths, study.name, "r", base_url=BASE_URL) is None


def test_a_new_researcher_link_keeps_earlier_sign_ins(study: LockedStudy) -> None:
    cookies = [accept_invitation(study.paths, token(researcher_link(study.paths, BASE_URL)))[1] for _ in range(2)]
    people = [sign_in(study.paths, cookie, Role.RESEARCHER) for cookie in cookies]
    assert cookies[0] != cookies[1]
    assert None not in people
    assert len({signed_in.person.person_id for signed_in in people if signed_in}) == 1


def test_one_roles_cookie_is_worthless_for_the_other(study: LockedStudy) -> None:
    _, researcher = accept_invitation(study.paths, token(researcher_link(study.paths, BASE_URL)))
    reader = study.cookie()
    assert sign_in(study.paths, researcher, Role.READER) is None
    assert sign_in(study.paths, reader, Role.RESEARCHER) is None
    with pytest.raises(AccessDeniedError), opened_reading(study.paths, researcher):
        pass


def test_a_link_is_no_cookie_and_a_cookie_no_link(study: LockedStudy) -> None:
    link, cookie = study.link("a"), study.cookie("b")
    assert sign_in(study.paths, token(link), Role.READER) is None
    with pytest.raises(AccessDeniedError, match="not valid"):
        accept_invitation(study.paths, cookie)


@pytest.mark.parametrize("cookie", [None, "", "nonsense", "a.b.c", "é"])
def test_what_was_not_signed_is_nobody(study: LockedStudy, cookie: str | None) -> None:
    assert sign_in(study.paths, cookie, Role.READER) is None


def test_another_workspaces_cookie_is_nobodys(study: LockedStudy, tmp_path: Path) -> None:
    stranger = WorkspacePaths(tmp_path / "other")
    researcher_link(stranger, BASE_URL)
    assert sign_in(stranger, study.cookie(), Role.READER) is None
    assert sign_in(WorkspacePaths(tmp_path / "absent"), study.cookie("b"), Role.READER) is None


def test_nobody_is_invited_to_a_draft_or_a_closed_study(study: LockedStudy) -> None:
    create_study(study.paths, plan("draft", per_arm=1))
    with pytest.raises(RefusedError, match=r"draft is draft.*Lock it"):
        invite_reader(study.paths, StudyName("draft"), "r", again=False, base_url=BASE_URL)
    close_study(study.paths, study.name)
    with pytest.raises(RefusedError, match="takes no readers"):
        study.link("r")
    with pytest.raises(NotFoundError, match="'absent'"):
        invite_reader(study.paths, StudyName("absent"), "r", again=False, base_url=BASE_URL)


def test_the_close_ends_the_reading_but_not_the_sign_in(study: LockedStudy) -> None:
    cookie = study.cookie()
    close_study(study.paths, study.name)
    signed_in = sign_in(study.paths, cookie, Role.READER)
    assert signed_in is not None
    assert reading_status(study.paths, signed_in).state == "closed"
    with pytest.raises(RefusedError, match="closed"), opened_reading(study.paths, cookie):
        pass


@pytest.mark.parametrize("name", ["", " ", " r", "r\n", "r" * 81, "\x00"])
def test_a_name_that_nobody_can_have_is_refused_and_nothing_kept(study: LockedStudy, name: str) -> None:
    with pytest.raises(BadInputError, match="cannot be a person's name"):
        study.link(name)
    assert study.link("Dr. Ärztin, 2nd reader").startswith(BASE_URL)
