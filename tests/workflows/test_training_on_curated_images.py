"""Generators learn from what curators left of a cohort, and go on with what they began with."""

import numpy as np
import pytest

from core.curation.decision import Verdict
from core.errors import RefusedError
from core.imageset.record import TumorStatus
from core.settings import WorkspacePaths
from core.synthesis import training_images
from core.synthesis.training_images import TrainingImages
from core.workflows.generators import run_folder
from core.workflows.training import resume, train, train_eigenimages
from core.workflows.training_data import training_data
from tests.curating import decide
from tests.small_trainings import GLIOMA, smoke_request


def test_excluded_and_corrected_images_are_not_learned_from(cohort: WorkspacePaths) -> None:
    before = training_data(cohort, GLIOMA, TumorStatus.TUMOR)
    gone, corrected, stays = before.training[:3].tolist()
    name = before.image_set
    decide(cohort, Verdict.DISCARD, gone, image_set=name, reason="unclear_boundary")
    decide(cohort, Verdict.CORRECT, corrected, image_set=name, tumor_status=TumorStatus.NONTUMOR)
    decide(cohort, Verdict.CORRECT, stays, image_set=name, tumor_status=TumorStatus.TUMOR)
    decide(cohort, Verdict.DEFER, before.training[3], image_set=name)
    after = training_data(cohort, GLIOMA, TumorStatus.TUMOR)
    assert after.training.tolist() == before.training[2:].tolist()
    assert after.excluded.tolist() == [gone, corrected]
    assert after.sha256 == before.sha256
    run = train_eigenimages(cohort, GLIOMA, TumorStatus.TUMOR, seed=0)
    told = run_folder(cohort, run.name).options()
    assert told["training_images"] == len(before.training) - 2
    assert told["excluded_by_curation"] == [gone, corrected]


def test_a_training_set_of_which_nothing_is_left_is_refused(cohort: WorkspacePaths) -> None:
    data = training_data(cohort, GLIOMA, TumorStatus.TUMOR)
    everything = np.arange(len(data.pixels)).tolist()
    decide(cohort, Verdict.DISCARD, *everything, image_set=data.image_set, reason="too_small_or_big")
    with pytest.raises(RefusedError, match="no tumor images"):
        training_data(cohort, GLIOMA, TumorStatus.TUMOR)


def test_a_run_goes_on_with_the_images_that_it_began_with(
    cohort: WorkspacePaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    learned_from: list[list[int]] = []

    class Noted(TrainingImages):
        def __init__(self, pixels: np.ndarray, positions: np.ndarray) -> None:
            learned_from.append(positions.tolist())
            super().__init__(pixels, positions)

    monkeypatch.setattr(training_images, "TrainingImages", Noted)
    data = training_data(cohort, GLIOMA, TumorStatus.TUMOR)
    first, second, *rest = data.training.tolist()
    decide(cohort, Verdict.DISCARD, first, image_set=data.image_set, reason="unclear_boundary")
    run = train(cohort, smoke_request(), should_stop=lambda: "paused", on_tick=lambda _: None)
    assert run is not None
    decide(cohort, Verdict.DISCARD, second, image_set=data.image_set, reason="unclear_boundary")
    resume(cohort, run.name, should_stop=lambda: "paused", on_tick=lambda _: None)
    assert learned_from == [[second, *rest]] * 2
