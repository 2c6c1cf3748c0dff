"""Growing a finished generator to more pixels than it was to reach."""

from collections.abc import Sequence

import streamlit as st

from core.runs.run_folder import RunState
from core.settings import WorkspacePaths
from core.workflows.generator_processes import resume_generator
from core.workflows.generators import Run
from core.workflows.training import Recipe
from pages.components.error_boundary import shown_errors
from pages.components.feedback import done
from pages.components.training_form import RESOLUTIONS


def grow_further(paths: WorkspacePaths, run: Run, _: Sequence[Run]) -> None:
    st.write(
        f"{run.name} makes images of {run.planned_resolution} px. More pixels are learned on top of what it knows; "
        "images that were drawn before stay as they are."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        resolution = st.selectbox(
            "Grow to", larger_resolutions(run), format_func="{} px".format, key=f"grow {run.name}", width=200
        )
        if st.button("Train further", type="primary"):
            with shown_errors():
                with st.spinner("Starting"):
                    resume_generator(paths, run.name, resolution=resolution)
                done(f"{run.name} is in training. It goes on when this page or the app is closed.")


def larger_resolutions(run: Run) -> list[int]:
    """That a finished run of this recipe can be grown to, smallest first; none for eigenimages."""
    if run.state is not RunState.FINISHED:
        return []
    return sorted(size for size in RESOLUTIONS.get(Recipe(run.recipe), ()) if size > run.planned_resolution)
