"""Releases: the frozen list of what was kept, and a data sheet whose figures can be counted again."""

import csv
import json
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from core.access.person import Person
from core.curation.decision import STATUSES, Verdict
from core.errors import BadInputError, NotFoundError, RefusedError
from core.identifiers import ImageSetName, ReleaseName
from core.imageset.record import ImageKind, TumorStatus
from core.provenance import sha256_of_json
from core.settings import WorkspacePaths
from core.storage.database import opened
from core.workflows.access import curator_known_as
from core.workflows.image_sets import all_image_sets, delete_image_set, image_set_records
from core.workflows.maintenance import doctor
from core.workflows.releases import (
    all_releases,
    delete_release,
    export_release,
    release,
    release_selection,
    release_sheet,
    sample_review_state,
    start_sample_review,
)
from core.workflows.resolutions import settle
from tests.curating import SYNTHETIC, act, decide, undo
from tests.phantoms import add_phantom_set

GOOD = ReleaseName("good")


@pytest.fixture
def ann(four_sets: WorkspacePaths) -> Person:
    return curator_known_as(four_sets, "ann")


def curated(paths: WorkspacePaths, ann: Person) -> None:
    """Discard 1, 4 and 5, correct 7 to nontumor, keep the others."""
    decide(paths, Verdict.KEEP, *range(12), curator=ann)
    decide(paths, Verdict.DISCARD, 1, 4, curator=ann)
    decide(paths, Verdict.DISCARD, 5, curator=ann, reason="near_copy")
    decide(paths, Verdict.CORRECT, 7, curator=ann, tumor_status=TumorStatus.NONTUMOR)


def reviewed(paths: WorkspacePaths, ann: Person, *, n: int = 4) -> list[int]:
    """Review a random sample: discard its first image, keep the others; return the sample."""
    sample = start_sample_review(paths, SYNTHETIC, n=n, seed=3).review.sample.tolist()
    decide(paths, Verdict.KEEP, *sample, curator=ann)
    decide(paths, Verdict.DISCARD, sample[0], curator=ann)
    return sample


def test_a_release_holds_exactly_what_was_kept_with_its_resolved_status(
    four_sets: WorkspacePaths, ann: Person
) -> None:
    curated(four_sets, ann)
    made = release(four_sets, SYNTHETIC, GOOD)
    selection = release_selection(four_sets, GOOD)
    assert selection.image_indices.tolist() == [0, 2, 3, 6, 7, 8, 9, 10, 11]
    assert [selection.status_of(index) for index in (0, 1, 7, 11, 12)] == [
        TumorStatus.TUMOR, None, TumorStatus.NONTUMOR, TumorStatus.TUMOR, None,
    ]  # fmt: skip
    assert (made.name, made.n_images) == (GOOD, 9)
    assert all_releases(four_sets) == [made]


def test_the_hash_is_that_of_pixels_positions_and_statuses(four_sets: WorkspacePaths, ann: Person) -> None:
    curated(four_sets, ann)
    made = release(four_sets, SYNTHETIC, GOOD)
    (pixels,) = [one.sha256 for one in all_image_sets(four_sets) if one.name == SYNTHETIC]
    kept = [0, 2, 3, 6, 7, 8, 9, 10, 11]
    assert made.sha256 == sha256_of_json([pixels, kept, ["nontumor" if k == 7 else "tumor" for k in kept]])
    assert release(four_sets, SYNTHETIC, ReleaseName("again")).sha256 == made.sha256


def test_later_decisions_leave_a_release_as_it_was(four_sets: WorkspacePaths, ann: Person) -> None:
    curated(four_sets, ann)
    made = release(four_sets, SYNTHETIC, GOOD)
    decide(four_sets, Verdict.DISCARD, *range(12), curator=ann)
    assert all_releases(four_sets) == [made]
    assert len(release_selection(four_sets, GOOD).image_indices) == 9
    with opened(four_sets.database) as db:
        for statement in (
            "UPDATE releases SET sha256 = 'x'",
            "UPDATE release_images SET image_index = 99 WHERE image_index = 0",
            "DELETE FROM release_images",
        ):
            with pytest.raises(sqlite3.IntegrityError, match="frozen"):
                db.execute(statement)


def test_the_data_sheets_figures_are_those_counted_by_hand(four_sets: WorkspacePaths, ann: Person) -> None:
    curated(four_sets, ann)
    bob = curator_known_as(four_sets, "bob")
    decide(four_sets, Verdict.DEFER, 2, curator=bob)
    decide(four_sets, Verdict.DISCARD, 4, 6, curator=bob)
    researcher = curator_known_as(four_sets, None)
    settle(four_sets, act(researcher, Verdict.KEEP, 6), researcher=researcher)
    release(four_sets, SYNTHETIC, GOOD)
    sheet = release_sheet(four_sets, GOOD)
    assert sheet["images"] == {
        "in_set": 12, "generated": None, "reviewed": 12, "discarded": 3, "kept": 9, "corrected": 1,
        "accepted_unreviewed": 0,
    }  # fmt: skip
    assert sheet["discarded"] == {"gray_contour": 2, "near_copy": 1}
    assert sheet["curators"] == [
        {"person_id": "ann", "reviewed": 12, "discarded": 3, "deferred": 0, "corrected": 1},
        {"person_id": "bob", "reviewed": 2, "discarded": 2, "deferred": 1, "corrected": 0},
    ]
    assert sheet["settled"] == 1
    assert sheet["agreement"]["pairs"][0]["n"] == 2
    assert (sheet["sample_review"], sheet["realism_and_diversity"]) == (None, None)
    assert (sheet["release"], sheet["image_set"]["name"]) == (GOOD, SYNTHETIC)


def test_names_of_curators_stand_in_the_table_of_people_only(four_sets: WorkspacePaths) -> None:
    curated(four_sets, curator_known_as(four_sets, "Zebedee"))
    made = release(four_sets, SYNTHETIC, GOOD)
    assert "Zebedee" not in json.dumps(made.data_sheet)
    assert "Zebedee" in json.dumps(release_sheet(four_sets, GOOD))


def test_what_is_measured_before_and_after_is_handed_over_and_kept(four_sets: WorkspacePaths, ann: Person) -> None:
    curated(four_sets, ann)
    asked: list[list[int]] = []

    def measure(kept: np.ndarray) -> dict[str, object]:
        asked.append(kept.tolist())
        return {"diversity": {"before": 1.0, "after": 0.9}}

    made = release(four_sets, SYNTHETIC, GOOD, measure=measure)
    assert asked == [[0, 2, 3, 6, 7, 8, 9, 10, 11]]
    assert made.data_sheet["realism_and_diversity"] == {"diversity": {"before": 1.0, "after": 0.9}}


def test_decisions_that_come_in_while_it_is_measured_are_not_lost_on_it(
    four_sets: WorkspacePaths, ann: Person
) -> None:
    curated(four_sets, ann)

    def measure(_: np.ndarray) -> dict[str, object]:
        decide(four_sets, Verdict.DISCARD, 0, curator=ann)
        return {}

    with pytest.raises(RefusedError, match="came in meanwhile"):
        release(four_sets, SYNTHETIC, GOOD, measure=measure)
    assert all_releases(four_sets) == []


def test_undecided_images_need_decisions_or_a_reviewed_sample(four_sets: WorkspacePaths, ann: Person) -> None:
    decide(four_sets, Verdict.KEEP, 0, 1, curator=ann)
    with pytest.raises(RefusedError, match=r"10 of the 12 images.*undecided.*--accept-rest"):
        release(four_sets, SYNTHETIC, GOOD)
    with pytest.raises(RefusedError, match="No random sample"):
        release(four_sets, SYNTHETIC, GOOD, accept_rest=True)
    sample = start_sample_review(four_sets, SYNTHETIC, n=4, seed=3).review.sample.tolist()
    decide(four_sets, Verdict.KEEP, *sample[:3], curator=ann)
    with pytest.raises(RefusedError, match="1 of the 4 images of the random sample"):
        release(four_sets, SYNTHETIC, GOOD, accept_rest=True)
    decide(four_sets, Verdict.DISCARD, sample[3], curator=ann)
    made = release(four_sets, SYNTHETIC, GOOD, accept_rest=True)
    kept = release_selection(four_sets, GOOD).image_indices.tolist()
    assert kept == [index for index in range(12) if index != sample[3]]
    assert made.data_sheet["images"]["accepted_unreviewed"] == 6


def test_the_estimate_for_the_rest_stands_in_the_data_sheet(four_sets: WorkspacePaths, ann: Person) -> None:
    reviewed(four_sets, ann)
    made = release(four_sets, SYNTHETIC, GOOD, accept_rest=True)
    state = sample_review_state(four_sets, SYNTHETIC)
    assert state is not None
    assert state.estimate is not None
    told = made.data_sheet["sample_review"]
    assert told.items() >= state.estimate.to_json().items()
    assert (told["n_sample"], told["n_discarded"], told["n_rest"], told["discard_rate"]) == (4, 1, 8, 0.25)
    assert (told["seed"], told["n_reviews"], told["rest_was_accepted"]) == (3, 1, True)
    start_sample_review(four_sets, SYNTHETIC, n=1, seed=4)
    again = sample_review_state(four_sets, SYNTHETIC)
    assert again is not None
    assert again.n_reviews == 2


def test_images_that_were_decided_when_the_sample_was_drawn_are_no_rest(
    four_sets: WorkspacePaths, ann: Person
) -> None:
    bob = curator_known_as(four_sets, "bob")
    decide(four_sets, Verdict.KEEP, 11, curator=bob)
    reviewed(four_sets, ann)
    undo(four_sets, bob)
    with pytest.raises(RefusedError, match=r"1 undecided images .* were decided when the random sample"):
        release(four_sets, SYNTHETIC, GOOD, accept_rest=True)


def test_deferred_images_are_no_rest(four_sets: WorkspacePaths, ann: Person) -> None:
    sample = reviewed(four_sets, ann)
    decide(four_sets, Verdict.DEFER, next(k for k in range(12) if k not in sample), curator=ann)
    with pytest.raises(RefusedError, match=r"1 images .* deferred"):
        release(four_sets, SYNTHETIC, GOOD, accept_rest=True)


def test_disagreements_must_be_settled_first(four_sets: WorkspacePaths, ann: Person) -> None:
    curated(four_sets, ann)
    decide(four_sets, Verdict.DISCARD, 0, curator=curator_known_as(four_sets, "bob"))
    with pytest.raises(RefusedError, match="disagree on 1 images"):
        release(four_sets, SYNTHETIC, GOOD)


def test_a_release_of_nothing_is_refused(four_sets: WorkspacePaths, ann: Person) -> None:
    decide(four_sets, Verdict.DISCARD, *range(12), curator=ann)
    with pytest.raises(RefusedError, match="No image of synthetic-tumor was kept"):
        release(four_sets, SYNTHETIC, GOOD)


def test_a_set_of_one_image_can_be_released(four_sets: WorkspacePaths, ann: Person) -> None:
    one = ImageSetName("one")
    add_phantom_set(four_sets, one, ImageKind.SYNTHETIC, TumorStatus.UNKNOWN, n=1)
    decide(four_sets, Verdict.KEEP, 0, curator=ann, image_set=one)
    assert release(four_sets, one, GOOD).n_images == 1


def test_names_are_unique_among_sets_and_releases(four_sets: WorkspacePaths, ann: Person) -> None:
    curated(four_sets, ann)
    release(four_sets, SYNTHETIC, GOOD)
    for name in (GOOD, ReleaseName("real-tumor")):
        with pytest.raises(RefusedError, match="already"):
            release(four_sets, SYNTHETIC, name)
    with pytest.raises(RefusedError, match="release 'good' already"):
        add_phantom_set(four_sets, GOOD, ImageKind.SYNTHETIC, TumorStatus.TUMOR)
    with pytest.raises(BadInputError, match="cannot name a release"):
        release(four_sets, SYNTHETIC, ReleaseName("../x"))
    with pytest.raises(NotFoundError, match="no image set 'absent'"):
        release(four_sets, ImageSetName("absent"), ReleaseName("y"))


def test_a_set_with_a_release_stays_until_the_release_is_deleted(four_sets: WorkspacePaths, ann: Person) -> None:
    curated(four_sets, ann)
    release(four_sets, SYNTHETIC, GOOD)
    with pytest.raises(RefusedError, match="has the release good"):
        delete_image_set(four_sets, SYNTHETIC)
    delete_release(four_sets, GOOD)
    assert all_releases(four_sets) == []
    delete_image_set(four_sets, SYNTHETIC)
    with pytest.raises(NotFoundError, match="no release 'good'"):
        release_selection(four_sets, GOOD)


def test_the_doctor_finds_a_release_that_was_tampered_with(four_sets: WorkspacePaths, ann: Person) -> None:
    curated(four_sets, ann)
    release(four_sets, SYNTHETIC, GOOD)
    assert doctor(four_sets) == []
    with opened(four_sets.database) as db:
        db.execute("INSERT INTO release_images VALUES ('good', 1, 'tumor')")
    assert doctor(four_sets) == ["The images of the release good are not those that it was made of."]


def test_a_release_is_exported_by_resolved_status_with_its_data_sheet(
    four_sets: WorkspacePaths, ann: Person, tmp_path: Path
) -> None:
    curated(four_sets, ann)
    release(four_sets, SYNTHETIC, GOOD)
    folder = tmp_path / "out"
    assert export_release(four_sets, GOOD, folder) == 9
    with (folder / "manifest.csv").open() as file:
        rows = list(csv.DictReader(file))
    ids = [record.image_id for record in image_set_records(four_sets, SYNTHETIC)]
    assert [row["image_id"] for row in rows] == [ids[k] for k in (0, 2, 3, 6, 7, 8, 9, 10, 11)]
    assert [path.name for path in (folder / "nontumor").iterdir()] == [f"{ids[7]}.png"]
    assert json.loads((folder / "data_sheet.json").read_text())["images"]["kept"] == 9
    assert set(STATUSES) >= {row["tumor_status"] for row in rows}
