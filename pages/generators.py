"""Generators: learn one tumor status from a cohort's training patients, and draw synthetic images."""

import streamlit as st

from core.identifiers import ImageSetName
from core.imageset.record import TumorStatus
from core.settings import WorkspacePaths
from core.workflows.cohorts import all_cohorts
from core.workflows.generators import Run, all_generators, sample_generator, train_eigenimages
from pages.components.access_gate import researchers_only
from pages.components.error_boundary import shown_errors
from pages.components.feedback import done, say_what_was_done


def main() -> None:
    paths = researchers_only()
    st.title("Generators")
    st.write(
        "The eigenimage baseline mixes the principal components of real images: instant, and easy to spot. "
        "Images of a stronger generator come in through the library."
    )
    say_what_was_done()
    with shown_errors():
        runs = all_generators(paths)
        for run in reversed(runs):
            _run(paths, run)
        with st.expander("Train eigenimages", icon=":material/add:", expanded=not runs):
            _train(paths)


def _run(paths: WorkspacePaths, run: Run) -> None:
    with st.container(border=True):
        st.subheader(run.name)
        st.write(
            f"{run.tumor_status.capitalize()} images, trained on {run.trained_on}: {run.kimg * 1000:.0f} images."
        )
        with st.popover("Draw images"), st.form(f"sample {run.name}", border=False):
            n_images = st.number_input("Images", 1, 100_000, 100)
            seed = st.number_input("Seed of the first image", 0, 2**31 - 1, 0)
            name = st.text_input("Name of the image set", f"{run.name}-images")
            if st.form_submit_button("Draw", type="primary"):
                with shown_errors():
                    image_set = sample_generator(paths, run.name, ImageSetName(name), n_images=n_images, seed=seed)
                    done(f"{image_set.name}: {image_set.n_images} synthetic images. See the library.")


def _train(paths: WorkspacePaths) -> None:
    cohorts = [cohort.name for cohort in all_cohorts(paths)]
    if not cohorts:
        st.info("A generator learns from patients. Import or simulate some first.")
        return
    with st.form("train", border=False):
        cohort = st.selectbox("Cohort", cohorts)
        tumor_status = st.selectbox("Images", [TumorStatus.TUMOR, TumorStatus.NONTUMOR])
        seed = st.number_input("Seed", 0, 2**31 - 1, 0)
        if st.form_submit_button("Train", type="primary"):
            with shown_errors():
                run = train_eigenimages(paths, cohort, tumor_status, seed=seed)
                done(f"{run.name} is trained. Draw images from it next.")


main()
