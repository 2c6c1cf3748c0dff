"""The further design of a new study: how it is presented, what is planned, which study it replaces."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from core.identifiers import StudyName
from core.imageset.record import Partition
from core.reading.design import Phases, PlannedAnalysis, Presentation, Scale
from core.reading.protocol import Protocol, Sampling
from core.workflows.planning import Plan
from core.workflows.studies import StudyPlan
from pages.components.blinding_note import remedy_fields

SCALES = {
    Scale.FORCED_CHOICE: "A choice",
    Scale.CONFIDENCE: "A choice, then how sure, 1 to 5",
    Scale.SIX_STEP: "Six steps, from definitely real to definitely synthetic",
}
PHASES = {
    Phases.TOGETHER: "All questions at each image",
    Phases.TUMOR_FIRST: "Tumor for all images first, then realism for all",
}


def sampling_fields() -> Sampling:
    """How real slices are drawn."""
    left, middle, right = st.columns(3)
    partition = left.selectbox("Real images from", [*Partition], index=None, placeholder="All patients")
    most = middle.number_input("Most slices per patient in an arm", 1, 1000, value=None, placeholder="No limit")
    spacing = right.number_input("Fewest slices between two of one patient", 1, 100, 1)
    return Sampling(partition=partition, most_per_subject=most, min_slice_spacing=spacing)


def with_more_design(plan: StudyPlan, replaceable: Sequence[StudyName], *, made: Plan | None) -> StudyPlan:
    """Complete a plan with what the form's lower part says; `replaceable` are the studies that were locked.

    `made` on the Planning page gives the planned analysis, and the reason for the sample size.
    """
    with st.expander("More design"):
        scale = st.selectbox("Answers", [*Scale], format_func=lambda one: SCALES[one])
        presentation = _presentation_fields()
        st.markdown("**Planned analysis**: the accuracy in telling synthetic from real, fixed before the reading")
        planned = _planned_fields(made.planned if made else PlannedAnalysis())
        st.markdown("**Applied to all images alike**")
        remedies = remedy_fields()
        replaces = st.selectbox(
            "Replaces", replaceable, index=None, placeholder="No study", help="What this is a changed version of."
        )
    return replace(
        plan,
        scale=scale,
        presentation=presentation,
        planned=planned,
        sample_size=made.sample_size if made else None,
        remedies=remedies,
        replaces=replaces,
    )


def _presentation_fields() -> Presentation:
    phases = st.selectbox(
        "Order of questions",
        [*Phases],
        format_func=lambda one: PHASES[one],
        help="In two parts, readers learn in the second one only that some images are synthetic.",
    )
    left, right = st.columns(2)
    repeats = left.number_input("Repeats", 0, 10_000, 0, help="Images shown a second time, unannounced.")
    distance = right.number_input("Fewest trials to a repeat", 1, 10_000, Presentation().repeat_distance)
    practice = left.number_input("Practice images", 0, 100, 0, help="Shown first, and never analyzed.")
    break_every = right.number_input("Trials between breaks", 0, 10_000, 0, help="0: no breaks are offered.")
    return Presentation(
        repeats=repeats, repeat_distance=distance, practice=practice, break_every=break_every, phases=phases
    )


def _planned_fields(usual: PlannedAnalysis) -> PlannedAnalysis:
    left, middle, right = st.columns(3)
    margin = left.number_input("Margin", 0.01, 0.49, usual.margin, help="0.5 plus or minus it is equivalent.")
    alpha = middle.number_input("Alpha", 0.001, 0.2, usual.alpha, format="%.3f")
    washout = right.number_input("Washout days", 0, 10_000, 0, help="Since these readers saw these images.")
    tumor = left.number_input("Floor of tumor accuracy", 0.01, 0.99, usual.tumor_accuracy_floor)
    repeats = middle.number_input("Floor of agreement on repeats", 0.01, 0.99, usual.repeat_agreement_floor)
    return PlannedAnalysis(
        margin=margin,
        alpha=alpha,
        tumor_accuracy_floor=tumor,
        repeat_agreement_floor=repeats,
        washout_days=washout,
    )


def design_note(protocol: Protocol) -> None:
    """What a study's protocol says of both, of releases, and of the study that it replaces."""
    for name, drawn in protocol.releases.items():
        st.caption(f"Drawn from the release {name}: {drawn.n_images} images of {drawn.image_set}")
    if str(protocol.presentation):
        st.caption(f"Shown: {protocol.presentation}")
    if protocol.planned is not None:
        st.caption(f"Planned: {protocol.planned}")
    if protocol.sample_size is not None:
        st.caption(f"Planned size: {protocol.sample_size}")
    if protocol.replaces is not None:
        st.caption(f"Replaces {protocol.replaces}")
