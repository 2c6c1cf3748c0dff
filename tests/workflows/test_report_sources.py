"""What a report says of a release is what its data sheet says, measured by triage or not."""

from functools import partial

import pytest

from core.curation.decision import Verdict
from core.identifiers import ImageSetName, ReleaseName
from core.imageset.record import TumorStatus
from core.settings import WorkspacePaths
from core.workflows.realism import realism_and_diversity
from core.workflows.releases import release
from core.workflows.report_sources import release_facts
from core.workflows.sampling import SamplingRequest, sample_generator
from core.workflows.training import train_eigenimages
from core.workflows.triage import triage
from tests.curating import decide
from tests.small_trainings import GLIOMA

SET = ImageSetName("drawn")


@pytest.fixture
def curated(cohort: WorkspacePaths) -> WorkspacePaths:
    """20 eigenimages, of which the first 5 are discarded."""
    run = train_eigenimages(cohort, GLIOMA, TumorStatus.TUMOR, seed=0)
    sample_generator(cohort, SamplingRequest(run=run.name, name=SET, n_images=20), on_progress=lambda *_: None)
    decide(cohort, Verdict.KEEP, *range(20), image_set=SET)
    decide(cohort, Verdict.DISCARD, *range(5), image_set=SET, reason="no_clear_feature")
    return cohort


def test_what_discarding_did_is_told_where_triage_had_run(curated: WorkspacePaths) -> None:
    triage(curated, SET, on_progress=lambda *_: None)
    measure = partial(realism_and_diversity, curated, SET)
    made = release(curated, SET, ReleaseName("good"), measure=measure)
    measured = made.data_sheet["realism_and_diversity"]
    told = release_facts(made.name, made.sha256, made.data_sheet)
    assert (told.n_generated, told.n_reviewed, told.n_kept, told.n_discarded) == (20, 20, 15, 5)
    assert told.discarding is not None
    ratio = measured["diversity"]["mean_distance"]["ratio"]
    assert told.discarding.distance_ratio == ratio["estimate"]
    assert told.discarding.distance_ratio95 == tuple(ratio["ci95"])
    assert told.discarding.odd_after == measured["realism"]["odd_share"]["after"]["estimate"]


def test_without_triage_nothing_is_said_of_it(curated: WorkspacePaths) -> None:
    measure = partial(realism_and_diversity, curated, SET)
    made = release(curated, SET, ReleaseName("good"), measure=measure)
    assert release_facts(made.name, made.sha256, made.data_sheet).discarding is None
