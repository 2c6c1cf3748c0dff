"""One run: what it is, what ended it, and what can be seen of it and done with it."""

from collections.abc import Callable, Sequence

import streamlit as st

from core.settings import WorkspacePaths
from core.workflows.generators import Run
from pages.components.error_boundary import shown_errors
from pages.components.generator_runs import generator_runs
from pages.components.run_course import run_course
from pages.components.run_growth import grow_further, larger_resolutions
from pages.components.run_head import run_head, since
from pages.components.run_pictures import between_seeds, compare_checkpoints
from pages.components.run_words import is_eigenimage
from pages.components.sampling import draw_images

View = Callable[[WorkspacePaths, Run, Sequence[Run]], None]
VIEWS: dict[str, View] = {
    "Progress": run_course,
    "Draw images": draw_images,
    "Compare checkpoints": compare_checkpoints,
    "Between seeds": between_seeds,
    "Grow further": grow_further,
}


def generator_details(paths: WorkspacePaths, run: Run, runs: Sequence[Run]) -> None:
    run_head(paths, generator_runs(), run, _facts(run))
    absent = {"Progress": is_eigenimage(run), "Grow further": not larger_resolutions(run)}
    views = [name for name in VIEWS if not absent.get(name)]
    first = "Progress" if "Progress" in views else "Draw images"
    view = st.segmented_control(
        "View", views, default=first, required=True, key=f"view {run.name}", label_visibility="collapsed"
    )
    with shown_errors():
        VIEWS[view or first](paths, run, runs)


def _facts(run: Run) -> list[str]:
    return [
        f"{run.recipe} recipe",
        f"{run.tumor_status} images of {run.trained_on}",
        f"grows to {run.planned_resolution} px" if not is_eigenimage(run) else f"{run.resolution} px",
        f"seed {run.seed}",
        since(run.started_at),
    ]
