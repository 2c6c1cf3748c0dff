"""`mrturing curation ...`: the same decisions and releases as on the page."""

from pathlib import Path

import pytest

from core.provenance import sha256_of_json
from tests.command_line import Outcome, mrturing


def curation(workspace: Path, *words: object) -> Outcome:
    return mrturing("curation", *words, workspace=workspace)


def done(workspace: Path, *words: object) -> dict[str, object]:
    outcome = curation(workspace, *words, "--json")
    assert outcome.code == 0, outcome.stdout + outcome.stderr
    return outcome.json


def ids(*numbers: int) -> list[str]:
    return [f"synthetic-tumor-{number}" for number in numbers]


@pytest.fixture
def curated(workspace: Path) -> Path:
    """Of the 12 synthetic tumor images 0 is a near-copy, 1 has a gray contour, 2 is nontumor; the rest is kept."""
    done(workspace, "keep", "synthetic-tumor", *ids(*range(3, 12)), "--curator", "ann")
    done(workspace, "discard", "synthetic-tumor", *ids(0), "--reason", "near_copy", "--curator", "ann")
    done(workspace, "discard", "synthetic-tumor", *ids(1), "--reason", "gray_contour", "--curator", "ann")
    done(workspace, "correct", "synthetic-tumor", *ids(2), "--tumor-status", "nontumor", "--curator", "ann")
    return workspace


def test_status_counts_what_was_decided(curated: Path) -> None:
    counted = done(curated, "status", "synthetic-tumor")
    expected = {"images": 12, "kept": 10, "corrected": 1, "discarded": 2, "deferred": 0, "undecided": 0}
    assert counted.items() >= expected.items()
    assert counted["reasons"] == {"gray_contour": 1, "near_copy": 1}
    everything = done(curated, "status")
    assert everything["curators"] == [{"curator": "ann", "has_link": False, "signed_in": False}]
    assert len(everything["image_sets"]) == 4
    assert "10 kept, 2 discarded" in curation(curated, "status", "synthetic-tumor").stdout


def test_a_release_has_the_keys_that_scripts_rely_on(curated: Path) -> None:
    made = done(curated, "release", "synthetic-tumor", "--name", "good")
    assert (made["release"], made["images"]) == ("good", 10)
    assert made["discarded"] == {"gray_contour": 1, "near_copy": 1}
    sets = mrturing("images", "list", "--json", workspace=curated).json["image_sets"]
    (pixels,) = [one["sha256"] for one in sets if one["name"] == "synthetic-tumor"]
    assert made["sha256"] == sha256_of_json([pixels, [*range(2, 12)], ["nontumor", *["tumor"] * 9]])
    assert [one["release"] for one in done(curated, "releases")["releases"]] == ["good"]
    assert done(curated, "show", "good")["curators"][0]["person_id"] == "ann"
    assert "ann: reviewed 12, discarded 2" in curation(curated, "show", "good").stdout


def test_a_release_is_exported_and_deleted(curated: Path, tmp_path: Path) -> None:
    done(curated, "release", "synthetic-tumor", "--name", "good")
    assert done(curated, "export", "good", tmp_path / "out")["images"] == 10
    assert len(list((tmp_path / "out").rglob("*.png"))) == 10
    done(curated, "delete", "good")
    assert done(curated, "releases") == {"releases": []}


def test_undo_takes_back_one_decision_after_the_other(curated: Path) -> None:
    assert done(curated, "undo", "synthetic-tumor", "--curator", "ann")["undone"] == 1
    assert done(curated, "undo", "synthetic-tumor", "--curator", "ann")["undone"] == 1
    counted = done(curated, "status", "synthetic-tumor")
    assert (counted["kept"], counted["discarded"], counted["undecided"]) == (9, 1, 2)
    assert done(curated, "undo", "synthetic-tumor")["undone"] == 0


def test_all_that_is_undecided_is_kept_at_once(workspace: Path) -> None:
    done(workspace, "discard", "synthetic-tumor", *ids(0), "--reason", "near_copy")
    done(workspace, "defer", "synthetic-tumor", *ids(1))
    assert done(workspace, "keep", "synthetic-tumor", "--undecided")["images"] == 10
    counted = done(workspace, "status", "synthetic-tumor")
    assert (counted["kept"], counted["discarded"], counted["deferred"], counted["undecided"]) == (10, 1, 1, 0)
    again = curation(workspace, "keep", "synthetic-tumor", "--undecided")
    assert (again.code, "No image is named" in again.stderr) == (1, True)


def test_ids_come_from_a_file_too(workspace: Path, tmp_path: Path) -> None:
    (tmp_path / "ids.txt").write_text("\n".join([*ids(3, 4, 5), ""]))
    assert done(workspace, "defer", "synthetic-tumor", *ids(6), "--list", tmp_path / "ids.txt")["images"] == 4
    assert done(workspace, "status", "synthetic-tumor")["deferred"] == 4


def test_a_sample_says_how_much_of_the_rest_would_be_discarded(workspace: Path) -> None:
    drawn = done(workspace, "sample", "synthetic-tumor", "-n", 4, "--seed", 5)
    assert len(drawn["waiting_ids"]) == 4
    assert drawn["estimate"] is None
    done(workspace, "keep", "synthetic-tumor", *drawn["waiting_ids"][1:])
    done(workspace, "discard", "synthetic-tumor", drawn["waiting_ids"][0], "--reason", "odd_artifact")
    estimate = done(workspace, "sample", "synthetic-tumor")["estimate"]
    assert (estimate["n_rest"], estimate["discard_rate"]) == (8, 0.25)
    assert (
        "Of the 8 images that nobody looked at, 25.0% would be"
        in curation(workspace, "sample", "synthetic-tumor").stdout
    )
    refused = curation(workspace, "release", "synthetic-tumor", "--name", "rest")
    assert (refused.code, "8 of the 12 images" in refused.stderr) == (1, True)
    assert done(workspace, "release", "synthetic-tumor", "--name", "rest", "--accept-rest")["images"] == 11
    assert "8 were accepted unseen" in curation(workspace, "show", "rest").stdout


def test_disagreements_are_listed_and_settled(curated: Path) -> None:
    done(curated, "discard", "synthetic-tumor", *ids(3, 4), "--reason", "gray_contour", "--curator", "bob")
    listed = done(curated, "disagreements", "synthetic-tumor")
    assert [one["id"] for one in listed["disagreements"]] == ids(3, 4)
    assert [pair["curators"] for pair in listed["agreement"]["pairs"]] == [["ann", "bob"]]
    assert "ann keep, bob discard" in curation(curated, "disagreements", "synthetic-tumor").stdout
    done(curated, "settle", "synthetic-tumor", *ids(3), "--verdict", "keep")
    done(
        curated, "settle", "synthetic-tumor", *ids(4), "--verdict", "discard", "--reason", "other", "--note", "odd"
    )
    assert done(curated, "disagreements", "synthetic-tumor")["disagreements"] == []
    assert done(curated, "status", "synthetic-tumor")["discarded"] == 3


def test_curators_are_invited_and_revoked(workspace: Path) -> None:
    assert "/join/" in str(done(workspace, "invite", "ann", "--base-url", "https://app.example")["url"])
    refused = curation(workspace, "invite", "ann")
    assert (refused.code, "--again" in refused.stderr) == (1, True)
    done(workspace, "invite", "ann", "--again")
    assert done(workspace, "status")["curators"] == [{"curator": "ann", "has_link": True, "signed_in": False}]
    done(workspace, "revoke", "ann")
    assert done(workspace, "status")["curators"] == [{"curator": "ann", "has_link": False, "signed_in": False}]


def test_a_workspace_adds_reasons_of_its_own(workspace: Path) -> None:
    before = done(workspace, "reasons", "list")["reasons"]
    assert [one["code"] for one in before] == [
        "no_clear_feature", "hyper_intensity", "gray_contour", "odd_artifact", "anatomically_impossible",
        "near_copy", "near_duplicate", "other",
    ]  # fmt: skip
    done(workspace, "reasons", "add", "checkerboard", "--title", "Checkerboard")
    done(workspace, "discard", "synthetic-tumor", *ids(0), "--reason", "checkerboard")
    assert len(done(workspace, "reasons", "list")["reasons"]) == 9
    assert len(done(workspace, "reasons", "list", "--kind", "real")["reasons"]) == 5


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("keep", "absent", "x"), "no image set 'absent'"),
        (("keep", "synthetic-tumor", "x", "y"), "no image 'x' and 1 more; nothing was decided"),
        (("keep", "synthetic-tumor"), "No image is named"),
        (("keep", "synthetic-tumor", "--list", "/absent"), "/absent"),
        (("discard", "synthetic-tumor", "synthetic-tumor-0", "--reason", "ugly"), "no reason 'ugly'"),
        (("discard", "synthetic-tumor", "synthetic-tumor-0", "--reason", "other"), "Add a note"),
        (("settle", "synthetic-tumor", "synthetic-tumor-0", "--verdict", "keep"), "Nobody disagrees"),
        (("sample", "synthetic-tumor"), "No random sample"),
        (("sample", "synthetic-tumor", "-n", 13), "12 images of synthetic-tumor are undecided"),
        (("release", "synthetic-tumor", "--name", "r"), "12 of the 12 images"),
        (("show", "absent"), "no release 'absent'"),
        (("revoke", "absent"), "no curator 'absent'"),
        (("reasons", "add", "other", "--title", "x"), "'other' already"),
    ],
)
def test_what_cannot_be_done_says_why_and_changes_nothing(
    workspace: Path, words: tuple[object, ...], message: str
) -> None:
    refused = curation(workspace, *words)
    assert refused.code == 1
    assert message in refused.stderr
    assert done(workspace, "status", "synthetic-tumor")["undecided"] == 12
