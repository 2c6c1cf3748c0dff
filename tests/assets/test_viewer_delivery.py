"""The reading viewer in a real browser, while the server goes away, loses replies, refuses or hears two windows."""

import re
import time

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_a_server_away_loses_and_doubles_nothing(serve_reading, opened):
    server = serve_reading(n_trials=8)
    viewer = opened(server.url)
    viewer.read(range(2))
    viewer.painted(2)
    viewer.unsaved(0)
    image_before = viewer.page.locator("canvas").screenshot()
    server.goes_away(after_image=4)
    viewer.page.keyboard.press("f")
    assert viewer.page.locator("canvas").screenshot() == image_before
    viewer.page.keyboard.press("k")
    viewer.read(range(3, 5))
    viewer.state("waiting")
    expect(viewer.page.get_by_text("3 not yet saved.")).to_be_visible()
    server.away = False
    viewer.read(range(5, 8))
    viewer.state("finished")
    assert server.saved_trials() == list(range(8))
    interrupted = [response["interrupted"] for response in server.responses.values()]
    assert interrupted[:3] == [False, False, False]
    assert interrupted[3:5] == [True, True]
    assert interrupted[6:] == [False, False]


def test_replies_that_get_lost_double_nothing(serve_reading, opened):
    server = serve_reading(n_trials=5)
    viewer = opened(server.url)
    server.loses_replies = True
    viewer.read(range(2))
    viewer.painted(2)
    viewer.unsaved(2)
    server.loses_replies = False
    viewer.read(range(2, 5))
    viewer.state("finished")
    assert server.saved_trials() == list(range(5))


def test_a_reload_goes_on_at_the_unanswered_trial_with_what_waited_in_the_outbox(serve_reading, opened):
    server = serve_reading(n_trials=6)
    viewer = opened(server.url)
    viewer.read(range(2))
    viewer.painted(2)
    viewer.unsaved(0)
    server.goes_away(after_image=4)
    viewer.read(range(2, 4))
    viewer.painted(4)
    viewer.page.keyboard.press("f")
    viewer.page.reload()
    viewer.state("loading")
    server.away = False
    viewer.read(range(4, 6))
    viewer.state("finished")
    assert server.saved_trials() == list(range(6))


def test_two_readers_in_one_browser_keep_their_outboxes_apart(serve_reading, opened):
    server = serve_reading(n_trials=3)
    viewer = opened(server.url)
    server.goes_away(after_image=1)
    viewer.read(range(1))
    viewer.painted(1)
    viewer.unsaved(1)
    viewer.page.goto("about:blank")
    server.away = False
    other = opened(f"{server.url}?reading=reading-2")
    assert server.responses == {}
    other.page.close()
    opened(server.url, trial=1)
    assert server.saved_trials() == [0]


def test_outbox_keys_name_nothing_but_an_opaque_reading(serve_reading, opened):
    server = serve_reading(n_trials=3)
    viewer = opened(server.url)
    server.goes_away(after_image=1)
    viewer.read(range(1))
    viewer.painted(1)
    (key,) = viewer.page.evaluate("Object.keys(localStorage)")
    assert re.fullmatch(r"mrturing\.outbox\.reading-1\.[0-9a-f-]{36}", key)


def test_a_browser_without_storage_keeps_answers_in_memory_and_says_so(serve_reading, opened, context):
    context.add_init_script(
        "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('denied'); }})"
    )
    server = serve_reading(n_trials=2)
    viewer = opened(server.url)
    expect(viewer.page.get_by_text("This browser stores nothing")).to_be_visible()
    server.goes_away(after_image=1)
    viewer.read(range(2))
    server.away = False
    viewer.state("finished")
    assert server.saved_trials() == [0, 1]


def test_a_used_ticket_is_replaced_by_reading_the_session_again(serve_reading, opened):
    server = serve_reading(n_trials=4, tickets_gone=2)
    viewer = opened(server.url)
    viewer.read(range(4))
    viewer.state("finished")
    assert server.saved_trials() == list(range(4))


def test_of_two_windows_the_second_goes_on_and_the_first_catches_up(serve_reading, opened):
    server = serve_reading(n_trials=5)
    first = opened(server.url)
    second = opened(server.url)
    second.read(range(3), "jd")
    second.painted(3)
    second.unsaved(0)
    first.page.bring_to_front()
    first.read(range(1))
    first.painted(3)
    first.read(range(3, 5))
    first.state("finished")
    assert server.saved_trials() == list(range(5))
    assert [response["decision"] for response in server.responses.values()] == ["synthetic"] * 3 + ["real"] * 2


@pytest.mark.parametrize("status", [401, 409])
def test_a_refusal_is_told_in_the_servers_words_and_ends_the_session_once(serve_reading, opened, status):
    server = serve_reading(n_trials=3)
    viewer = opened(server.url)
    server.goes_away(after_image=1)
    server.away = False
    server.refusal = (status, "Your link has ended.", "Ask for a new link.")
    viewer.read(range(1))
    viewer.state("stopped")
    expect(viewer.page.get_by_role("heading", name="Your link has ended.")).to_be_visible()
    expect(viewer.page.get_by_text("Ask for a new link.")).to_be_visible()
    expect(viewer.page.get_by_text("1 not yet saved: kept on this computer")).to_be_visible()
    assert viewer.page.evaluate("window.ended") == [["ended", "refused"]]
    server.refusal = None
    viewer.page.get_by_role("button", name="Reload the page").click()
    viewer.painted(1)
    assert server.saved_trials() == [0]


def test_closing_the_page_sends_what_is_not_acknowledged(serve_reading, opened):
    server = serve_reading(n_trials=3)
    viewer = opened(server.url)
    server.goes_away(after_image=1)
    viewer.read(range(1))
    viewer.painted(1)
    viewer.page.wait_for_timeout(2000)  # the next attempt is seconds away
    server.away = False
    viewer.page.goto("about:blank")
    for _ in range(100):
        if server.responses:
            break
        time.sleep(0.02)
    assert server.saved_trials() == [0]
