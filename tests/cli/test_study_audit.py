"""`mrturing study audit`, and the lock of a study that leaks."""

from pathlib import Path

import numpy as np
import pytest

from core.identifiers import ImageId, ImageSetName
from core.imageset.record import ImageKind, ImageRecord, TumorStatus
from core.settings import WorkspacePaths
from core.workflows.image_sets import NewImageSet, add_image_set
from tests.command_line import Outcome, mrturing
from tests.phantoms import phantom_images, workspace_with_four_sets

REASON = "A pilot, to see whether readers notice"
SETS = ("--real", "real-tumor", "--real", "real-nontumor", "--synthetic", "bright-tumor")
SETS += ("--synthetic", "bright-nontumor", "--per-arm", "8")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Synthetic images with a background of 5, and the draft "leaky"."""
    paths = workspace_with_four_sets(WorkspacePaths(tmp_path_factory.mktemp("audit") / "workspace").root)
    for seed, status in enumerate((TumorStatus.TUMOR, TumorStatus.NONTUMOR), start=30):
        records = [ImageRecord(image_id=ImageId(f"b{n}"), tumor_status=status) for n in range(12)]
        new = NewImageSet(name=ImageSetName(f"bright-{status}"), kind=ImageKind.SYNTHETIC, tumor_status=status)
        add_image_set(paths, new, records, (np.maximum(image, 5) for image in phantom_images(12, seed)))
    done("study", "create", "leaky", *SETS, workspace=paths.root)
    return paths.root


def done(*words: object, workspace: Path) -> dict[str, object]:
    outcome: Outcome = mrturing(*words, "--json", workspace=workspace)
    assert (outcome.code, outcome.stderr) == (0, "")
    return outcome.json


def test_an_audit_has_the_keys_that_scripts_rely_on(workspace: Path) -> None:
    audit = done("study", "audit", "leaky", workspace=workspace)
    assert audit.keys() >= {"study", "blocking", "features", "near_duplicates", "remedies", "at_lock"}
    assert {"Exact-zero air", "Background floor"} <= set(audit["blocking"])
    for feature in audit["features"]:
        assert feature.keys() >= {"name", "auc", "p", "tier", "ci95", "leak", "worst"}
        assert feature["leak"] == (feature["name"] in audit["blocking"])
    assert audit["remedies"][0].keys() == {"border", "background_floor", "gray_step", "mends", "breaks"}
    assert audit["at_lock"] is None


def test_an_audit_tells_a_person_what_leaks_and_what_would_mend_it(workspace: Path) -> None:
    said = mrturing("study", "audit", "leaky", workspace=workspace).stdout
    for words in ("LEAK Exact-zero air", "Image content.", "What to do:", "background floor 8: mends"):
        assert words in said


def test_leaks_block_the_lock_unless_a_reason_is_given_which_is_kept(workspace: Path) -> None:
    refused = mrturing("study", "lock", "leaky", workspace=workspace)
    assert (refused.code, refused.stdout) == (1, "")
    assert "Exact-zero air" in refused.stderr
    assert "--override-leaks REASON" in refused.stderr
    assert done("study", "status", "leaky", workspace=workspace)["state"] == "draft"
    locked = done("study", "lock", "leaky", "--override-leaks", REASON, workspace=workspace)
    assert "Exact-zero air" in locked["warnings"][0]
    assert locked["blinding_audit"]["override_reason"] == REASON
    assert done("study", "audit", "leaky", workspace=workspace)["at_lock"] == locked["blinding_audit"]
    assert f"because: {REASON}" in mrturing("study", "audit", "leaky", workspace=workspace).stdout


def test_a_remedy_is_an_option_of_create(workspace: Path) -> None:
    done("study", "create", "mended", *SETS, "--background-floor", 8, workspace=workspace)
    assert done("study", "audit", "mended", workspace=workspace)["blocking"] == []
    locked = done("study", "lock", "mended", workspace=workspace)
    assert locked["blinding_audit"] == {"blocking": [], "override_reason": None}
    refused = mrturing("study", "create", "dark", *SETS, "--border", 200, workspace=workspace)
    assert refused.code == 1
    assert "200 is not possible" in refused.stderr
