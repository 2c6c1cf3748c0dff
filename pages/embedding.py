"""Embedding: every image a point, near to those that it resembles; where real and synthetic ones part."""

from pathlib import Path

import streamlit as st

from core.access.person import Person, Role
from core.embedding.embedding import EmbeddingAbout
from core.identifiers import EmbeddingName
from core.settings import WorkspacePaths
from core.workflows.embedding_process import cancel_embedding
from core.workflows.image_sets import all_image_sets
from core.workflows.stored_embedding import (
    delete_embedding,
    embedding_named,
    embedding_progress,
    embeddings,
    embeddings_at_work,
    unreadable_embeddings,
)
from pages.components.access_gate import researchers_only, signed_in_as
from pages.components.embedding_chosen import embedding_chosen
from pages.components.embedding_export import embedding_export
from pages.components.embedding_form import CHOSEN, embedding_form
from pages.components.embedding_quality import embedding_quality
from pages.components.embedding_scatter import embedding_scatter
from pages.components.error_boundary import show_error, shown_errors
from pages.components.feedback import delete_button, done, say_what_was_done
from pages.components.watched_work import watch

WIDE = Path(__file__).parents[1] / "assets" / "wide_page.css"
NAMES_PX = 340
NEW = "A new one"


def main() -> None:
    paths = researchers_only()
    st.html(WIDE)
    with shown_errors():
        if not all_image_sets(paths):
            st.title("Embedding")
            st.info("It takes images to show how they lie. Import patients on the Patients page.")
            return
        made = {about.name: about for about in embeddings(paths)}
        name = _chosen(paths, [*made])
        say_what_was_done()
        for problem in unreadable_embeddings(paths):
            show_error(problem)
        if name is None:
            _begin(paths)
        elif name in made:
            _picture(paths, made[name])
        else:
            _at_work(paths, name)


def _chosen(paths: WorkspacePaths, made: list[EmbeddingName]) -> EmbeddingName | None:
    """The one that the address names, else one that is being made, else the newest; None: a new one is wanted."""
    begun = embeddings_at_work(paths)
    running = [name for name, progress in begun.items() if progress.running]
    names = [*dict.fromkeys([*running, *made, *begun])]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title("Embedding", width="content")
        if not names:
            return None
        wanted = st.query_params.get(CHOSEN)
        first = names.index(EmbeddingName(wanted)) if wanted in names else len(names) if wanted == NEW else 0
        label = st.selectbox("Embedding", [*names, NEW], first, label_visibility="collapsed", width=NAMES_PX)
        st.query_params[CHOSEN] = label
        if label == NEW:
            return None
        if label in made:
            embedding_export(paths, label)
            delete_button(label, lambda: delete_embedding(paths, label))
    return EmbeddingName(label)


def _begin(paths: WorkspacePaths) -> None:
    st.write(
        "Every image becomes a point, near to those that it resembles. It shows where synthetic images lie apart "
        "from real ones, where they are all alike, and which of them are out of place."
    )
    embedding_form(paths)


def _picture(paths: WorkspacePaths, about: EmbeddingAbout) -> None:
    embedding = embedding_named(paths, about.name)
    points = embedding_scatter(about)
    embedding_quality(about)
    embedding_chosen(paths, embedding, points, _person())


def _person() -> Person:
    signed_in = signed_in_as(Role.RESEARCHER)
    assert signed_in is not None  # the page let nobody else in
    return signed_in.person


def _at_work(paths: WorkspacePaths, name: EmbeddingName) -> None:
    progress = embedding_progress(paths, name)
    if progress is not None and progress.running:
        watch(lambda: embedding_progress(paths, name), f"Making {name}", below=lambda: _cancel_button(paths, name))
        return
    st.error(progress.problem if progress and progress.problem else f"{name} was interrupted. Start it again.")
    delete_button(name, lambda: delete_embedding(paths, name))


def _cancel_button(paths: WorkspacePaths, name: EmbeddingName) -> None:
    if st.button("Cancel"):
        with shown_errors():
            cancel_embedding(paths, name)
            done(f"{name} was canceled.")


main()
