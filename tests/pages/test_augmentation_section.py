"""Classical augmentation on the Library page: versions side by side, written as a set, gone on with."""

import re
import time
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from core.augmentation.transformation import Transformation
from core.curation.decision import Verdict
from core.identifiers import ImageSetName, ReleaseName
from core.imageset.record import ImageSet
from core.settings import WorkspacePaths
from core.workflows.augmentation_writing import AugmentationRequest, unfinished_augmentations, write_augmentation
from core.workflows.image_sets import all_image_sets, image_set_records
from core.workflows.releases import release
from pages.components.augmentation_section import in_words
from tests.curating import decide

Page = Callable[..., AppTest]
SOURCE = ImageSetName("glioma-tumor")


def click(app: AppTest, label: str) -> AppTest:
    return next(one for one in app.button if one.label == label).click().run()


def pictures(app: AppTest) -> list[str]:
    return re.findall(r'src="([^"]+)"', " ".join(one.proto.body for one in app.get("html")))


def unfolded(page: Page, name: str = SOURCE) -> AppTest:
    app = page("library")
    choice = next(one for one in app.selectbox if one.label == "Image set")
    app = choice.select(next(option for option in choice.options if option.startswith(f"{name} "))).run()
    app.session_state[f"augment {name}"] = True
    return app.run()


def number(app: AppTest, label: str, value: int) -> None:
    next(one for one in app.number_input if one.label == label).set_value(value)


def written(paths: WorkspacePaths, name: str, n_images: int) -> ImageSet:
    """The set, as soon as the process that the page started has written it."""
    deadline = time.monotonic() + 200
    while not (found := [entry for entry in all_image_sets(paths) if entry.name == name]):
        assert time.monotonic() < deadline, unfinished_augmentations(paths, SOURCE)
        time.sleep(0.1)
    assert found[0].n_images == n_images
    return found[0]


def test_an_image_is_shown_with_seven_versions_that_follow_from_the_seed(
    filled: WorkspacePaths, page: Page
) -> None:
    app = unfolded(page)
    assert list(app.exception) == []
    first = pictures(app)
    assert len(set(first)) == 8
    number(app, "Seed", 1)
    other = pictures(app.run())
    assert other[0] == first[0]
    assert not set(other[1:]) & set(first)
    number(app, "Seed", 0)
    assert pictures(app.run()) == first
    assert filled.image_set(SOURCE).exists()


def test_nothing_is_made_before_it_is_unfolded(filled: WorkspacePaths, page: Page) -> None:  # noqa: ARG001
    assert pictures(page("library")) == []


def test_transformed_images_are_written_as_a_set(filled: WorkspacePaths, page: Page) -> None:
    app = unfolded(page)
    number(app, "Transformed images", 20)
    app = click(app, "Write")
    assert [one.value for one in app.error] == []
    assert "glioma-tumor-classical is being written" in app.success[0].value
    written(filled, "glioma-tumor-classical", 20)
    app = unfolded(page, "glioma-tumor-classical")
    assert pictures(app) == []


def test_what_was_interrupted_is_gone_on_with(
    filled: WorkspacePaths, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Closed(BaseException):
        pass

    def closed(done: int, _total: int) -> None:
        if done >= 10:
            raise Closed

    monkeypatch.setattr("core.workflows.augmentation_writing.TELL_EVERY", 10)
    request = AugmentationRequest(image_set=SOURCE, name=ImageSetName("late"), n_images=25)
    with pytest.raises(Closed):
        write_augmentation(filled, request, on_progress=closed)
    app = unfolded(page)
    assert "It was interrupted" in app.error[0].value
    click(app, "Write the rest")
    written(filled, "late", 25)
    assert unfinished_augmentations(filled, SOURCE) == []


def test_a_writing_that_is_at_work_is_watched(filled: WorkspacePaths, page: Page) -> None:
    seen: list[AppTest] = []
    request = AugmentationRequest(image_set=SOURCE, name=ImageSetName("slow"), n_images=10)
    write_augmentation(filled, request, on_progress=lambda done, _: None if done else seen.append(unfolded(page)))
    assert list(seen[0].exception) == []
    assert "goes on when you leave this page" in " ".join(one.value for one in seen[0].caption)
    assert "Write the rest" not in {one.label for one in seen[0].button}


def test_a_release_can_be_transformed_in_place_of_the_set(filled: WorkspacePaths, page: Page) -> None:
    assert "Images" not in {one.label for one in unfolded(page).selectbox}
    decide(filled, Verdict.KEEP, *range(len(image_set_records(filled, SOURCE))), image_set=SOURCE)
    decide(filled, Verdict.DISCARD, 0, image_set=SOURCE, reason="unclear_boundary")
    release(filled, SOURCE, ReleaseName("good"))
    app = unfolded(page)
    next(one for one in app.selectbox if one.label == "Images").select("good")
    number(app, "Transformed images", 3)
    click(app, "Write")
    made = written(filled, "glioma-tumor-classical", 3)
    assert made.provenance["augmentation"]["release"] == "good"  # type: ignore[index]


def test_a_name_that_is_taken_is_one_line(filled: WorkspacePaths, page: Page) -> None:  # noqa: ARG001
    app = unfolded(page)
    next(one for one in app.text_input if one.label == "Name of the transformed image set").set_value("real-tumor")
    app = click(app, "Write")
    (error,) = app.error
    assert "There is an image set 'real-tumor' already" in error.value


def test_what_was_done_to_an_image_is_said_in_words() -> None:
    one = Transformation(
        horizontal_flip=True, rotation_deg=-6.6, shift_x=0.05, shift_y=-0.08, shear=0.01, zoom=0.95
    )
    assert in_words(one).replace("\N{NO-BREAK SPACE}", " ") == (
        "mirrored, turned -6.6°, moved +13, -20 px, sheared +1.0 %, zoomed -5.0 %"
    )
