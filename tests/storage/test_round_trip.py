"""What is written comes back equal: image sets, cohorts, studies, people."""

from dataclasses import replace
from pathlib import Path

import pytest

from core.access.person import Invitation, Person, Role
from core.cohort.record import Cohort
from core.identifiers import (
    CaseId,
    CohortName,
    ImageId,
    ImageSetName,
    InvitationId,
    PersonId,
    StudyName,
    SubjectId,
)
from core.imageset.record import ImageKind, ImageRecord, ImageSet, Partition, TrainedOn, TumorStatus
from core.reading.case import Arm, Case
from core.reading.design import Scale
from core.reading.protocol import Protocol, Question, Sampling, cases_seal
from core.reading.study import Enrollment, ReaderProfile, Study, StudyState
from core.storage import cohorts, image_sets, people, studies
from core.storage.database import Database, opened

FULL_RECORD = ImageRecord(
    image_id=ImageId("a-z030"),
    tumor_status=TumorStatus.TUMOR,
    subject_id=SubjectId("p1"),
    partition=Partition.TEST,
    slice_index=30,
    seed=7,
    resampling_factor=1.0625,
    source_name="a b, ä.nii.gz",
)
BARE_RECORD = ImageRecord(image_id=ImageId("b"), tumor_status=TumorStatus.UNKNOWN)
FULL_SET = ImageSet(
    name=ImageSetName("set"),
    kind=ImageKind.SYNTHETIC,
    tumor_status=TumorStatus.TUMOR,
    n_images=2,
    sha256="0" * 64,
    created_at="2026-01-01T00:00:00.000+00:00",
    trained_on=TrainedOn(cohort="elsewhere", partition=Partition.TRAINING, attested=True),
    provenance={"generator": "gan", "n_generated": 2, "nested": {"ä": [1, None, 0.5]}},
)
COHORT = Cohort(
    name=CohortName("cohort"),
    created_at="2026-01-01T00:00:00.000+00:00",
    provenance={"source": "folder"},
    screened_out={"near_tumor": 3},
    skipped=[{"path": "x.nii.gz", "reason": "cut off"}],
    n_subjects=2,
)
PARTITIONS = {SubjectId("p1"): Partition.TRAINING, SubjectId("p2"): Partition.TEST}
CASE = Case(
    case_id=CaseId("1" * 32),
    image_set=ImageSetName("set"),
    image_index=0,
    truth=ImageKind.SYNTHETIC,
    tumor_status=TumorStatus.TUMOR,
    subject_id=SubjectId("p1"),
    pixels_sha256="2" * 64,
)
PROTOCOL = Protocol(
    study=StudyName("study"),
    seed=3,
    arms=dict.fromkeys(Arm, 1),
    image_sets={ImageSetName("set"): "0" * 64},
    cases_sha256=cases_seal([CASE]),
    sampling=Sampling(partition=Partition.VALIDATION, most_per_subject=2, min_slice_spacing=5),
    questions=(Question.TUMOR,),
    scale=Scale.CONFIDENCE,
    confirm=True,
    prevalence_text="Half of them are real: é.",
)
STUDY = Study(name=StudyName("study"), state=StudyState.DRAFT, protocol=PROTOCOL, created_at="2026-01-02")


@pytest.fixture
def db(tmp_path: Path) -> Database:
    with opened(tmp_path / "mrturing.db", create=True) as database:
        yield database


def test_an_image_set_with_its_records(db: Database) -> None:
    image_sets.add_image_set(db, FULL_SET, [FULL_RECORD, BARE_RECORD])
    assert image_sets.image_set(db, FULL_SET.name) == FULL_SET
    assert image_sets.image_sets(db) == [FULL_SET]
    assert image_sets.image_records(db, FULL_SET.name) == [FULL_RECORD, BARE_RECORD]
    image_sets.delete_image_set(db, FULL_SET.name)
    assert image_sets.image_set(db, FULL_SET.name) is None
    assert image_sets.image_records(db, FULL_SET.name) == []


def test_a_cohort_with_its_subjects_and_sets(db: Database) -> None:
    cohorts.add_cohort(db, COHORT, PARTITIONS)
    real = replace(FULL_SET, kind=ImageKind.REAL, cohort=COHORT.name, trained_on=None)
    image_sets.add_image_set(db, real, [])
    assert cohorts.cohort(db, COHORT.name) == COHORT
    assert cohorts.cohorts(db) == [COHORT]
    assert cohorts.partitions(db, COHORT.name) == PARTITIONS
    assert cohorts.image_sets_of(db, COHORT.name) == [real.name]
    assert image_sets.image_set(db, real.name) == real


def test_a_study_with_its_cases_through_all_its_states(db: Database) -> None:
    image_sets.add_image_set(db, FULL_SET, [FULL_RECORD])
    studies.add_study(db, STUDY, [CASE])
    assert studies.study(db, STUDY.name) == STUDY
    assert studies.cases(db, STUDY.name) == [CASE]
    assert image_sets.studies_using(db, FULL_SET.name) == [STUDY.name]
    studies.lock_study(db, STUDY.name, PROTOCOL.hash, locked_at="2026-01-03")
    studies.close_study(db, STUDY.name, "2026-01-04")
    closed = studies.study(db, STUDY.name)
    assert closed == replace(
        STUDY,
        state=StudyState.CLOSED,
        protocol_hash=PROTOCOL.hash,
        locked_at="2026-01-03",
        closed_at="2026-01-04",
    )
    assert closed is not None
    assert closed.protocol.hash == PROTOCOL.hash


def test_people_and_their_invitations(db: Database) -> None:
    person = Person(person_id=PersonId("1"), name="R. Eader", role=Role.READER, created_at="t")
    people.add_person(db, person)
    old, new = (
        Invitation(invitation_id=InvitationId(text), person_id=person.person_id, study=None, created_at="t")
        for text in ("old", "new")
    )
    people.add_invitation(db, old)
    people.add_invitation(db, new)
    assert people.person_named(db, person.name, Role.READER) == person
    assert people.person_named(db, person.name, Role.RESEARCHER) is None
    assert people.standing_invitation(db, person.person_id, None) == new
    assert people.mark_used(db, new.invitation_id, "u")
    assert not people.mark_used(db, new.invitation_id, "v")
    people.revoke_invitations(db, person.person_id, None, revoked_at="r")
    assert people.invitation(db, new.invitation_id) == (person, replace(new, used_at="u", revoked_at="r"))
    assert people.standing_invitation(db, person.person_id, None) is None
    assert not people.mark_used(db, old.invitation_id, "w")


def test_the_signing_key_is_made_once(db: Database) -> None:
    assert people.secret_key(db) == people.secret_key(db)
    assert len(people.secret_key(db)) == 64


def test_consent_and_profile_are_written_once(db: Database) -> None:
    image_sets.add_image_set(db, FULL_SET, [FULL_RECORD])
    studies.add_study(db, STUDY, [CASE])
    reader = Person(person_id=PersonId("1"), name="reader", role=Role.READER, created_at="t")
    people.add_person(db, reader)
    studies.enroll(db, Enrollment(study=STUDY.name, reader=reader.person_id, enrolled_at="e"))
    for years, when in ((12, "first"), (3, "second")):
        profile = ReaderProfile(
            years_of_experience=years,
            specialty="Radiology",
            board_certified=True,
            seen_synthetic_before=False,
            gray_ramp_steps=8,
        )
        studies.record_consent(
            db, STUDY.name, reader.person_id, profile=profile, consent_version="1", consented_at=when
        )
    enrollment = studies.enrollment(db, STUDY.name, reader.person_id)
    assert enrollment is not None
    assert enrollment.consented_at == "first"
    assert enrollment.profile is not None
    assert enrollment.profile["years_of_experience"] == 12
    (progress,) = studies.progress(db, STUDY.name)
    assert (progress.name, progress.trials, progress.responses, progress.started) == ("reader", 0, 0, True)
