"""The four conditions on real patients, from the command line, with eigenimages as the synthetic ones."""

from pathlib import Path

import pytest

from core.curation.decision import Verdict
from core.identifiers import CohortName, ImageSetName, ReleaseName, RunName
from core.imageset.record import TumorStatus
from core.settings import WorkspacePaths
from core.workflows.cohorts import CohortRequest, import_cohort
from core.workflows.generators import WhichCheckpoint
from core.workflows.releases import release
from core.workflows.sampling import SamplingRequest, sample_generator
from core.workflows.training import train_eigenimages
from tests.command_line import mrturing
from tests.curating import decide

BRATS = CohortName("brats")
N_SYNTHETIC = 8


@pytest.mark.realdata
@pytest.mark.timeout(900)
def test_all_four_conditions_run_on_real_patients(shared_data: Path, tmp_path: Path) -> None:
    paths = WorkspacePaths(tmp_path / "workspace")
    import_cohort(paths, CohortRequest(name=BRATS, folder=shared_data / "brats"), on_progress=lambda *_: None)
    released = [word for status in ("tumor", "nontumor") for word in ("--synthetic", made_release(paths, status))]
    for condition in ("none", "classical", "synthetic", "both"):
        words = ["detector", "run", "--cohort", BRATS, "--condition", condition, "--recipe", "smoke", "--epochs", 2]
        words += released if condition in ("synthetic", "both") else []
        outcome = mrturing(*words, "--json", workspace=paths.root)
        assert outcome.code == 0, outcome.stdout
        assert outcome.json["state"] == "finished"
    table = mrturing("detector", "table", "--json", workspace=paths.root).json
    assert [row["condition"] for row in table["conditions"]] == ["none", "classical", "synthetic", "both"]
    assert table["test_patients"] == 1
    assert table["test_images"] > 50


def made_release(paths: WorkspacePaths, status: str) -> ReleaseName:
    run = train_eigenimages(paths, BRATS, TumorStatus(status), seed=0)
    made, name = ImageSetName(f"eigen-{status}"), ReleaseName(f"good-{status}")
    asked = SamplingRequest(run=RunName(run.name), name=made, n_images=N_SYNTHETIC, checkpoint=WhichCheckpoint.BEST)
    sample_generator(paths, asked, on_progress=lambda *_: None)
    decide(paths, Verdict.KEEP, *range(N_SYNTHETIC), image_set=made)
    release(paths, made, name)
    return name
