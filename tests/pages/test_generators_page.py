"""Generators: train, watch, pause and go on, draw, compare, delete, on a page."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.errors import RefusedError
from core.identifiers import CohortName, ImageId, ImageSetName, RunName
from core.imageset.record import ImageKind, ImageRecord, TumorStatus
from core.runs.run_folder import RunState
from core.settings import WorkspacePaths
from core.synthesis.run_folder import RunFolder
from core.workflows.generators import WhichCheckpoint, all_generators
from core.workflows.image_sets import NewImageSet, add_image_set
from core.workflows.probing import TrainingEstimate
from core.workflows.sampling import PictureFormat, SamplingRequest
from core.workflows.sampling_process import SamplingProgress
from core.workflows.training import Recipe, TrainingRequest
from tests.made_up_runs import grid_png, options, write_run
from tests.phantoms import phantom_images

Page = Callable[..., AppTest]
ANSWERS_WITHIN_S = 60


def click(app: AppTest, label: str) -> AppTest:
    return next(one for one in app.button if one.label == label).click().run()


def view(app: AppTest, name: str) -> AppTest:
    return next(one for one in app.button_group if name in one.options).set_value(name).run()


def field(fields: Any, label: str) -> Any:
    return next(one for one in fields if one.label == label)


def said(app: AppTest) -> str:
    """Everything that the page says in words, with errors and exceptions as faults of the test."""
    assert (list(app.exception), [error.value for error in app.error]) == ([], [])
    texts = (*app.markdown, *app.caption, *app.info, *app.success, *app.warning, *app.subheader)
    return "\n".join([*(one.value for one in texts), *(bar.proto.text for bar in app.get("progress"))])


def opened(page: Page, run: str) -> AppTest:
    """The page with this run shown."""
    app = page("generators")
    button = next(one for one in app.button if one.key == f"show {run}")
    return app if button.disabled else button.click().run()


def answered(app: AppTest, label: str) -> AppTest:
    """Run the page again until what it asked in the background is there."""
    app = click(app, label)
    patient_until = time.monotonic() + ANSWERS_WITHIN_S
    while "hourglass" in said(app) and time.monotonic() < patient_until:
        app = app.run()
    return app


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the page asked of the processes, instead of processes."""
    calls: list[Any] = []

    def record(where: str, answer: Callable[..., object] = lambda *_, **__: None) -> None:
        def called(_paths: WorkspacePaths, *what: object, **more: object) -> object:
            calls.append((where.rsplit(".", 1)[1], *what, more) if more else (where.rsplit(".", 1)[1], *what))
            return answer(*what, **more)

        monkeypatch.setattr(f"pages.components.{where}", called)

    estimate = TrainingEstimate(
        seconds=2700,
        images_per_s={8: 400.0, 16: 100.0},
        kimg={8: 25.0, 16: 35.0},
        measured=(8,),
        device="cpu",
        precision="bf16",
        n_training_images=123,
    )
    record("training_form.start_generator", lambda _: RunName("new"))
    record("training_form.estimate_training", lambda _: estimate)
    record("generator_runs.pause_generator")
    record("generator_runs.resume_generator")
    record("run_growth.resume_generator")
    record("generator_runs.stop_generator")
    record("sampling.start_sampling")
    record("run_pictures.seeds_sheet", lambda *_, **__: grid_png(9))
    record("run_pictures.interpolation", lambda *_, **__: grid_png(9))
    return calls


@pytest.fixture
def training(filled: WorkspacePaths) -> Iterator[RunFolder]:
    """A run that is being trained."""
    folder = write_run(filled, "live", state=RunState.RUNNING, kimg=12)
    with folder.locked():
        yield folder


def test_a_training_is_begun_as_it_was_asked_for(filled: WorkspacePaths, page: Page, asked: list[Any]) -> None:
    app = page("generators")
    field(app.selectbox, "Learn images of").set_value(TumorStatus.NONTUMOR)
    field(app.selectbox, "Recipe").set_value(Recipe.PAPER).run()
    field(app.selectbox, "Grow to").set_value(128)
    field(app.number_input, "Thousand images to show").set_value(50.0)
    field(app.number_input, "Seed").set_value(7)
    field(app.number_input, "Batch").set_value(32)
    field(app.selectbox, "Precision").set_value("fp32")
    field(app.checkbox, "Show images mirrored too").set_value(True)
    field(app.text_input, "Name of the run").set_value("mine")
    app = click(app, "Train")
    assert "new is in training" in said(app)
    request = TrainingRequest(
        cohort=CohortName("glioma"),
        tumor_status=TumorStatus.NONTUMOR,
        recipe=Recipe.PAPER,
        kimg=50.0,
        resolution=128,
        batch=32,
        precision="fp32",
        seed=7,
        horizontal_flip=True,
        name=RunName("mine"),
    )
    assert asked == [("start_generator", request)]
    assert [run.name for run in all_generators(filled)] == ["eigenimage-glioma-tumor"]


@pytest.mark.usefixtures("filled")
def test_eigenimages_ask_for_a_seed_only(page: Page, asked: list[Any]) -> None:
    app = page("generators")
    field(app.selectbox, "Recipe").set_value(Recipe.EIGENIMAGE).run()
    assert {one.label for one in app.number_input} & {"Thousand images to show", "Batch"} == set()
    assert "new is trained" in said(click(app, "Train"))
    assert asked[0][1].recipe is Recipe.EIGENIMAGE


@pytest.mark.usefixtures("filled")
def test_a_training_that_is_refused_is_one_line(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise RefusedError("4 images are too few for a batch of 16.", "Take a smaller batch.")

    monkeypatch.setattr("pages.components.training_form.start_generator", refuse)
    app = click(page("generators"), "Train")
    assert [error.value for error in app.error] == [
        "4 images are too few for a batch of 16.  \nTake a smaller batch."
    ]


@pytest.mark.usefixtures("filled")
def test_how_long_it_will_take_is_told_for_exactly_what_was_asked(page: Page, asked: list[Any]) -> None:
    app = answered(page("generators"), "How long will it take here?")
    assert [what for what, *_ in asked] == ["estimate_training"]
    assert "**About 45 min** here, for 60 thousand images." in said(app)
    assert "400 at 8 px, about 100 at 16 px" in said(app)
    app = field(app.number_input, "Seed").set_value(1).run()
    assert "About 45 min" not in said(app)


@pytest.mark.usefixtures("training")
def test_a_training_comes_first_and_tells_its_course(filled: WorkspacePaths, page: Page) -> None:
    write_run(filled, "newest")
    app = page("generators")
    assert "Training · 12 of 20 thousand images · 16 px · about 1 min left" in said(app)
    assert [one.value for one in app.subheader] == ["live"]
    assert "Finished · 20 thousand images · 16 px" in said(app)


@pytest.mark.usefixtures("training")
def test_a_training_is_paused_or_stopped_but_not_deleted(page: Page, asked: list[Any]) -> None:
    app = opened(page, "live")
    assert "delete run live" not in {one.key for one in app.button}
    assert "saves and pauses" in said(click(app, "Pause"))
    assert "saves and stops" in said(click(app, "Stop it"))
    assert asked == [("pause_generator", "live"), ("stop_generator", "live")]


@pytest.mark.parametrize("state", [RunState.PAUSED, RunState.STOPPED, RunState.INTERRUPTED])
def test_what_does_not_train_goes_on(filled: WorkspacePaths, page: Page, asked: list[Any], state: RunState) -> None:
    write_run(filled, "waiting", state=state, kimg=5)
    app = opened(page, "waiting")
    assert f"{state.capitalize()} · 5 of 20 thousand images · 8 px" in said(app)
    assert "waiting goes on" in said(click(app, "Resume"))
    assert asked == [("resume_generator", "waiting")]


def test_a_finished_generator_grows_further(filled: WorkspacePaths, page: Page, asked: list[Any]) -> None:
    write_run(filled, "small").write_options({**options(), "recipe": "light", "resolution": 64})
    app = view(opened(page, "small"), "Grow further")
    assert app.selectbox(key="grow small").options == ["128 px", "256 px"]
    assert "small is in training" in said(click(app, "Train further"))
    assert asked == [("resume_generator", "small", {"resolution": 128})]


def test_what_cannot_grow_is_not_offered_to(filled: WorkspacePaths, page: Page) -> None:
    write_run(filled, "smoke")
    offered = [option for one in opened(page, "smoke").button_group for option in one.options]
    assert "Draw images" in offered
    assert "Grow further" not in offered


def test_a_failed_training_tells_what_happened_and_what_to_do(filled: WorkspacePaths, page: Page) -> None:
    problem = ("The loss is not a number since 5 kimg.", "Resume with fp32.")
    folder = write_run(filled, "failed", state=RunState.FAILED, kimg=5, problem=problem)
    (folder.path / "log.txt").write_text("the last words")
    app = opened(page, "failed")
    assert [error.value for error in app.error] == ["The loss is not a number since 5 kimg. Resume with fp32."]
    assert [code.value for code in app.code] == ["the last words"]
    assert "Resume" in {one.label for one in app.button}


def test_a_training_that_has_just_begun_says_what_is_to_come(filled: WorkspacePaths, page: Page) -> None:
    with write_run(filled, "new", state=RunState.RUNNING, kimg=0, checkpoints=False).locked():
        app = opened(page, "new")
        assert "Training · 0 of 20 thousand images" in said(app)
        assert "The first figures come in a moment" in said(app)
        for name in ("Draw images", "Compare checkpoints", "Between seeds"):
            app = view(app, name)
            assert "There is no checkpoint yet" in said(app)


def test_the_samples_go_along_with_a_training_unless_an_earlier_time_was_chosen(
    filled: WorkspacePaths, page: Page
) -> None:
    write_run(filled, "run", state=RunState.PAUSED, kimg=10)
    app = opened(page, "run")
    assert said(app)
    assert app.select_slider[0].value == 10.0
    write_run(filled, "run", state=RunState.PAUSED, kimg=15)
    app = app.run()
    assert app.select_slider[0].value == 15.0
    app = app.select_slider[0].set_value(5.0).run()
    write_run(filled, "run", state=RunState.PAUSED, kimg=20)
    app = app.run()
    assert app.select_slider[0].value == 5.0


def test_runs_stand_side_by_side(filled: WorkspacePaths, page: Page) -> None:
    for name in ("one", "other"):
        write_run(filled, name, kimg=10)
    app = opened(page, "one")
    beside = field(app.multiselect, "Side by side with")
    assert set(beside.options) == {"other"}
    app = beside.set_value(["other"]).run()
    assert said(app)
    (curves,) = app.get("plotly_chart")
    assert '"name":"one"' in curves.proto.spec
    assert '"name":"other"' in curves.proto.spec
    assert len(app.image) == 2


def test_images_are_drawn_from_the_checkpoint_that_was_chosen(
    filled: WorkspacePaths, page: Page, asked: list[Any]
) -> None:
    write_run(filled, "run")
    app = view(opened(page, "run"), "Draw images")
    assert "No images were drawn from this run yet." in said(app)
    field(app.number_input, "Images").set_value(3)
    field(app.number_input, "Seed of the first image").set_value(4)
    field(app.number_input, "Truncation").set_value(0.7)
    field(app.selectbox, "Checkpoint").set_value(WhichCheckpoint.LAST)
    app = click(app, "Draw")
    assert "3 images are being drawn into run-images" in said(app)
    request = SamplingRequest(
        run=RunName("run"),
        name=ImageSetName("run-images"),
        n_images=3,
        seed=4,
        checkpoint=WhichCheckpoint.LAST,
        truncation=0.7,
    )
    assert asked == [("start_sampling", request)]


def test_a_drawing_under_way_shows_how_far_it_is_and_one_that_ended_what_to_do(
    filled: WorkspacePaths, page: Page, asked: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_run(filled, "run")
    request = SamplingRequest(run=RunName("run"), name=ImageSetName("drawn"), n_images=100)
    under_way = [SamplingProgress(request=request, n_done=30, running=True, problem=None)]
    monkeypatch.setattr("pages.components.sampling.samplings", lambda *_: under_way)
    app = view(opened(page, "run"), "Draw images")
    assert "drawn: 30 of 100 images" in said(app)
    under_way[0] = SamplingProgress(request=request, n_done=30, running=False, problem="The disk is full.")
    app = app.run()
    assert [error.value for error in app.error] == ["The disk is full."]
    click(app, "Draw the rest")
    assert asked == [("start_sampling", request)]


def test_what_was_drawn_from_a_run_leads_to_the_library(filled: WorkspacePaths, page: Page) -> None:
    write_run(filled, "run")
    new = NewImageSet(
        name=ImageSetName("drawn"),
        kind=ImageKind.SYNTHETIC,
        tumor_status=TumorStatus.TUMOR,
        provenance={"generator": "run"},
    )
    records = [
        ImageRecord(image_id=ImageId(f"drawn-{seed}"), tumor_status=TumorStatus.TUMOR, seed=seed) for seed in (0, 1)
    ]
    add_image_set(filled, new, records, phantom_images(2, seed=0))
    app = view(opened(page, "run"), "Draw images")
    assert "**drawn**: 2 images" in said(app)
    assert [link.proto.label for link in app.get("page_link")] == ["See the library"]


def test_two_checkpoints_draw_the_same_seeds(filled: WorkspacePaths, page: Page, asked: list[Any]) -> None:
    write_run(filled, "run")
    write_run(filled, "other")
    app = view(opened(page, "run"), "Compare checkpoints")
    field(app.number_input, "First seed").set_value(5)
    beside = field(app.selectbox, "Beside it")
    assert beside.options[:4] == ["run · best", "run · last", "other · best", "other · last"]
    beside.select("other · best").run()
    app = answered(app, "Draw both")
    assert len(app.image) == 2
    expected = {"n_images": 16, "seed": 5, "checkpoint": WhichCheckpoint.BEST}
    assert sorted(asked, key=lambda call: str(call[1])) == [
        ("seeds_sheet", "other", expected),
        ("seeds_sheet", "run", expected),
    ]


def test_the_way_between_two_seeds_is_drawn(filled: WorkspacePaths, page: Page, asked: list[Any]) -> None:
    write_run(filled, "run")
    app = view(opened(page, "run"), "Between seeds")
    field(app.number_input, "To seed").set_value(9)
    app = answered(app, "Draw the way")
    assert len(app.image) == 1
    assert asked == [
        ("interpolation", "run", [0, 9], {"picture": PictureFormat.PNG, "checkpoint": WhichCheckpoint.BEST})
    ]


def test_a_run_is_deleted_after_it_was_asked_again(filled: WorkspacePaths, page: Page) -> None:
    write_run(filled, "run")
    app = opened(page, "run")
    app = next(one for one in app.button if one.key == "delete run run").click().run()
    assert "Deleted run run." in said(app)
    assert [run.name for run in all_generators(filled)] == ["eigenimage-glioma-tumor"]


def test_many_runs_keep_the_list_short(filled: WorkspacePaths, page: Page) -> None:
    for number in range(7):
        write_run(filled, f"run-{number}", kimg=5)
    app = page("generators")
    assert [one.label for one in app.expander if "Older" in one.label] == ["Older runs (3)"]
    assert said(app)
