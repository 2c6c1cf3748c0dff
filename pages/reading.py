"""A reader's page: agree and check the screen, read, thanks. No truth and no result ever comes here."""

from pathlib import Path
from string import Template

import streamlit as st

from core.access.person import SignIn
from core.errors import BadInputError
from core.identifiers import keyed_id
from core.reading.design import Scale
from core.reading.protocol import Question
from core.reading.study import GRAY_RAMP_STEPS, ReaderProfile
from core.settings import WorkspacePaths
from core.workflows.reading import ReadingStatus, begin_reading, reading_status
from pages.components.access_gate import readers_only
from pages.components.error_boundary import shown_errors
from pages.components.reading_viewer import reading_viewer

ASSETS = Path(__file__).parents[1] / "assets"
QUESTIONS = {
    Question.REALISM: "Is it **real** (from a scanner) or **synthetic** (made by a computer)?",
    Question.TUMOR: "Does it show a **tumor** or **no tumor**?",
}
SCALES = {
    Scale.FORCED_CHOICE: [],
    Scale.CONFIDENCE: ["After each answer: how sure are you, from **1** (guessing) to **5** (certain)?"],
    Scale.SIX_STEP: ["Answer in six steps, from **1** (definitely the first) to **6** (definitely the second)."],
}
SPECIALTIES = ("Neuroradiology", "Radiology", "Neurosurgery", "Neurology", "Radiation oncology", "Other")


def main() -> None:
    paths, reader = readers_only()
    with shown_errors():
        status = reading_status(paths, reader)
        if not status.takes_readers or status.finished:
            _thanks(status)
        elif not status.consented:
            _start_page(paths, reader, status)
        else:
            reading_viewer(reading=keyed_id(reader.person.person_id, status.study))


def _start_page(paths: WorkspacePaths, reader: SignIn, status: ReadingStatus) -> None:
    _, middle, _ = st.columns([1, 4, 1])
    with middle:
        st.title("Reading brain MR images")
        practice = f" {status.n_practice} practice images come before." if status.n_practice else ""
        st.write(f"**{status.n_trials} images.**{practice} {status.prevalence_text}")
        st.markdown(_instructions(status))
        with st.form("start"):
            profile = _profile_fields(may_tell=status.may_tell)
            st.subheader("Consent")
            subject = "synthetic images" if status.may_tell else "how images of the brain are read"
            st.markdown(Template((ASSETS / "consent.md").read_text()).substitute(subject=subject))
            agreed = st.checkbox("I have read this and agree to take part.")
            if st.form_submit_button("Start reading", type="primary"):
                with shown_errors():
                    begin_reading(paths, reader, _checked(profile, agreed=agreed))
                    st.rerun()


def _instructions(status: ReadingStatus) -> str:
    """What this study asks, and when an answer counts."""
    questions = [QUESTIONS[question] for question in status.questions] + SCALES[status.scale]
    submission = "You can change an answer until you press **Enter**; then the next image appears."
    if not status.confirm:
        submission = "With the last answer the next image appears; until then you can change the ones before."
    template = Template((ASSETS / "reader_instructions.md").read_text())
    return template.substitute(questions="\n".join(f"- {text}" for text in questions), submission=submission)


def _profile_fields(*, may_tell: bool) -> dict[str, object]:
    st.subheader("Your screen")
    st.html((ASSETS / "gray_ramp.html").read_text())
    steps = st.selectbox(
        "In how many of the eight patches do you see a square inside?",
        range(GRAY_RAMP_STEPS + 1),
        index=None,
        help="Dim the room lights if you can. There is no right number; it is recorded with your answers.",
    )
    st.subheader("About you")
    left, right = st.columns(2)
    fields: dict[str, object] = {
        "gray_ramp_steps": steps,
        "specialty": left.selectbox("Specialty", SPECIALTIES, index=None),
        "years_of_experience": right.number_input("Years of experience reading brain MR", 0, 70, value=None),
        "board_certified": left.selectbox("Board certified", ("Yes", "No"), index=None),
    }
    if may_tell:
        seen = right.selectbox("Have you seen synthetic MR images before?", ("Yes", "No"), index=None)
        fields["seen_synthetic_before"] = seen
    return fields


def _checked(fields: dict[str, object], *, agreed: bool) -> ReaderProfile:
    if any(value is None for value in fields.values()):
        raise BadInputError("Some fields are still empty.", "Fill in every field above; none is preselected.")
    if not agreed:
        raise BadInputError("You have not agreed to take part.", "Tick the box under Consent to start.")
    return ReaderProfile.from_answers(fields)


def _thanks(status: ReadingStatus) -> None:
    _, middle, _ = st.columns([1, 3, 1])
    with middle:
        st.title("Thank you")
        if status.finished:
            st.write(f"All {status.n_trials} images are read and saved. You can close this window.")
        else:
            st.write(f"This study is closed. {status.n_responses} of {status.n_trials} images are read and saved.")


main()
