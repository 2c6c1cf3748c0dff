"""Who is here decides which pages there are."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.access.cookies import COOKIES
from core.access.person import Role
from core.identifiers import StudyName
from core.settings import WORKSPACE_VARIABLE, WorkspacePaths
from core.storage.database import opened
from core.workflows.access import accept_invitation, invite_curator
from tests.phantoms import BASE_URL, LockedStudy

Page = Callable[..., AppTest]
RESEARCHER_PAGES = [
    "home",
    "cohorts",
    "library",
    "generators",
    "curation",
    "fidelity",
    "embedding",
    "detectors",
    "planning",
    "studies",
    "blinding",
    "results",
]
EVERY_PAGE = [*RESEARCHER_PAGES, "reading"]
PAGES_FOLDER = Path(__file__).resolve().parents[2] / "pages"


def titles(app: AppTest) -> list[str]:
    return [title.value for title in app.title]


def notes(app: AppTest) -> str:
    return " ".join(note.value for note in app.info)


def errors(app: AppTest) -> list[str]:
    return [error.value for error in app.error]


@pytest.fixture
def reader(filled: WorkspacePaths, cookies: dict[str, str]) -> LockedStudy:
    """A reader signed in, and nobody else."""
    cookies.clear()
    study = LockedStudy(paths=filled, name=StudyName("study"))
    cookies[COOKIES[Role.READER]] = study.cookie("new", consent=False)
    return study


@pytest.mark.parametrize("name", RESEARCHER_PAGES)
def test_an_empty_workspace_shows_every_page_and_what_to_do(empty: WorkspacePaths, page: Page, name: str) -> None:
    app = page(name)
    assert (list(app.exception), errors(app)) == ([], [])
    assert titles(app)
    said = notes(app) + " ".join(text.value for text in app.markdown)
    assert any(word in said for word in ("Import", "Make one"))
    assert empty.database.is_file()


@pytest.mark.parametrize("name", RESEARCHER_PAGES)
def test_a_filled_workspace_shows_every_page(filled: WorkspacePaths, page: Page, name: str) -> None:
    app = page(name)
    assert (list(app.exception), errors(app)) == ([], [])
    assert titles(app)
    assert filled.database.is_file()


@pytest.mark.usefixtures("filled")
def test_home_counts_what_there_is(page: Page) -> None:
    assert {metric.label: metric.value for metric in page().metric} == {
        "Cohorts": "1",
        "Patients": "3",
        "Images": "84",
        "Reader studies": "3",
    }


def test_the_file_of_every_page_is_a_page_of_somebody() -> None:
    files = {file.stem for file in PAGES_FOLDER.glob("*.py")} - {"__init__", "navigation"}
    assert files == {*EVERY_PAGE, "welcome"}


@pytest.mark.usefixtures("filled")
def test_nobody_sees_the_welcome_page_only(page: Page, cookies: dict[str, str]) -> None:
    cookies.clear()
    app = page()
    assert "Nobody is signed in" in notes(app)
    for name in EVERY_PAGE:
        with pytest.raises(ValueError, match="Could not find a navigation page"):
            app.switch_page(f"{name}.py")


@pytest.mark.usefixtures("reader")
def test_a_reader_sees_the_reading_page_only(page: Page) -> None:
    app = page()
    assert titles(app) == ["Reading brain MR images"]
    for name in RESEARCHER_PAGES:
        with pytest.raises(ValueError, match="Could not find a navigation page"):
            app.switch_page(f"{name}.py")


def test_a_curator_sees_the_curation_page_only(filled: WorkspacePaths, page: Page, cookies: dict[str, str]) -> None:
    cookies.clear()
    link = invite_curator(filled, "Ada", again=False, base_url=BASE_URL)
    cookies[COOKIES[Role.CURATOR]] = accept_invitation(filled, link.rsplit("/", 1)[1])[1]
    assert titles(page()) == ["Curation"]
    for name in {*EVERY_PAGE} - {"curation"}:
        with pytest.raises(ValueError, match="Could not find a navigation page"):
            page(name)


@pytest.mark.usefixtures("filled")
def test_a_researcher_has_no_reading_page_of_ones_own(page: Page) -> None:
    with pytest.raises(ValueError, match="Could not find a navigation page"):
        page("reading")


def test_both_roles_fit_in_one_browser(filled: WorkspacePaths, page: Page, cookies: dict[str, str]) -> None:
    study = LockedStudy(paths=filled, name=StudyName("study"))
    cookies[COOKIES[Role.READER]] = study.cookie("new", consent=False)
    assert titles(page()) == ["MR Turing"]
    assert titles(page("reading")) == ["Reading brain MR images"]


@pytest.mark.parametrize("name", EVERY_PAGE)
@pytest.mark.usefixtures("filled")
def test_a_page_that_is_run_by_itself_turns_nobody_in(cookies: dict[str, str], name: str) -> None:
    """Streamlit may run a page's file without our navigation: the gate stands in the page itself."""
    cookies.clear()
    app = AppTest.from_file(PAGES_FOLDER / f"{name}.py", default_timeout=60).run()
    assert list(app.exception) == []
    assert titles(app) == ["MR Turing"]
    assert any(words in notes(app) for words in ("for researchers", "for curators", "link has ended"))
    assert not app.button


@pytest.mark.parametrize("cookie", ["nonsense", ""])
@pytest.mark.usefixtures("filled")
def test_a_false_cookie_is_nobodys(page: Page, cookies: dict[str, str], cookie: str) -> None:
    cookies.clear()
    cookies[COOKIES[Role.RESEARCHER]] = cookie
    assert "Nobody is signed in" in notes(page())
    cookies[COOKIES[Role.READER]] = cookie
    assert "link has ended" in notes(page())


def test_a_revoked_link_ends_at_the_next_run(reader: LockedStudy, page: Page) -> None:
    app = page()
    reader.link("new", again=True)
    app.run()
    assert list(app.exception) == []
    assert titles(app) == ["MR Turing"]
    assert "link has ended" in notes(app)


def test_no_workspace_at_all_is_nobody(
    tmp_path: Path, page: Page, monkeypatch: pytest.MonkeyPatch, cookies: dict[str, str]
) -> None:
    monkeypatch.setenv(WORKSPACE_VARIABLE, str(tmp_path / "absent"))
    cookies[COOKIES[Role.RESEARCHER]] = "whatever"
    assert "Nobody is signed in" in notes(page())
    assert not (tmp_path / "absent").exists()


def test_a_damaged_workspace_is_one_line(filled: WorkspacePaths, page: Page) -> None:
    for file in filled.root.glob("mrturing.db*"):
        file.write_bytes(b"no database" * 1000)
    app = page()
    assert list(app.exception) == []
    assert len(errors(app)) == 1
    assert "file is not a database" in errors(app)[0]


def test_a_newer_workspace_is_one_line(filled: WorkspacePaths, page: Page) -> None:
    with opened(filled.database) as db:
        db.execute("PRAGMA user_version = 99")
    app = page()
    assert list(app.exception) == []
    assert "Update MR Turing" in errors(app)[0]
