"""The app's pages under Streamlit's AppTest: workspace by environment, identity by the browser's cookies."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.access.cookies import COOKIES
from core.access.person import Role
from core.identifiers import CohortName
from core.imageset.record import TumorStatus
from core.settings import WORKSPACE_VARIABLE, WorkspacePaths
from core.storage.database import opened
from core.workflows.access import accept_invitation, researcher_link
from core.workflows.cohorts import CohortRequest, import_cohort
from core.workflows.studies import close_study, create_study, lock_study
from core.workflows.training import train_eigenimages
from tests.phantom_patients import write_patients
from tests.phantoms import BASE_URL, LockedStudy, locked_study, plan
from tests.reading_robot import read

NAVIGATION = Path(__file__).resolve().parents[2] / "pages" / "navigation.py"


@pytest.fixture
def cookies(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What the browser sends; empty: nobody is signed in."""
    sent: dict[str, str] = {}
    monkeypatch.setattr(type(st.context), "cookies", property(lambda _: sent))
    return sent


@pytest.fixture
def page() -> Callable[..., AppTest]:
    """Open the app, on its first page or on one by its file's name."""

    def open_page(name: str | None = None) -> AppTest:
        app = AppTest.from_file(NAVIGATION, default_timeout=60).run()
        return app if name is None else app.switch_page(f"{name}.py").run()

    return open_page


def researcher_cookie(paths: WorkspacePaths) -> str:
    return accept_invitation(paths, researcher_link(paths, BASE_URL).rsplit("/", 1)[1])[1]


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cookies: dict[str, str]) -> WorkspacePaths:
    """A workspace with nothing in it, and a researcher signed in."""
    paths = WorkspacePaths(tmp_path / "workspace")
    with opened(paths.database, create=True):
        pass
    monkeypatch.setenv(WORKSPACE_VARIABLE, str(paths.root))
    cookies[COOKIES[Role.RESEARCHER]] = researcher_cookie(paths)
    return paths


@pytest.fixture(scope="session")
def filled_master(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Patients, a generator, and studies named draft, study (locked, partly read), closed (read by two)."""
    folder = tmp_path_factory.mktemp("filled")
    closed = locked_study(folder / "workspace", per_arm=2, name="closed")
    paths = closed.paths
    for reader in ("first", "second"):
        read(paths, closed.cookie(reader))
    close_study(paths, closed.name)
    create_study(paths, plan("study", per_arm=1))
    lock_study(paths, plan("study").name)
    read(paths, LockedStudy(paths=paths, name=plan("study").name).cookie("half"), most=2)
    create_study(paths, plan("draft", per_arm=1))
    request = CohortRequest(name=CohortName("glioma"), folder=write_patients(folder / "BraTS", 3))
    import_cohort(paths, request, on_progress=lambda *_: None)
    train_eigenimages(paths, CohortName("glioma"), TumorStatus.TUMOR, seed=0)
    return paths.root


@pytest.fixture
def filled(
    filled_master: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cookies: dict[str, str]
) -> WorkspacePaths:
    """A workspace with everything in it, and a researcher signed in."""
    paths = WorkspacePaths(Path(shutil.copytree(filled_master, tmp_path / "workspace")))
    monkeypatch.setenv(WORKSPACE_VARIABLE, str(paths.root))
    cookies[COOKIES[Role.RESEARCHER]] = researcher_cookie(paths)
    return paths
