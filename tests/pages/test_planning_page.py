"""The planning page says how many images and readers it takes, for what a researcher states."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from core.identifiers import StudyName
from core.observer_performance.planning import mrmc_interval_width
from core.reading.design import Goal, PlannedAnalysis
from core.reading.simulated_readers import Ability
from core.settings import WorkspacePaths
from core.workflows.planning import pilot_components
from core.workflows.simulated_readings import simulate_readings
from core.workflows.studies import close_study, create_study, lock_study, study_status
from tests.phantoms import plan

Page = Callable[..., AppTest]


def said(app: AppTest) -> str:
    assert list(app.exception) == []
    return "\n".join(text.value for kind in (app.markdown, app.caption) for text in kind)


def field(app: AppTest, label: str, position: int = 0) -> object:
    return [one for one in app.number_input if one.label == label][position]


@pytest.mark.usefixtures("empty")
def test_it_opens_with_the_published_sample_size(page: Page) -> None:
    app = page("planning")
    text = said(app)
    assert "**227 images** (57 per arm) are needed to show that the accuracy lies within 10 points of 50 %" in text
    assert "to show that 60 % differs from 50 %" in text
    assert len(app.get("plotly_chart")) == 3
    assert not app.error


@pytest.mark.parametrize(("margin", "n"), [(5.0, 888), (15.0, 100)])
@pytest.mark.usefixtures("empty")
def test_the_margin_decides_how_many_images(page: Page, margin: float, n: int) -> None:
    app = page("planning")
    field(app, "Margin around 50 %, points").set_value(margin)
    assert f"**{n} images**" in said(app.run())


@pytest.mark.usefixtures("empty")
def test_what_no_study_can_show_is_said(page: Page) -> None:
    app = page("planning")
    field(app, "True accuracy, %", 1).set_value(61.0)
    assert "**More than 20,000 images** would be needed" in said(app.run())


@pytest.mark.usefixtures("empty")
def test_few_readers_are_warned_of(page: Page) -> None:
    app = page("planning")
    assert "about 92 %" not in said(app)
    field(app, "Readers").set_value(3)
    assert "about 92 %" in said(app.run())


@pytest.mark.usefixtures("empty")
def test_variances_that_cannot_be_are_one_line(page: Page) -> None:
    app = page("planning")
    field(app, "Accuracy, %").set_value(99.0)
    field(app, "SD between readers, points").set_value(30.0)
    app.run()
    assert list(app.exception) == []
    assert "cannot be together" in app.error[0].value


def test_a_closed_study_says_how_readers_and_images_vary(filled: WorkspacePaths, page: Page) -> None:
    study = pilot_study(filled)
    app = page("planning")
    app.selectbox[0].select(study).run()
    text = said(app)
    parts = pilot_components(filled, study)
    assert f"As in {study}: SD between readers {100 * parts.reader**0.5:.1f} points" in text
    width = mrmc_interval_width(parts, n_readers=5, n_cases=200)
    assert f"**{100 * width:.1f} points** wide" in text
    assert "Accuracy, %" not in {one.label for one in app.number_input}


@pytest.mark.usefixtures("empty")
def test_the_images_for_a_wanted_width_are_told_for_several_numbers_of_readers(page: Page) -> None:
    app = page("planning")
    assert "3 readers: no number; 5 readers: " in said(app)
    field(app, "Width wanted, points").set_value(40.0)
    assert "For at most 40 points each judges, with 3 readers: " in said(app.run())


def test_a_plan_goes_into_the_protocol_of_the_study_that_is_made_next(filled: WorkspacePaths, page: Page) -> None:
    pilot = pilot_study(filled)
    app = page("planning")
    app.selectbox[0].select(pilot)
    field(app, "Alpha").set_value(0.1)
    field(app, "Margin around 50 %, points").set_value(15.0)
    field(app, "Images that each judges").set_value(10)
    field(app, "Readers").set_value(4)
    app.radio[0].set_value(Goal.EQUIVALENCE)
    press(app.run(), "Plan a study like this").run()
    assert "its protocol states the plan" in app.success[0].value

    app.switch_page("studies.py").run()
    assert "4 readers of 10 images each; to show that readers cannot tell" in app.info[0].value
    next(one for one in app.text_input if one.label == "Name").set_value("made")
    real = next(one for one in app.multiselect if one.label == "Real image sets")
    real.set_value([name for name in real.value if name.startswith("real-")])
    press(app, "Draw the cases").run()
    assert [message.value for message in app.success] == ["made has 12 cases."]  # 10 images in whole arms
    protocol = study_status(filled, StudyName("made")).study.protocol
    assert protocol.planned == PlannedAnalysis(margin=0.15, alpha=0.1)
    size = protocol.sample_size
    assert size is not None
    assert (size.goal, size.power, size.accuracy) == (Goal.EQUIVALENCE, 0.8, 0.5)
    assert (size.n_readers, size.n_images, size.pilot) == (4, 10, pilot)
    assert size.reader_sd**2 == pytest.approx(pilot_components(filled, pilot).reader)
    assert any("Planned size: 4 readers of 10 images each" in caption.value for caption in app.caption)
    assert not app.info  # the plan is used up


@pytest.mark.usefixtures("filled")
def test_a_plan_can_be_left_aside(page: Page) -> None:
    app = page("planning")
    press(app, "Plan a study like this").run()
    app.switch_page("studies.py").run()
    assert next(one for one in app.number_input if one.label == "Images per arm").value == 50
    press(app, "Make one without this plan").run()
    assert not app.info


def press(app: AppTest, label: str) -> AppTest:
    return next(one for one in app.button if one.label == label).click()


def test_a_study_that_is_too_small_for_it_is_one_line(filled: WorkspacePaths, page: Page) -> None:
    close_study(filled, StudyName("study"))
    app = page("planning")
    app.selectbox[0].select("study").run()
    assert list(app.exception) == []
    assert "too small to estimate" in app.error[0].value


def pilot_study(paths: WorkspacePaths) -> StudyName:
    """A study that five simulated readers have read, closed."""
    name = plan("pilot").name
    create_study(paths, plan("pilot", per_arm=3))
    lock_study(paths, name)
    simulate_readings(paths, name, Ability(), n_readers=5, seed=0, on_progress=lambda *_: None)
    close_study(paths, name)
    return name
