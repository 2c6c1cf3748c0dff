"""The demo workspace: simulated patients, an eigenimage generator, and a small study that is ready to read."""

from dataclasses import dataclass

from core.errors import RefusedError
from core.identifiers import CohortName, ImageSetName, StudyName
from core.imageset.record import TumorStatus
from core.reading.study import Study, StudyState
from core.settings import WorkspacePaths
from core.storage import studies
from core.storage.database import opened
from core.workflows.access import invite_reader, researcher_link, unused_reader_link
from core.workflows.cohorts import all_cohorts, simulate_cohort
from core.workflows.image_sets import OnProgress, all_image_sets
from core.workflows.sampling import SamplingRequest, sample_generator
from core.workflows.studies import StudyPlan, create_study, lock_study
from core.workflows.training import train_eigenimages

DEMO_COHORT = CohortName("simulated")
DEMO_STUDY = StudyName("demo")
DEMO_READER = "demo-reader"
N_PATIENTS = 20
N_SYNTHETIC = 100
PER_ARM = 10
DEMO_OVERRIDE = (
    "A demonstration. Eigenimages are a poor generator on purpose: a faint haze around the head, heads that are "
    "all of one size, and gray values that were never rounded twice or clipped."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """What a newcomer needs to begin. `reader_url` is None when the demo reader has signed in already."""

    study: StudyName
    reader_url: str | None
    researcher_url: str


def build_demo(paths: WorkspacePaths, *, base_url: str, on_progress: OnProgress) -> Demo:
    """Build what is missing of the demo; a second call, or one after an interruption, finishes the first."""
    with opened(paths.database, create=True) as db:
        study = studies.study(db, DEMO_STUDY)
    if study is None:
        study = _new_study(paths, on_progress)
    if study.state is StudyState.DRAFT:
        lock_study(paths, DEMO_STUDY, override_leaks=DEMO_OVERRIDE)
    return Demo(
        study=DEMO_STUDY,
        reader_url=_reader_link(paths, base_url),
        researcher_url=researcher_link(paths, base_url),
    )


def _new_study(paths: WorkspacePaths, on_progress: OnProgress) -> Study:
    if DEMO_COHORT not in {cohort.name for cohort in all_cohorts(paths)}:
        simulate_cohort(paths, DEMO_COHORT, n_patients=N_PATIENTS, seed=0, on_progress=on_progress)
    synthetic = [_synthetic_set(paths, status) for status in (TumorStatus.TUMOR, TumorStatus.NONTUMOR)]
    real = [ImageSetName(f"{DEMO_COHORT}-{status}") for status in (TumorStatus.TUMOR, TumorStatus.NONTUMOR)]
    plan = StudyPlan(name=DEMO_STUDY, real_sets=real, synthetic_sets=synthetic, per_arm=PER_ARM, seed=0)
    return create_study(paths, plan)


def _synthetic_set(paths: WorkspacePaths, status: TumorStatus) -> ImageSetName:
    name = ImageSetName(f"eigenimages-{status}")
    if name not in {image_set.name for image_set in all_image_sets(paths)}:
        run = train_eigenimages(paths, DEMO_COHORT, status, seed=0)
        request = SamplingRequest(run=run.name, name=name, n_images=N_SYNTHETIC)
        sample_generator(paths, request, on_progress=lambda *_: None)
    return name


def _reader_link(paths: WorkspacePaths, base_url: str) -> str | None:
    try:
        return invite_reader(paths, DEMO_STUDY, DEMO_READER, again=False, base_url=base_url)
    except RefusedError:
        return unused_reader_link(paths, DEMO_STUDY, DEMO_READER, base_url=base_url)
