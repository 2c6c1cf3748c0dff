"""The planning page says how many images and readers it takes, for what a researcher states."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

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
