"""A detector in the real app: begun on the page, watched, killed, gone on with, and found in the table."""

import os
import re
import signal

import pytest
from playwright.sync_api import Page, expect

from core.detection.run_folder import RunFolder
from core.identifiers import RunName
from core.settings import WorkspacePaths
from core.workflows.access import researcher_link
from tests.e2e.conftest import NewContext, ServeApp
from tests.e2e.reader_steps import choose, open_link
from tests.e2e.researcher_steps import go_to

pytestmark = pytest.mark.browser

RUN = RunName("detector-smoke-phantoms-none-0")
EPOCHS_OF_SECONDS = 200  # long enough that each run is seen in training
IN_A_WHILE_MS = 180_000  # torch alone takes seconds to load, on a busy machine many


def says(page: Page, words: str) -> None:
    expect(page.get_by_text(re.compile(words)).first).to_be_visible(timeout=IN_A_WHILE_MS)


@pytest.fixture
def detectors(phantoms: WorkspacePaths, serve_app: ServeApp, new_context: NewContext) -> Page:
    """The page, opened by a researcher."""
    app = serve_app(phantoms)
    page = new_context().new_page()
    open_link(page, researcher_link(phantoms, app.url))
    go_to(page, "Detectors")
    return page


def start(page: Page, *, epochs: int, seeds: int = 1) -> None:
    choose(page, "Recipe", "Smoke: seconds, to see that everything works")
    page.get_by_text("More settings").click()
    page.get_by_role("spinbutton", name="How many seeds").fill(str(seeds))
    page.keyboard.press("Tab")
    page.get_by_label("Epochs, at most").fill(str(epochs))
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Train", exact=True).click()


@pytest.mark.timeout(900)
def test_a_run_is_watched_killed_and_gone_on_with(phantoms: WorkspacePaths, detectors: Page) -> None:
    page = detectors
    start(page, epochs=20_000)
    says(page, f"^{RUN} is in training")
    says(page, r"^Training · .* epochs of at most 20000 · at most .* left")
    process = RunFolder(phantoms.run(RUN)).training_process()
    assert process is not None
    os.kill(process, signal.SIGKILL)
    says(page, "^Interrupted · ")
    page.get_by_role("button", name="Resume").click()
    says(page, "^Training · ")
    page.get_by_role("button", name="Pause").click()
    says(page, "^Paused · ")


@pytest.mark.timeout(900)
def test_a_finished_run_stands_in_the_table(detectors: Page) -> None:
    page = detectors
    start(page, epochs=2)
    says(page, f"^{RUN} is in training")
    says(page, "^Finished · 2 epochs")
    expect(page.get_by_role("heading", name="Table of conditions")).to_be_visible()
    says(page, "90.06 / 85.27 / 97.04")


@pytest.mark.timeout(900)
def test_an_experiment_trains_one_run_after_another(detectors: Page) -> None:
    page = detectors
    start(page, epochs=EPOCHS_OF_SECONDS, seeds=2)
    says(page, "^0 of 2 runs are done")
    says(page, "^1 of 2 runs are done")
    says(page, "^detector-smoke-phantoms-none-1")
    expect(page.get_by_text(re.compile("of 2 runs are done"))).to_have_count(0, timeout=IN_A_WHILE_MS)
    expect(page.get_by_text(re.compile(f"^Finished · {EPOCHS_OF_SECONDS} epochs"))).to_have_count(2)
    expect(page.get_by_role("cell", name="0, 1", exact=True)).to_be_visible()
