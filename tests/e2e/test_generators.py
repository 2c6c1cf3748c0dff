"""A training in the real app: begun on the page, watched, left alone, found finished, and drawn from."""

import re
from contextlib import suppress

import pytest
from playwright.sync_api import Page, TimeoutError, expect

from core.identifiers import RunName
from core.imageset.record import TumorStatus
from core.settings import WorkspacePaths
from core.synthesis.run_folder import RunFolder
from core.workflows.access import researcher_link
from core.workflows.image_sets import all_image_sets
from tests.e2e.conftest import NewContext, ServeApp
from tests.e2e.reader_steps import ATTEMPTS, choose, open_link
from tests.e2e.researcher_steps import at_rest, done, go_to, only

pytestmark = pytest.mark.browser

RUN = RunName("smoke-phantoms-tumor")
IN_A_WHILE_MS = 180_000  # torch alone takes seconds to load, on a busy machine many


def start_smoke_training(page: Page, *, thousand_images: str | None = None) -> None:
    choose(page, "Recipe", "Smoke: 16 px in seconds, to see that everything works")
    if thousand_images is not None:
        page.get_by_label("Thousand images to show", exact=True).fill(thousand_images)
        page.keyboard.press("Tab")
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.get_by_text(f"{RUN} is in training.")).to_be_visible(timeout=IN_A_WHILE_MS)


def confirm(page: Page, button: str, question: str) -> None:
    """Open it and say yes; opened again where the page was still being drawn when it was pressed."""
    for _ in range(ATTEMPTS):
        page.get_by_role("button", name=button, exact=True).click()
        with suppress(TimeoutError):
            page.get_by_role("button", name=question).click(timeout=2_000)
            return
    pytest.fail(f"{button} never asked.")


def test_a_training_goes_on_without_the_page_and_its_samples_come_into_the_library(
    phantoms: WorkspacePaths, serve_app: ServeApp, new_context: NewContext
) -> None:
    app = serve_app(phantoms)
    context = new_context()
    page = context.new_page()
    open_link(page, researcher_link(phantoms, app.url))
    go_to(page, "Generators")
    start_smoke_training(page)
    page.close()

    page = context.new_page()
    page.goto(f"{app.url}/generators")
    expect(page.get_by_text(re.compile("^Finished · 1,200 images · 16 px"))).to_be_visible(timeout=IN_A_WHILE_MS)
    at_rest(page)
    expect(only(page.get_by_test_id("stPlotlyChart"))).to_be_visible()
    expect(only(page.get_by_test_id("stImage").get_by_role("img"))).to_be_visible()

    page.get_by_role("radio", name="Draw images").click()
    page.get_by_label("Images", exact=True).fill("12")
    only(page.get_by_label("Name of the image set")).fill("drawn")
    page.get_by_role("button", name="Draw", exact=True).click()
    page.get_by_text("drawn: 12 images", exact=True).wait_for(timeout=IN_A_WHILE_MS)
    page.get_by_role("link", name="See the library").click()
    page.get_by_role("heading", level=1).filter(has_text="Library").wait_for()
    choose(page, "Image set", "drawn · 12 synthetic · tumor")
    expect(page.get_by_role("heading", name="drawn")).to_be_visible()
    drawn = next(entry for entry in all_image_sets(phantoms) if entry.name == "drawn")
    assert (drawn.n_images, drawn.tumor_status, str(drawn.trained_on)) == (
        12,
        TumorStatus.TUMOR,
        "phantoms:training",
    )


def test_a_training_outlives_the_app_pauses_and_goes_on(
    phantoms: WorkspacePaths, serve_app: ServeApp, new_context: NewContext
) -> None:
    app = serve_app(phantoms)
    context = new_context()
    page = context.new_page()
    open_link(page, researcher_link(phantoms, app.url))
    go_to(page, "Generators")
    start_smoke_training(page, thousand_images="400")
    app.stop()
    assert RunFolder(phantoms.run(RUN)).training_process() is not None

    serve_app(phantoms, port=app.port)
    page.goto(f"{app.url}/generators")
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text(re.compile("^Paused · .* of 400 thousand images"))).to_be_visible(timeout=IN_A_WHILE_MS)
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text(re.compile("^Training · .* of 400 thousand images"))).to_be_visible(
        timeout=IN_A_WHILE_MS
    )
    confirm(page, "Stop for good", "Stop it")
    expect(page.get_by_text(re.compile("^Stopped · .* of 400 thousand images"))).to_be_visible(
        timeout=IN_A_WHILE_MS
    )
    confirm(page, "Delete", "Delete it")
    done(page, f"Deleted run {RUN}.")
    assert not phantoms.run(RUN).exists()
