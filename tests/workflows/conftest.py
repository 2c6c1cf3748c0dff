"""Workspaces made once and copied for each test that wants to change one."""

import shutil
from pathlib import Path

import pytest

from core.identifiers import CohortName, ImageSetName, RunName
from core.imageset.record import TumorStatus
from core.settings import WorkspacePaths
from core.workflows.cohorts import CohortRequest, import_cohort
from core.workflows.generators import WhichCheckpoint
from core.workflows.sampling import SamplingRequest, sample_generator
from core.workflows.training import train
from tests.phantom_patients import write_patients
from tests.phantoms import LockedStudy, locked_study, workspace_with_four_sets
from tests.small_trainings import smoke_request
from tests.workflows.detector_requests import keep_all


@pytest.fixture(scope="session")
def four_sets_master(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return workspace_with_four_sets(tmp_path_factory.mktemp("master") / "workspace").root


@pytest.fixture
def four_sets(four_sets_master: Path, tmp_path: Path) -> WorkspacePaths:
    """12 images in each of real-tumor, real-nontumor, synthetic-tumor, synthetic-nontumor."""
    return WorkspacePaths(Path(shutil.copytree(four_sets_master, tmp_path / "workspace")))


@pytest.fixture(scope="session")
def locked_master(tmp_path_factory: pytest.TempPathFactory) -> LockedStudy:
    return locked_study(tmp_path_factory.mktemp("master") / "workspace", per_arm=2)


@pytest.fixture
def study(locked_master: LockedStudy, tmp_path: Path) -> LockedStudy:
    """A locked study of 8 trials."""
    root = Path(shutil.copytree(locked_master.paths.root, tmp_path / "workspace"))
    return LockedStudy(paths=WorkspacePaths(root), name=locked_master.name)


@pytest.fixture(scope="session")
def patients(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five patients in the BraTS layout."""
    return write_patients(tmp_path_factory.mktemp("patients") / "BraTS", 5)


@pytest.fixture(scope="session")
def cohort_master(patients: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    paths = WorkspacePaths(tmp_path_factory.mktemp("master") / "workspace")
    import_cohort(paths, CohortRequest(name=CohortName("glioma"), folder=patients), on_progress=lambda *_: None)
    return paths.root


@pytest.fixture(scope="session")
def trained_master(cohort_master: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cohort, and PGGANs of a few steps on its tumor images, tumor, and on its others, nontumor."""
    paths = WorkspacePaths(Path(shutil.copytree(cohort_master, tmp_path_factory.mktemp("trained") / "workspace")))
    for status in (TumorStatus.TUMOR, TumorStatus.NONTUMOR):
        train(paths, smoke_request(status), should_stop=lambda: None, on_tick=lambda _: None)
    return paths.root


@pytest.fixture
def trained(trained_master: Path, tmp_path: Path) -> WorkspacePaths:
    return WorkspacePaths(Path(shutil.copytree(trained_master, tmp_path / "workspace")))


@pytest.fixture
def cohort(cohort_master: Path, tmp_path: Path) -> WorkspacePaths:
    """A workspace with the five patients as the cohort "glioma"."""
    return WorkspacePaths(Path(shutil.copytree(cohort_master, tmp_path / "workspace")))


@pytest.fixture(scope="session")
def released_master(trained_master: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cohort of five patients, a generator per class, and a release of 6 images of each."""
    paths = WorkspacePaths(Path(shutil.copytree(trained_master, tmp_path_factory.mktemp("released") / "workspace")))
    for status in (TumorStatus.TUMOR, TumorStatus.NONTUMOR):
        asked = SamplingRequest(
            run=RunName(status), name=ImageSetName(f"made-{status}"), n_images=6, checkpoint=WhichCheckpoint.LAST
        )
        sample_generator(paths, asked, on_progress=lambda *_: None)
        keep_all(paths, f"made-{status}", f"good-{status}")
    return paths.root


@pytest.fixture
def released(released_master: Path, tmp_path: Path) -> WorkspacePaths:
    return WorkspacePaths(Path(shutil.copytree(released_master, tmp_path / "workspace")))
