"""Starting a training: what to learn, by which recipe, and how long that will take here."""

from dataclasses import replace
from functools import partial

import streamlit as st

from core.identifiers import RunName
from core.imageset.record import TumorStatus
from core.runs.order import LARGEST_SEED
from core.settings import WorkspacePaths
from core.workflows.cohorts import all_cohorts
from core.workflows.generator_processes import estimate_training, start_generator
from core.workflows.probing import PROBE_SECONDS, TrainingEstimate
from core.workflows.training import Recipe, TrainingRequest
from pages.components.background import answer, ask
from pages.components.error_boundary import shown_errors
from pages.components.feedback import done
from pages.components.run_words import duration, images_text

RECIPES = {
    Recipe.LIGHT: "Light: a quarter of the paper's channels, for a laptop",
    Recipe.PAPER: "Paper: PGGAN as published, for a GPU",
    Recipe.SMOKE: "Smoke: 16 px in seconds, to see that everything works",
    Recipe.EIGENIMAGE: "Eigenimages: the instant baseline, easy to spot",
}
RESOLUTIONS = {
    Recipe.LIGHT: (64, 32, 128, 256),
    Recipe.PAPER: (256, 128, 64, 32),
    Recipe.SMOKE: (16, 8),
}  # the first one unless told otherwise
_ESTIMATE = "estimate"


def training_form(paths: WorkspacePaths) -> None:
    cohorts = [cohort.name for cohort in all_cohorts(paths)]
    if not cohorts:
        st.info("A generator learns from patients. Import or simulate some first.")
        st.page_link("cohorts.py", label="Import or simulate patients", icon=":material/groups:")
        return
    left, middle, right = st.columns([3, 2, 5])
    cohort = left.selectbox("Cohort", cohorts, help="Of its training patients only.")
    tumor_status = middle.selectbox("Learn images of", [TumorStatus.TUMOR, TumorStatus.NONTUMOR])
    recipe = right.selectbox("Recipe", [*RECIPES], format_func=RECIPES.get)
    request = _with_details(TrainingRequest(cohort=cohort, tumor_status=tumor_status, recipe=recipe))
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Train", type="primary"):
            _start(paths, request)
        if recipe is not Recipe.EIGENIMAGE and st.button("How long will it take here?"):
            ask(_ESTIMATE, request, partial(estimate_training, paths, request))
    seconds = f"{PROBE_SECONDS:.0f} seconds"
    if estimate := answer(_ESTIMATE, request, f"Trying it out on this machine: about {seconds}."):
        _show_estimate(estimate)


def _with_details(request: TrainingRequest) -> TrainingRequest:
    if request.recipe is Recipe.EIGENIMAGE:
        return replace(request, seed=st.number_input("Seed", 0, LARGEST_SEED, 0, width=240))
    left, middle, right = st.columns([3, 2, 5])
    resolution = left.selectbox(
        "Grow to", RESOLUTIONS[request.recipe], format_func="{} px".format, key=f"resolution of {request.recipe}"
    )
    kimg = middle.number_input(
        "Thousand images to show", 0.1, 1e6, value=None, placeholder="By recipe", help="Also called kimg."
    )
    seed = right.number_input("Seed", 0, LARGEST_SEED, 0, width=240)
    return _with_rare_details(replace(request, resolution=resolution, kimg=kimg, seed=seed))


def _with_rare_details(request: TrainingRequest) -> TrainingRequest:
    with st.expander("More settings"):
        left, middle, right = st.columns([3, 2, 5], vertical_alignment="bottom")
        batch = left.number_input("Batch", 4, 1024, value=None, step=4, placeholder="By recipe")
        precision = middle.selectbox("Precision", ["bf16", "fp32"], index=None, placeholder="By machine")
        flip = right.checkbox("Show images mirrored too", help="Left and right are then learned as alike.")
        name = left.text_input("Name of the run", placeholder="By recipe and cohort")
    return replace(
        request, batch=batch, precision=precision, horizontal_flip=flip, name=RunName(name) if name else None
    )


def _start(paths: WorkspacePaths, request: TrainingRequest) -> None:
    with shown_errors():
        with st.spinner("Starting"):
            name = start_generator(paths, request)
        st.query_params["run"] = name
        if request.recipe is Recipe.EIGENIMAGE:
            done(f"{name} is trained. Draw images from it next.")
        done(f"{name} is in training. It goes on when this page or the app is closed.")


def _show_estimate(estimate: TrainingEstimate) -> None:
    speeds = ", ".join(
        f"{'' if size in estimate.measured else 'about '}{speed:,.3g} at {size} px"
        for size, speed in sorted(estimate.images_per_s.items())
    )
    st.info(
        f"**{duration(estimate.seconds).capitalize()}** here, for {images_text(sum(estimate.kimg.values()))}. "
        f"Images per second: {speeds}.  \nOn {estimate.device.upper()} in {estimate.precision}, learning from "
        f"{estimate.n_training_images:,} images. Whatever else this machine does makes it slower."
    )
