"""Starting a detector's run: whose patients, under which condition, by which recipe."""

import streamlit as st

from core.detection.condition import Condition
from core.identifiers import ReleaseName, RunName
from core.imageset.record import ImageKind
from core.settings import WorkspacePaths
from core.workflows.cohorts import all_cohorts
from core.workflows.detector_processes import start_detector
from core.workflows.detector_training import DEFAULT_WEIGHTS, DetectorRequest, Recipe
from core.workflows.image_sets import all_image_sets
from core.workflows.releases import all_releases
from pages.components.error_boundary import shown_errors
from pages.components.feedback import done

CONDITIONS = {
    Condition.NONE: "None: real images alone",
    Condition.CLASSICAL: "Classical: and transformed ones",
    Condition.SYNTHETIC: "Synthetic: and synthetic ones",
    Condition.BOTH: "Both: and transformed and synthetic ones",
}
RECIPES = {
    Recipe.LIGHT: "Light: ResNet-18 at 112 px, for two cores",
    Recipe.PAPER: "Paper: ResNet-50 as published, for a GPU",
    Recipe.SMOKE: "Smoke: seconds, to see that everything works",
}
LARGEST_SEED = 2**31 - 1


def detector_form(paths: WorkspacePaths) -> None:
    cohorts = [cohort.name for cohort in all_cohorts(paths)]
    if not cohorts:
        st.info("A detector learns from patients. Import or simulate some first.")
        st.page_link("cohorts.py", label="Import or simulate patients", icon=":material/groups:")
        return
    left, middle, right = st.columns([3, 4, 4])
    cohort = left.selectbox("Cohort", cohorts, help="Training patients teach, test patients are for the table.")
    condition = middle.selectbox("Condition", [*CONDITIONS], format_func=CONDITIONS.get)
    recipe = right.selectbox("Recipe", [*RECIPES], format_func=RECIPES.get)
    releases = []
    if condition.has_synthetic:
        releases = _releases(paths)
    request = DetectorRequest(
        cohort=cohort, condition=condition, releases=tuple(releases), recipe=recipe, **_details(recipe)
    )
    if st.button("Train", type="primary"):
        _start(paths, request)


def _releases(paths: WorkspacePaths) -> list[ReleaseName]:
    kinds = {one.name: one.kind for one in all_image_sets(paths)}
    known = [one.name for one in all_releases(paths) if kinds[one.image_set] is ImageKind.SYNTHETIC]
    return st.multiselect(
        "Releases of synthetic images, of tumor and of nontumor ones",
        known,
        help="Of generators that learned from this cohort. Both are needed: with one kind alone a detector could "
        "learn that whatever is synthetic is of that kind.",
        placeholder="Choose releases" if known else "None yet: release curated images on the Curation page",
    )


def _details(recipe: Recipe) -> dict[str, object]:
    with st.expander("More settings"):
        left, beside, middle, right = st.columns([2, 2, 3, 3])
        seed = left.number_input("Seed", 0, LARGEST_SEED, 0)
        epochs = beside.number_input("Epochs, at most", 1, 100_000, value=None, placeholder="By recipe")
        default = f"By recipe: {DEFAULT_WEIGHTS[recipe]}"
        weights = middle.text_input("First weights", placeholder=default, help="imagenet, none, or a file.")
        name = right.text_input("Name of the run", placeholder="By recipe, cohort, condition and seed")
    return {"seed": seed, "epochs": epochs, "weights": weights or None, "name": RunName(name) if name else None}


def _start(paths: WorkspacePaths, request: DetectorRequest) -> None:
    with shown_errors():
        with st.spinner("Starting"):
            name = start_detector(paths, request)
        st.query_params["run"] = name
        done(f"{name} is in training. It goes on when this page or the app is closed.")
