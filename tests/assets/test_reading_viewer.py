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
    server = serve_reading(n_trials=1, scale="confidence", confirm=True)
    viewer = opened(server.url)
    viewer.read(range(1), "3fk4k2")
    expect(viewer.page.get_by_role("button", name="Confirm")).to_have_attribute("aria-disabled", "false")
    assert server.responses == {}
    viewer.page.keyboard.press("Enter")
    viewer.state("finished")
    (response,) = server.responses.values()
    assert (response["decision"], response["confidence"]) == ("real", 4)
    assert (response["tumor_decision"], response["tumor_confidence"]) == ("tumor", 2)


def test_one_of_six_steps_is_a_decision_and_how_sure_it_is(serve_reading, opened):
    server = serve_reading(n_trials=3, scale="six-step")
    viewer = opened(server.url)
    expect(viewer.page.get_by_role("button", name="Definitely real")).to_be_visible()
    expect(viewer.page.get_by_role("button", name="Synthetic", exact=True)).not_to_be_visible()
    viewer.read(range(1), "f16")
    viewer.painted(1)
    viewer.page.get_by_role("button", name="Possibly synthetic").click()
    viewer.page.get_by_role("button", name="Probably no tumor").click()
    viewer.read(range(2, 3), "34")
    viewer.state("finished")
    answers = [
        (r["decision"], r["confidence"], r["tumor_decision"], r["tumor_confidence"])
        for r in server.responses.values()
    ]
    assert answers == [("real", 3, "tumor", 3), ("synthetic", 1, "nontumor", 2), ("real", 1, "tumor", 1)]
    assert all(0 < r["response_time_ms"] < r["tumor_response_time_ms"] for r in server.responses.values())


def test_a_step_can_be_changed_until_the_trial_is_confirmed(serve_reading, opened):
    server = serve_reading(n_trials=1, scale="six-step", questions=("realism",), confirm=True)
    viewer = opened(server.url)
    viewer.read(range(1), "25")
    pressed = viewer.page.locator('.steps [aria-pressed="true"]')
    expect(pressed).to_have_count(1)
    expect(pressed).to_have_accessible_name("Probably synthetic")
    viewer.page.keyboard.press("Enter")
    viewer.state("finished")
    (response,) = server.responses.values()
    assert (response["decision"], response["confidence"]) == ("synthetic", 2)


@pytest.mark.parametrize("key", ["Space", "Enter"])
def test_a_break_hides_the_next_image_until_the_reader_goes_on(serve_reading, opened, key):
    server = serve_reading(n_trials=4, break_every=2)
    viewer = opened(server.url)
    viewer.read(range(2))
    viewer.state("paused")
    expect(viewer.page.get_by_role("heading", name="Time for a short break")).to_be_visible()
    expect(viewer.page.locator("canvas")).not_to_be_visible()
    viewer.page.keyboard.press("f")
    viewer.page.wait_for_timeout(600)
    viewer.page.keyboard.press(key)
    viewer.read(range(2, 4))
    viewer.state("finished")
    assert server.saved_trials() == [0, 1, 2, 3]
    after_the_break = list(server.responses.values())[2]
    assert after_the_break["paused_ms"] == 0
    assert after_the_break["tumor_response_time_ms"] < 600


def test_who_comes_back_at_a_break_reads_on_at_once(serve_reading, opened):
    server = serve_reading(n_trials=3, break_every=2)
    viewer = opened(server.url)
    viewer.read(range(2))
    viewer.state("paused")
    viewer.unsaved(0)
    viewer.page.reload()
    viewer.painted(2)


def test_practice_images_say_that_they_are_and_when_they_are_over(serve_reading, opened):
    server = serve_reading(n_trials=4, practice=2)
    viewer = opened(server.url, trial=-2)
    expect(viewer.page.get_by_text("Practice image 1 of 2")).to_be_visible()
    viewer.read(range(-2, 0))
    expect(viewer.page.get_by_role("heading", name="Practice is over")).to_be_visible()
    viewer.page.get_by_role("button", name="Go on").click()
    viewer.painted(0)
    expect(viewer.page.get_by_text("Image 1 of 2", exact=True)).to_be_visible()
    viewer.read(range(2))
    viewer.state("finished")
    assert server.saved_trials() == [0, 1, 2, 3]


def test_the_second_part_is_told_of_only_when_it_begins(serve_reading, opened):
    server = serve_reading(n_trials=4, second_part_at=2)
    viewer = opened(server.url)
    viewer.page.keyboard.press("h")
    expect(viewer.page.get_by_text("Non-tumor, tumor")).to_be_visible()
    assert "ynthetic" not in viewer.page.locator(".reading-viewer").inner_text()
    viewer.page.keyboard.press("h")
    viewer.read(range(2), "k")
    expect(viewer.page.get_by_role("heading", name="Part two")).to_be_visible()
    expect(viewer.page.get_by_text("Half are synthetic.")).to_be_visible()
    viewer.page.keyboard.press("Space")
    viewer.read(range(2, 4), "j")
    viewer.state("finished")
    decisions = [(r["decision"], r["tumor_decision"]) for r in server.responses.values()]
    assert decisions == [(None, "tumor")] * 2 + [("synthetic", None)] * 2


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
