"""The figures of a data sheet are those of the kept images, recomputed here by hand."""

import json

import numpy as np
import pytest

from core.identifiers import ImageSetName
from core.settings import WorkspacePaths
from core.workflows.realism import realism_and_diversity
from core.workflows.sampling import SamplingRequest, sample_generator
from core.workflows.training import TumorStatus, train_eigenimages
from core.workflows.triage import triage
from tests.small_trainings import GLIOMA

SET = ImageSetName("synthetic")


@pytest.fixture
def sampled(cohort: WorkspacePaths) -> WorkspacePaths:
    """30 eigenimages."""
    run = train_eigenimages(cohort, GLIOMA, TumorStatus.TUMOR, seed=0)
    sample_generator(cohort, SamplingRequest(run=run.name, name=SET, n_images=30), on_progress=lambda *_: None)
    return cohort


def test_the_figures_are_those_of_all_and_of_the_kept_images(sampled: WorkspacePaths) -> None:
    scores = triage(sampled, SET, on_progress=lambda *_: None)
    kept = np.arange(0, 30, 3)
    found = realism_and_diversity(sampled, SET, kept)
    assert json.loads(json.dumps(found)) == found
    realism, diversity = found["realism"], found["diversity"]
    assert realism["unrealism"]["before"]["estimate"] == pytest.approx(scores.unrealism.mean(), rel=1e-5)
    assert realism["unrealism"]["after"]["estimate"] == pytest.approx(scores.unrealism[kept].mean(), rel=1e-5)
    assert realism["odd_share"]["after"]["estimate"] == pytest.approx(scores.odd[kept].mean())
    nearest = realism["nearest_real_distance"]
    assert nearest["after"]["estimate"] == pytest.approx(scores.nearest_distance[kept].mean(), rel=1e-5)
    assert nearest["real_reference"]["estimate"] == pytest.approx(scores.real_distance.mean(), rel=1e-5)
    assert realism["near_copies"] == {"before": scores.near_copy.sum(), "after": scores.near_copy[kept].sum()}
    distance = diversity["mean_distance"]
    assert (distance["before"]["n"], distance["after"]["n"]) == (30, 10)
    assert distance["ratio"]["estimate"] == pytest.approx(
        distance["after"]["estimate"] / distance["before"]["estimate"]
    )
    for figure in (distance, diversity["ms_ssim"]):
        for one in ("before", "after", "real_reference"):
            assert figure[one]["ci95"][0] <= figure[one]["estimate"] <= figure[one]["ci95"][1]
    assert set(found["how_to_read"]) == {*realism, *diversity}


def test_discarding_the_odd_ones_makes_a_set_more_realistic(sampled: WorkspacePaths) -> None:
    worst_first = triage(sampled, SET, on_progress=lambda *_: None).orders()["least realistic first"]
    ratio = realism_and_diversity(sampled, SET, worst_first[15:])["realism"]["unrealism"]["ratio"]
    assert ratio["ci95"][1] < 1


def test_before_anything_was_discarded_there_is_no_after(sampled: WorkspacePaths) -> None:
    triage(sampled, SET, on_progress=lambda *_: None)
    found = realism_and_diversity(sampled, SET, None)
    for figure in (*found["realism"].values(), *found["diversity"].values()):
        assert not figure["after"]
        assert figure["before"] is not None


def test_one_kept_image_has_no_diversity(sampled: WorkspacePaths) -> None:
    triage(sampled, SET, on_progress=lambda *_: None)
    found = realism_and_diversity(sampled, SET, np.array([4]))
    assert found["diversity"]["mean_distance"]["after"] is None
    assert found["realism"]["unrealism"]["after"]["n"] == 1


def test_without_triage_nothing_is_told(sampled: WorkspacePaths) -> None:
    assert realism_and_diversity(sampled, SET, np.arange(3)) is None
    assert realism_and_diversity(sampled, ImageSetName("absent"), None) is None
