"""The Fidelity page: what was measured opens at once; measuring is started from it and watched."""

import json
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from core.figures.fidelity import nearest_distances
from core.figures.style import Theme
from core.identifiers import CohortName, ImageSetName
from core.settings import WorkspacePaths
from core.workflows.fidelity_sources import FidelityRequest
from core.workflows.stored_fidelity import fidelity, fidelity_progress

Page = Callable[..., AppTest]
GLIOMA = CohortName("glioma")
SET = ImageSetName("synthetic-tumor")
AT_16 = FidelityRequest(image_set=SET, cohort=GLIOMA, resolution=16)


def chosen(app: AppTest) -> AppTest:
    """The smallest size, so that nothing takes long."""
    label = next(label for label in app.selectbox[0].options if label.startswith(f"{SET} "))
    return app.selectbox[0].select(label).run().selectbox[2].select(16).run()


def said(app: AppTest) -> str:
    cells = [str(cell) for table in app.table for cell in table.value.to_numpy().ravel()]
    return " ".join([*(text.value for text in app.markdown), *cells])


def test_what_was_measured_opens_at_once(filled: WorkspacePaths, page: Page) -> None:
    """Of the one patient in training there are five images: too few for some figures."""
    found = fidelity(filled, AT_16, on_progress=lambda *_: None)
    app = chosen(page("fidelity"))
    assert (list(app.exception), list(app.error)) == ([], [])
    assert not app.button
    for title in ("Sliced Wasserstein", "FID", "Precision", "Coverage", "Classifier AUC", "MS-SSIM"):
        assert title in said(app)
    assert found["kid"]["how_to_read"] in said(app)
    assert "5 images are too few for precision and recall" in said(app)
    assert "below *As many training images*, the distance between" in said(app)  # no key of the JSON
    assert [heading.value for heading in app.subheader][:1] == ["Memorization"]


def test_what_is_not_measured_can_be_started_and_its_end_is_told(
    filled: WorkspacePaths, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr("core.workflows.stored_fidelity.start_fidelity", lambda _, request: asked.append(request))
    app = chosen(page("fidelity"))
    app.button[0].click().run()
    assert asked == [AT_16]
    working = filled.features / SET / "fidelity.working"
    working.parent.mkdir(parents=True, exist_ok=True)
    working.write_text("2 9")
    assert fidelity_progress(filled, SET) is not None
    assert [error.value for error in app.run().error] == ["It was interrupted. Start it again."]


def test_the_figure_shows_both_and_where_near_copies_lie() -> None:
    words = "gray values"
    figure = nearest_distances([1.0, 2.0, 3.0], [2.0, 4.0, 9.0], limit=2.0, distances_in=words, theme=Theme.DARK)
    content = json.loads(figure.to_json())
    assert content["layout"]["xaxis"]["title"]["text"] == words
    assert [trace["name"] for trace in content["data"]] == ["The set", "New patients' images"]
    assert content["data"][0]["y"] == [0, 50, 100]
    assert "near-copies" in json.dumps(content["layout"])
    assert len(nearest_distances([1.0, 2.0], None, limit=None, distances_in="", theme=Theme.LIGHT).data) == 1
