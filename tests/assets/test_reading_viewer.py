"""The reading viewer in a real browser, against a server that can go away, lose replies and refuse."""

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

pytestmark = pytest.mark.browser

Opened = Callable[..., Page]


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    yield context
    context.close()


@pytest.fixture
def opened(context: BrowserContext) -> Opened:
    def open_viewer(url: str, *, trial: int | None = 0) -> Page:
        page = context.new_page()
        page.goto(url)
        if trial is not None:
            painted(page, trial)
        return page

    return open_viewer


def painted(page: Page, trial_index: int) -> None:
    page.wait_for_selector(f'.reading-viewer[data-state="reading"][data-trial-index="{trial_index}"]')


def state(page: Page, name: str) -> None:
    page.wait_for_selector(f'.reading-viewer[data-state="{name}"]', timeout=20_000)


def all_saved(page: Page) -> None:
    page.wait_for_selector('.reading-viewer[data-unsaved="0"]', timeout=20_000)


def goes_away(server: Any, *, after_image: int) -> None:
    """Turn the server off once the images ahead are fetched, as they are whenever a reader takes a second."""
    while after_image not in server.fetched:
        time.sleep(0.005)
    server.away = True


def read(page: Page, trials: range, keys: str = "fk") -> None:
    for trial_index in trials:
        painted(page, trial_index)
        for key in keys:
            page.keyboard.press(key)


def center_gray(page: Page) -> int:
    """Gray level painted where the phantom's disk (200) lies."""
    return page.evaluate(
        """() => {
            const canvas = document.getElementById("host").shadowRoot.querySelector("canvas");
            const k = canvas.width / 256;
            return canvas.getContext("2d").getImageData(90 * k, 120 * k, 1, 1).data[0];
        }"""
    )


def test_ten_trials_by_keyboard_are_saved_once_each_in_order(serve_reading, opened):
    server = serve_reading(n_trials=10)
    page = opened(server.url)
    read(page, range(10))
    state(page, "finished")
    assert server.saved_trials() == list(range(10))
    assert page.evaluate("window.ended") == [["ended", "finished"]]
    for response in server.responses.values():
        assert (response["decision"], response["tumor_decision"]) == ("real", "tumor")
        assert 0 < response["response_time_ms"] < response["tumor_response_time_ms"]
        assert (response["window_center"], response["window_width"], response["zoom"]) == (127.5, 255, 1)
        assert (response["device_pixels_per_pixel"], response["interpolation"]) == (3, "smooth")
        assert response["interrupted"] is False
        assert response["paused_ms"] == 0


def test_mouse_answers_like_keyboard(serve_reading, opened):
    server = serve_reading(n_trials=2)
    page = opened(server.url)
    for trial_index in range(2):
        painted(page, trial_index)
        page.get_by_role("button", name="Synthetic").click()
        page.get_by_role("button", name="Non-tumor").click()
    state(page, "finished")
    decisions = [(r["decision"], r["tumor_decision"]) for r in server.responses.values()]
    assert decisions == [("synthetic", "nontumor")] * 2


def test_an_earlier_answer_can_be_changed_until_the_last_one(serve_reading, opened):
    server = serve_reading(n_trials=1)
    page = opened(server.url)
    read(page, range(1), "fjd")
    state(page, "finished")
    (response,) = server.responses.values()
    assert (response["decision"], response["tumor_decision"]) == ("synthetic", "nontumor")


def test_nothing_is_preselected_and_the_second_question_waits_for_the_first(serve_reading, opened):
    server = serve_reading(n_trials=1)
    page = opened(server.url)
    assert page.locator('[data-action="decide"][aria-pressed="true"]').count() == 0
    read(page, range(1), "kd")
    assert server.responses == {}
    read(page, range(1), "jk")
    state(page, "finished")
    (response,) = server.responses.values()
    assert (response["decision"], response["tumor_decision"]) == ("synthetic", "tumor")


def test_confidence_and_confirmation_are_required_where_the_protocol_asks(serve_reading, opened):
    server = serve_reading(n_trials=1, confidence=True, confirm=True)
    page = opened(server.url)
    read(page, range(1), "3fk4k2")
    expect(page.get_by_role("button", name="Confirm")).to_have_attribute("aria-disabled", "false")
    assert server.responses == {}
    page.keyboard.press("Enter")
    state(page, "finished")
    (response,) = server.responses.values()
    assert (response["decision"], response["confidence"]) == ("real", 4)
    assert (response["tumor_decision"], response["tumor_confidence"]) == ("tumor", 2)


def test_one_question_studies_submit_at_the_one_answer(serve_reading, opened):
    server = serve_reading(n_trials=2, questions=("realism",))
    page = opened(server.url)
    read(page, range(2), "j")
    state(page, "finished")
    decisions = [(r["decision"], r["tumor_decision"]) for r in server.responses.values()]
    assert decisions == [("synthetic", None)] * 2


def test_a_technical_fault_takes_two_keys_and_carries_no_decision(serve_reading, opened):
    server = serve_reading(n_trials=2)
    page = opened(server.url)
    page.keyboard.press("f")
    page.keyboard.press("x")
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    painted(page, 0)
    page.keyboard.press("x")
    page.keyboard.press("Enter")
    painted(page, 1)
    all_saved(page)
    (response,) = server.responses.values()
    assert response["cannot_judge"] is True
    assert (response["decision"], response["tumor_decision"]) == (None, None)


def test_a_server_away_loses_and_doubles_nothing(serve_reading, opened):
    server = serve_reading(n_trials=8)
    page = opened(server.url)
    read(page, range(2))
    painted(page, 2)
    all_saved(page)
    image_before = page.locator("canvas").screenshot()
    goes_away(server, after_image=4)
    page.keyboard.press("f")
    assert page.locator("canvas").screenshot() == image_before
    page.keyboard.press("k")
    read(page, range(3, 5))
    state(page, "waiting")
    expect(page.get_by_text("3 not yet saved.")).to_be_visible()
    server.away = False
    read(page, range(5, 8))
    state(page, "finished")
    assert server.saved_trials() == list(range(8))
    interrupted = [response["interrupted"] for response in server.responses.values()]
    assert interrupted[:3] == [False, False, False]
    assert interrupted[3:5] == [True, True]
    assert interrupted[6:] == [False, False]


def test_replies_that_get_lost_double_nothing(serve_reading, opened):
    server = serve_reading(n_trials=5)
    page = opened(server.url)
    server.loses_replies = True
    read(page, range(2))
    painted(page, 2)
    page.wait_for_selector('.reading-viewer[data-unsaved="2"]')
    server.loses_replies = False
    read(page, range(2, 5))
    state(page, "finished")
    assert server.saved_trials() == list(range(5))


def test_a_reload_goes_on_at_the_unanswered_trial_with_what_waited_in_the_outbox(serve_reading, opened):
    server = serve_reading(n_trials=6)
    page = opened(server.url)
    read(page, range(2))
    painted(page, 2)
    all_saved(page)
    goes_away(server, after_image=4)
    read(page, range(2, 4))
    painted(page, 4)
    page.keyboard.press("f")
    page.reload()
    state(page, "loading")
    server.away = False
    read(page, range(4, 6))
    state(page, "finished")
    assert server.saved_trials() == list(range(6))


def test_two_readers_in_one_browser_keep_their_outboxes_apart(serve_reading, opened):
    server = serve_reading(n_trials=3)
    page = opened(server.url)
    goes_away(server, after_image=1)
    read(page, range(1))
    painted(page, 1)
    page.wait_for_selector('.reading-viewer[data-unsaved="1"]')
    page.goto("about:blank")
    server.away = False
    other = opened(f"{server.url}?reading=reading-2")
    assert server.responses == {}
    other.close()
    opened(server.url, trial=1)
    assert server.saved_trials() == [0]


def test_outbox_keys_name_nothing_but_an_opaque_reading(serve_reading, opened):
    server = serve_reading(n_trials=3)
    page = opened(server.url)
    goes_away(server, after_image=1)
    read(page, range(1))
    painted(page, 1)
    (key,) = page.evaluate("Object.keys(localStorage)")
    assert re.fullmatch(r"mrturing\.outbox\.reading-1\.[0-9a-f-]{36}", key)


def test_a_browser_without_storage_keeps_answers_in_memory_and_says_so(serve_reading, opened, context):
    context.add_init_script(
        "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('denied'); }})"
    )
    server = serve_reading(n_trials=2)
    page = opened(server.url)
    expect(page.get_by_text("This browser stores nothing")).to_be_visible()
    goes_away(server, after_image=1)
    read(page, range(2))
    server.away = False
    state(page, "finished")
    assert server.saved_trials() == [0, 1]


def test_a_used_ticket_is_replaced_by_reading_the_session_again(serve_reading, opened):
    server = serve_reading(n_trials=4, tickets_gone=2)
    page = opened(server.url)
    read(page, range(4))
    state(page, "finished")
    assert server.saved_trials() == list(range(4))


def test_of_two_windows_the_second_goes_on_and_the_first_catches_up(serve_reading, opened):
    server = serve_reading(n_trials=5)
    first = opened(server.url)
    second = opened(server.url)
    read(second, range(3), "jd")
    painted(second, 3)
    all_saved(second)
    first.bring_to_front()
    read(first, range(1))
    painted(first, 3)
    read(first, range(3, 5))
    state(first, "finished")
    assert server.saved_trials() == list(range(5))
    assert [response["decision"] for response in server.responses.values()] == ["synthetic"] * 3 + ["real"] * 2


@pytest.mark.parametrize("status", [401, 409])
def test_a_refusal_is_told_in_the_servers_words_and_ends_the_session_once(serve_reading, opened, status):
    server = serve_reading(n_trials=3)
    page = opened(server.url)
    goes_away(server, after_image=1)
    server.away = False
    server.refusal = (status, "Your link has ended.", "Ask for a new link.")
    read(page, range(1))
    state(page, "stopped")
    expect(page.get_by_role("heading", name="Your link has ended.")).to_be_visible()
    expect(page.get_by_text("Ask for a new link.")).to_be_visible()
    assert page.evaluate("window.ended") == [["ended", "refused"]]
    server.refusal = None
    page.get_by_role("button", name="Reload the page").click()
    painted(page, 1)
    assert server.saved_trials() == [0]


def test_a_pause_hides_the_image_and_stops_the_clock(serve_reading, opened):
    server = serve_reading(n_trials=1)
    page = opened(server.url)
    page.keyboard.press("p")
    state(page, "paused")
    expect(page.locator("canvas")).not_to_be_visible()
    page.keyboard.press("f")
    page.wait_for_timeout(700)
    page.keyboard.press("p")
    read(page, range(1))
    state(page, "finished")
    (response,) = server.responses.values()
    assert response["paused_ms"] >= 700
    assert response["tumor_response_time_ms"] < 700
    assert response["interrupted"] is False


def test_a_small_window_hides_the_image_until_it_is_enlarged(serve_reading, opened):
    server = serve_reading(n_trials=1)
    page = opened(server.url)
    page.set_viewport_size({"width": 800, "height": 700})
    state(page, "too-small")
    expect(page.locator("canvas")).not_to_be_visible()
    page.set_viewport_size({"width": 1440, "height": 900})
    painted(page, 0)
    expect(page.locator("canvas")).to_be_visible()


def test_the_view_is_recorded_and_starts_afresh_at_the_next_trial(serve_reading, opened):
    server = serve_reading(n_trials=2)
    page = opened(server.url)
    assert center_gray(page) == 200
    box = page.locator("canvas").bounding_box()
    x, y = box["x"] + 300, box["y"] + 300
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 100, y + 20)
    page.mouse.up()
    page.mouse.wheel(0, -500)
    page.mouse.down(button="right")
    page.mouse.move(x - 60, y + 20)
    page.mouse.up(button="right")
    page.keyboard.press("i")
    page.keyboard.press("n")
    page.keyboard.press("f")
    page.keyboard.press("k")
    painted(page, 1)
    all_saved(page)
    (response,) = server.responses.values()
    assert (response["window_center"], response["window_width"]) == (137.5, 205)
    assert response["zoom"] == pytest.approx(2.12, abs=0.01)
    assert response["pan_x"] != 0
    assert (response["inverted"], response["interpolation"]) == (True, "nearest")
    read(page, range(1, 2))
    state(page, "finished")
    later = list(server.responses.values())[1]
    assert (later["window_center"], later["window_width"], later["zoom"]) == (127.5, 255, 1)
    assert (later["pan_x"], later["inverted"]) == (0, False)


def test_streamlits_keys_hear_nothing_while_the_viewer_is_open(serve_reading, opened):
    server = serve_reading(n_trials=1)
    page = opened(server.url)
    page.evaluate("window.heard = []; document.addEventListener('keydown', (e) => window.heard.push(e.key))")
    for key in ("c", "r", "f", "z"):
        page.keyboard.press(key)
    assert page.evaluate("window.heard") == []


def test_escape_leaves_the_viewer_open(serve_reading, opened):
    server = serve_reading(n_trials=1)
    page = opened(server.url)
    for _ in range(3):
        page.keyboard.press("Escape")
    expect(page.locator(".reading-viewer")).to_have_attribute("open", "")
    painted(page, 0)


def test_a_second_mount_finds_the_running_viewer_and_unmounting_ends_it(serve_reading, opened):
    server = serve_reading(n_trials=3)
    page = opened(server.url)
    page.keyboard.press("f")
    page.evaluate("window.mountAgain()")
    page.keyboard.press("k")
    painted(page, 1)
    all_saved(page)
    assert server.saved_trials() == [0]
    page.evaluate("window.unmount()")
    expect(page.locator(".reading-viewer")).not_to_be_visible()
    page.keyboard.press("f")
    page.keyboard.press("k")
    page.evaluate("window.mountAgain()")
    painted(page, 1)
    assert server.saved_trials() == [0]


@pytest.mark.parametrize(("ratio", "scale"), [(1, 3), (1.25, 4), (1.5, 5), (2, 7)])
def test_the_image_lies_on_device_pixels_at_the_largest_whole_scale(browser, serve_reading, ratio, scale):
    server = serve_reading(n_trials=1)
    context = browser.new_context(viewport={"width": 1440, "height": 900}, device_scale_factor=ratio)
    page = context.new_page()
    page.goto(server.url)
    painted(page, 0)
    box = page.locator("canvas").bounding_box()
    device = {name: value * ratio for name, value in box.items()}
    assert device["width"] == pytest.approx(256 * scale, abs=0.02)
    assert device["x"] == pytest.approx(round(device["x"]), abs=0.02)
    assert device["y"] == pytest.approx(round(device["y"]), abs=0.02)
    assert page.evaluate("document.getElementById('host').shadowRoot.querySelector('canvas').width") == 256 * scale
    context.close()
