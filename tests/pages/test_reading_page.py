"""A reader's page: nothing preselected, nothing skipped, the viewer after it, thanks at the end."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import UnknownElement

from core.access.cookies import COOKIES
from core.access.person import Role
from core.identifiers import StudyName
from core.reading.design import Phases, Presentation, Scale
from core.settings import WorkspacePaths
from core.storage.database import opened
from core.workflows.studies import close_study, create_study, lock_study
from tests.phantoms import LockedStudy, plan
from tests.reading_robot import read

Page = Callable[..., AppTest]
STEPS = "In how many of the eight patches do you see a square inside?"
CHOICES = {
    STEPS: 6,
    "Specialty": "Neuroradiology",
    "Board certified": "Yes",
    "Have you seen synthetic MR images before?": "No",
}


@pytest.fixture
def study(filled: WorkspacePaths, cookies: dict[str, str]) -> LockedStudy:
    cookies.clear()
    return LockedStudy(paths=filled, name=StudyName("study"))


@pytest.fixture
def start(study: LockedStudy, page: Page, cookies: dict[str, str]) -> AppTest:
    """The start page of a reader who just came by the link."""
    cookies[COOKIES[Role.READER]] = study.cookie("new", consent=False)
    return page()


def fill(app: AppTest, *, without: str = "") -> None:
    for label, answer in CHOICES.items():
        if label != without:
            next(one for one in app.selectbox if one.label == label).set_value(answer)
    if without != "years":
        app.number_input[0].set_value(12)
    if without != "consent":
        app.checkbox[0].check()


def consented(study: LockedStudy) -> list[tuple[object, ...]]:
    sql = """
    SELECT consented_at IS NOT NULL, profile FROM enrollments JOIN people ON person_id = reader
    WHERE name = 'new'"""
    with opened(study.paths.database) as db:
        return db.execute(sql).fetchall()


def viewers(app: AppTest) -> list[UnknownElement]:
    return [one for one in app.main if isinstance(one, UnknownElement) and "bidi" in one.type]


def test_nothing_is_preselected(start: AppTest) -> None:
    assert list(start.exception) == []
    assert {one.label: one.value for one in start.selectbox} == dict.fromkeys(CHOICES)
    assert start.number_input[0].value is None
    assert start.checkbox[0].value is False
    assert not viewers(start)


@pytest.mark.parametrize("without", [*CHOICES, "years", "consent"])
def test_an_empty_field_or_no_consent_does_not_start(start: AppTest, study: LockedStudy, without: str) -> None:
    fill(start, without=without)
    start.button[0].click().run()
    assert list(start.exception) == []
    (error,) = (one.value for one in start.error)
    assert ("not agreed" if without == "consent" else "still empty") in error
    assert consented(study) == [(0, None)]
    assert not viewers(start)


def test_what_was_filled_in_stays_when_something_is_missing(start: AppTest) -> None:
    fill(start, without="consent")
    start.button[0].click().run()
    assert {one.label: one.value for one in start.selectbox} == CHOICES


def test_consent_and_profile_are_recorded_and_the_viewer_comes(start: AppTest, study: LockedStudy) -> None:
    fill(start)
    start.button[0].click().run()
    assert (list(start.exception), list(start.error)) == ([], [])
    ((agreed, profile),) = consented(study)
    assert agreed == 1
    for words in ('"years_of_experience":12', '"gray_ramp_steps":6', '"board_certified":true'):
        assert words in str(profile)
    assert len(viewers(start)) == 1
    assert not start.title


def test_a_reader_in_the_middle_goes_on_at_the_viewer(
    study: LockedStudy, page: Page, cookies: dict[str, str]
) -> None:
    cookies[COOKIES[Role.READER]] = study.cookie("new")
    read(study.paths, study.cookie("new", again=True), most=2)
    cookies[COOKIES[Role.READER]] = study.cookie("new", again=True)
    assert len(viewers(page())) == 1


def test_a_reader_who_is_done_is_thanked_and_shown_no_result(
    study: LockedStudy, page: Page, cookies: dict[str, str]
) -> None:
    cookies[COOKIES[Role.READER]] = study.cookie("new")
    read(study.paths, cookies[COOKIES[Role.READER]])
    app = page()
    assert [title.value for title in app.title] == ["Thank you"]
    said = " ".join(text.value for text in app.markdown)
    assert "All 4 images are read and saved" in said
    assert "%" not in said
    assert [*viewers(app), *app.dataframe, *app.button] == []


def test_a_closed_study_thanks_for_what_was_read(study: LockedStudy, page: Page, cookies: dict[str, str]) -> None:
    cookies[COOKIES[Role.READER]] = study.cookie("new")
    read(study.paths, cookies[COOKIES[Role.READER]], most=1)
    close_study(study.paths, study.name)
    app = page()
    assert "1 of 4 images are read" in " ".join(text.value for text in app.markdown)
    assert not viewers(app)


def started(paths: WorkspacePaths, page: Page, cookies: dict[str, str], **design: object) -> tuple[AppTest, str]:
    """The start page of a study of this design, and all that is written on it."""
    create_study(paths, plan("designed", per_arm=1, **design))
    lock_study(paths, StudyName("designed"))
    cookies.clear()
    designed = LockedStudy(paths=paths, name=StudyName("designed"))
    cookies[COOKIES[Role.READER]] = designed.cookie("new", consent=False)
    app = page()
    assert list(app.exception) == []
    return app, " ".join([*(one.value for one in app.markdown), *(one.label for one in app.selectbox)])


def test_the_start_page_tells_of_practice_and_of_the_six_steps(
    filled: WorkspacePaths, page: Page, cookies: dict[str, str]
) -> None:
    design = {"presentation": Presentation(practice=2), "scale": Scale.SIX_STEP}
    _, text = started(filled, page, cookies, **design)
    assert "2 practice images come before" in text
    assert "six steps" in text


def test_before_the_second_part_nothing_says_that_images_are_synthetic(
    filled: WorkspacePaths, page: Page, cookies: dict[str, str]
) -> None:
    app, text = started(filled, page, cookies, presentation=Presentation(phases=Phases.TUMOR_FIRST))
    assert "tumor" in text
    assert "synthetic" not in text.lower()
    for label in CHOICES.keys() & {one.label for one in app.selectbox}:
        next(one for one in app.selectbox if one.label == label).set_value(CHOICES[label])
    app.number_input[0].set_value(12)
    app.checkbox[0].check()
    app.button[0].click().run()
    assert list(app.error) == []
    assert viewers(app)
