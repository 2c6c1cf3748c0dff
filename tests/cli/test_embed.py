"""`mrturing embed` by hand and by script."""

import csv
from pathlib import Path

import pytest

from core.workflows.printing import can_print
from tests.command_line import mrturing
from tests.phantom_patients import write_patients

SMALL = ("--perplexity", 4, "--iterations", 250)


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three patients, 12 eigenimages of tumors, and their embedding `view`."""
    folder = write_patients(tmp_path_factory.mktemp("patients") / "BraTS", 3)
    workspace = tmp_path_factory.mktemp("embedded") / "workspace"
    for words in (
        f"cohort import {folder} --name glioma",
        "generator train --cohort glioma --tumor-status tumor --recipe eigenimage --name run",
        "generator sample run -n 12 --name eigen",
        "embed run --synthetic eigen --name view --perplexity 4 --iterations 250",
    ):
        done = mrturing(*words.split(), workspace=workspace)
        assert done.code == 0, done.stderr
    return workspace


def test_a_script_finds_what_it_relies_on(embedded: Path) -> None:
    found = mrturing("embed", "run", "--synthetic", "eigen", *SMALL, "--json", workspace=embedded).json
    assert {"embedding", "points", "kl_divergence", "trustworthiness"} <= set(found)
    assert (found["embedding"], found["points"]) == ("view", 3 * 12 + 12 + 12)  # real, transformed, synthetic
    assert found["missing"] == ["synthetic nontumor"]
    listed = mrturing("embed", "list", "--json", workspace=embedded).json
    assert listed == {"embeddings": [found], "unreadable": []}


def test_a_person_is_told_what_is_shown_how_well_and_what_is_not(embedded: Path) -> None:
    lines = mrturing("embed", "run", "--synthetic", "eigen", *SMALL, workspace=embedded).stdout.splitlines()
    assert lines[0].startswith(
        "view: 60 images of glioma-tumor, glioma-nontumor, eigen, by pixels at 32 x 32 after PCA of"
    )
    assert "scikit-learn" in lines[0]
    assert lines[1].startswith("Trustworthiness 0.")
    assert lines[2] == "Not shown, for there are no images: synthetic nontumor."
    assert mrturing("embed", "list", workspace=embedded).stdout.startswith("view: 60 images")


def test_the_table_has_a_row_per_point(embedded: Path, tmp_path: Path) -> None:
    file = tmp_path / "points.csv"
    assert mrturing("embed", "export", "view", file, workspace=embedded).code == 0
    with file.open() as text:
        rows = list(csv.DictReader(text))
    assert len(rows) == 60
    assert {row["category"] for row in rows if row["image_set"] == "eigen"} == {"synthetic tumor"}
    first = rows[0]
    assert (first["kind"], first["tumor_status"], first["curation"]) == ("real", "tumor", "undecided")
    assert first["subject_id"] in {"p0", "p1", "p2"}
    assert float(first["x"]) != float(first["y"])
    refused = mrturing("embed", "export", "view", file, workspace=embedded)
    assert (refused.code, refused.stderr.splitlines()[1]) == (1, "Name a new file.")
    assert mrturing("embed", "export", "view", tmp_path / "points.xyz", workspace=embedded).code == 1


@pytest.mark.browser
@pytest.mark.skipif(not can_print(), reason="No Chromium on this machine.")
@pytest.mark.parametrize(
    ("suffix", "beginning"), [("png", b"\x89PNG"), ("svg", b"<svg"), ("html", b"<!doctype html>")]
)
def test_the_picture_is_a_file(embedded: Path, tmp_path: Path, suffix: str, beginning: bytes) -> None:
    file = tmp_path / f"picture.{suffix}"
    done = mrturing("embed", "export", "view", file, workspace=embedded)
    assert done.code == 0, done.stderr
    assert file.read_bytes().startswith(beginning)


def test_refusals_are_two_lines(embedded: Path) -> None:
    refused = mrturing("embed", "run", "--synthetic", "eigen", workspace=embedded)
    assert (refused.code, refused.stderr.splitlines()) == (
        1,
        [
            "60 images are too few for a perplexity of 100: it needs more than three times as many.",
            "Take a perplexity of 19 or less, or more images.",
        ],
    )
    assert mrturing("embed", "export", "absent", "a.csv", workspace=embedded).code == 1
    assert mrturing("embed", "delete", "absent", workspace=embedded).code == 1
    assert mrturing("embed", "run", "--features", "nonsense", workspace=embedded).code == 2


def test_an_embedding_is_deleted(embedded: Path) -> None:
    assert mrturing("embed", "run", *SMALL, "--name", "other", workspace=embedded).code == 0
    assert mrturing("embed", "delete", "other", workspace=embedded).code == 0
    assert [
        one["embedding"] for one in mrturing("embed", "list", "--json", workspace=embedded).json["embeddings"]
    ] == ["view"]


def test_where_there_are_several_cohorts_one_is_to_be_named(patients: Path, tmp_path: Path) -> None:
    assert mrturing("embed", "list", workspace=tmp_path).stdout == "There are no embeddings yet.\n"
    for cohort in ("one", "two"):
        assert mrturing("cohort", "import", patients, "--name", cohort, workspace=tmp_path).code == 0
    refused = mrturing("embed", "run", workspace=tmp_path)
    assert (refused.code, refused.stderr) == (1, "There are 2 cohorts in the workspace.\nName one with --cohort.\n")
