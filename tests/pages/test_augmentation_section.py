"""Classical augmentation on the Library page: versions side by side, written as a set, gone on with."""

import re
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from core.augmentation.transformation import Transformation
from core.identifiers import ImageSetName
from core.settings import WorkspacePaths
from core.workflows.augmentation_writing import AugmentationRequest, unfinished_augmentations, write_augmentation
from core.workflows.image_sets import all_image_sets
from pages.components.augmentation_section import in_words

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
    assert "glioma-tumor-classical: 20 transformed images" in app.success[0].value
    assert "glioma-tumor-classical" in {entry.name for entry in all_image_sets(filled)}
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
    app = click(unfolded(page), "Write the rest")
    assert "late: 25 transformed images" in app.success[0].value
    assert unfinished_augmentations(filled, SOURCE) == []


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
