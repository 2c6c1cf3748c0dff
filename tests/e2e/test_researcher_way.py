"""The researcher's whole way by the app's own pages: patients, generators, study, invitation, results."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.settings import WorkspacePaths
from core.workflows.access import researcher_link
from tests.e2e.conftest import NewContext, ServeApp
from tests.e2e.reader_steps import choose, open_link, read, start_reading, thanks
from tests.e2e.researcher_steps import close_the_study, done, form_with, go_to, invite, only
from tests.e2e.workspaces import write_patients

pytestmark = pytest.mark.browser

PER_ARM = 2
PROCESS_STARTS_WITHIN_MS = 60_000


def import_patients(page: Page, folder: Path) -> None:
    go_to(page, "Patients")
    form = form_with(page, "Import")
    form.get_by_label("Folder on the app's computer").fill(str(folder))
    form.get_by_label("Cohort name").fill("phantoms")
    form.get_by_role("button", name="Import").click()
    done(page, "phantoms: 4 patients")


def make_synthetic_images(page: Page) -> None:
    go_to(page, "Generators")
    for tumor_status in ("tumor", "nontumor"):
        if tumor_status == "nontumor":
            page.get_by_text("Train a generator").click()
        choose(page, "Learn images of", tumor_status)
        choose(page, "Recipe", "Eigenimages: the instant baseline, easy to spot")
        page.get_by_role("button", name="Train", exact=True).click()
        expect(page.get_by_text(f"eigenimage-phantoms-{tumor_status} is trained")).to_be_visible(
            timeout=PROCESS_STARTS_WITHIN_MS
        )
        name = f"eigenimage-phantoms-{tumor_status}-images"
        expect(only(page.get_by_label("Name of the image set"))).to_have_value(name)
        page.get_by_label("Images", exact=True).fill("10")
        page.get_by_role("button", name="Draw", exact=True).click()
        page.get_by_text(f"{name}: 10 images", exact=True).wait_for(timeout=PROCESS_STARTS_WITHIN_MS)


def make_and_lock_study(page: Page) -> None:
    go_to(page, "Studies")
    page.get_by_label("Name", exact=True).fill("trial-run")
    page.get_by_label("Images per arm", exact=True).fill(str(PER_ARM))
    page.get_by_role("button", name="Draw the cases").click()
    done(page, f"trial-run has {4 * PER_ARM} cases.")
    page.get_by_role("button", name="Lock", exact=True).click()
    done(page, "trial-run is locked.")


def test_patients_become_a_study_a_reading_and_results(
    tmp_path: Path, serve_app: ServeApp, new_context: NewContext
) -> None:
    write_patients(tmp_path / "patients", 4)
    paths = WorkspacePaths(tmp_path / "workspace")
    app = serve_app(paths)
    page = new_context().new_page()
    open_link(page, researcher_link(paths, app.url))
    page.get_by_text("Import or simulate patients").wait_for()

    import_patients(page, tmp_path / "patients")
    make_synthetic_images(page)
    make_and_lock_study(page)
    link = invite(page, "dr-phantom")

    reader = new_context().new_page()
    start_reading(reader, link)
    read(reader, range(4 * PER_ARM))
    thanks(reader)

    go_to(page, "Results")
    expect(page.get_by_text("only counts of trials are shown")).to_be_visible()
    go_to(page, "Studies")
    close_the_study(page, "trial-run")
    go_to(page, "Results")
    expect(page.get_by_text("1 of 1 invited readers answered, 1 of them all 8 images")).to_be_visible()
