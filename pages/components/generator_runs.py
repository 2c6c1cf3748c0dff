"""Generators as rows of a list: what one learns, how far it is, what can be done with it."""

import streamlit as st

from core.runs.run_folder import RunState
from core.settings import WorkspacePaths
from core.workflows.generator_processes import pause_generator, resume_generator, stop_generator
from core.workflows.generators import Run, all_generators, delete_run, run_ticks
from pages.components.run_list import RunKind
from pages.components.run_words import course_text, is_eigenimage


def generator_runs() -> RunKind[Run]:
    return RunKind(
        all_runs=all_generators,
        what=lambda run: f"{run.tumor_status} images of {run.trained_on} · {run.recipe}",
        draw_course=_draw_course,
        pause=pause_generator,
        resume=resume_generator,
        stop=stop_generator,
        delete=delete_run,
    )


def _draw_course(paths: WorkspacePaths, run: Run) -> None:
    ticks = run_ticks(paths, run.name) if run.state is RunState.RUNNING else []
    text = course_text(run, ticks[-1].seconds_left if ticks else None)
    if is_eigenimage(run) or run.state is RunState.FINISHED:
        st.write(text)
    else:
        st.progress(min(run.kimg / run.planned_kimg, 1.0), text)
