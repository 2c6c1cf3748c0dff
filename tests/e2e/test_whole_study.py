"""A whole study by the pages alone: design, audit, lock, two readers by keyboard, close, results, report."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.identifiers import StudyName
from core.settings import WorkspacePaths
from core.workflows.access import researcher_link
from core.workflows.maintenance import doctor
from core.workflows.printing import can_print
from core.workflows.results import study_responses
from tests.e2e.conftest import NewContext, ServeApp
from tests.e2e.reader_steps import all_saved, choose, open_link, painted, press, read, start_reading, thanks
from tests.e2e.researcher_steps import close_the_study, done, go_to, invite
from tests.phantoms import workspace_with_four_sets

pytestmark = pytest.mark.browser

STUDY = StudyName("grand-tour")
PER_ARM = 2
REPEATS = 1
TRIALS = 4 * PER_ARM + REPEATS
READERS = {"Dr Hopper": ("f4k2", "j5d3", "j1k1"), "Dr Lovelace": ("f2k4", "j3k5")}


def design(page: Page) -> None:
    go_to(page, "Studies")
    page.get_by_label("Name", exact=True).fill(STUDY)
    page.get_by_label("Images per arm", exact=True).fill(str(PER_ARM))
    page.get_by_text("More design").click()
    choose(page, "Answers", "A choice, then how sure, 1 to 5")
    page.get_by_label("Repeats", exact=True).fill(str(REPEATS))
    page.get_by_label("Fewest trials to a repeat").fill("3")
    page.get_by_role("button", name="Draw the cases").click()
    done(page, f"{STUDY} has {4 * PER_ARM} cases.")


def audit_and_lock(page: Page) -> None:
    go_to(page, "Blinding audit")
    done(page, "No pipeline artifact was found")
    go_to(page, "Studies")
    page.get_by_role("button", name="Lock", exact=True).click()
    done(page, f"{STUDY} is locked.")


def read_it_all(reader: Page, link: str, patterns: tuple[str, ...]) -> None:
    start_reading(reader, link)
    for trial in range(TRIALS - 1):
        read(reader, [trial], patterns[trial % len(patterns)])
    painted(reader, TRIALS - 1)
    all_saved(reader)
    press(reader, patterns[-1])
    thanks(reader)


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()
    expect(page.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")


def look_at_results(page: Page) -> None:
    """The verdict with numbers on top, and something of its own under every tab."""
    go_to(page, "Results")
    expect(page.get_by_text("2 of 2 invited readers answered, 2 of them all 8 images")).to_be_visible()
    expect(page.get_by_text("Diversity was not measured in this study")).to_be_visible()
    expect(page.get_by_test_id("stMetric").filter(has_text="Real and synthetic told apart")).to_be_visible()
    expect(page.get_by_text("Rates, across readers")).to_be_visible()
    open_tab(page, "Readers")
    expect(page.get_by_text("ROC curve per reader, from decision and confidence")).to_be_visible()
    open_tab(page, "Images")
    expect(page.get_by_role("heading", name="Synthetic images most often called real")).to_be_visible()
    picture = page.locator("figure img").first
    expect(picture).to_have_attribute("src", re.compile("^data:image/png;base64,"))
    assert picture.evaluate("(image) => image.naturalWidth") == 256
    open_tab(page, "Agreement, drift and time")
    expect(page.get_by_text("Agreement between readers, beyond chance")).to_be_visible()


def downloaded(page: Page, button: str, folder: Path) -> Path:
    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()
    file = folder / download.value.suggested_filename
    download.value.save_as(file)
    return file


def check_report(page: Page, file: Path, verdict: str) -> None:
    """Opened as any file is: verdict first, curves drawn, nobody named."""
    page.goto(file.as_uri())
    text = page.locator("body").inner_text()
    assert text.index(verdict) < text.index("In short") < text.index("Methods") < text.index("Reporting guidelines")
    assert page.locator("svg polyline").count() == 4
    assert page.locator("svg polyline").first.bounding_box()["width"] > 50
    assert "Reader 2" in text
    for name in READERS:
        assert name.split()[-1] not in text


def test_a_whole_study_from_its_design_to_its_report(
    tmp_path: Path, serve_app: ServeApp, new_context: NewContext
) -> None:
    paths: WorkspacePaths = workspace_with_four_sets(tmp_path / "workspace", n=4)
    app = serve_app(paths)
    page = new_context().new_page()
    open_link(page, researcher_link(paths, app.url))
    design(page)
    audit_and_lock(page)
    links = {name: invite(page, name) for name in READERS}
    for name, link in links.items():
        read_it_all(new_context().new_page(), link, READERS[name])
    go_to(page, "Results")
    expect(page.get_by_text("only counts of trials are shown")).to_be_visible()
    expect(page.get_by_role("tab")).to_have_count(0)
    go_to(page, "Studies")
    close_the_study(page, STUDY)

    look_at_results(page)
    verdict = page.get_by_role("heading", level=3).first.inner_text()
    open_tab(page, "Report and downloads")
    check_report(new_context().new_page(), downloaded(page, "Report (HTML)", tmp_path), verdict)
    if can_print():
        pdf = downloaded(page, "Report (PDF)", tmp_path).read_bytes()
        assert pdf.startswith(b"%PDF-")
        assert len(pdf) > 20_000

    responses = study_responses(paths, STUDY)
    assert len(responses) == 2 * TRIALS
    assert responses["is_repeat"].sum() == 2 * REPEATS
    assert set(responses["confidence"]) == {1, 2, 3, 4, 5}
    assert doctor(paths) == []
