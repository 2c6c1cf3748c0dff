"""`mrturing study plan`: the size of a study before it is made, and its way into protocol and report."""

import json
from pathlib import Path

import pytest

from core.identifiers import StudyName
from core.reading.design import Goal, PlannedAnalysis
from core.settings import WorkspacePaths
from core.workflows.studies import study_status
from tests.command_line import mrturing
from tests.phantoms import workspace_with_four_sets

SETS = ("--real", "real-tumor", "--real", "real-nontumor", "--synthetic", "synthetic-tumor")
SETS += ("--synthetic", "synthetic-nontumor")


def done(*words: object, workspace: Path | None = None) -> dict[str, object]:
    outcome = mrturing(*words, "--json", workspace=workspace)
    assert (outcome.code, outcome.stderr) == (0, "")
    return outcome.json


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return workspace_with_four_sets(tmp_path / "workspace").root


def test_equivalence_within_ten_points_needs_the_published_number_of_images() -> None:
    found = done("study", "plan", "--goal", "equivalence")
    assert (found["images_needed"], found["sample_size"]["n_images"]) == (227, 228)  # whole arms
    assert found["power"] >= 0.8
    assert (
        found["interval_width"] > done("study", "plan", "--goal", "equivalence", "--readers", 10)["interval_width"]
    )
    said = mrturing("study", "plan", "--goal", "equivalence", "--images", 200).stdout
    assert "Needed for it: 227 images; power with 200: 77.1 %" in said


def test_a_plan_goes_into_the_protocol_and_the_report_of_the_study_that_is_made_from_it(workspace: Path) -> None:
    file = workspace.parent / "plan.json"
    wanted = ("--goal", "difference", "--accuracy", 0.9, "--margin", 0.15, "--alpha", 0.1, "--readers", 2)
    made = done("study", "plan", *wanted, "--images", 12, "--file", file)
    assert json.loads(file.read_text()) == made
    done("study", "create", "planned", *SETS, "--plan", file, workspace=workspace)
    protocol = study_status(WorkspacePaths(workspace), StudyName("planned")).study.protocol
    assert protocol.n_cases == 12
    assert protocol.planned == PlannedAnalysis(margin=0.15, alpha=0.1)
    assert protocol.sample_size is not None
    assert (protocol.sample_size.goal, protocol.sample_size.n_readers) == (Goal.DIFFERENCE, 2)
    done("study", "lock", "planned", workspace=workspace)
    done("study", "simulate", "planned", "--readers", 2, workspace=workspace)
    done("study", "close", "planned", workspace=workspace)
    report = workspace.parent / "report.html"
    done("study", "report", "planned", report, workspace=workspace)
    text = report.read_text("utf-8")
    assert "the protocol planned for 2 readers of 12 images each; it has 12 images" in text
    assert (
        "To show at 0.1 that one reader&#39;s accuracy differs from 50 %, with a power of 80 % if it is 90 %"
        in text
    )


def test_a_plan_takes_its_variances_from_a_closed_study(workspace: Path) -> None:
    done("study", "create", "pilot", *SETS, "--per-arm", 3, workspace=workspace)
    done("study", "lock", "pilot", workspace=workspace)
    done("study", "simulate", "pilot", "--readers", 5, workspace=workspace)
    refused = mrturing("study", "plan", "--pilot", "pilot", workspace=workspace)
    assert (refused.code, "Close it" in refused.stderr) == (1, True)
    done("study", "close", "pilot", workspace=workspace)
    found = done("study", "plan", "--pilot", "pilot", "--images", 40, workspace=workspace)
    assert found["sample_size"]["pilot"] == "pilot"
    stated = done("study", "plan", "--images", 40)
    assert found["sample_size"]["error_sd"] != stated["sample_size"]["error_sd"]


def test_what_the_command_says_goes_before_the_plan(workspace: Path) -> None:
    file = workspace.parent / "plan.json"
    done("study", "plan", "--images", 12, "--file", file)
    words = ("--plan", file, "--per-arm", 1, "--margin", 0.2)
    done("study", "create", "own", *SETS, *words, workspace=workspace)
    protocol = study_status(WorkspacePaths(workspace), StudyName("own")).study.protocol
    assert protocol.n_cases == 4
    assert protocol.planned == PlannedAnalysis(margin=0.2)


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "cannot be read"), ("no JSON", "is no plan"), ('{"margin": 0.1}', "is no plan"), ("[]", "is no plan")],
)
def test_what_is_no_plan_is_one_line(workspace: Path, content: str | None, said: str) -> None:
    file = workspace.parent / "plan.json"
    if content is not None:
        file.write_text(content)
    outcome = mrturing("study", "create", "a", *SETS, "--plan", file, workspace=workspace)
    assert (outcome.code, outcome.stdout, said in outcome.stderr) == (1, "", True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--goal", "equivalence", "--accuracy", 0.62), "More than 20,000 images would be needed"),
        (("--accuracy", 1.5), "cannot be together"),
        (("--power", 3, "--images", 8), "A power of 3"),
        (("--readers", 0, "--images", 8), "0 readers cannot be planned for"),
        (("--margin", 0.7), "A margin of 0.7"),
    ],
)
def test_what_cannot_be_planned_is_one_line(words: tuple[object, ...], said: str) -> None:
    outcome = mrturing("study", "plan", *words)
    assert (outcome.code, outcome.stdout, said in outcome.stderr) == (1, "", True)
