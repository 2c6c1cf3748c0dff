"""A whole reading in a real browser, through two crashes of the server, to the numbers on the results page."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Page, Response, expect

from core.identifiers import StudyName
from core.provenance import sha256_of_bytes
from core.settings import WorkspacePaths
from core.workflows.access import invite_reader, researcher_link
from core.workflows.studies import study_status
from tests.e2e.app_server import AppServer
from tests.e2e.conftest import NewContext, ServeApp
from tests.e2e.reader_steps import open_link, painted, read, start_reading, thanks
from tests.e2e.workspaces import (
    PER_ARM,
    add_real_phantoms,
    import_brats,
    import_synthetic_pngs,
    lock_new_study,
    saved_responses,
    trial_of_ticket,
)

pytestmark = pytest.mark.browser

STUDY = StudyName("study")
N_TRIALS = 4 * PER_ARM
FIRST_CRASH, SECOND_CRASH = 20, 30
KEYS = {"real": "f", "synthetic": "j", "tumor": "k", "nontumor": "d"}


def decisions(trial_index: int) -> tuple[str, str]:
    """The rule by which this test's reader answers, whatever the image shows."""
    return ("synthetic" if trial_index % 3 else "real", "tumor" if trial_index % 5 < 2 else "nontumor")


@pytest.fixture(params=["phantoms", pytest.param("brats", marks=pytest.mark.realdata)])
def workspace(request: pytest.FixtureRequest, tmp_path: Path) -> WorkspacePaths:
    """Real arms, synthetic arms imported as PNGs, and a locked study of both."""
    paths = WorkspacePaths(tmp_path / "workspace")
    if request.param == "brats":
        real_sets = import_brats(paths, request.getfixturevalue("shared_data") / "brats")
    else:
        real_sets = add_real_phantoms(paths)
    lock_new_study(paths, real_sets, import_synthetic_pngs(paths, tmp_path / "gan"))
    return paths


class ShownPixels:
    """The hash of the pixels that the browser received, by ticket."""

    def __init__(self, context: BrowserContext) -> None:
        self.by_ticket: dict[str, str] = {}
        self._unread: list[Response] = []
        context.on("response", self._note)

    def _note(self, response: Response) -> None:
        if "/reading/stimulus/" in response.url and response.ok:
            self._unread.append(response)

    def read_bodies(self) -> None:
        """To be called before the page goes away: the browser then forgets the bodies."""
        while self._unread:
            response = self._unread.pop()
            pixels = cv2.imdecode(np.frombuffer(response.body(), np.uint8), cv2.IMREAD_UNCHANGED)
            assert pixels.shape == (256, 256)
            self.by_ticket[response.url.rsplit("/", 1)[1]] = sha256_of_bytes(pixels.tobytes())


def read_by_rule(page: Page, trials: range) -> None:
    for trial_index in trials:
        read(page, [trial_index], "".join(KEYS[decision] for decision in decisions(trial_index)))


def read_through_two_crashes(context: BrowserContext, app: AppServer, link: str, shown: ShownPixels) -> Page:
    page = context.new_page()
    start_reading(page, link)
    read_by_rule(page, range(FIRST_CRASH))
    painted(page, FIRST_CRASH)
    app.kill()
    read_by_rule(page, range(FIRST_CRASH, FIRST_CRASH + 1))  # answered while nobody is there to take it
    app.start()
    read_by_rule(page, range(FIRST_CRASH + 1, SECOND_CRASH))  # the open viewer goes on by itself
    painted(page, SECOND_CRASH)
    app.kill()
    read_by_rule(page, range(SECOND_CRASH, SECOND_CRASH + 1))
    shown.read_bodies()
    page.close()  # the last answer is in the browser's storage only
    app.start()
    page = context.new_page()
    page.goto(app.url)
    read_by_rule(page, range(SECOND_CRASH + 1, N_TRIALS))
    return page


def test_a_reading_survives_two_crashes_and_its_results_are_those_counted_by_hand(
    workspace: WorkspacePaths, serve_app: ServeApp, new_context: NewContext
) -> None:
    app = serve_app(workspace)
    link = invite_reader(workspace, STUDY, "reader", again=False, base_url=app.url)
    context = new_context()
    shown = ShownPixels(context)

    page = read_through_two_crashes(context, app, link, shown)
    thanks(page)
    shown.read_bodies()
    assert_every_trial_was_saved_once_in_order(workspace, shown)
    assert_no_result_is_told(page)

    results = close_and_open_results(new_context().new_page(), workspace, app)
    assert_results_equal_the_hand_count(results, saved_responses(workspace))
    page.reload()
    thanks(page)
    assert_no_result_is_told(page)


def assert_every_trial_was_saved_once_in_order(paths: WorkspacePaths, shown: ShownPixels) -> None:
    rows = saved_responses(paths)
    assert [row["trial_index"] for row in rows] == list(range(N_TRIALS))
    assert len({row["response_id"] for row in rows}) == len({row["trial_id"] for row in rows}) == N_TRIALS
    assert [(row["decision"], row["tumor_decision"]) for row in rows] == [decisions(i) for i in range(N_TRIALS)]
    assert {row["protocol_hash"] for row in rows} == {study_status(paths, STUDY).study.protocol_hash}
    trials = trial_of_ticket(paths)
    shown_in_trial = {trials[ticket]: pixels for ticket, pixels in shown.by_ticket.items()}
    assert {row["trial_id"]: row["pixels_sha256"] for row in rows} == shown_in_trial


def assert_no_result_is_told(page: Page) -> None:
    text = page.locator("body").inner_text()
    assert "Thank you" in text
    assert "%" not in text
    for word in ("correct", "accuracy", "sensitivity", "truth", "synthetic", "wrong"):
        assert word not in text.lower()


def close_and_open_results(page: Page, paths: WorkspacePaths, app: AppServer) -> Page:
    """As the researcher: close the study by its buttons, then go to its results."""
    open_link(page, researcher_link(paths, app.url))
    page.get_by_role("link", name="Studies").click()
    page.get_by_role("button", name="Close study").click()
    page.get_by_role("button", name="Close it").click()
    expect(page.get_by_text("study is closed.")).to_be_visible()
    page.get_by_role("link", name="Results").click()
    expect(page.locator(".js-plotly-plot")).to_have_count(2)
    return page


def assert_results_equal_the_hand_count(page: Page, rows: Sequence[Mapping[str, Any]]) -> None:
    realism = Counter((row["truth"], row["decision"]) for row in rows)
    tumor = Counter((row["tumor_status"], row["tumor_decision"]) for row in rows)
    correct, counted = [], {}
    for place, (question, counts, signal, noise) in enumerate(
        [("realism", realism, "synthetic", "real"), ("tumor", tumor, "tumor", "nontumor")]
    ):
        hits, rejections = counts[signal, signal], counts[noise, noise]
        by_hand = {
            "accuracy": (hits + rejections, N_TRIALS),
            "sensitivity": (hits, 2 * PER_ARM),
            "specificity": (rejections, 2 * PER_ARM),
        }
        counted[question] = by_hand
        correct += [f"{k} of {n}" for k, n in by_hand.values()]
        words = ("real", "synthetic") if question == "realism" else ("tumor", "nontumor")
        assert counts_in_figure(page, place) == [counts[truth, word] for truth in words for word in words]
    assert column_in_table(page, "Correct") == correct
    page.get_by_role("tab", name="Report and downloads").click()
    report = json.loads(downloaded(page, "Analysis (JSON)"))
    assert report["audit_trail"]["length"] > N_TRIALS
    for question, by_hand in counted.items():
        assert {rate: (report[question][rate]["k"], report[question][rate]["n"]) for rate in by_hand} == by_hand
    assert len(downloaded(page, "Responses (CSV)").splitlines()) == 1 + N_TRIALS


def counts_in_figure(page: Page, place: int) -> list[int]:
    """The four large numbers of a confusion matrix, row by row."""
    figure = page.locator(".js-plotly-plot").nth(place)
    return [int(text) for text in figure.locator('tspan[style*="bold"]').all_text_contents()]


def column_in_table(page: Page, title: str) -> list[str]:
    """What the page's first table with such a column shows in it."""
    table = page.get_by_test_id("stTable").filter(has_text=title).first
    place = table.locator("thead th").all_inner_texts().index(title)
    return [row.locator("th, td").nth(place).inner_text() for row in table.locator("tbody tr").all()]


def downloaded(page: Page, button: str) -> str:
    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()
    return Path(download.value.path()).read_text(encoding="utf-8-sig")
