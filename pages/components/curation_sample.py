"""A random sample on the Curation page: decided on, it says how much of the rest would be discarded."""

import streamlit as st

from core.access.person import Person, Role
from core.curation.sample_review import RestEstimate, SampleReviewState
from core.imageset.record import ImageSet
from core.runs.order import LARGEST_SEED
from core.settings import WorkspacePaths
from core.workflows.releases import sample_review_state, start_sample_review
from core.workflows.resolutions import resolved
from pages.components.error_boundary import shown_errors
from pages.components.feedback import done
from pages.components.image_gallery import image_gallery

USUAL_SAMPLE = 100


def sample_view(paths: WorkspacePaths, image_set: ImageSet, curator: Person) -> None:
    state = sample_review_state(paths, image_set.name)
    may_draw = curator.role is Role.RESEARCHER
    if state is None:
        if not may_draw:
            st.info("No random sample was drawn of this set. The researcher draws one.")
            return
        st.write(
            "Nobody can look at all of 100,000 images. Decide on a random sample of those that nobody decided on, "
            "and it says how much of the rest would be discarded, with an interval. A release may then accept "
            "the rest, and states this estimate."
        )
        _draw(paths, image_set)
        return
    if state.estimate is not None:
        st.markdown(estimate_text(state.estimate))
        if may_draw:
            with st.expander("Draw another sample"):
                _draw(paths, image_set)
    else:
        st.caption(_progress_text(state))
    image_gallery(paths, image_set, curator, mode="decide", subset=state.review.sample.tolist())


def estimate_text(estimate: RestEstimate) -> str:
    """What a sample says, with its n and interval."""
    said = f"{estimate.n_discarded} of the {estimate.n_sample} images of the random sample were discarded."
    if estimate.rate is None or estimate.rate95 is None:
        return f"{said} All images are decided: there is no rest to estimate."
    low, high = estimate.rate95
    return (
        f"{said} Of the **{estimate.n_rest:,}** images that nobody looked at, **{estimate.rate:.1%}** would be "
        f"discarded (95 % interval {low:.1%} to {high:.1%})."
    )


def _progress_text(state: SampleReviewState) -> str:
    n_sample = len(state.review.sample)
    return (
        f"A random sample of {n_sample} images (seed {state.review.seed}). "
        f"{n_sample - len(state.waiting)} were decided; with the last one the estimate appears."
    )


def _draw(paths: WorkspacePaths, image_set: ImageSet) -> None:
    n_open = int(resolved(paths, image_set.name).resolution.open.sum())
    if not n_open:
        st.info("All images are decided: there is nothing to estimate.")
        return
    with st.form("sample", border=False):
        left, right, button = st.columns([2, 2, 3], vertical_alignment="bottom")
        n = left.number_input(f"Images, of {n_open:,} undecided", 1, n_open, min(USUAL_SAMPLE, n_open))
        seed = right.number_input("Seed", 0, LARGEST_SEED, 0)
        if button.form_submit_button("Draw the sample", type="primary"):
            with shown_errors():
                start_sample_review(paths, image_set.name, n=n, seed=seed)
                done(f"{n} images of {image_set.name} were drawn.")
