"""`mrturing study simulate`: what scripts and people are told."""

from pathlib import Path

from core.identifiers import StudyName
from core.settings import WorkspacePaths
from tests.command_line import mrturing
from tests.phantoms import LockedStudy


def test_its_json_counts_the_responses_of_each_reader(locked: Path) -> None:
    outcome = mrturing("study", "simulate", "study", "--readers", 2, "--seed", 3, "--json", workspace=locked)
    assert (outcome.code, outcome.stderr) == (0, "")
    assert outcome.json == {
        "study": "study",
        "readers": [{"reader": f"simulated-{number}", "responses": 8} for number in (1, 2)],
        "people": 0,
    }


def test_it_says_that_people_are_in_the_study_too(locked: Path) -> None:
    LockedStudy(paths=WorkspacePaths(locked), name=StudyName("study")).cookie("person")
    outcome = mrturing("study", "simulate", "study", "--readers", 1, workspace=locked)
    assert outcome.code == 0
    assert "simulated-1: 8 responses" in outcome.stdout
    assert "study also has 1 invited people" in outcome.stdout


def test_a_whole_study_of_simulated_readers_has_results(locked: Path) -> None:
    mrturing("study", "simulate", "study", "--readers", 3, "--dprime", 3, workspace=locked)
    mrturing("study", "close", "study", workspace=locked)
    results = mrturing("study", "results", "study", "--json", workspace=locked).json
    assert results["readers"] == ["simulated-1", "simulated-2", "simulated-3"]
    assert results["realism"]["accuracy"]["n"] == 24
    assert results["realism"]["accuracy"]["k"] > 12


def test_what_cannot_be_is_refused(locked: Path) -> None:
    refused = mrturing("study", "simulate", "study", "--lapse-rate", 2, workspace=locked)
    assert (refused.code, refused.stdout) == (1, "")
    assert "lapse rate of 2.0 is not possible" in refused.stderr
    assert mrturing("study", "simulate", "study", "--readers", 0, workspace=locked).code == 2
