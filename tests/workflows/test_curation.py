"""Decisions: saved once each, undone one by one, never lost, refused with a clear message."""

import os
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from core.access.person import Person
from core.curation.decision import CurationAct, Verdict
from core.curation.reasons import ExclusionReason
from core.errors import AccessDeniedError, BadInputError, NotFoundError, RefusedError
from core.identifiers import ImageSetName
from core.imageset.record import ImageKind, TumorStatus
from core.settings import WorkspacePaths
from core.storage.database import opened
from core.workflows.access import curator_known_as
from core.workflows.curation import add_reason, all_reasons, curation_gallery, record_act, undo_last
from core.workflows.image_sets import delete_image_set
from tests.curating import NOON, REAL, SYNTHETIC, act, decide, new_id, undo, verdicts
from tests.phantoms import add_phantom_set

UNDECIDED, KEPT, DISCARDED, DEFERRED, CORRECTED = range(5)


@pytest.fixture
def ann(four_sets: WorkspacePaths) -> Person:
    return curator_known_as(four_sets, "ann")


@pytest.fixture
def bob(four_sets: WorkspacePaths) -> Person:
    return curator_known_as(four_sets, "bob")


def test_the_last_decision_on_an_image_stands(four_sets: WorkspacePaths, ann: Person) -> None:
    decide(four_sets, Verdict.DISCARD, 1, 2, 3, curator=ann)
    decide(four_sets, Verdict.KEEP, 3, 4, curator=ann)
    decide(four_sets, Verdict.DEFER, 5, curator=ann)
    decide(four_sets, Verdict.CORRECT, 6, curator=ann, tumor_status=TumorStatus.NONTUMOR)
    decide(four_sets, None, 2, curator=ann)
    state = curation_gallery(four_sets, SYNTHETIC, ann)
    assert state.verdicts.tolist() == [0, DISCARDED, 0, KEPT, KEPT, DEFERRED, CORRECTED, 0, 0, 0, 0, 0]
    assert [state.known_reasons[index].code for index in state.reasons.tolist() if index >= 0] == ["gray_contour"]
    assert state.recorded.tolist() == [0] * 12
    assert state.tumor_statuses.tolist() == [0] * 6 + [1] + [0] * 5


def test_a_receipt_says_what_stands_for_the_images_of_the_act(four_sets: WorkspacePaths, ann: Person) -> None:
    saved = decide(four_sets, Verdict.DISCARD, 4, 2, 4, curator=ann)
    assert (saved.images, saved.verdicts, saved.reasons, saved.n_images) == ([2, 4], [DISCARDED] * 2, [2, 2], 2)
    corrected = decide(four_sets, Verdict.CORRECT, 2, curator=ann, tumor_status=TumorStatus.NONTUMOR)
    assert (corrected.verdicts, corrected.reasons, corrected.tumor_statuses) == ([CORRECTED], [-1], [1])


def test_an_act_that_is_sent_again_is_saved_once_and_answered_as_the_first_time(
    four_sets: WorkspacePaths, ann: Person
) -> None:
    sent = act(ann, Verdict.DISCARD, 1)
    first = record_act(four_sets, sent, curator=ann)
    decide(four_sets, Verdict.KEEP, 1, curator=ann)
    assert record_act(four_sets, sent, curator=ann) == first
    assert verdicts(four_sets, ann)[1] == KEPT


def test_discarding_an_image_again_changes_its_reason(four_sets: WorkspacePaths, ann: Person) -> None:
    decide(four_sets, Verdict.DISCARD, 1, curator=ann)
    decide(four_sets, Verdict.DISCARD, 1, curator=ann, reason="other", note="two falces")
    state = curation_gallery(four_sets, SYNTHETIC, ann)
    assert state.known_reasons[state.reasons[1]].code == "other"


def test_undo_restores_what_stood_before_act_by_act(four_sets: WorkspacePaths, ann: Person) -> None:
    decide(four_sets, Verdict.DISCARD, 1, 2, curator=ann)
    before = verdicts(four_sets, ann)
    decide(four_sets, Verdict.KEEP, *range(12), curator=ann)
    undone = undo(four_sets, ann)
    assert undone is not None
    assert undone.verdicts == before
    assert verdicts(four_sets, ann) == before
    assert undo(four_sets, ann) is not None
    assert verdicts(four_sets, ann) == [UNDECIDED] * 12
    assert undo(four_sets, ann) is None
    assert curation_gallery(four_sets, SYNTHETIC, ann).undoable is None


def test_an_undo_that_is_sent_again_undoes_nothing_more(four_sets: WorkspacePaths, ann: Person) -> None:
    decide(four_sets, Verdict.KEEP, 1, curator=ann)
    decide(four_sets, Verdict.KEEP, 2, curator=ann)
    sent = new_id()
    first = undo_last(four_sets, SYNTHETIC, ann, act_id=sent)
    decide(four_sets, Verdict.DISCARD, 2, curator=ann)
    assert undo_last(four_sets, SYNTHETIC, ann, act_id=sent) == first
    assert verdicts(four_sets, ann)[1:3] == [KEPT, DISCARDED]


def test_two_curators_decide_and_undo_without_touching_each_other(
    four_sets: WorkspacePaths, ann: Person, bob: Person
) -> None:
    decide(four_sets, Verdict.DISCARD, 1, 2, curator=ann)
    decide(four_sets, Verdict.KEEP, 2, 3, curator=bob)
    undo(four_sets, bob)
    decide(four_sets, Verdict.KEEP, 1, curator=bob)
    assert verdicts(four_sets, ann) == [0, DISCARDED, DISCARDED, *[0] * 9]
    assert verdicts(four_sets, bob) == [0, KEPT, *[0] * 10]
    state = curation_gallery(four_sets, SYNTHETIC, bob)
    assert state.curators == ("ann", "bob")
    assert state.n_others.tolist() == [0, 1, 1, *[0] * 9]
    assert state.disagrees.tolist() == [False, True, *[False] * 10]


def test_decisions_are_never_changed_or_deleted(four_sets: WorkspacePaths, ann: Person) -> None:
    decide(four_sets, Verdict.KEEP, 1, curator=ann)
    with opened(four_sets.database) as db:
        for statement in ("UPDATE curation_acts SET note = 'x'", "DELETE FROM curation_acts"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                db.execute(statement)


def test_a_deleted_set_takes_its_decisions_along_and_says_that_it_is_gone(
    four_sets: WorkspacePaths, ann: Person
) -> None:
    sent = act(ann, Verdict.KEEP, 1)
    record_act(four_sets, sent, curator=ann)
    undo(four_sets, ann)
    decide(four_sets, Verdict.KEEP, 2, curator=ann)
    delete_image_set(four_sets, SYNTHETIC)
    for doing in (
        lambda: record_act(four_sets, sent, curator=ann),
        lambda: undo(four_sets, ann),
        lambda: verdicts(four_sets, ann),
    ):
        with pytest.raises(NotFoundError, match="no image set 'synthetic-tumor'"):
            doing()
    add_phantom_set(four_sets, SYNTHETIC, ImageKind.SYNTHETIC, TumorStatus.TUMOR)
    assert verdicts(four_sets, ann) == [UNDECIDED] * 12


def test_a_set_of_one_image_can_be_curated(four_sets: WorkspacePaths, ann: Person) -> None:
    one = ImageSetName("one")
    add_phantom_set(four_sets, one, ImageKind.SYNTHETIC, TumorStatus.TUMOR, n=1)
    decide(four_sets, Verdict.DISCARD, 0, curator=ann, image_set=one)
    assert verdicts(four_sets, ann, one) == [DISCARDED]
    undo(four_sets, ann, one)
    assert verdicts(four_sets, ann, one) == [UNDECIDED]


@pytest.mark.parametrize("image", [-1, 12, 2**40])
def test_an_image_that_the_set_has_not_is_named(four_sets: WorkspacePaths, ann: Person, image: int) -> None:
    with pytest.raises(BadInputError, match=rf"has no image {image}\. Its images are 0 to 11"):
        decide(four_sets, Verdict.KEEP, 3, image, curator=ann)
    assert verdicts(four_sets, ann) == [UNDECIDED] * 12


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"image_indices": ()}, "0 images"),
        ({"verdict": Verdict.DISCARD}, "needs a reason"),
        ({"reason": "gray_contour"}, "needs a reason"),
        ({"verdict": Verdict.DISCARD, "reason": "other", "note": " "}, "Add a note"),
        ({"verdict": Verdict.CORRECT}, "needs a tumor status"),
        ({"tumor_status": TumorStatus.TUMOR}, "needs a tumor status"),
        ({"note": "x" * 501}, "501 characters"),
        ({"act_id": "short"}, "'short' is not the id"),
        ({"decided_at": "yesterday"}, "'yesterday' is not a time"),
    ],
)
def test_what_no_decision_can_be_is_refused(
    ann_alone: CurationAct, changes: dict[str, object], message: str
) -> None:
    with pytest.raises(BadInputError, match=message):
        replace(ann_alone, **changes)


@pytest.fixture
def ann_alone() -> CurationAct:
    person = Person(person_id="p", name="ann", role="curator", created_at=NOON)
    return act(person, Verdict.KEEP, 1)


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ([], "not a JSON object"),
        ({"images": "1"}, "no list of image positions"),
        ({"images": [True]}, "no list of image positions"),
        ({"images": [0.5]}, "no list of image positions"),
        ({"images": [1], "act_id": 7}, "act_id is '7'"),
        ({"images": [1], "act_id": "a" * 8, "verdict": "burn"}, "verdict is 'burn'. Use one of keep, discard"),
        ({"images": [1], "act_id": "a" * 8, "verdict": "keep"}, "'' is not a time"),
    ],
)
def test_what_a_browser_should_not_send_is_refused(record: object, message: str) -> None:
    with pytest.raises(BadInputError, match=message):
        CurationAct.from_json(record, image_set=SYNTHETIC, curator="p")


def test_what_a_browser_sends_becomes_an_act(ann: Person) -> None:
    record = {"act_id": "a" * 8, "verdict": "discard", "images": [1, 2], "reason": "near_copy", "decided_at": NOON}
    found = CurationAct.from_json(record, image_set=SYNTHETIC, curator=ann.person_id)
    assert found == act(ann, Verdict.DISCARD, 1, 2, act_id="a" * 8, reason="near_copy")
    nothing = CurationAct.from_json(record | {"verdict": None, "reason": None}, image_set=SYNTHETIC, curator="p")
    assert nothing.verdict is None


def test_reasons_are_those_of_the_kind_of_images(four_sets: WorkspacePaths, ann: Person) -> None:
    with pytest.raises(BadInputError, match=r"no reason 'gray_contour'.*tumor_tagged_nontumor"):
        decide(four_sets, Verdict.DISCARD, 1, curator=ann, image_set=REAL)
    decide(four_sets, Verdict.DISCARD, 1, curator=ann, image_set=REAL, reason="tumor_tagged_nontumor")
    assert verdicts(four_sets, ann, REAL)[1] == DISCARDED


def test_a_workspaces_own_reasons_come_behind_the_others(four_sets: WorkspacePaths, ann: Person) -> None:
    checkerboard = ExclusionReason(code="checkerboard", title="Checkerboard")
    before = all_reasons(four_sets, ImageKind.SYNTHETIC)
    add_reason(four_sets, ImageKind.SYNTHETIC, checkerboard)
    assert all_reasons(four_sets, ImageKind.SYNTHETIC) == (*before, checkerboard)
    assert checkerboard not in all_reasons(four_sets, ImageKind.REAL)
    decide(four_sets, Verdict.DISCARD, 1, curator=ann, reason="checkerboard")
    with pytest.raises(RefusedError, match="'checkerboard' already"):
        add_reason(four_sets, ImageKind.SYNTHETIC, checkerboard)
    with pytest.raises(BadInputError, match="'Bad code'"):
        ExclusionReason(code="Bad code", title="x")


def test_nobody_decides_for_somebody_else(four_sets: WorkspacePaths, ann: Person, bob: Person) -> None:
    with pytest.raises(AccessDeniedError, match="not yours"):
        record_act(four_sets, act(ann, Verdict.KEEP, 1), curator=bob)
    sent = act(ann, Verdict.KEEP, 1)
    record_act(four_sets, sent, curator=ann)
    with pytest.raises(RefusedError, match="Another decision has the id"):
        record_act(four_sets, replace(sent, curator=bob.person_id), curator=bob)


def test_a_kill_between_two_decisions_loses_none_that_was_acknowledged(
    four_sets: WorkspacePaths, ann: Person
) -> None:
    """The process says after each decision that it is saved, and is killed in the middle of the next one."""
    code = (
        "import sys; from pathlib import Path\n"
        "from core.curation.decision import Verdict\n"
        "from core.settings import WorkspacePaths\n"
        "from core.workflows.access import curator_known_as\n"
        "from tests.curating import decide\n"
        "paths = WorkspacePaths(Path(sys.argv[1])); ann = curator_known_as(paths, 'ann')\n"
        "for image in range(12):\n"
        "    decide(paths, Verdict.DISCARD, image, curator=ann); print(image, flush=True)\n"
    )
    command = [sys.executable, "-c", code, str(four_sets.root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        acknowledged = [int(process.stdout.readline()) for _ in range(5)]
        os.kill(process.pid, signal.SIGKILL)
        acknowledged += [int(line) for line in process.stdout]
    found = verdicts(four_sets, ann)
    assert {found[image] for image in acknowledged} == {DISCARDED}
    undo(four_sets, ann)
    decide(four_sets, Verdict.KEEP, *range(12), curator=ann)
    assert verdicts(four_sets, ann) == [KEPT] * 12


def test_curators_who_decide_at_once_in_many_threads_lose_nothing(four_sets: WorkspacePaths) -> None:
    """Two tabs of each of four curators: every act is saved, and undone as often as it was asked for."""
    people = [curator_known_as(four_sets, f"curator {number}") for number in range(4)]

    def decide_on(job: int) -> None:
        for image in range(6 * (job % 2), 6 * (job % 2) + 6):
            decide(four_sets, Verdict.DISCARD if image % 3 else Verdict.KEEP, image, curator=people[job // 2])
            decide(four_sets, Verdict.DEFER, image, curator=people[job // 2])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(decide_on, range(8)))
    assert all(verdicts(four_sets, one) == [DEFERRED] * 12 for one in people)
    with ThreadPoolExecutor(8) as pool:
        receipts = list(pool.map(lambda place: undo(four_sets, people[place % 4]), range(4 * 24)))
    assert None not in receipts
    assert all(verdicts(four_sets, one) == [UNDECIDED] * 12 for one in people)
