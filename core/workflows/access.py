"""Inviting people, and telling who somebody is by the cookie a browser sends."""

from dataclasses import dataclass

from core.access.person import RESEARCHER_NAME, Invitation, Person, Role, SignIn
from core.access.signing import signed, verified
from core.errors import AccessDeniedError, NotFoundError, RefusedError
from core.identifiers import InvitationId, PersonId, StudyName, TrialId, keyed_id, random_id
from core.provenance import utc_now
from core.reading.audit_trail import Action
from core.reading.randomization import practice_places, reading_places
from core.reading.study import Enrollment, Study, StudyState
from core.reading.trial import Trial
from core.settings import WorkspacePaths
from core.storage import people, readings, studies
from core.storage.database import Database, empty_log, opened, writing
from core.workflows.audit_trail import record_by_reader, record_by_researcher
from core.workflows.curated_readings import images_curated_by


@dataclass(frozen=True, slots=True, kw_only=True)
class CuratorAccess:
    """A curator, whether their link stands, and whether they signed in by it."""

    person: Person
    has_link: bool
    signed_in: bool


def researcher_link(paths: WorkspacePaths, base_url: str) -> str:
    """Make a new sign-in link for the workspace's researcher; earlier sign-ins stay."""
    with opened(paths.database, create=True) as db, writing(db):
        person = people.person_known_as(db, RESEARCHER_NAME, Role.RESEARCHER, now=utc_now())
        return _link(db, _new_invitation(db, person, study=None), base_url)


def invite_reader(
    paths: WorkspacePaths, study_name: StudyName, reader_name: str, *, again: bool, base_url: str
) -> str:
    """Enroll a reader in a locked study and return the personal link.

    A reader who was invited before needs `again`: the old link and the sign-in it led to end, and the reading
    goes on where it stopped.
    """
    with opened(paths.database) as db, writing(db):
        study = _open_study(db, study_name)
        now = utc_now()
        person = people.person_known_as(db, reader_name, Role.READER, now=now)
        _refuse_withdrawn(db, study_name, person)
        standing = people.standing_invitation(db, person.person_id, study_name)
        if standing is not None and not again:
            raise RefusedError(
                f"{reader_name} was already invited to {study_name}.",
                "Use --again to make a new link; the old one then ends and the reading goes on.",
            )
        people.revoke_invitations(db, person.person_id, study_name, revoked_at=now)
        studies.enroll(db, Enrollment(study=study_name, reader=person.person_id, enrolled_at=now))
        _draw_trials(db, study, person.person_id)
        n_curated = images_curated_by(db, study_name, reader_name)
        seen: dict[str, object] = {} if n_curated is None else {"curated_images": n_curated}
        record_by_researcher(db, study_name, Action.INVITED, {"reader": person.person_id} | seen)
        return _link(db, _new_invitation(db, person, study=study_name), base_url)


def invite_curator(paths: WorkspacePaths, name: str, *, again: bool, base_url: str) -> str:
    """Make a curator's personal link. Somebody who was invited before needs `again`, which ends the old one.

    What was decided stays in any case.
    """
    with opened(paths.database) as db, writing(db):
        now = utc_now()
        person = people.person_known_as(db, name, Role.CURATOR, now=now)
        if people.standing_invitation(db, person.person_id, None) is not None and not again:
            raise RefusedError(
                f"{name} was already invited to curate.", "Use --again to make a new link; the old one then ends."
            )
        people.revoke_invitations(db, person.person_id, None, revoked_at=now)
        return _link(db, _new_invitation(db, person, study=None), base_url)


def revoke_curator(paths: WorkspacePaths, name: str) -> None:
    """End a curator's link and the sign-in it led to; what was decided stays. Raises NotFoundError."""
    with opened(paths.database) as db, writing(db):
        person = people.person_named(db, name, Role.CURATOR)
        if person is None:
            raise NotFoundError(f"There is no curator {name!r}.", "`mrturing curation status` lists them.")
        people.revoke_invitations(db, person.person_id, None, revoked_at=utc_now())


def curators(paths: WorkspacePaths) -> list[CuratorAccess]:
    """Everybody who was invited to curate, or who did by command, and how their links stand; by name."""
    with opened(paths.database) as db:
        return [_curator_access(db, person) for person in people.people(db, Role.CURATOR)]


def curator_known_as(paths: WorkspacePaths, name: str | None) -> Person:
    """The curator of that name, added on first use; the workspace's researcher without a name."""
    role = Role.RESEARCHER if name is None else Role.CURATOR
    with opened(paths.database) as db, writing(db):
        return people.person_known_as(db, name or RESEARCHER_NAME, role, now=utc_now())


def withdraw_reader(paths: WorkspacePaths, study_name: StudyName, reader_name: str) -> int:
    """Take a reader out of a study, open or closed: the link ends, what was answered is erased, its hashes stay.

    Returns how many responses were erased. Raises NotFoundError for a reader who was never invited, RefusedError
    for one who has withdrawn already.
    """
    with opened(paths.database) as db:
        with writing(db):
            person = people.person_named(db, reader_name, Role.READER)
            if person is None or studies.enrollment(db, study_name, person.person_id) is None:
                raise NotFoundError(
                    f"There is no reader {reader_name!r} in a study {study_name!r}.",
                    "`mrturing study status` lists studies and readers.",
                )
            _refuse_withdrawn(db, study_name, person)
            now = utc_now()
            people.revoke_invitations(db, person.person_id, study_name, revoked_at=now)
            studies.record_withdrawal(db, study_name, person.person_id, withdrawn_at=now)
            n_erased = readings.erase_responses(db, study_name, person.person_id)
            content = {"reader": person.person_id, "responses": n_erased}
            record_by_researcher(db, study_name, Action.WITHDRAWN, content)
        empty_log(db)
    return n_erased


def unused_reader_link(
    paths: WorkspacePaths, study_name: StudyName, reader_name: str, *, base_url: str
) -> str | None:
    """Return the link of a reader who has not signed in yet, or None."""
    with opened(paths.database) as db:
        person = people.person_named(db, reader_name, Role.READER)
        standing = people.standing_invitation(db, person.person_id, study_name) if person else None
        if standing is None or standing.used_at is not None:
            return None
        return _link(db, standing, base_url)


def accept_invitation(paths: WorkspacePaths, token: str) -> tuple[Role, str]:
    """Use a link, once, and return the role with the cookie that says who this browser's person is.

    Raises AccessDeniedError when the link is false, was used, or was replaced by a newer one.
    """
    with opened(paths.database) as db, writing(db):
        key = people.secret_key(db)
        invitation_id = verified(token, "link", secret_key=key)
        found = invitation_id and people.invitation(db, invitation_id)
        if not found:
            raise AccessDeniedError("This link is not valid.", "Copy the whole link, or ask for a new one.")
        person, invitation = found
        if not people.mark_used(db, invitation.invitation_id, utc_now()):
            ended = "was replaced by a newer one" if invitation.revoked_at else "was used already"
            raise AccessDeniedError(f"This link {ended}.", "Ask the person who invited you for a new link.")
        if invitation.study is not None:
            record_by_reader(db, invitation.study, person.person_id, action=Action.JOINED)
        return person.role, signed(invitation.invitation_id, "cookie", secret_key=key)


def sign_in(paths: WorkspacePaths, cookie: str | None, role: Role) -> SignIn | None:
    """Return who the cookie's owner is, if its invitation is for this role and still stands."""
    if not cookie or not paths.database.is_file():
        return None
    with opened(paths.database) as db:
        return sign_in_from(db, cookie, role)


def sign_in_from(db: Database, cookie: str, role: Role) -> SignIn | None:
    """As `sign_in`, on an open database."""
    invitation_id = verified(cookie, "cookie", secret_key=people.secret_key(db))
    found = invitation_id and people.invitation(db, invitation_id)
    if not found:
        return None
    person, invitation = found
    if person.role is not role or invitation.used_at is None or invitation.revoked_at is not None:
        return None
    return SignIn(person=person, invitation=invitation)


def _curator_access(db: Database, person: Person) -> CuratorAccess:
    standing = people.standing_invitation(db, person.person_id, None)
    return CuratorAccess(
        person=person,
        has_link=standing is not None,
        signed_in=standing is not None and standing.used_at is not None,
    )


def _refuse_withdrawn(db: Database, study: StudyName, person: Person) -> None:
    enrollment = studies.enrollment(db, study, person.person_id)
    if enrollment is not None and enrollment.withdrawn_at is not None:
        raise RefusedError(
            f"{person.name} has withdrawn from {study}.",
            "A withdrawal is final; who begins anew is another reader.",
        )


def _new_invitation(db: Database, person: Person, *, study: StudyName | None) -> Invitation:
    invitation = Invitation(
        invitation_id=InvitationId(random_id()), person_id=person.person_id, study=study, created_at=utc_now()
    )
    people.add_invitation(db, invitation)
    return invitation


def _link(db: Database, invitation: Invitation, base_url: str) -> str:
    token = signed(invitation.invitation_id, "link", secret_key=people.secret_key(db))
    return f"{base_url.rstrip('/')}/join/{token}"


def _open_study(db: Database, name: StudyName) -> Study:
    study = studies.study(db, name)
    if study is None:
        raise NotFoundError(f"There is no study {name!r}.", "`mrturing study status` lists the studies.")
    if not study.takes_readers:
        raise RefusedError(
            f"The study {name} is {study.state}.",
            "Lock it before inviting readers."
            if study.state is StudyState.DRAFT
            else "A closed study takes no readers.",
        )
    return study


def _draw_trials(db: Database, study: Study, reader: PersonId) -> None:
    """Store the reader's order once. Trial ids follow from the key, so that they carry neither order nor truth."""
    if readings.has_trials(db, study.name, reader):
        return
    key = people.secret_key(db)
    case_ids, practice_ids = (
        [case.case_id for case in studies.cases(db, study.name, practice=practice)] for practice in (False, True)
    )
    protocol_hash = study.protocol_hash or ""
    practice = practice_places(practice_ids, study.protocol, protocol_hash, reader)
    places = [*practice, *reading_places(case_ids, study.protocol, protocol_hash, reader)]
    trials = [
        Trial(
            trial_id=TrialId(keyed_id(key, "trial", study.name, reader, index)),
            trial_index=index,
            case_id=place.case_id,
            is_repeat=place.is_repeat,
            question=place.question,
        )
        for index, place in enumerate(places, start=-len(practice))
    ]
    readings.add_trials(db, study.name, reader, trials=trials)
