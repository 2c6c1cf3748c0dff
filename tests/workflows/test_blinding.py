"""The audit at the lock: leaks block it, a reason is kept, and remedies reach every stimulus."""

import json
import sqlite3
from itertools import islice

import numpy as np
import pytest

from core.access.person import Role
from core.errors import NotFoundError, RefusedError, WorkspaceError
from core.identifiers import ImageId, ImageSetName, StudyName, SubjectId
from core.imageset.pixels import open_pixels
from core.imageset.record import ImageKind, ImageRecord, TumorStatus
from core.imaging.png import encode_png
from core.provenance import sha256_of_bytes
from core.reading.blinding_audit.report import locked_audit_lines
from core.reading.protocol import Protocol
from core.reading.remedies import Remedies
from core.reading.study import StudyState
from core.settings import WorkspacePaths
from core.storage import studies
from core.storage.database import opened, writing
from core.workflows.access import sign_in
from core.workflows.blinding import locked_audit, remedies_tried, stimulus_pictures
from core.workflows.image_sets import NewImageSet, add_image_set
from core.workflows.maintenance import doctor
from core.workflows.reading import opened_reading, reading_session, stimulus_png
from core.workflows.results import study_provenance
from core.workflows.studies import (
    StudyPlan,
    audit_study,
    close_study,
    create_study,
    lock_study,
    study_status,
)
from tests.phantoms import LockedStudy, phantom_images, plan
from tests.reading_robot import read

NAME = StudyName("study")
REASON = "A pilot, to see whether readers notice"


def add_hazy_sets(paths: WorkspacePaths) -> None:
    """hazy-tumor and hazy-nontumor: synthetic phantoms on a background of 3 instead of 0."""
    for seed, status in enumerate((TumorStatus.TUMOR, TumorStatus.NONTUMOR), start=70):
        records = [ImageRecord(image_id=ImageId(f"h{n}"), tumor_status=status) for n in range(12)]
        new = NewImageSet(name=ImageSetName(f"hazy-{status}"), kind=ImageKind.SYNTHETIC, tumor_status=status)
        add_image_set(paths, new, records, (np.maximum(image, 3) for image in phantom_images(12, seed)))


def hazy_plan(**settings: object) -> StudyPlan:
    base = plan(per_arm=10, **settings)
    sets = {"synthetic_sets": [ImageSetName("hazy-tumor"), ImageSetName("hazy-nontumor")]}
    return StudyPlan(**{name: getattr(base, name) for name in base.__slots__} | sets)


@pytest.fixture
def hazy(four_sets: WorkspacePaths) -> WorkspacePaths:
    """A draft whose synthetic images have no exact black."""
    add_hazy_sets(four_sets)
    create_study(four_sets, hazy_plan())
    return four_sets


@pytest.mark.parametrize("reason", [None, "", "  \n"])
def test_a_leak_without_a_reason_blocks_the_lock_and_says_how_to_give_one(
    hazy: WorkspacePaths, reason: str | None
) -> None:
    with pytest.raises(RefusedError, match=r"Exact-zero air \(AUC 0\.00\)") as refusal:
        lock_study(hazy, NAME, override_leaks=reason)
    assert "--override-leaks REASON" in refusal.value.next_step
    assert study_status(hazy, NAME).study.state is StudyState.DRAFT
    assert locked_audit(hazy, NAME) is None


def test_a_reason_locks_and_is_kept_with_the_audit(hazy: WorkspacePaths) -> None:
    audit = audit_study(hazy, NAME)
    _, warnings = lock_study(hazy, NAME, override_leaks=f" {REASON} ")
    assert "Exact-zero air (AUC 0.00)" in warnings[0]
    kept = locked_audit(hazy, NAME)
    assert kept is not None
    assert (kept.audit, kept.override_reason) == (audit, REASON)
    assert audit_study(hazy, NAME) == audit
    assert doctor(hazy) == []


def test_the_reason_stands_beside_every_result(hazy: WorkspacePaths) -> None:
    lock_study(hazy, NAME, override_leaks=REASON)
    close_study(hazy, NAME)
    found = study_provenance(hazy, NAME)["blinding_audit"]
    assert found["override_reason"] == REASON
    assert "Exact-zero air" in found["blocking"]
    kept = locked_audit(hazy, NAME)
    assert kept is not None
    assert locked_audit_lines(kept)[-1] == f"Locked all the same, because: {REASON}"


def test_the_lock_in_the_audit_trail_tells_the_leaks_and_the_reason(hazy: WorkspacePaths) -> None:
    lock_study(hazy, NAME, override_leaks=REASON)
    with opened(hazy.database) as db:
        (content,) = db.execute("SELECT content FROM audit_trail WHERE action = 'locked'").fetchone()
    told = json.loads(content)
    assert (told["override_reason"], "Exact-zero air" in told["leaks"]) == (REASON, True)
    assert len(told["blinding_audit_sha256"]) == 64


def test_a_reason_where_nothing_leaks_is_not_kept(four_sets: WorkspacePaths) -> None:
    create_study(four_sets, plan(per_arm=10))
    lock_study(four_sets, NAME, override_leaks=REASON)
    kept = locked_audit(four_sets, NAME)
    assert kept is not None
    assert (kept.audit.leaks, kept.override_reason) == ([], None)


def test_a_kept_audit_is_never_changed(hazy: WorkspacePaths) -> None:
    lock_study(hazy, NAME, override_leaks=REASON)
    with (
        pytest.raises(WorkspaceError, match="the audit of a locked study stays"),
        opened(hazy.database) as db,
        writing(db),
    ):
        db.execute("UPDATE blinding_audits SET override_reason = 'another'")


def test_a_study_without_leaks_says_so(four_sets: WorkspacePaths) -> None:
    create_study(four_sets, plan(per_arm=10))
    audit = audit_study(four_sets, NAME)
    assert (audit.n_real, audit.n_synthetic, audit.leaks, audit.near_duplicates) == (20, 20, [], [])
    assert remedies_tried(four_sets, NAME, audit) == []


def test_a_remedy_that_was_found_by_trying_lets_the_study_be_locked(hazy: WorkspacePaths) -> None:
    best = remedies_tried(hazy, NAME, audit_study(hazy, NAME))[0]
    create_study(hazy, hazy_plan(name="mended", remedies=best.remedies))
    lock_study(hazy, StudyName("mended"))
    kept = locked_audit(hazy, StudyName("mended"))
    assert kept is not None
    assert kept.audit.leaks == []


def test_remedies_are_tried_on_drafts_only(hazy: WorkspacePaths) -> None:
    audit = audit_study(hazy, NAME)
    lock_study(hazy, NAME, override_leaks=REASON)
    assert remedies_tried(hazy, NAME, audit) == []


def test_a_reader_is_sent_the_remedied_pixels_and_their_hash_stands_with_the_response(
    hazy: WorkspacePaths,
) -> None:
    remedies = Remedies(border=10, background_floor=8, gray_step=2)
    base = hazy_plan(name="mended", remedies=remedies)
    create_study(hazy, base)
    lock_study(hazy, base.name)
    study = LockedStudy(paths=hazy, name=base.name)
    cookie = study.cookie()
    with opened(hazy.database) as db:
        cases = studies.cases(db, base.name)
    expected = {
        encode_png(remedies.applied(open_pixels(hazy.image_set(case.image_set))[case.image_index]))
        for case in cases
    }
    with opened_reading(hazy, cookie) as reading:
        ticket = reading_session(reading)["ahead"][0]["ticket"]
        assert stimulus_png(reading, ticket, hazy) in expected
    read(hazy, cookie, most=2)
    shown = {
        sha256_of_bytes(remedies.applied(open_pixels(hazy.image_set(c.image_set))[c.image_index]).tobytes())
        for c in cases
    }
    with sqlite3.connect(hazy.database) as db:
        assert {row[0] for row in db.execute("SELECT pixels_sha256 FROM responses")} <= shown


def test_the_pixels_of_the_sets_stay(hazy: WorkspacePaths) -> None:
    before = hazy.image_set(ImageSetName("hazy-tumor")).read_bytes()
    create_study(hazy, hazy_plan(name="mended", remedies=Remedies(background_floor=8)))
    lock_study(hazy, StudyName("mended"))
    assert hazy.image_set(ImageSetName("hazy-tumor")).read_bytes() == before


def test_remedies_are_part_of_the_protocol_and_its_hash(four_sets: WorkspacePaths) -> None:
    plain = create_study(four_sets, plan("plain", per_arm=2)).protocol
    treated = create_study(four_sets, plan("treated", per_arm=2, remedies=Remedies(border=4))).protocol
    assert "remedies" not in json.loads(plain.to_json())  # as before there were any
    assert json.loads(treated.to_json())["remedies"] == {"border": 4, "background_floor": 0, "gray_step": 1}
    for protocol in (plain, treated):
        assert Protocol.from_json(json.loads(protocol.to_json())) == protocol


def test_pictures_are_those_that_readers_are_sent(hazy: WorkspacePaths) -> None:
    study = study_status(hazy, NAME).study
    worst = audit_study(hazy, NAME).leaks[0].worst
    pictures = stimulus_pictures(hazy, study, worst)
    assert pictures.keys() == set(worst)
    index = int(worst[1].rsplit("h", 1)[1])
    assert pictures[worst[1]] == encode_png(
        open_pixels(hazy.image_set(ImageSetName(worst[1].split("/")[0])))[index]
    )


def test_a_draft_that_was_made_anew_during_its_audit_is_not_locked(
    hazy: WorkspacePaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.workflows import studies as workflow

    def slow_audit(db, paths, study):
        found = audit(db, paths, study)
        workflow.delete_study(hazy, NAME)
        create_study(hazy, plan(per_arm=3))
        return found

    audit = workflow.audit_cases
    monkeypatch.setattr(workflow, "audit_cases", slow_audit)
    with pytest.raises(RefusedError, match="made anew during its audit"):
        lock_study(hazy, NAME, override_leaks=REASON)


def test_an_unknown_study_is_named(four_sets: WorkspacePaths) -> None:
    with pytest.raises(NotFoundError, match="'absent'"):
        audit_study(four_sets, StudyName("absent"))


def test_slices_of_one_patient_and_copies_by_a_generator_are_flagged(four_sets: WorkspacePaths) -> None:
    real = list(islice(phantom_images(12, seed=0), 12))
    rng = np.random.default_rng(0)
    copies = [
        np.clip(image + rng.normal(0, 2, image.shape) * (image > 0), 0, 255).astype(np.uint8) for image in real
    ]
    for status in (TumorStatus.TUMOR, TumorStatus.NONTUMOR):
        name = ImageSetName(f"memorized-{status}")
        records = [
            ImageRecord(image_id=ImageId(f"m{n}"), tumor_status=status, subject_id=SubjectId("p"))
            for n in range(12)
        ]
        new = NewImageSet(name=name, kind=ImageKind.SYNTHETIC, tumor_status=status)
        pixels = copies if status is TumorStatus.TUMOR else phantom_images(12, seed=80)
        add_image_set(four_sets, new, records, pixels)
    base = plan(per_arm=12)
    memorized = [ImageSetName("memorized-tumor"), ImageSetName("memorized-nontumor")]
    create_study(four_sets, StudyPlan(name=NAME, real_sets=base.real_sets, synthetic_sets=memorized, per_arm=12))
    pairs = audit_study(four_sets, NAME).near_duplicates
    assert {pair.names for pair in pairs if pair.across} == {tuple(pair.names) for pair in pairs}
    assert len(pairs) == 12


def test_nothing_of_an_audit_reaches_a_reader(hazy: WorkspacePaths) -> None:
    lock_study(hazy, NAME, override_leaks=REASON)
    cookie = LockedStudy(paths=hazy, name=NAME).cookie()
    assert sign_in(hazy, cookie, Role.READER) is not None
    with opened_reading(hazy, cookie) as reading:
        told = json.dumps(reading_session(reading))
    assert REASON not in told
    assert "audit" not in told
    assert "leak" not in told
