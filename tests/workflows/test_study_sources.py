"""Studies from releases and from curated sets: what may be drawn, as what, and what the report says of it."""

import json
import re
from dataclasses import replace

import pytest

from core.access.person import Person
from core.curation.decision import Verdict
from core.errors import BadInputError, NotFoundError, RefusedError
from core.identifiers import ImageSetName, ReleaseName, StudyName
from core.imageset.record import ImageKind, TumorStatus
from core.reading.case import Arm, Case
from core.reading.protocol import Corrections, DrawnRelease
from core.reading.study import Study
from core.settings import WorkspacePaths
from core.storage import studies
from core.storage.database import opened
from core.workflows.access import curator_known_as, invite_reader
from core.workflows.curated_readings import curator_warning
from core.workflows.image_sets import all_image_sets
from core.workflows.maintenance import doctor
from core.workflows.releases import delete_release, release, start_sample_review
from core.workflows.report import ReportFormat, study_cautions, study_report
from core.workflows.results import study_results
from core.workflows.studies import close_study, create_study, lock_study
from tests.curating import SYNTHETIC, decide, undo
from tests.phantoms import BASE_URL, LockedStudy, plan
from tests.reading_robot import read

GOOD = ReleaseName("good")
REAL_TUMOR = ImageSetName("real-tumor")


@pytest.fixture
def ann(four_sets: WorkspacePaths) -> Person:
    return curator_known_as(four_sets, "ann")


@pytest.fixture
def released(four_sets: WorkspacePaths, ann: Person) -> WorkspacePaths:
    """Of the synthetic tumor images 0 to 2 are discarded, 3 is nontumor in truth, 4 to 11 are kept."""
    decide(four_sets, Verdict.KEEP, *range(12), curator=ann)
    decide(four_sets, Verdict.DISCARD, 0, 1, curator=ann)
    decide(four_sets, Verdict.DISCARD, 2, curator=ann, reason="near_copy")
    decide(four_sets, Verdict.CORRECT, 3, curator=ann, tumor_status=TumorStatus.NONTUMOR)
    release(four_sets, SYNTHETIC, GOOD)
    return four_sets


def study(
    paths: WorkspacePaths, *synthetic: str, per_arm: int = 8, name: str = "study", **changes: object
) -> Study:
    """A draft from these synthetic sets and releases, or from both synthetic sets."""
    made = plan(name, per_arm=per_arm)
    return create_study(paths, replace(made, synthetic_sets=list(synthetic or made.synthetic_sets), **changes))


def cases(paths: WorkspacePaths, name: str = "study") -> list[Case]:
    with opened(paths.database) as db:
        return studies.cases(db, StudyName(name))


def said(paths: WorkspacePaths, name: str = "study") -> str:
    page = study_report(paths, StudyName(name), format=ReportFormat.HTML).content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.split("<body>")[1]))


def read_and_closed(paths: WorkspacePaths, reader: str = "r", name: str = "study") -> None:
    read(paths, LockedStudy(paths=paths, name=StudyName(name)).cookie(reader))
    close_study(paths, StudyName(name))


def test_cases_are_drawn_from_kept_images_with_their_resolved_status(released: WorkspacePaths) -> None:
    made = study(released, GOOD, "synthetic-nontumor", per_arm=8)
    drawn = [case for case in cases(released) if case.image_set == SYNTHETIC]
    assert {case.image_index for case in drawn if case.arm is Arm.SYNTHETIC_TUMOR} == set(range(4, 12))
    assert {case.image_index for case in drawn if case.arm is Arm.SYNTHETIC_NONTUMOR} <= {3}
    assert made.protocol.releases.keys() == {GOOD}
    with pytest.raises(RefusedError, match="synthetic tumor has 8 different images"):
        study(released, GOOD, "synthetic-nontumor", per_arm=9, name="more")


def test_a_corrected_image_enters_the_arm_of_what_it_shows(released: WorkspacePaths) -> None:
    study(released, GOOD, per_arm=1)
    (nontumor,) = [case for case in cases(released) if case.arm is Arm.SYNTHETIC_NONTUMOR]
    assert (nontumor.image_set, nontumor.image_index) == (SYNTHETIC, 3)


def test_the_protocol_says_which_release_and_its_hash_is_in_the_protocols(released: WorkspacePaths) -> None:
    made = study(released, GOOD, "synthetic-nontumor")
    (image_set,) = [one for one in all_image_sets(released) if one.name == SYNTHETIC]
    drawn = made.protocol.releases[GOOD]
    assert (drawn.image_set, drawn.n_images) == (SYNTHETIC, 9)
    assert made.protocol.image_sets[SYNTHETIC] == image_set.sha256
    with opened(released.database) as db:
        stored = studies.study(db, made.name)
    assert stored is not None
    assert stored.protocol == made.protocol
    assert isinstance(stored.protocol.releases[GOOD], DrawnRelease)
    assert json.loads(made.protocol.to_json())["releases"]["good"]["sha256"] == drawn.sha256
    assert doctor(released) == []


def test_studies_without_releases_have_the_hash_they_always_had(four_sets: WorkspacePaths) -> None:
    record = json.loads(study(four_sets).protocol.to_json())
    assert not {"releases", "corrections"} & record.keys()


def test_a_release_stays_while_a_study_uses_it(released: WorkspacePaths) -> None:
    study(released, GOOD, "synthetic-nontumor")
    with pytest.raises(RefusedError, match="used by the study study"):
        delete_release(released, GOOD)


def test_the_report_says_what_was_generated_reviewed_and_discarded_and_why(released: WorkspacePaths) -> None:
    lock_study(released, study(released, GOOD, "synthetic-nontumor", per_arm=2).name)
    read_and_closed(released)
    text = said(released)
    assert (
        "1 curator reviewed 12 of the 12 images of synthetic-tumor and discarded 3; 9 were kept, 1 of them" in text
    )
    assert "as the release good (SHA-256" in text
    assert "of the release good of the set synthetic-tumor" in text
    assert "gray contour 2 near copy 1" in text
    assert "uncurated" not in text


def test_what_nobody_looked_at_is_told_with_its_estimate(four_sets: WorkspacePaths, ann: Person) -> None:
    sample = start_sample_review(four_sets, SYNTHETIC, n=6, seed=0).review.sample.tolist()
    decide(four_sets, Verdict.KEEP, *sample, curator=ann)
    release(four_sets, SYNTHETIC, GOOD, accept_rest=True)
    lock_study(four_sets, study(four_sets, GOOD, "synthetic-nontumor", per_arm=2).name)
    read_and_closed(four_sets)
    assert "6 of those kept were looked at by nobody: by a random sample of 6, 0.0% of them would be" in said(
        four_sets
    )


@pytest.mark.parametrize("images", [(0,), (0, 5, 7)])
def test_a_set_that_was_discarded_from_is_not_uncurated(
    four_sets: WorkspacePaths, ann: Person, images: tuple[int, ...]
) -> None:
    decide(four_sets, Verdict.DISCARD, *images, curator=ann)
    with pytest.raises(RefusedError, match=rf"not uncurated: {len(images)} of its images.*Make a release"):
        study(four_sets)
    undo(four_sets, ann)
    assert study(four_sets).protocol.releases == {}


def test_a_set_that_is_discarded_from_before_the_lock_is_refused_at_it(
    four_sets: WorkspacePaths, ann: Person
) -> None:
    made = study(four_sets, per_arm=2)
    decide(four_sets, Verdict.DISCARD, 0, curator=ann)
    with pytest.raises(RefusedError, match="not uncurated"):
        lock_study(four_sets, made.name)


def test_excluded_real_slices_are_not_drawn_and_corrected_ones_as_what_they_show(
    four_sets: WorkspacePaths, ann: Person
) -> None:
    decide(four_sets, Verdict.DISCARD, 0, 1, curator=ann, image_set=REAL_TUMOR, reason="unclear_boundary")
    decide(four_sets, Verdict.CORRECT, 2, curator=ann, image_set=REAL_TUMOR, tumor_status=TumorStatus.NONTUMOR)
    made = study(four_sets, per_arm=9)
    drawn = [case for case in cases(four_sets) if case.image_set == REAL_TUMOR]
    assert {case.image_index for case in drawn if case.tumor_status is TumorStatus.TUMOR} == set(range(3, 12))
    assert made.protocol.corrections == {REAL_TUMOR: Corrections(n_excluded=2, n_corrected=1)}
    with pytest.raises(RefusedError, match="real tumor has 9"):
        study(four_sets, per_arm=10, name="more")
    lock_study(four_sets, made.name)
    read_and_closed(four_sets)
    assert "real-tumor: curators had excluded 2 of its images, which were not drawn, and corrected" in said(
        four_sets
    )


def test_a_real_release_is_drawn_from_too(four_sets: WorkspacePaths, ann: Person) -> None:
    decide(four_sets, Verdict.KEEP, *range(12), curator=ann, image_set=REAL_TUMOR)
    decide(four_sets, Verdict.DISCARD, 0, curator=ann, image_set=REAL_TUMOR, reason="too_small_or_big")
    release(four_sets, REAL_TUMOR, GOOD)
    made = study(four_sets, real_sets=[GOOD, "real-nontumor"], per_arm=11)
    assert made.protocol.releases[GOOD].image_set == REAL_TUMOR
    with pytest.raises(BadInputError, match=r"release good is real, not synthetic.*--real"):
        study(four_sets, GOOD, name="other")


def test_a_correction_after_the_draft_was_drawn_refuses_the_lock(four_sets: WorkspacePaths, ann: Person) -> None:
    made = study(four_sets, per_arm=2)
    shown = next(case for case in cases(four_sets) if case.image_set == REAL_TUMOR)
    status = TumorStatus.NONTUMOR
    decide(four_sets, Verdict.CORRECT, shown.image_index, curator=ann, image_set=REAL_TUMOR, tumor_status=status)
    with pytest.raises(RefusedError, match=r"corrected 1 images of real-tumor since.*make it anew"):
        lock_study(four_sets, made.name)
    undo(four_sets, ann, REAL_TUMOR)
    lock_study(four_sets, made.name)


def test_a_set_and_its_release_are_not_drawn_from_together(released: WorkspacePaths) -> None:
    release(released, SYNTHETIC, ReleaseName("again"))
    with pytest.raises(BadInputError, match="named twice"):
        study(released, GOOD, "again")
    with pytest.raises(NotFoundError, match="no image set 'absent', and no release"):
        study(released, "absent")


def test_a_reader_who_curated_is_warned_of_recorded_and_told_in_the_report(released: WorkspacePaths) -> None:
    lock_study(released, study(released, GOOD, "synthetic-nontumor", per_arm=4).name)
    name = StudyName("study")
    n_shown = sum(case.image_set == SYNTHETIC for case in cases(released))
    assert curator_warning(released, name, "somebody else") is None
    warning = curator_warning(released, name, " ANN")
    assert warning is not None
    assert f"decided on {n_shown} of its images" in warning
    link = LockedStudy(paths=released, name=name)
    read(released, link.cookie("Ann"))
    read(released, link.cookie("other"))
    close_study(released, name)
    text = said(released)
    assert text.count(f"on how many of its images they decided: Reader 1 on {n_shown}.") == 2
    assert "Ann" not in text
    cautions = study_cautions(released, name, study_results(released, name))
    assert any("had curated image sets" in caution for caution in cautions)
    with opened(released.database) as db:
        invited = [
            json.loads(row[0])
            for row in db.execute("SELECT content FROM audit_trail WHERE action = 'invited' ORDER BY position")
        ]
    assert [entry.get("curated_images") for entry in invited] == [n_shown, None]


def test_what_a_curator_undid_was_seen_all_the_same(four_sets: WorkspacePaths, ann: Person) -> None:
    decide(four_sets, Verdict.DEFER, *range(12), curator=ann)
    undo(four_sets, ann)
    lock_study(four_sets, study(four_sets, per_arm=2).name)
    invite_reader(four_sets, StudyName("study"), "ann", again=False, base_url=BASE_URL)
    assert "decided on 2 of its images" in str(curator_warning(four_sets, StudyName("study"), "ann"))


def test_kinds_are_still_told_apart(four_sets: WorkspacePaths) -> None:
    with pytest.raises(BadInputError, match="real-tumor is real, not synthetic"):
        study(four_sets, "real-tumor")
    study(four_sets)
    assert {case.truth for case in cases(four_sets)} == set(ImageKind)
