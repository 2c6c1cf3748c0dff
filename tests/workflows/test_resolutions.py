"""What several curators' decisions come to, where they disagree, and how that is settled."""

import pytest

from core.access.person import Person
from core.curation.decision import Verdict
from core.curation.resolution import DISAGREED, DISCARDED, OPEN
from core.errors import AccessDeniedError, BadInputError, RefusedError
from core.imageset.record import TumorStatus
from core.settings import WorkspacePaths
from core.workflows.access import curator_known_as
from core.workflows.curation import curation_gallery
from core.workflows.resolutions import disagreements, resolved, settle
from tests.curating import REAL, SYNTHETIC, act, decide, undo

TUMOR, NONTUMOR = 0, 1


@pytest.fixture
def ann(four_sets: WorkspacePaths) -> Person:
    return curator_known_as(four_sets, "ann")


@pytest.fixture
def bob(four_sets: WorkspacePaths) -> Person:
    return curator_known_as(four_sets, "bob")


@pytest.fixture
def researcher(four_sets: WorkspacePaths) -> Person:
    return curator_known_as(four_sets, None)


def outcomes(paths: WorkspacePaths) -> list[int]:
    return resolved(paths, SYNTHETIC).resolution.outcomes.tolist()


def test_outcomes_are_what_all_who_decided_agree_on(four_sets: WorkspacePaths, ann: Person, bob: Person) -> None:
    decide(four_sets, Verdict.KEEP, 0, 1, 2, curator=ann)
    decide(four_sets, Verdict.DISCARD, 3, 4, 5, curator=ann)
    decide(four_sets, Verdict.DEFER, 6, 7, curator=ann)
    decide(four_sets, Verdict.CORRECT, 8, curator=ann, tumor_status=TumorStatus.NONTUMOR)
    decide(four_sets, Verdict.KEEP, 1, 4, 7, curator=bob)
    decide(four_sets, Verdict.DISCARD, 2, 5, curator=bob, reason="near_copy")
    decide(four_sets, Verdict.CORRECT, 8, curator=bob, tumor_status=TumorStatus.TUMOR)
    kept, off, split, none = TUMOR, DISCARDED, DISAGREED, OPEN
    assert outcomes(four_sets) == [kept, kept, split, off, split, off, none, kept, split, none, none, none]
    assert resolved(four_sets, SYNTHETIC).to_json() == {
        "image_set": "synthetic-tumor", "images": 12, "kept": 3, "corrected": 0, "discarded": 2, "deferred": 1,
        "undecided": 3, "disagreed": 3, "reasons": {"gray_contour": 1, "near_copy": 1},
    }  # fmt: skip


def test_a_correction_keeps_the_image_with_another_status(four_sets: WorkspacePaths, ann: Person) -> None:
    decide(four_sets, Verdict.CORRECT, 2, curator=ann, tumor_status=TumorStatus.NONTUMOR)
    assert outcomes(four_sets)[2] == NONTUMOR
    undo(four_sets, ann)
    assert outcomes(four_sets)[2] == OPEN


def test_disagreements_name_who_decided_what_with_kappa_over_all_that_both_decided(
    four_sets: WorkspacePaths, ann: Person, bob: Person
) -> None:
    """Both keep 0 to 4 and discard 7 to 9; ann keeps 5 and 6, which bob discards: kappa by hand is 0.6154."""
    decide(four_sets, Verdict.KEEP, *range(7), curator=ann)
    decide(four_sets, Verdict.DISCARD, 7, 8, 9, 10, curator=ann)
    decide(four_sets, Verdict.KEEP, *range(5), curator=bob)
    decide(four_sets, Verdict.DISCARD, 5, 6, 7, 8, 9, curator=bob, reason="odd_artifact")
    found = disagreements(four_sets, SYNTHETIC)
    assert found.images[0].to_json() == {
        "image": 5,
        "id": "synthetic-tumor-5",
        "decisions": [
            {"curator": "ann", "verdict": "keep", "reason": None, "tumor_status": None},
            {"curator": "bob", "verdict": "discard", "reason": "odd_artifact", "tumor_status": None},
        ],
    }
    assert [one.image_index for one in found.images] == [5, 6]
    (pair,) = found.agreement.pairs
    by_chance = 0.7 * 0.5 + 0.3 * 0.5
    assert (pair.curators, pair.n) == (("ann", "bob"), 10)
    assert pair.kappa == pytest.approx((0.8 - by_chance) / (1 - by_chance))
    assert found.agreement.krippendorff_alpha == pytest.approx(0.6, abs=0.05)


def test_kappa_is_not_estimable_where_nobody_overlaps_or_all_is_alike(
    four_sets: WorkspacePaths, ann: Person, bob: Person
) -> None:
    assert disagreements(four_sets, SYNTHETIC).agreement.pairs == []
    decide(four_sets, Verdict.KEEP, 0, 1, curator=ann)
    decide(four_sets, Verdict.KEEP, 2, 3, curator=bob)
    assert [(pair.n, pair.kappa) for pair in disagreements(four_sets, SYNTHETIC).agreement.pairs] == [(0, None)]
    decide(four_sets, Verdict.KEEP, 0, 1, curator=bob)
    assert [(pair.n, pair.kappa) for pair in disagreements(four_sets, SYNTHETIC).agreement.pairs] == [(2, None)]


def test_the_researcher_settles_and_what_each_decided_stays(
    four_sets: WorkspacePaths, ann: Person, bob: Person, researcher: Person
) -> None:
    decide(four_sets, Verdict.KEEP, 1, 2, curator=ann)
    decide(four_sets, Verdict.DISCARD, 1, 2, curator=bob)
    settle(four_sets, act(researcher, Verdict.DISCARD, 1, reason="hyper_intensity"), researcher=researcher)
    assert outcomes(four_sets)[1:3] == [DISCARDED, DISAGREED]
    assert resolved(four_sets, SYNTHETIC).to_json()["reasons"] == {"hyper_intensity": 1}
    state = curation_gallery(four_sets, SYNTHETIC, ann)
    assert (state.verdicts[1], state.settled[1], state.disagrees.tolist()[1:3]) == (1, 2, [False, True])
    assert state.curators == ("ann", "bob")
    settle(four_sets, act(researcher, Verdict.KEEP, 1), researcher=researcher)
    assert outcomes(four_sets)[1] == TUMOR
    settle(four_sets, act(researcher, None, 1), researcher=researcher)
    assert outcomes(four_sets)[1] == DISAGREED


def test_an_undo_leaves_settlements_alone(four_sets: WorkspacePaths, ann: Person, researcher: Person) -> None:
    decide(four_sets, Verdict.KEEP, 1, curator=ann)
    decide(four_sets, Verdict.DISCARD, 1, curator=researcher)
    settle(four_sets, act(researcher, Verdict.KEEP, 1), researcher=researcher)
    undo(four_sets, researcher)
    assert undo(four_sets, researcher) is None
    assert outcomes(four_sets)[1] == TUMOR


def test_only_the_researcher_settles_and_only_what_is_disputed(
    four_sets: WorkspacePaths, ann: Person, researcher: Person
) -> None:
    decide(four_sets, Verdict.KEEP, 1, curator=ann)
    with pytest.raises(AccessDeniedError, match="Only the researcher"):
        settle(four_sets, act(ann, Verdict.DISCARD, 1), researcher=ann)
    with pytest.raises(RefusedError, match="Nobody disagrees on 1 of these"):
        settle(four_sets, act(researcher, Verdict.DISCARD, 1), researcher=researcher)
    with pytest.raises(BadInputError, match="settles nothing"):
        settle(four_sets, act(researcher, Verdict.DEFER, 1), researcher=researcher)


def test_a_real_slice_is_excluded_or_its_status_corrected(four_sets: WorkspacePaths, ann: Person) -> None:
    decide(four_sets, Verdict.DISCARD, 0, curator=ann, image_set=REAL, reason="unclear_boundary")
    decide(four_sets, Verdict.CORRECT, 1, curator=ann, image_set=REAL, tumor_status=TumorStatus.TUMOR)
    assert resolved(four_sets, REAL).resolution.outcomes.tolist() == [DISCARDED, TUMOR, *[OPEN] * 10]
