"""A real Chromium, and a reader who presses keys in it and is timed by the page's own clock."""

import random
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from core.access.cookies import COOKIES
from core.access.person import Role
from tests.conftest import CHROMIUM_FLAGS

PROBE = Path(__file__).with_name("probe.js")
VIEWPORT = {"width": 1440, "height": 900}
LOST_AFTER_MS = 5000
WARM_UP = 5
PLAIN_RUN_S = 0.3
THINK_S = (0.25, 0.45)  # far shorter than any human's, never in step with the screen's frames


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's Chromium, else Playwright's own."""
    with sync_playwright() as playwright:
        executable = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=executable, args=list(CHROMIUM_FLAGS))
        yield browser
        browser.close()


@contextmanager
def probed_page(browser: Browser, url: str, *, cookie: str | None = None) -> Iterator[Page]:
    """A page of its own window with the probe in it, as the reader that the cookie names."""
    context = browser.new_context(viewport=VIEWPORT)
    if cookie is not None:
        context.add_cookies([{"name": COOKIES[Role.READER], "value": cookie, "url": url}])
    context.add_init_script(path=PROBE)
    page = context.new_page()
    page.goto(url)
    yield page
    context.close()


def await_viewer(page: Page) -> None:
    viewer = page.wait_for_selector('.reading-viewer[data-state="reading"][data-painted-at]', timeout=30_000)
    page.evaluate("viewer => window.probe.watchViewer(viewer)", viewer)


def await_plain_page(page: Page) -> None:
    page.get_by_role("button", name="Real").wait_for(timeout=30_000)
    page.wait_for_function("window.probe.paints > 0")


def read_trial(page: Page) -> None:
    """Both questions of one trial; the second key submits it and brings the next image."""
    page.keyboard.press("f")
    page.keyboard.press("k")


def read_plainly(page: Page) -> None:
    """The same on the plain page, which would lose a second key that comes while it still runs for the first."""
    page.keyboard.press("f")
    time.sleep(PLAIN_RUN_S)
    page.keyboard.press("k")


def times_to_next_image(
    page: Page, answer: Callable[[Page], None], *, n: int, rng: random.Random
) -> tuple[list[float], int]:
    """From the last key press of an answer to the next image on the screen, in ms; and how often none came."""
    times_ms: list[float] = []
    n_lost = 0
    for _ in range(WARM_UP + n):
        time.sleep(rng.uniform(*THINK_S))
        before = page.evaluate("window.probe.paints")
        answer(page)
        ms = page.evaluate(f"window.probe.msToNextPaint({before}, {LOST_AFTER_MS})")
        if ms is None:
            n_lost += 1
        else:
            times_ms.append(ms)
    return times_ms[WARM_UP:], n_lost


def acknowledgment_times_ms(page: Page) -> list[float]:
    """How long each response took to be acknowledged, by the browser's resource timing."""
    return [float(ms) for ms in page.evaluate("window.probe.posts")][WARM_UP:]
