"""Starting an embedding: whose images, what they are compared by, and how."""

import streamlit as st

from core.embedding.embedding import Engine
from core.identifiers import EmbeddingName
from core.imageset.record import ImageKind
from core.runs.order import LARGEST_SEED
from core.settings import WorkspacePaths
from core.workflows.cohorts import all_cohorts
from core.workflows.embedding_process import start_embedding
from core.workflows.embedding_request import DIMENSIONS, FEWEST_ITERATIONS, EmbeddingRequest
from core.workflows.image_sets import all_image_sets
from core.workflows.releases import all_releases
from core.workflows.stored_embedding import is_embedding
from pages.components.error_boundary import shown_errors
from pages.components.feature_choice import feature_choice
from pages.components.feedback import done

ENGINES = {
    Engine.AUTO: "The fastest at hand",
    Engine.COMPILED: "Exact, compiled",
    Engine.OPENTSNE: "openTSNE, for many points",
    Engine.SCIKIT_LEARN: "scikit-learn, the reference",
}
CHOSEN = "embedding"  # in the page's address


def embedding_form(paths: WorkspacePaths) -> None:
    cohorts = [cohort.name for cohort in all_cohorts(paths)]
    if not cohorts:
        st.info("An embedding begins with patients. Import or simulate some first.")
        st.page_link("cohorts.py", label="Import or simulate patients", icon=":material/groups:")
        return
    left, middle, right = st.columns([2, 5, 3])
    cohort = left.selectbox("Real images of", cohorts)
    synthetic = [one.name for one in all_image_sets(paths) if one.kind is ImageKind.SYNTHETIC]
    synthetic += [one.name for one in all_releases(paths) if one.image_set in synthetic]
    sets = middle.multiselect(
        "Synthetic image sets, or releases of them",
        synthetic,
        default=_of_cohort(paths, cohort),
        placeholder="None: real and transformed images alone",
        key=f"sets for {cohort}",
    )
    features = feature_choice(paths, right, st.container())
    details = {"cohort": cohort, "image_sets": tuple(sets), "features": features} | _settings()
    if st.button("Make the picture", type="primary", disabled=features is None):
        _start(paths, details)


def _of_cohort(paths: WorkspacePaths, cohort: str) -> list[str]:
    """The newest synthetic sets, one of each tumor status, of generators that learned from the cohort."""
    own = [one for one in all_image_sets(paths) if one.kind is ImageKind.SYNTHETIC and one.trained_on]
    return [*{one.tumor_status: one.name for one in own if one.trained_on.cohort == cohort}.values()]


def _settings() -> dict[str, object]:
    with st.expander("More settings: as in the paper unless you change them"):
        first, second, third, fourth = st.columns(4)
        per_category = first.number_input("Images per category", 1, 50_000, 300, help="Of six categories.")
        perplexity = second.number_input(
            "Perplexity", 1.0, 1000.0, 100.0, format="%g", help="About how many neighbors an image has."
        )
        iterations = third.number_input("Iterations", FEWEST_ITERATIONS, 10_000, 1000)
        seed = fourth.number_input("Seed", 0, LARGEST_SEED, 0, help="Another seed gives another picture.")
        first, second, third = st.columns([1, 1, 2])
        dimensions = first.selectbox("Dimensions", DIMENSIONS)
        engine = second.selectbox("Engine", [*ENGINES], format_func=ENGINES.get)
        name = third.text_input("Name", placeholder="By cohort, features and settings")
    return {
        "per_category": per_category,
        "perplexity": perplexity,
        "iterations": iterations,
        "seed": seed,
        "dimensions": dimensions,
        "engine": engine,
        "name": EmbeddingName(name.strip()) if name.strip() else None,
    }


def _start(paths: WorkspacePaths, details: dict[str, object]) -> None:
    with shown_errors():
        request = EmbeddingRequest(**details)
        with st.spinner("Starting"):
            name = start_embedding(paths, request)
        st.query_params[CHOSEN] = name
        if is_embedding(paths, name):
            done(f"{name} was made before: of the same images, in the same way.")
        st.rerun()
