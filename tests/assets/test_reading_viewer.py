"""The reading viewer in a real browser: what a reader does and sees, and what is recorded of it."""

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


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
    viewer = opened(server.url)
    viewer.read(range(10))
    viewer.state("finished")
    assert server.saved_trials() == list(range(10))
    assert viewer.page.evaluate("window.ended") == [["ended", "finished"]]
    for response in server.responses.values():
        assert (response["decision"], response["tumor_decision"]) == ("real", "tumor")
        assert 0 < response["response_time_ms"] < response["tumor_response_time_ms"]
        assert (response["window_center"], response["window_width"], response["zoom"]) == (127.5, 255, 1)
        assert (response["device_pixels_per_pixel"], response["interpolation"]) == (3, "smooth")
        assert response["interrupted"] is False
        assert response["paused_ms"] == 0


def test_mouse_answers_like_keyboard(serve_reading, opened):
    server = serve_reading(n_trials=2)
    viewer = opened(server.url)
    for trial_index in range(2):
        viewer.painted(trial_index)
        viewer.page.get_by_role("button", name="Synthetic").click()
        viewer.page.get_by_role("button", name="Non-tumor").click()
    viewer.state("finished")
    decisions = [(r["decision"], r["tumor_decision"]) for r in server.responses.values()]
    assert decisions == [("synthetic", "nontumor")] * 2


def test_an_earlier_answer_can_be_changed_until_the_last_one(serve_reading, opened):
    server = serve_reading(n_trials=1)
    viewer = opened(server.url)
    viewer.read(range(1), "fjd")
    viewer.state("finished")
    (response,) = server.responses.values()
    assert (response["decision"], response["tumor_decision"]) == ("synthetic", "nontumor")


def test_nothing_is_preselected_and_the_second_question_waits_for_the_first(serve_reading, opened):
    server = serve_reading(n_trials=1)
    viewer = opened(server.url)
    assert viewer.page.locator('[data-action="decide"][aria-pressed="true"]').count() == 0
    viewer.read(range(1), "kd")
    assert server.responses == {}
    viewer.read(range(1), "jk")
    viewer.state("finished")
    (response,) = server.responses.values()
    assert (response["decision"], response["tumor_decision"]) == ("synthetic", "tumor")


def test_confidence_and_confirmation_are_required_where_the_protocol_asks(serve_reading, opened):
    server = serve_reading(n_trials=1, confidence=True, confirm=True)
    viewer = opened(server.url)
    viewer.read(range(1), "3fk4k2")
    expect(viewer.page.get_by_role("button", name="Confirm")).to_have_attribute("aria-disabled", "false")
    assert server.responses == {}
    viewer.page.keyboard.press("Enter")
    viewer.state("finished")
    (response,) = server.responses.values()
    assert (response["decision"], response["confidence"]) == ("real", 4)
    assert (response["tumor_decision"], response["tumor_confidence"]) == ("tumor", 2)


def test_one_question_studies_submit_at_the_one_answer(serve_reading, opened):
    server = serve_reading(n_trials=2, questions=("realism",))
    viewer = opened(server.url)
    viewer.read(range(2), "j")
    viewer.state("finished")
    decisions = [(r["decision"], r["tumor_decision"]) for r in server.responses.values()]
    assert decisions == [("synthetic", None)] * 2


def test_a_technical_fault_takes_two_keys_and_carries_no_decision(serve_reading, opened):
    server = serve_reading(n_trials=2)
    viewer = opened(server.url)
    viewer.page.keyboard.press("f")
    viewer.page.keyboard.press("x")
    viewer.page.keyboard.press("Escape")
    viewer.page.keyboard.press("Enter")
    viewer.painted(0)
    viewer.page.keyboard.press("x")
    viewer.page.keyboard.press("Enter")
    viewer.painted(1)
    viewer.unsaved(0)
    (response,) = server.responses.values()
    assert response["cannot_judge"] is True
    assert (response["decision"], response["tumor_decision"]) == (None, None)


def test_a_pause_hides_the_image_and_stops_the_clock(serve_reading, opened):
    server = serve_reading(n_trials=1)
    viewer = opened(server.url)
    viewer.page.keyboard.press("p")
    viewer.state("paused")
    expect(viewer.page.locator("canvas")).not_to_be_visible()
    viewer.page.keyboard.press("f")
    viewer.page.wait_for_timeout(700)
    viewer.page.keyboard.press("p")
    viewer.read(range(1))
    viewer.state("finished")
    (response,) = server.responses.values()
    assert response["paused_ms"] >= 700
    assert response["tumor_response_time_ms"] < 700
    assert response["interrupted"] is False


def test_a_hidden_page_stops_the_clock_and_marks_the_time_as_interrupted(serve_reading, opened):
    server = serve_reading(n_trials=2)
    viewer = opened(server.url)
    for visibility in ("hidden", "visible"):
        viewer.page.evaluate(
            f"Object.defineProperty(document, 'visibilityState', {{value: '{visibility}', writable: true}})"
        )
        viewer.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        viewer.page.wait_for_timeout(300)
    viewer.read(range(2))
    viewer.state("finished")
    first, second = server.responses.values()
    assert first["interrupted"] is True
    assert first["paused_ms"] >= 300
    assert (second["interrupted"], second["paused_ms"]) == (False, 0)


def test_a_small_window_hides_the_image_until_it_is_enlarged(serve_reading, opened):
    server = serve_reading(n_trials=1)
    viewer = opened(server.url)
    viewer.page.set_viewport_size({"width": 800, "height": 700})
    viewer.state("too-small")
    expect(viewer.page.locator("canvas")).not_to_be_visible()
    viewer.page.set_viewport_size({"width": 1440, "height": 900})
    viewer.painted(0)
    expect(viewer.page.locator("canvas")).to_be_visible()


def test_the_view_is_recorded_and_starts_afresh_at_the_next_trial(serve_reading, opened):
    server = serve_reading(n_trials=2)
    viewer = opened(server.url)
    assert center_gray(viewer.page) == 200
    box = viewer.page.locator("canvas").bounding_box()
    x, y = box["x"] + 300, box["y"] + 300
    viewer.page.mouse.move(x, y)
    viewer.page.mouse.down()
    viewer.page.mouse.move(x - 100, y + 20)
    viewer.page.mouse.up()
    viewer.page.mouse.wheel(0, -500)
    viewer.page.mouse.down(button="right")
    viewer.page.mouse.move(x - 60, y + 20)
    viewer.page.mouse.up(button="right")
    viewer.page.keyboard.press("i")
    viewer.page.keyboard.press("n")
    viewer.page.keyboard.press("f")
    viewer.page.keyboard.press("k")
    viewer.painted(1)
    viewer.unsaved(0)
    (response,) = server.responses.values()
    assert (response["window_center"], response["window_width"]) == (137.5, 205)
    assert response["zoom"] == pytest.approx(2.12, abs=0.01)
    assert response["pan_x"] != 0
    assert (response["inverted"], response["interpolation"]) == (True, "nearest")
    viewer.read(range(1, 2))
    viewer.state("finished")
    later = list(server.responses.values())[1]
    assert (later["window_center"], later["window_width"], later["zoom"]) == (127.5, 255, 1)
    assert (later["pan_x"], later["inverted"]) == (0, False)


def test_streamlits_keys_hear_nothing_while_the_viewer_is_open(serve_reading, opened):
    server = serve_reading(n_trials=1)
    viewer = opened(server.url)
    viewer.page.evaluate("window.heard = []; document.addEventListener('keydown', (e) => window.heard.push(e.key))")
    for key in ("c", "r", "f", "z"):
        viewer.page.keyboard.press(key)
    assert viewer.page.evaluate("window.heard") == []


def test_escape_leaves_the_viewer_open(serve_reading, opened):
    server = serve_reading(n_trials=1)
    viewer = opened(server.url)
    for _ in range(3):
        viewer.page.keyboard.press("Escape")
    expect(viewer.page.locator(".reading-viewer")).to_have_attribute("open", "")
    viewer.painted(0)


def test_a_second_mount_finds_the_running_viewer_and_unmounting_ends_it(serve_reading, opened):
    server = serve_reading(n_trials=3)
    viewer = opened(server.url)
    viewer.page.keyboard.press("f")
    viewer.page.evaluate("window.mountAgain()")
    viewer.page.keyboard.press("k")
    viewer.painted(1)
    viewer.unsaved(0)
    assert server.saved_trials() == [0]
    viewer.page.evaluate("window.unmount()")
    expect(viewer.page.locator(".reading-viewer")).not_to_be_visible()
    viewer.page.keyboard.press("f")
    viewer.page.keyboard.press("k")
    viewer.page.evaluate("window.mountAgain()")
    viewer.painted(1)
    assert server.saved_trials() == [0]
