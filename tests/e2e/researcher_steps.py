"""What a researcher does in the browser, in the words of the app's pages."""

from playwright.sync_api import Locator, Page, expect


def go_to(page: Page, name: str) -> None:
    page.get_by_test_id("stSidebar").get_by_role("link", name=name).click()
    page.get_by_role("heading", level=1).filter(has_text=name).wait_for()


def done(page: Page, text: str) -> None:
    """Wait until the page says so and its script has ended: before that, a popover that opens would close again."""
    expect(page.get_by_test_id("stAlert").filter(has_text=text)).to_be_visible()
    at_rest(page)


def at_rest(page: Page) -> None:
    """Wait until the page's script has ended: before that, what was drawn before may still stand beside the new."""
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()


def only(found: Locator) -> Locator:
    """What is there once, when what was drawn before has gone."""
    expect(found).to_have_count(1)
    return found


def form_with(page: Page, button: str) -> Locator:
    return page.get_by_test_id("stForm").filter(has=page.get_by_role("button", name=button, exact=True))


def invite(page: Page, reader: str) -> str:
    """On the Studies page: the personal link of a new reader."""
    page.get_by_role("button", name="Invite a reader").click()
    page.get_by_label("Reader", exact=True).fill(reader)
    page.get_by_role("button", name="Make link").click()
    done(page, f"Send this link to {reader}.")
    page.keyboard.press("Escape")
    return page.get_by_test_id("stCode").inner_text().strip()


def close_the_study(page: Page, name: str) -> None:
    """On the Studies page."""
    page.get_by_role("button", name="Close study").click()
    page.get_by_role("button", name="Close it").click()
    done(page, f"{name} is closed.")
