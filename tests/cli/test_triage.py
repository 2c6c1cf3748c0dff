"""`mrturing curation triage` by hand and by script, and what it adds to a release."""

from pathlib import Path

import pytest

from core.cohort.partition import partition_sizes
from core.imageset.record import Partition
from tests.command_line import mrturing
from tests.phantom_patients import N_TUMOR, write_patients

N_PATIENTS = 5


@pytest.fixture(scope="module")
def sampled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with five patients and 12 eigenimages of tumors, called `eigen`."""
    folder = write_patients(tmp_path_factory.mktemp("patients") / "BraTS", N_PATIENTS)
    workspace = tmp_path_factory.mktemp("sampled") / "workspace"
    for words in (
        f"cohort import {folder} --name glioma",
        "generator train --cohort glioma --tumor-status tumor --recipe eigenimage --name run",
        "generator sample run -n 12 --name eigen",
    ):
        assert mrturing(*words.split(), workspace=workspace).code == 0
    return workspace


def test_every_image_has_its_scores_and_its_nearest_real_image(sampled: Path) -> None:
    found = mrturing("curation", "triage", "eigen", "--json", workspace=sampled).json
    n_training = N_TUMOR * partition_sizes(N_PATIENTS)[Partition.TRAINING]
    assert (found["images"], found["cohort"], found["training_images"]) == (12, "glioma", n_training)
    ids = {
        record["id"] for record in mrturing("images", "show", "eigen", "--json", workspace=sampled).json["images"]
    }
    assert {score["id"] for score in found["scores"]} == ids
    real = mrturing("images", "show", "glioma-tumor", "--json", workspace=sampled).json["images"]
    training = {record["id"] for record in real if record["partition"] == "training"}
    assert {score["nearest"]["id"] for score in found["scores"]} <= training
    assert len(found["representatives"]) == found["clusters"]


def test_the_lines_say_what_was_compared_and_what_to_look_at(sampled: Path) -> None:
    said = mrturing("curation", "triage", "eigen", workspace=sampled).stdout
    assert said.startswith("12 images of eigen against 25 real images of glioma")
    assert "odder than 95 % of real images. The least realistic:" in said
    assert "clusters." in said


def test_chosen_ids_can_be_decided_on_together(sampled: Path, tmp_path: Path) -> None:
    listed = mrturing("curation", "triage", "eigen", "--only", "representatives", workspace=sampled).stdout
    file = tmp_path / "ids.txt"
    file.write_text(listed)
    kept = mrturing("curation", "keep", "eigen", "--list", file, workspace=sampled)
    assert kept.code == 0, kept.stderr
    status = mrturing("curation", "status", "eigen", "--json", workspace=sampled).json
    assert status["kept"] == len(listed.split()) > 0


def test_a_release_after_triage_says_what_discarding_did(sampled: Path) -> None:
    found = mrturing("curation", "triage", "eigen", "--json", workspace=sampled).json
    worst_first = [one["id"] for one in sorted(found["scores"], key=lambda one: -one["unrealism"])]
    discard = ("curation", "discard", "eigen", *worst_first[:4], "--reason", "odd_artifact")
    assert mrturing(*discard, workspace=sampled).code == 0
    assert mrturing("curation", "keep", "eigen", *worst_first[4:], workspace=sampled).code == 0
    made = mrturing("curation", "release", "eigen", "--name", "chosen", workspace=sampled)
    assert made.code == 0, made.stderr
    assert "Distance between two images after, as a share of that before:" in made.stdout
    sheet = mrturing("curation", "show", "chosen", "--json", workspace=sampled).json["realism_and_diversity"]
    change = sheet["realism"]["unrealism"]
    assert (change["before"]["n"], change["after"]["n"]) == (12, 8)
    assert change["after"]["estimate"] < change["before"]["estimate"]


def test_what_triage_refuses_is_said_in_two_lines(sampled: Path) -> None:
    refused = mrturing("curation", "triage", "absent", workspace=sampled)
    assert (refused.code, refused.stderr) == (
        1,
        "There is no image set 'absent'.\n`mrturing images list` lists them.\n",
    )
    assert mrturing("curation", "triage", "eigen", "--only", "nonsense", workspace=sampled).code == 2
