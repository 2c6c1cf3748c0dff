"""Detectors on a page: start, watch, the table of conditions, and what went wrong."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.curation.decision import Verdict
from core.detection.condition import Condition
from core.errors import RefusedError
from core.identifiers import CohortName, ImageSetName, ReleaseName, RunName
from core.settings import WorkspacePaths
from core.workflows.detector_experiment import ExperimentRequest
from core.workflows.detector_training import DetectorRequest, Recipe, run_detector
from core.workflows.image_sets import image_set_records
from core.workflows.releases import release
from tests.curating import decide

Page = Callable[..., AppTest]
ASKED = DetectorRequest(
    cohort=CohortName("glioma"), condition=Condition.NONE, recipe=Recipe.SMOKE, epochs=1, precision="fp32"
)


def said(app: AppTest) -> str:
    assert (list(app.exception), [error.value for error in app.error]) == ([], [])
    texts = (*app.markdown, *app.caption, *app.info, *app.success, *app.warning, *app.subheader)
    tables = (table.value.to_string() for table in (*app.table, *app.dataframe))
    return "\n".join([*(one.value for one in texts), *tables, *(bar.proto.text for bar in app.get("progress"))])


def click(app: AppTest, label: str) -> AppTest:
    return next(one for one in app.button if one.label == label).click().run()


def train(paths: WorkspacePaths, name: str, stop_after: int | None = None, **changes: Any) -> None:

    steps = iter(range(1, 10**9))
    run_detector(
        paths,
        replace(ASKED, name=RunName(name), **changes),
        should_stop=lambda: "paused" if next(steps) == stop_after else None,
        on_tick=lambda _: None,
    )


@pytest.mark.usefixtures("empty")
def test_without_patients_the_page_says_what_comes_first(page: Page) -> None:
    assert "Import or simulate some first" in said(page("detectors"))


def test_finished_runs_stand_in_the_table_of_conditions(filled: WorkspacePaths, page: Page) -> None:
    train(filled, "plain")
    train(filled, "plain-again", seed=1)
    train(filled, "turned", condition=Condition.CLASSICAL)
    text = said(page("detectors"))
    for part in ("Table of conditions", "classical - none", "interval not estimable, SD ", "90.06 / 85.27 / 97.04"):
        assert part in text
    assert "12 test images of 1 patients" in text
    assert "Finished · 1 epochs" in text


def test_a_paused_run_offers_to_go_on(filled: WorkspacePaths, page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    train(filled, "halted", stop_after=2)
    asked: list[RunName] = []
    monkeypatch.setattr(
        "pages.components.detector_runs.resume_detector_process", lambda _, name: asked.append(name)
    )
    app = page("detectors")
    assert "Paused" in said(app)
    assert "goes on" in said(click(app, "Resume"))
    assert asked == ["halted"]


@pytest.mark.usefixtures("filled")
def test_the_form_asks_for_what_was_chosen_and_shows_what_is_refused(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[DetectorRequest] = []

    def refuse(_: WorkspacePaths, request: DetectorRequest) -> RunName:
        asked.append(request)
        raise RefusedError("This cannot be.", "Do something else.")

    monkeypatch.setattr("pages.components.detector_form.start_detector", refuse)
    app = page("detectors")
    next(box for box in app.selectbox if box.label == "Recipe").set_value(Recipe.SMOKE).run()
    next(box for box in app.selectbox if box.label == "Condition").set_value(Condition.BOTH).run()
    app = click(app, "Train")
    assert asked == [DetectorRequest(cohort=CohortName("glioma"), condition=Condition.BOTH, recipe=Recipe.SMOKE)]
    assert "This cannot be." in app.error[0].value


@pytest.mark.usefixtures("filled")
def test_several_conditions_or_seeds_are_an_experiment(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[ExperimentRequest] = []
    monkeypatch.setattr("pages.components.detector_form.start_experiment", lambda _, request: asked.append(request))
    app = page("detectors")
    next(box for box in app.number_input if box.label == "How many seeds").set_value(3).run()
    assert "under way" in said(click(app, "Train"))
    app = page("detectors")
    next(box for box in app.selectbox if box.label == "Condition").set_value("all").run()
    click(app, "Train")
    like = DetectorRequest(cohort=CohortName("glioma"), condition=Condition.NONE)
    assert asked == [
        ExperimentRequest(like=like, conditions=(Condition.NONE,), seeds=3),
        ExperimentRequest(like=like, conditions=tuple(Condition)),
    ]


def test_an_experiment_that_broke_off_says_so_until_it_is_dismissed(empty: WorkspacePaths, page: Page) -> None:
    empty.experiment.mkdir()
    (empty.experiment / "working").write_text("1 8 1")
    (empty.experiment / "log").write_text("The disk is full.\nFree space.\n")
    app = page("detectors")
    assert [error.value for error in app.error] == ["The experiment broke off. The disk is full. Free space."]
    app = click(app, "Dismiss")
    assert not app.error


def test_releases_of_real_images_are_not_offered(filled: WorkspacePaths, page: Page) -> None:
    for name in ("glioma-tumor", "synthetic-tumor"):
        of_set = ImageSetName(name)
        decide(filled, Verdict.KEEP, *range(len(image_set_records(filled, of_set))), image_set=of_set)
        release(filled, of_set, ReleaseName(f"good-{name}"))
    app = page("detectors")
    next(box for box in app.selectbox if box.label == "Condition").set_value(Condition.SYNTHETIC).run()
    assert app.multiselect[0].options == ["good-synthetic-tumor"]
