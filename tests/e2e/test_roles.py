"""Who may open what: anonymous, reader, researcher, and both in one browser."""

from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from core.workflows.access import researcher_link
from core.workflows.studies import close_study
from tests.e2e.app_server import HOST, AppServer
from tests.e2e.conftest import NewContext
from tests.e2e.reader_steps import all_saved, fill_start_page, open_link, painted, press, start_reading
from tests.phantoms import BASE_URL, LockedStudy

pytestmark = pytest.mark.browser

RESEARCHER_PAGES = {
    "home": "Can physicians tell",
    "cohorts": "Volumes become axial",
    "library": "Every set of images",
    "generators": "It trains on its own",
    "curation": "Curation",
    "planning": "a study needs. Make one from the plan",
    "studies": "Blinded readings",
    "results": "Until the study is closed",
}
NOBODY = "Nobody is signed in in this browser."


def shown(page: Page, url: str) -> str:
    """All text of a page once its script has run to the end and everything in it is drawn."""
    page.goto(url)
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)
    return page.locator("body").inner_text()


def session_status(context: BrowserContext, app: AppServer) -> int:
    return context.request.get(f"{app.url}/reading/session", headers={"X-MRTuring": "1"}).status


def asked_at_once(app: AppServer, path: str) -> bytes:
    connection = HTTPConnection(HOST, app.port, timeout=30)
    try:
        connection.request("GET", path)
        return connection.getresponse().read()
    finally:
        connection.close()


def test_a_fresh_server_runs_no_page_for_a_stranger(app: AppServer, study: LockedStudy, page: Page) -> None:
    pages = {asked_at_once(app, f"/{name}") for name in ("", *RESEARCHER_PAGES, "reading")}
    assert len(pages) == 1  # the empty shell, whatever is asked for
    for name in ("library", *RESEARCHER_PAGES, "reading", ""):
        text = shown(page, f"{app.url}/{name}")
        assert NOBODY in text
        assert not [name for name, words in RESEARCHER_PAGES.items() if words in text]
        assert study.name not in text.split()
    assert session_status(page.context, app) == 401


def test_a_reader_opens_no_page_of_a_researcher(app: AppServer, study: LockedStudy, page: Page) -> None:
    open_link(page, study.link().replace(BASE_URL, app.url))
    page.get_by_role("button", name="Start reading").wait_for()
    for name in RESEARCHER_PAGES:
        text = shown(page, f"{app.url}/{name}")
        assert "Reading brain MR images" in text
        assert not [name for name, words in RESEARCHER_PAGES.items() if words in text]
    close_study(study.paths, study.name)
    assert "This study is closed. 0 of 16 images are read" in shown(page, f"{app.url}/results")


def test_a_researcher_opens_every_page_but_reads_nothing(app: AppServer, study: LockedStudy, page: Page) -> None:
    open_link(page, researcher_link(study.paths, app.url))
    for name, words in RESEARCHER_PAGES.items():
        assert words in shown(page, f"{app.url}/{name}")
    assert RESEARCHER_PAGES["home"] in shown(page, f"{app.url}/reading")
    assert session_status(page.context, app) == 401


def test_a_reader_and_a_researcher_share_one_browser(
    app: AppServer, study: LockedStudy, new_context: NewContext
) -> None:
    context = new_context()
    reader = context.new_page()
    start_reading(reader, study.link().replace(BASE_URL, app.url))
    researcher = context.new_page()
    open_link(researcher, researcher_link(study.paths, app.url))
    researcher.get_by_role("link", name="Studies").click()
    researcher.get_by_text("0 of 16 read").wait_for()
    reader.bring_to_front()
    press(reader, "fk")
    painted(reader, 1)
    all_saved(reader)
    assert session_status(context, app) == 200
    researcher.bring_to_front()
    researcher.reload()
    researcher.get_by_text("1 of 16 read").wait_for()
    researcher.get_by_role("link", name="Reading").click()
    painted(researcher, 1)


def test_no_page_asks_another_computer_for_anything(
    app: AppServer, study: LockedStudy, new_context: NewContext
) -> None:
    asked: set[str] = set()
    context = new_context()
    context.on("request", lambda request: asked.add(request.url))
    page = context.new_page()
    shown(page, app.url)
    open_link(page, study.link().replace(BASE_URL, app.url))
    fill_start_page(page)
    page.get_by_role("button", name="Start reading").click()
    painted(page, 0)
    close_study(study.paths, study.name)
    open_link(page, researcher_link(study.paths, app.url))
    for name in RESEARCHER_PAGES:
        shown(page, f"{app.url}/{name}")
    elsewhere = {url for url in asked if urlsplit(url).scheme in {"http", "https"} and not url.startswith(app.url)}
    assert elsewhere == set()
