"""Starting a detector's run: whose patients, under which condition, by which recipe."""

from typing import Any

import streamlit as st

from core.detection.condition import Condition
from core.identifiers import ReleaseName, RunName
from core.imageset.record import ImageKind
from core.runs.order import LARGEST_SEED
from core.settings import WorkspacePaths
from core.workflows.cohorts import all_cohorts
from core.workflows.detector_experiment import ExperimentRequest, start_experiment
from core.workflows.detector_processes import start_detector
from core.workflows.detector_training import DEFAULT_WEIGHTS, DetectorRequest, Recipe
from core.workflows.image_sets import all_image_sets
from core.workflows.releases import all_releases
from pages.components.error_boundary import shown_errors
from pages.components.feedback import done

ALL = "all"
CONDITIONS: dict[str, str] = {
    Condition.NONE: "None: real images alone",
    Condition.CLASSICAL: "Classical: and transformed ones",
    Condition.SYNTHETIC: "Synthetic: and synthetic ones",
    Condition.BOTH: "Both: and transformed and synthetic ones",
    ALL: "All of these, one after another",
}
RECIPES = {
    Recipe.LIGHT: "Light: ResNet-18 at 112 px, for two cores",
    Recipe.PAPER: "Paper: ResNet-50 as published, for a GPU",
    Recipe.SMOKE: "Smoke: seconds, to see that everything works",
}
MOST_SEEDS = 100
SEVERAL_SEEDS = "Runs that differ in nothing but chance: the table then shows their mean and its spread."


def detector_form(paths: WorkspacePaths) -> None:
    """Of one condition and seed a run is started, of several an experiment."""
    cohorts = [cohort.name for cohort in all_cohorts(paths)]
    if not cohorts:
        st.info("A detector learns from patients. Import or simulate some first.")
        st.page_link("cohorts.py", label="Import or simulate patients", icon=":material/groups:")
        return
    left, middle, right = st.columns([3, 4, 4])
    cohort = left.selectbox("Cohort", cohorts, help="Training patients teach, test patients are for the table.")
    condition = middle.selectbox("Condition", [*CONDITIONS], format_func=CONDITIONS.get)
    recipe = right.selectbox("Recipe", [*RECIPES], format_func=RECIPES.get)
    conditions = tuple(Condition) if condition == ALL else (Condition(condition),)
    releases = _releases(paths) if any(one.has_synthetic for one in conditions) else []
    seeds, changes = _details(recipe)
    request = DetectorRequest(
        cohort=cohort, condition=conditions[0], releases=tuple(releases), recipe=recipe, **changes
    )
    if st.button("Train", type="primary"):
        with shown_errors():
            if seeds > 1 or len(conditions) > 1:
                _start_experiment(paths, ExperimentRequest(like=request, conditions=conditions, seeds=seeds))
            else:
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


def _details(recipe: Recipe) -> tuple[int, dict[str, Any]]:
    """How many seeds, and what is changed of the recipe."""
    with st.expander("More settings"):
        first, second, third, fourth = st.columns(4)
        seed = first.number_input("Seed", 0, LARGEST_SEED, 0)
        seeds = second.number_input("How many seeds", 1, MOST_SEEDS, 1, help=SEVERAL_SEEDS)
        epochs = third.number_input("Epochs, at most", 1, 100_000, value=None, placeholder="By recipe")
        batch = fourth.number_input("Images per step", 1, 100_000, value=None, placeholder="By recipe")
        left, right = st.columns(2)
        default = f"By recipe: {DEFAULT_WEIGHTS[recipe]}"
        weights = left.text_input("First weights", placeholder=default, help="imagenet, none, or a file.")
        name = right.text_input("Name of the run", placeholder="By recipe, cohort, condition and seed")
    changes = {"seed": seed, "epochs": epochs, "batch": batch, "weights": weights or None}
    return seeds, changes | {"name": RunName(name) if name else None}


def _start(paths: WorkspacePaths, request: DetectorRequest) -> None:
    with st.spinner("Starting"):
        name = start_detector(paths, request)
    st.query_params["run"] = name
    done(f"{name} is in training. It goes on when this page or the app is closed.")


def _start_experiment(paths: WorkspacePaths, request: ExperimentRequest) -> None:
    with st.spinner("Starting"):
        start_experiment(paths, request)
    done("The experiment is under way. It goes on when this page or the app is closed.")
