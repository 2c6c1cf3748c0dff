"""Reader studies: make one, lock it, invite readers, watch them come along, close it."""

import streamlit as st

from core.identifiers import StudyName
from core.reading.protocol import DEFAULT_PREVALENCE_TEXT, Question
from core.reading.study import Study, StudyState
from core.runs.order import LARGEST_SEED
from core.settings import WorkspacePaths, base_url_from_environment
from core.workflows.access import invite_reader
from core.workflows.curated_readings import curator_warning
from core.workflows.studies import (
    StudyPlan,
    StudyStatus,
    all_studies,
    close_study,
    create_study,
    delete_study,
    lock_study,
)
from pages.components.access_gate import researchers_only
from pages.components.blinding_note import blinding_note
from pages.components.error_boundary import shown_errors
from pages.components.feedback import delete_button, done, say_what_was_done
from pages.components.made_plan import forget_plan, made_plan
from pages.components.study_design import design_note, sampling_fields, with_more_design
from pages.components.study_sources import Drawable, drawable_sources, source_fields
from pages.components.withdrawal import withdraw_a_reader

NEXT_STEP = {
    StudyState.DRAFT: "Next: look at its blinding audit, then lock it. From then on nothing about it changes.",
    StudyState.LOCKED: "Next: invite readers. Close it when they are done; only then results are shown.",
    StudyState.OPEN: "Readers are reading. Close it when they are done; only then results are shown.",
    StudyState.CLOSED: "Closed: see Results.",
}
USUAL_PER_ARM = 50


def main() -> None:
    paths = researchers_only()
    st.title("Reader studies")
    st.write("Blinded readings of real and synthetic images. Until a study is closed, only counts are shown.")
    say_what_was_done()
    with shown_errors():
        found = all_studies(paths)
        for status in reversed(found):
            _study(paths, status)
        with st.expander("New study", expanded=not found or made_plan() is not None, icon=":material/add:"):
            _new_study(paths, [one.study.name for one in found if one.study.state is not StudyState.DRAFT])


def _study(paths: WorkspacePaths, status: StudyStatus) -> None:
    study = status.study
    with st.container(border=True):
        head, actions = st.columns([3, 2])
        head.subheader(study.name)
        arms = ", ".join(f"{n} {arm}" for arm, n in study.protocol.arms.items())
        head.markdown(f"**{study.state.capitalize()}** · {study.protocol.n_trials} trials per reader ({arms})")
        head.caption(NEXT_STEP[study.state])
        with actions, st.container(horizontal=True, horizontal_alignment="right"), shown_errors():
            _actions(paths, study)
            withdraw_a_reader(paths, status)
        for reader in status.readers:
            st.progress(reader.responses / reader.trials, f"{reader.name}: {reader.text}")
        if study.protocol_hash:
            st.caption(f"Protocol hash `{study.protocol_hash}`")
        design_note(study.protocol)
        blinding_note(paths, study)


def _actions(paths: WorkspacePaths, study: Study) -> None:
    name = study.name
    if study.state is StudyState.DRAFT:
        if st.button("Lock", key=f"lock {name}", type="primary"):
            _, warnings = lock_study(paths, name)
            done("  \n".join([*warnings, f"{name} is locked."]))
        delete_button(f"draft {name}", lambda: delete_study(paths, name))
    if study.takes_readers:
        _invite(paths, name)
        with st.popover("Close study"):
            st.write("Closing ends the reading for everybody and opens the results. It cannot be undone.")
            if st.button("Close it", key=f"close {name}", type="primary"):
                close_study(paths, name)
                done(f"{name} is closed.")


def _invite(paths: WorkspacePaths, name: StudyName) -> None:
    with st.popover("Invite a reader"), st.form(f"invite {name}", border=False):
        reader = st.text_input("Reader", help="A name or a code. Seen by researchers only.")
        again = st.checkbox("New link for a reader who was invited before; the old one ends")
        if st.form_submit_button("Make link"):
            with shown_errors():
                link = invite_reader(paths, name, reader, again=again, base_url=base_url_from_environment())
                warned = filter(None, [curator_warning(paths, name, reader)])
                done("  \n".join([*warned, f"Send this link to {reader}. It works once."]), link=link)


def _new_study(paths: WorkspacePaths, replaceable: list[StudyName]) -> None:
    drawable = drawable_sources(paths)
    if drawable is None:
        st.info("A study needs real and synthetic image sets. Import them on the Library page.")
        return
    made = made_plan()
    if made is not None:
        st.info(f"Planned: {made.sample_size}.")
        if st.button("Make one without this plan"):
            forget_plan()
            st.rerun()
    planned = made.images_per_arm if made else USUAL_PER_ARM
    with st.form("new study", border=False):
        plan = with_more_design(_plan_fields(drawable, per_arm=planned), replaceable, made=made)
        if st.form_submit_button("Draw the cases", type="primary"):
            with shown_errors():
                study = create_study(paths, plan)
                forget_plan()
                done(f"{study.name} has {study.protocol.n_cases} cases.")


def _plan_fields(drawable: Drawable, *, per_arm: int) -> StudyPlan:
    left, right = st.columns(2)
    name = left.text_input("Name")
    n_each = right.number_input(
        "Images per arm", 1, 10_000, per_arm, help="Four arms: real and synthetic, tumor and nontumor."
    )
    real, synthetic = source_fields(drawable)
    sampling = sampling_fields()
    left, right = st.columns(2)
    questions = left.multiselect("Questions", [*Question], default=[*Question])
    seed = right.number_input("Seed", 0, LARGEST_SEED, 0)
    confirm = left.checkbox("Submit with Enter instead of with the last answer")
    text = st.text_input("What readers are told of the mixture", DEFAULT_PREVALENCE_TEXT)
    return StudyPlan(
        name=StudyName(name),
        real_sets=real,
        synthetic_sets=synthetic,
        per_arm=n_each,
        seed=seed,
        sampling=sampling,
        questions=tuple(questions),
        confirm=confirm,
        prevalence_text=text,
    )


main()
