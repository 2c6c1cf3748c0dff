"""`mrturing detector ...`: its JSON for scripts, its table in words and as CSV."""

import csv
import io
from pathlib import Path

import pytest

from core.identifiers import CohortName
from core.settings import WorkspacePaths
from core.workflows.cohorts import CohortRequest, import_cohort
from tests.command_line import mrturing
from tests.phantom_patients import write_patients

SMOKE = ("--cohort", "glioma", "--recipe", "smoke", "--epochs", 1, "--precision", "fp32")
MEASURES = ("accuracy", "sensitivity", "specificity", "auc")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three patients, and a finished run of each condition that needs no release."""
    folder = tmp_path_factory.mktemp("detector")
    patients = write_patients(folder / "BraTS", 3)
    request = CohortRequest(name=CohortName("glioma"), folder=patients)
    import_cohort(WorkspacePaths(folder / "workspace"), request, on_progress=lambda *_: None)
    for condition in ("none", "classical"):
        outcome = mrturing(
            "detector", "run", *SMOKE, "--condition", condition, "--name", condition, workspace=folder / "workspace"
        )
        assert outcome.code == 0, outcome.stderr
        assert "images/s" in outcome.stderr
    return folder / "workspace"


def test_a_run_tells_its_figures(workspace: Path) -> None:
    made = mrturing("detector", "run", *SMOKE, "--condition", "none", "--seed", 1, "--json", workspace=workspace)
    assert (made.code, made.stderr) == (0, "")
    assert made.json.keys() >= {"run", "condition", "state", *MEASURES}
    assert all(0 <= made.json[measure]["estimate"] <= 1 for measure in MEASURES)
    assert made.json["accuracy"]["ci95"] is None  # one test patient


def test_the_table_has_the_papers_figures_beside_ours(workspace: Path) -> None:
    found = mrturing("detector", "table", "--json", workspace=workspace).json
    assert [row["condition"] for row in found["conditions"]] == ["none", "classical"]
    assert all(row.keys() >= {"runs", *MEASURES} for row in found["conditions"])
    assert found["conditions"][1]["paper"] == {"accuracy": 0.9070, "sensitivity": 0.8870, "specificity": 0.9362}
    assert [(one["condition"], one["reference"]) for one in found["differences"]] == [("classical", "none")]
    words = mrturing("detector", "table", workspace=workspace).stdout
    assert "paper: 90.70%" in words
    assert "interval not estimable" in words
    rows = list(
        csv.DictReader(io.StringIO(mrturing("detector", "table", "--format", "csv", workspace=workspace).stdout))
    )
    assert [(row["condition"], row["minus"]) for row in rows] == [
        ("none", ""),
        ("classical", ""),
        ("classical", "none"),
    ]
    apart = float(rows[1]["auc"]) - float(rows[0]["auc"])
    assert float(rows[2]["auc"]) == pytest.approx(apart)
    assert rows[0]["accuracy_paper"] == "0.9006"
    assert rows[0]["accuracy_low"] == ""


def test_runs_are_listed_and_wrong_images_drawn(workspace: Path, tmp_path: Path) -> None:
    runs = mrturing("detector", "list", "--json", workspace=workspace).json["runs"]
    assert {run["run"] for run in runs} >= {"none", "classical"}
    assert all(run["state"] == "finished" for run in runs)
    drawn = mrturing("detector", "show", "none", "--sheet", tmp_path / "wrong.png", workspace=workspace)
    if drawn.code == 0:
        assert (tmp_path / "wrong.png").read_bytes().startswith(b"\x89PNG")
    else:
        assert "right" in drawn.stderr


def test_an_experiment_ends_with_the_table_and_takes_what_is_there(workspace: Path) -> None:
    asked = ("detector", "experiment", *SMOKE, "--seed", 7)
    made = mrturing(*asked, workspace=workspace)
    assert made.code == 0, made.stderr
    assert "2 of 2 runs are finished" in made.stdout
    assert "paper: 90.70%" in made.stdout
    again = mrturing(*asked, "--seeds", 2, "--json", workspace=workspace).json
    assert (again["finished"], again["of"]) == (4, 4)
    assert again["runs"][:2] == ["detector-smoke-glioma-none-7", "detector-smoke-glioma-classical-7"]
    assert {7, 8} <= set(again["table"]["conditions"][0]["seeds"])
    refused = mrturing(*asked, "--condition", "both", workspace=workspace)
    assert refused.code == 1
    assert "needs a release" in refused.stderr


def test_seeds_beyond_the_largest_are_refused(workspace: Path) -> None:
    asked = ("detector", "run", *SMOKE, "--condition", "none", "--seed", 2**64)
    assert mrturing(*asked, workspace=workspace).code == 2


def test_what_does_not_go_together_is_refused(workspace: Path) -> None:
    assert mrturing("detector", "run", "--resume", "none", "--seed", 1, workspace=workspace).code == 1
    assert "finished" in mrturing("detector", "run", "--resume", "none", workspace=workspace).stderr
    assert mrturing("detector", "run", "--cohort", "glioma", workspace=workspace).code == 2
    assert mrturing("detector", "table", "--cohort", "nobody", workspace=workspace).code == 1
