"""What a curator does in the browser, by the gallery's keys and the markers that it sets."""

from playwright.sync_api import Locator, Page, expect

GALLERY = ".gallery"
VERDICTS = ("undecided", "kept", "discarded", "deferred", "corrected")


def gallery(page: Page) -> Locator:
    return page.locator(GALLERY)


def opened(page: Page) -> None:
    """Wait until the images in view are painted."""
    page.wait_for_selector(f'{GALLERY}[data-state="ready"][data-missing="0"]')


def saved(page: Page) -> None:
    page.wait_for_selector(f'{GALLERY}[data-unsaved="0"][data-away="false"]')


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def at(page: Page, position: int) -> None:
    """Wait until this image is the current one and everything before is saved."""
    page.wait_for_selector(f'{GALLERY}[data-current="{position}"][data-unsaved="0"]')


def counts(page: Page, **expected: int) -> None:
    """Wait until so many images have each verdict; those not named have none, the rest are undecided."""
    n_images = int(gallery(page).get_attribute("data-count") or 0)
    expected = dict.fromkeys(VERDICTS, 0) | expected
    expected["undecided"] = n_images - sum(expected.values())
    expect(gallery(page)).to_have_attribute("data-counts", " ".join(str(expected[name]) for name in VERDICTS))
