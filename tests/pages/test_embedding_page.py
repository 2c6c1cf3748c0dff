"""The Embedding page: what was made opens at once, what is not is begun, watched and ended from it."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from core.embedding.features import Features
from core.identifiers import EmbeddingName, ImageSetName
from core.settings import WorkspacePaths
from core.workflows.embedding_request import EmbeddingRequest
from core.workflows.feature_choice import BY_PIXELS
from core.workflows.stored_embedding import EMBEDDING_FILE, embeddings, store_embedding
from tests.made_up_embeddings import NAME, planted_embedding

Page = Callable[..., AppTest]


def said(app: AppTest) -> str:
    return " ".join(text.value for text in [*app.markdown, *app.caption])


def button(app: AppTest, label: str) -> object:
    return next(one for one in app.button if one.label == label)


def pictures(app: AppTest) -> list[object]:
    """AppTest knows no components: they are there without a type of their own."""
    return [one for one in app.main if type(one).__name__ == "UnknownElement"]


def test_what_was_made_opens_at_once_with_how_far_to_trust_it(filled: WorkspacePaths, page: Page) -> None:
    planted_embedding(filled)
    app = page("embedding")
    assert (list(app.exception), list(app.error)) == ([], [])
    assert app.selectbox[0].value == NAME
    assert pictures(app)
    for words in ("Trustworthiness 0.987", "Neighborhood preservation 0.654", "KL divergence 0.5", "perplexity 5"):
        assert words in said(app)


def test_a_new_one_is_begun_as_in_the_paper(
    filled: WorkspacePaths, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[EmbeddingRequest] = []

    def start(_: WorkspacePaths, request: EmbeddingRequest) -> EmbeddingName:
        asked.append(request)
        return NAME

    monkeypatch.setattr("pages.components.embedding_form.start_embedding", start)
    app = page("embedding")
    app.multiselect[0].select(ImageSetName("synthetic-tumor")).run()
    button(app, "Make the picture").click().run()
    assert list(app.exception) == []
    (request,) = asked
    assert (request.cohort, request.image_sets) == ("glioma", ("synthetic-tumor",))
    assert (request.per_category, request.perplexity, request.iterations) == (300, 100, 1000)
    assert (request.dimensions, request.seed, request.features) == (2, 0, BY_PIXELS)
    assert embeddings(filled) == []


def test_what_cannot_be_made_is_one_line(filled: WorkspacePaths, page: Page) -> None:
    """Three patients have too few images for a perplexity of 100."""
    app = page("embedding")
    button(app, "Make the picture").click().run()
    (error,) = app.error
    assert "perplexity" in error.value
    assert embeddings(filled) == []


def test_a_detector_is_asked_for_where_it_is_to_compare(filled: WorkspacePaths, page: Page) -> None:
    app = page("embedding")
    next(one for one in app.selectbox if one.label == "Compared by").select(Features.DETECTOR).run()
    assert any(one.label == "Detector run" for one in app.selectbox)
    assert filled.database.is_file()
    assert button(app, "Make the picture").disabled


def test_one_that_broke_off_says_why_and_can_be_deleted(filled: WorkspacePaths, page: Page) -> None:
    working = filled.embedding(EmbeddingName("broken")) / "working"
    working.parent.mkdir(parents=True)
    working.write_text("3 9")
    app = page("embedding")
    assert "interrupted" in app.error[0].value
    button(app, "Delete it").click().run()
    assert not working.parent.exists()


def test_what_broke_off_does_not_stand_before_what_is_there(filled: WorkspacePaths, page: Page) -> None:
    made = planted_embedding(filled).about.name
    working = filled.embedding(EmbeddingName("a-broken-one")) / "working"
    working.parent.mkdir(parents=True)
    working.write_text("3 9")
    assert list(page("embedding").selectbox[0].options) == [made, "a-broken-one", "A new one"]


def test_nothing_stale_or_torn_is_shown(filled: WorkspacePaths, page: Page) -> None:
    planted = planted_embedding(filled)
    about = replace(planted.about, image_sets=[(ImageSetName("gone"), "0"), *planted.about.image_sets[1:]])
    store_embedding(filled, replace(planted, about=about))
    torn = filled.embedding(EmbeddingName("torn")) / EMBEDDING_FILE
    torn.parent.mkdir(parents=True)
    torn.write_bytes(b"torn")
    app = page("embedding")
    errors = " ".join(error.value for error in app.error)
    assert "The embedding planted shows images of gone, which is gone." in errors
    assert "torn cannot be read" in errors
    assert not pictures(app)


def test_a_picture_is_exported_in_the_colors_that_were_chosen(
    filled: WorkspacePaths, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    files: dict[str, Callable[[], bytes]] = {}
    monkeypatch.setattr(
        "streamlit.download_button", lambda label, content, *_, **__: files.update({label: content})
    )
    planted_embedding(filled)
    app = page("embedding")
    assert not files
    app.session_state[f"export {NAME}"] = True
    app.run()
    colors = next(one for one in app.selectbox if one.label == "Color by")
    assert colors.options[:4] == ["Category", "Arm", "Patient", "Curation decision"]
    colors.select("decision").run()
    assert list(app.exception) == []
    assert b"color: curation decision" in files["Picture to point at (HTML)"]()


def test_one_is_deleted_after_a_question(filled: WorkspacePaths, page: Page) -> None:
    planted_embedding(filled)
    app = page("embedding")
    button(app, "Delete it").click().run()
    assert embeddings(filled) == []
    assert "Deleted planted." in app.success[0].value
