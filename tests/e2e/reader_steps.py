"""What a reader does in the browser, in the words of the reading page."""

import re
from collections.abc import Iterable
from contextlib import suppress

from playwright.sync_api import Page, TimeoutError, expect

ATTEMPTS = 10
VIEWER = ".reading-viewer"
CHOICES = {
    "In how many of the eight patches do you see a square inside?": "8",
    "Specialty": "Radiology",
    "Board certified": "Yes",
    "Have you seen synthetic MR images before?": "No",
}


def open_link(page: Page, link: str) -> None:
    """Open a personal link and press its one button."""
    page.goto(link)
    page.get_by_role("button", name="Continue").click()


def choose(page: Page, label: str, option: str) -> None:
    """Pick from a list; opened again where it closed, as it does when the page scrolls or unfolds."""
    box = page.get_by_role("combobox", name=label)
    for _ in range(ATTEMPTS):
        box.click()
        with suppress(TimeoutError):
            page.get_by_role("option", name=option, exact=True).click(timeout=1_000)
            break
    expect(box).to_have_value(option)


def fill_start_page(page: Page) -> None:
    for label, option in CHOICES.items():
        choose(page, label, option)
    page.get_by_label("Years of experience").fill("5")
    page.get_by_text("I have read this and agree").click()


def start_reading(page: Page, link: str) -> None:
    """From the link over the start page to the first image."""
    open_link(page, link)
    fill_start_page(page)
    page.get_by_role("button", name="Start reading").click()
    painted(page, 0)


def painted(page: Page, trial_index: int) -> None:
    """Wait until this trial's image is on the screen."""
    page.wait_for_selector(f'{VIEWER}[data-state="reading"][data-trial-index="{trial_index}"]')


def press(page: Page, keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def read(page: Page, trials: Iterable[int], keys: str = "fk") -> None:
    """Answer these trials by keyboard, each once its image is painted."""
    for trial_index in trials:
        painted(page, trial_index)
        press(page, keys)


def all_saved(page: Page) -> None:
    page.wait_for_selector(f'{VIEWER}[data-unsaved="0"]')


def thanks(page: Page) -> None:
    """Wait until the end page stands where the viewer was."""
    expect(page.get_by_text(re.compile(r"All \d+ images are read and saved"))).to_be_visible()
    expect(page.locator(VIEWER)).to_have_count(0)
