"""Blinding where routes alone cannot show it: in the page, its storage, and on Streamlit's websocket."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Page

from core.reading.case import Arm
from core.settings import WorkspacePaths
from tests.e2e.app_server import HOST, free_port
from tests.e2e.browser_wire import BrowserWire
from tests.e2e.conftest import NewContext, ServeApp
from tests.e2e.flipped import flipped_copy
from tests.e2e.reader_steps import VIEWER, all_saved, painted, press, start_reading, thanks
from tests.phantoms import BASE_URL, locked_study

pytestmark = pytest.mark.browser

PER_ARM = 2
N_TRIALS = 4 * PER_ARM
# The browser draws the ids of responses; here it draws the same ones in both sessions.
FIXED_RANDOM = """
let drawn = 0;
crypto.getRandomValues = (array) => array.map((_, place) => (array[place] = drawn++ % 251));
"""
SEEN = """(viewer) => {
    const copy = viewer.cloneNode(true);
    copy.removeAttribute("data-painted-at");
    copy.querySelector('[data-text="time-left"]').textContent = "";
    return copy.outerHTML + viewer.querySelector("canvas").toDataURL();
}"""
STORAGE = "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"
FETCHED = """(n) => performance.getEntriesByType("resource")
    .filter(({ name }) => name.includes("/reading/stimulus/")).length >= n"""


def read_whole_session(page: Page, *, first: int = 0) -> list[str]:
    """Answer everything, each answer once the server is at rest; returns what each trial looked like."""
    seen = []
    for trial_index in range(first, N_TRIALS):
        painted(page, trial_index)
        page.wait_for_function(FETCHED, arg=min(trial_index + 3, N_TRIALS))
        all_saved(page)
        seen.append(page.locator(VIEWER).evaluate(SEEN))
        press(page, "fk" if trial_index % 2 else "jd")
    thanks(page)
    return seen


def test_flipping_every_truth_changes_nothing_that_a_browser_receives_or_shows(
    tmp_path: Path, serve_app: ServeApp, new_context: NewContext
) -> None:
    study = locked_study(tmp_path / "one" / "workspace", per_arm=PER_ARM)
    port = free_port()
    link = study.link().replace(BASE_URL, f"http://{HOST}:{port}")
    flipped = flipped_copy(study.paths, tmp_path / "two" / "workspace")

    received, seen = [], []
    for workspace in (study.paths, flipped):
        app = serve_app(workspace, port=port)
        page = new_context().new_page()
        page.add_init_script(FIXED_RANDOM)
        wire = BrowserWire(page)
        start_reading(page, link)
        seen.append(read_whole_session(page))
        received.append(wire.summary())
        page.context.close()
        app.stop()

    assert seen[0] == seen[1]
    (messages, replies), (messages_of_flipped, replies_of_flipped) = received
    assert messages == messages_of_flipped
    assert replies == replies_of_flipped
    assert replies.total() > 2 * N_TRIALS
    assert any("reading_viewer" in message for message in messages)


def secrets_of(paths: WorkspacePaths) -> set[str]:
    """Every word that says where an image is from or what it is; subjects get names that nothing else has."""
    with closing(sqlite3.connect(paths.database)) as connection, connection:
        for table in ("images", "cases"):
            connection.execute(f"UPDATE {table} SET subject_id = 'quagga-' || subject_id")  # noqa: S608
        connection.execute("UPDATE images SET source_name = 'okapi-' || image_index || '.png'")
        sql = "SELECT image_set, image_id, case_id FROM cases JOIN images USING (image_set, image_index)"
        rows = connection.execute(sql).fetchall()
    return {str(paths.root), "quagga", "okapi", *Arm, *(word for row in rows for word in row)}


def test_no_source_and_no_arm_reaches_the_page_its_addresses_its_storage_or_its_console(
    tmp_path: Path, serve_app: ServeApp, page: Page
) -> None:
    study = locked_study(tmp_path / "workspace", per_arm=PER_ARM)
    secrets = secrets_of(study.paths)
    app = serve_app(study.paths)
    wire, said = BrowserWire(page), []
    page.on("console", lambda message: said.append(f"{message.text} {message.location}"))

    start_reading(page, study.link().replace(BASE_URL, app.url))
    texts = [page.content(), page.evaluate(STORAGE)]
    app.stop()  # so that an answer stays in the outbox
    press(page, "fk")
    page.wait_for_selector(f'{VIEWER}[data-unsaved="1"]')
    texts += [page.evaluate(STORAGE), page.locator(VIEWER).evaluate("viewer => viewer.outerHTML")]
    app.start()
    texts += read_whole_session(page, first=1)
    texts += [page.content(), page.evaluate(STORAGE), *wire.urls, *wire.messages(), *said, app.log.read_text()]
    texts += [f"{reply.path} {reply.headers} {reply.body!r}" for reply in wire.replies()]

    assert {secret for secret in secrets for text in texts if secret in text} == set()
