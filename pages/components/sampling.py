"""Drawing an image set from a run: by a process of its own, watched here, found in the library."""

from collections.abc import Sequence

import streamlit as st

from core.identifiers import ImageSetName
from core.imageset.record import ImageSet
from core.runs.order import LARGEST_SEED
from core.settings import WorkspacePaths
from core.workflows.generators import Run
from core.workflows.image_sets import all_image_sets
from core.workflows.sampling import SamplingRequest
from core.workflows.sampling_process import SamplingProgress, forget_sampling, samplings, start_sampling
from pages.components.error_boundary import shown_errors
from pages.components.feedback import done
from pages.components.run_words import CHECKPOINTS, CHECKPOINTS_HELP, NO_CHECKPOINT, is_eigenimage

EVERY_S = 1.0


def draw_images(paths: WorkspacePaths, run: Run, runs: Sequence[Run]) -> None:  # noqa: ARG001
    if not run.checkpoints:
        st.info(NO_CHECKPOINT)
        return
    left, right = st.columns(2, gap="large")
    with left:
        _form(paths, run)
    with right:
        under_way = samplings(paths, run.name)
        working = any(one.running for one in under_way)
        st.fragment(_drawings, run_every=EVERY_S if working else None)(paths, run, _standing(under_way))


def _form(paths: WorkspacePaths, run: Run) -> None:
    with st.form(f"draw from {run.name}", border=False):
        name = st.text_input("Name of the image set", f"{run.name}-images")
        left, right = st.columns(2)
        n_images = left.number_input("Images", 1, 1_000_000, 100)
        seed = right.number_input("Seed of the first image", 0, LARGEST_SEED, 0, help="The next ones follow.")
        which = left.selectbox("Checkpoint", [*run.checkpoints], format_func=CHECKPOINTS.get, help=CHECKPOINTS_HELP)
        truncation = None
        if not is_eigenimage(run):
            truncation = right.number_input(
                "Truncation",
                0.05,
                1.0,
                value=None,
                step=0.05,
                placeholder="None",
                help="Below 1, images move toward the average one: cleaner and less diverse. It is recorded.",
            )
        if st.form_submit_button("Draw", type="primary"):
            request = SamplingRequest(
                run=run.name,
                name=ImageSetName(name),
                n_images=n_images,
                seed=seed,
                checkpoint=which,
                truncation=truncation,
            )
            _start(paths, request)


def _start(paths: WorkspacePaths, request: SamplingRequest) -> None:
    with shown_errors():
        start_sampling(paths, request)
        done(f"{request.n_images:,} images are being drawn into {request.name}, also when this page is closed.")


def _standing(found: Sequence[SamplingProgress]) -> list[tuple[str, bool]]:
    return [(one.request.name, one.running) for one in found]


def _drawings(paths: WorkspacePaths, run: Run, drawn: Sequence[tuple[str, bool]]) -> None:
    """What is being drawn, what could not be, and what was drawn from this run."""
    with shown_errors():
        under_way = samplings(paths, run.name)
        if _standing(under_way) != drawn:
            st.rerun()
        for one in under_way:
            _under_way(paths, one)
        finished = [entry for entry in all_image_sets(paths) if entry.provenance.get("generator") == run.name]
        for entry in reversed(finished):
            _finished(entry)
        if not under_way and not finished:
            st.info("No images were drawn from this run yet.")


def _under_way(paths: WorkspacePaths, one: SamplingProgress) -> None:
    name, n_images = one.request.name, one.request.n_images
    text = f"{name}: {one.n_done:,} of {n_images:,} images"
    st.progress(one.n_done / n_images, text)
    if one.running:
        return
    st.error(one.problem or f"The drawing of {name} was interrupted.")
    with st.container(horizontal=True):
        if st.button("Draw the rest", key=f"draw the rest of {name}"):
            _start(paths, one.request)
        if st.button("Forget it", key=f"forget {name}"):
            forget_sampling(paths, one.request.run, name)
            st.rerun()


def _finished(entry: ImageSet) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.write(f"**{entry.name}**: {entry.n_images:,} images")
        st.page_link("library.py", label="See the library", icon=":material/photo_library:")
