"""What makes a reading sound and needs the real app in a real browser to be seen."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from core.workflows.studies import close_study
from tests.e2e.app_server import AppServer
from tests.e2e.conftest import NewContext
from tests.e2e.reader_steps import (
    VIEWER,
    all_saved,
    fill_start_page,
    open_link,
    painted,
    press,
    read,
    start_reading,
)
from tests.e2e.workspaces import saved_responses
from tests.phantoms import BASE_URL, LockedStudy

pytestmark = pytest.mark.browser


def link_to(app: AppServer, study: LockedStudy, reader: str = "reader", *, again: bool = False) -> str:
    return study.link(reader, again=again).replace(BASE_URL, app.url)


def response_to(study: LockedStudy, trial_index: int) -> Mapping[str, Any]:
    (row,) = (row for row in saved_responses(study.paths) if row["trial_index"] == trial_index)
    return row


def background(page: Page) -> float:
    """The mean gray value behind the page's text."""
    color = page.get_by_test_id("stApp").evaluate("(app) => getComputedStyle(app).backgroundColor")
    red, green, blue = map(int, re.findall(r"\d+", color)[:3])
    return (red + green + blue) / 3


def panel_text(page: Page) -> str:
    """What the viewer says, but for its guess at the time left."""
    return page.locator(VIEWER).evaluate(
        """(viewer) => {
            const copy = viewer.querySelector(".panel").cloneNode(true);
            copy.querySelector('[data-text="time-left"]').remove();
            return copy.innerHTML;
        }"""
    )


def test_nothing_on_the_start_page_is_chosen_beforehand_and_nothing_may_be_left_out(
    app: AppServer, study: LockedStudy, page: Page
) -> None:
    open_link(page, link_to(app, study))
    expect(page.get_by_role("combobox")).to_have_count(4)
    for field in (*page.get_by_role("combobox").all(), page.get_by_label("Years of experience")):
        expect(field).to_have_value("")
    expect(page.get_by_role("checkbox")).not_to_be_checked()
    page.get_by_role("button", name="Start reading").click()
    expect(page.get_by_text("Some fields are still empty.")).to_be_visible()
    fill_start_page(page)
    page.get_by_text("I have read this and agree").click()
    page.get_by_role("button", name="Start reading").click()
    expect(page.get_by_text("You have not agreed to take part.")).to_be_visible()
    assert saved_responses(study.paths) == []


def test_the_pages_before_and_after_the_reading_are_dark_in_a_light_browser(
    app: AppServer, study: LockedStudy, new_context: NewContext
) -> None:
    page = new_context(color_scheme="light").new_page()
    start = link_to(app, study)
    open_link(page, start)
    page.get_by_role("heading", name="Consent").wait_for()
    assert background(page) < 32
    fill_start_page(page)
    page.get_by_role("button", name="Start reading").click()
    read(page, range(16))
    page.get_by_role("heading", name="Thank you").wait_for()
    assert background(page) < 32


def test_no_image_begins_with_an_answer(app: AppServer, study: LockedStudy, page: Page) -> None:
    start_reading(page, link_to(app, study))
    for trial_index, keys in enumerate(("fk", "jd")):
        painted(page, trial_index)
        expect(page.locator(f'{VIEWER} [data-action="decide"]')).to_have_count(4)
        expect(page.locator(f'{VIEWER} [aria-pressed="true"]')).to_have_count(0)
        press(page, keys)


def test_the_page_counts_images_but_never_answers(
    app: AppServer, study: LockedStudy, new_context: NewContext
) -> None:
    texts = []
    for reader, keys in (("optimist", "fd"), ("pessimist", "jk")):
        page = new_context().new_page()
        start_reading(page, link_to(app, study, reader))
        read(page, range(5), keys)
        painted(page, 5)
        all_saved(page)
        texts.append(panel_text(page))
    assert "Image 6 of 16" in texts[0]
    assert texts[0] == texts[1]


def test_screen_and_view_are_recorded_and_every_image_begins_with_the_same_window(
    app: AppServer, study: LockedStudy, new_context: NewContext
) -> None:
    page = new_context(viewport={"width": 1300, "height": 800}, device_scale_factor=1.25).new_page()
    start_reading(page, link_to(app, study))
    middle = page.locator(f"{VIEWER} canvas").bounding_box()
    page.mouse.move(middle["x"] + 200, middle["y"] + 200)
    page.mouse.down()
    page.mouse.move(middle["x"] + 100, middle["y"] + 260)
    page.mouse.up()
    page.mouse.wheel(0, -300)
    press(page, "ifk")
    read(page, [1])
    painted(page, 2)
    all_saved(page)
    changed, untouched = response_to(study, 0), response_to(study, 1)
    assert changed["window_width"] < 255
    assert changed["window_center"] != 127.5
    assert changed["zoom"] > 1
    assert changed["inverted"] == 1
    views = ("window_center", "window_width", "zoom", "pan_x", "pan_y", "inverted", "interpolation")
    assert [untouched[name] for name in views] == [127.5, 255, 1, 0, 0, 0, "smooth"]
    screen = ("viewport_width", "viewport_height", "device_pixel_ratio", "device_pixels_per_pixel")
    assert [untouched[name] for name in screen] == [1300, 800, 1.25, 3]


def test_the_response_time_runs_from_paint_to_answer_by_the_browsers_clock(
    app: AppServer, study: LockedStudy, page: Page
) -> None:
    start_reading(page, link_to(app, study))
    now = "performance.now()"
    painted_at = float(page.locator(VIEWER).get_attribute("data-painted-at"))
    before_first, _, after_first = page.evaluate(now), press(page, "f"), page.evaluate(now)
    before_second, _, after_second = page.evaluate(now), press(page, "k"), page.evaluate(now)
    all_saved(page)
    painted(page, 1)
    row = response_to(study, 0)
    assert before_first - painted_at <= row["response_time_ms"] <= after_first - painted_at
    assert before_second - painted_at <= row["tumor_response_time_ms"] <= after_second - painted_at
    assert row["painted_at"] <= row["answered_at"]
    assert row["fetched_at"] <= row["received_at"]


def test_a_replaced_link_stops_the_open_viewer_and_the_new_one_goes_on(
    app: AppServer, study: LockedStudy, new_context: NewContext
) -> None:
    old = new_context().new_page()
    first_link = link_to(app, study)
    start_reading(old, first_link)
    read(old, range(2))
    painted(old, 2)
    all_saved(old)

    second_link = link_to(app, study, again=True)
    press(old, "fk")
    expect(old.get_by_text("Your personal link has ended, or another one replaced it.")).to_be_visible()
    expect(old.locator(VIEWER)).to_have_count(0)
    open_link(old, first_link)
    expect(old.get_by_text("This link was replaced by a newer one.")).to_be_visible()
    new = new_context().new_page()
    open_link(new, second_link)
    painted(new, 2)
    assert [row["trial_index"] for row in saved_responses(study.paths)] == [0, 1]


def test_a_study_that_is_closed_ends_the_reading_with_thanks(
    app: AppServer, study: LockedStudy, page: Page
) -> None:
    start_reading(page, link_to(app, study))
    read(page, range(2))
    painted(page, 2)
    all_saved(page)
    close_study(study.paths, study.name)
    press(page, "fk")
    expect(page.get_by_text("This study is closed. 2 of 16 images are read and saved.")).to_be_visible()
