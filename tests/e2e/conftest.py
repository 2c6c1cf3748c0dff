"""The real app on a port of its own, and windows of a real browser."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from core.identifiers import CohortName
from core.runs.run_folder import RunFolder
from core.settings import WorkspacePaths
from core.storage.database import opened
from core.workflows.cohorts import CohortRequest, import_cohort
from tests.e2e.app_server import AppServer
from tests.e2e.workspaces import unseen, write_patients
from tests.phantoms import LockedStudy, locked_study

NewContext = Callable[..., BrowserContext]
ServeApp = Callable[..., AppServer]

expect.set_options(
    timeout=30_000
)  # ms, as for clicks: what was true before stays in the page until a busy server answers


@pytest.fixture
def serve_app(tmp_path: Path) -> Iterator[ServeApp]:
    """Call it with a workspace (and a port): a running app, which ends with the test whatever happens."""
    servers: list[AppServer] = []

    def serve(paths: WorkspacePaths, *, port: int | None = None) -> AppServer:
        servers.append(AppServer(paths, tmp_path / f"server-{len(servers)}.log", port=port))
        servers[-1].start()
        return servers[-1]

    yield serve
    for server in servers:
        server.stop()


@pytest.fixture
def new_context(browser: Browser) -> Iterator[NewContext]:
    """Call it for another browser profile, with cookies and storage of its own."""
    contexts: list[BrowserContext] = []

    def new(**options: Any) -> BrowserContext:
        contexts.append(browser.new_context(**({"viewport": {"width": 1440, "height": 900}} | options)))
        return contexts[-1]

    yield new
    for context in contexts:
        context.close()


@pytest.fixture
def page(new_context: NewContext) -> Page:
    return new_context().new_page()


@pytest.fixture
def study(tmp_path: Path) -> LockedStudy:
    """A locked study of phantoms, 4 images per arm."""
    return locked_study(tmp_path / "workspace", per_arm=4)


@pytest.fixture
def phantoms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WorkspacePaths]:
    """A cohort of that name, to train with. Trainings get one thread: several would wait for each other on shared
    cores. Those that outlive the app do not outlive the test.
    """
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    write_patients(tmp_path / "patients", 4)
    paths = WorkspacePaths(tmp_path / "workspace")
    with opened(paths.database, create=True):
        pass
    request = CohortRequest(name=CohortName("phantoms"), folder=tmp_path / "patients")
    import_cohort(paths, request, on_progress=unseen)
    yield paths
    for file in paths.runs.glob("*/lock"):
        if (process := RunFolder(file.parent).training_process()) is not None:
            os.kill(process, signal.SIGKILL)


@pytest.fixture
def app(study: LockedStudy, serve_app: ServeApp) -> AppServer:
    """The running app on that study."""
    return serve_app(study.paths)
