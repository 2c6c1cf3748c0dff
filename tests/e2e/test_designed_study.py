"""A study with practice, repeats, breaks, six steps and two parts, read in the real app to its results."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.reading.design import Phases, Presentation, Scale
from core.workflows.results import study_responses
from core.workflows.studies import close_study
from tests.e2e.conftest import ServeApp
from tests.e2e.reader_steps import CHOICES, VIEWER, all_saved, choose, open_link, painted, press, read, thanks
from tests.phantoms import BASE_URL, locked_study

pytestmark = pytest.mark.browser

SHOWN = Presentation(repeats=1, repeat_distance=2, practice=2, break_every=3, phases=Phases.TUMOR_FIRST)
FIRST_PART = 5  # one case per arm, and a repeat


def goes_on(page: Page, title: str) -> None:
    """Past a screen between two trials; the server is then at rest."""
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    all_saved(page)
    page.keyboard.press("Space")


def start(page: Page, link: str) -> None:
    open_link(page, link)
    expect(page.get_by_text("2 practice images come before")).to_be_visible()
    assert not re.search("synthetic", page.locator("body").inner_text(), re.IGNORECASE)
    for label, option in CHOICES.items():
        if "synthetic" not in label:
            choose(page, label, option)
    page.get_by_label("Years of experience").fill("5")
    page.get_by_text("I have read this and agree").click()
    page.get_by_role("button", name="Start reading").click()


def test_a_study_of_every_design_is_read_to_its_end(tmp_path: Path, serve_app: ServeApp, page: Page) -> None:
    study = locked_study(tmp_path / "workspace", per_arm=1, presentation=SHOWN, scale=Scale.SIX_STEP)
    app = serve_app(study.paths)
    start(page, study.link().replace(BASE_URL, app.url))
    painted(page, -2)
    assert not re.search("synthetic", page.locator(VIEWER).inner_text(), re.IGNORECASE)
    read(page, range(-2, 0), "1")
    goes_on(page, "Practice is over")
    read(page, range(3), "6")
    goes_on(page, "Time for a short break")
    read(page, range(3, FIRST_PART), "5")
    goes_on(page, "Part two")
    painted(page, FIRST_PART)
    expect(page.get_by_role("heading", name="Real or synthetic?")).to_be_visible()
    press(page, "1")
    for first in (6, 9):
        goes_on(page, "Time for a short break")
        read(page, range(first, min(first + 3, 2 * FIRST_PART)), "4")
    thanks(page)

    close_study(study.paths, study.name)
    responses = study_responses(study.paths, study.name)
    assert len(responses) == FIRST_PART
    assert responses["is_repeat"].sum() == 1
    assert sorted(zip(responses["decision"], responses["confidence"], strict=True)) == [
        ("real", 3),
        *[("synthetic", 1)] * 4,
    ]
    assert sorted(responses["tumor_confidence"]) == [2, 2, 3, 3, 3]
    assert set(responses["tumor_decision"]) == {"tumor"}
