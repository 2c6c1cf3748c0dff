"""What checkpoints make of seeds, without keeping it: two of them beside each other, and the way between seeds."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from core.runs.order import LARGEST_SEED
from core.settings import WorkspacePaths
from core.workflows.generator_processes import interpolation, seeds_sheet
from core.workflows.generators import Run, WhichCheckpoint
from core.workflows.sampling import PictureFormat
from pages.components.background import answer, ask
from pages.components.run_words import CHECKPOINTS, CHECKPOINTS_HELP, NO_CHECKPOINT

DRAWING = "Drawing, in a process of its own: some seconds."
Choice = tuple[Run, WhichCheckpoint]


def compare_checkpoints(paths: WorkspacePaths, run: Run, runs: Sequence[Run]) -> None:
    """Images of the same seeds from any two checkpoints of the workspace."""
    if not run.checkpoints:
        st.info(NO_CHECKPOINT)
        return
    in_order = [run, *(other for other in runs if other.name != run.name)]
    choices = {f"{one.name} · {which}": (one, which) for one in in_order for which in one.checkpoints}
    left, right, seed_field, n_field = st.columns([4, 4, 2, 2])
    first = left.selectbox("Checkpoint", choices, key=f"one {run.name}")
    second = right.selectbox("Beside it", choices, min(1, len(choices) - 1), key=f"other {run.name}")
    seed = seed_field.number_input("First seed", 0, LARGEST_SEED, 0)
    n_images = n_field.number_input("Images", 4, 64, 16, step=4)
    sides = [("left sheet", first), ("right sheet", second)]
    questions = {label: (_stamp(choices[label]), seed, n_images) for _, label in sides}
    if st.button("Draw both", type="primary"):
        for side, label in sides:
            ask(side, questions[label], partial(_sheet, paths, choices[label], seed, n_images))
    for column, (side, label) in zip(st.columns(2), sides, strict=True):
        with column:
            if png := answer(side, questions[label], DRAWING):
                st.image(png, label, output_format="PNG", width="stretch")


def _sheet(paths: WorkspacePaths, choice: Choice, seed: int, n_images: int) -> bytes:
    run, which = choice
    return seeds_sheet(paths, run.name, n_images=n_images, seed=seed, checkpoint=which)


def _stamp(choice: Choice) -> tuple[str, str, float]:
    """Which file, as it is now: a checkpoint of a run that trains is written again and again."""
    run, which = choice
    return run.name, which, run.checkpoints[which].stat().st_mtime


def between_seeds(paths: WorkspacePaths, run: Run, runs: Sequence[Run]) -> None:  # noqa: ARG001
    """How one image becomes another along the hypersphere; jumps would say that the generator learned by heart."""
    if not run.checkpoints:
        st.info(NO_CHECKPOINT)
        return
    st.caption(
        "Every image on the way from one seed to the next. Where it jumps, the generator may know images by heart."
    )
    columns = st.columns([2, 2, 3, 3])
    seeds = [
        columns[place].number_input(label, 0, LARGEST_SEED, place)
        for place, label in enumerate(("From seed", "To seed"))
    ]
    which = columns[2].selectbox(
        "Checkpoint", [*run.checkpoints], format_func=CHECKPOINTS.get, help=CHECKPOINTS_HELP
    )
    picture = columns[3].selectbox("As", [*PictureFormat], format_func={"png": "Strip", "gif": "Animation"}.get)
    question = (_stamp((run, which)), *seeds, picture)
    if st.button("Draw the way", type="primary"):
        ask("way", question, partial(interpolation, paths, run.name, seeds, picture=picture, checkpoint=which))
    if content := answer("way", question, DRAWING):
        st.image(content, output_format=picture.upper(), width="stretch" if picture is PictureFormat.PNG else 384)
        name = f"{run.name}-{seeds[0]}-to-{seeds[1]}.{picture}"
        st.download_button("Save the picture", content, name, f"image/{picture}", on_click="ignore")
