"""A study is made, locked, opened to readers and closed on its page; what cannot be done is one line."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from core.curation.decision import Verdict
from core.identifiers import ImageSetName, ReleaseName, StudyName
from core.reading.design import Phases, PlannedAnalysis, Presentation, Scale
from core.reading.study import StudyState
from core.settings import WorkspacePaths
from core.workflows.access import accept_invitation, curator_known_as
from core.workflows.releases import release
from core.workflows.studies import all_studies, lock_study, study_status
from tests.curating import SYNTHETIC, decide

Page = Callable[..., AppTest]


def button(app: AppTest, label: str) -> Button:
    return next(one for one in app.button if one.label == label)


def field(app: AppTest, kind: str, label: str):
    return next(one for one in getattr(app, kind) if one.label == label)


def errors(app: AppTest) -> list[str]:
    assert list(app.exception) == []
    return [error.value for error in app.error]


def state_of(paths: WorkspacePaths, name: str) -> StudyState:
    return study_status(paths, StudyName(name)).study.state


def test_a_study_is_drawn_as_its_form_says(filled: WorkspacePaths, page: Page) -> None:
    app = page("studies")
    field(app, "text_input", "Name").set_value("made")
    field(app, "number_input", "Images per arm").set_value(3)
    real = field(app, "multiselect", "Real image sets")
    real.set_value([name for name in real.value if name.startswith("real-")])
    field(app, "number_input", "Seed").set_value(7)
    field(app, "selectbox", "Answers").set_value("confidence")
    button(app, "Draw the cases").click()
    app.run()
    assert errors(app) == []
    assert [message.value for message in app.success] == ["made has 12 cases."]
    protocol = study_status(filled, StudyName("made")).study.protocol
    assert (protocol.seed, protocol.scale, protocol.n_trials) == (7, "confidence", 12)
    assert set(protocol.image_sets) == {
        "real-tumor",
        "real-nontumor",
        "synthetic-tumor",
        "synthetic-nontumor",
    }


def test_more_design_stands_in_the_protocol(filled: WorkspacePaths, page: Page) -> None:
    app = page("studies")
    field(app, "text_input", "Name").set_value("made")
    field(app, "number_input", "Images per arm").set_value(2)
    field(app, "selectbox", "Answers").set_value("six-step")
    field(app, "selectbox", "Order of questions").set_value("tumor-first")
    numbers = {
        "Repeats": 3,
        "Fewest trials to a repeat": 4,
        "Practice images": 2,
        "Trials between breaks": 5,
        "Margin": 0.15,
        "Washout days": 28,
    }
    for label, number in numbers.items():
        field(app, "number_input", label).set_value(number)
    field(app, "selectbox", "Replaces").set_value("closed")
    button(app, "Draw the cases").click()
    app.run()
    assert errors(app) == []
    protocol = study_status(filled, StudyName("made")).study.protocol
    assert protocol.presentation == Presentation(
        repeats=3, repeat_distance=4, practice=2, break_every=5, phases=Phases.TUMOR_FIRST
    )
    assert protocol.planned == PlannedAnalysis(margin=0.15, washout_days=28)
    assert (protocol.scale, protocol.replaces) == (Scale.SIX_STEP, "closed")
    captions = [caption.value for caption in app.caption]
    assert any("3 repeats, at least 4 trials apart" in caption for caption in captions)
    assert "Replaces closed" in captions


@pytest.mark.parametrize(
    ("name", "per_arm", "words"),
    [
        ("made", 5000, "5000 were asked for"),
        ("study", 1, "There is a study 'study' already"),
        ("", 1, "'' cannot name a study"),
    ],
)
def test_a_study_that_cannot_be_is_one_line(
    filled: WorkspacePaths, page: Page, name: str, per_arm: int, words: str
) -> None:
    app = page("studies")
    field(app, "text_input", "Name").set_value(name)
    field(app, "number_input", "Images per arm").set_value(per_arm)
    button(app, "Draw the cases").click()
    app.run()
    (error,) = errors(app)
    assert words in error
    assert len(all_studies(filled)) == 3


@pytest.mark.usefixtures("filled")
def test_questions_can_be_left_out_but_not_all(page: Page) -> None:
    app = page("studies")
    field(app, "text_input", "Name").set_value("made")
    field(app, "number_input", "Images per arm").set_value(1)
    field(app, "multiselect", "Questions").set_value([])
    button(app, "Draw the cases").click()
    app.run()
    (error,) = errors(app)
    assert "cannot be asked" in error


def test_a_draft_is_locked(filled: WorkspacePaths, page: Page) -> None:
    app = page("studies")
    app.button(key="lock draft").click().run()
    assert errors(app) == []
    assert state_of(filled, "draft") is StudyState.LOCKED
    assert "draft is locked." in app.success[0].value
    assert "lock draft" not in {one.key for one in app.button}


def test_a_draft_whose_pixels_are_gone_stays_a_draft(filled: WorkspacePaths, page: Page) -> None:
    filled.image_set(ImageSetName("real-tumor")).unlink()
    app = page("studies")
    app.button(key="lock draft").click().run()
    (error,) = errors(app)
    assert "real-tumor.npy" in error
    assert state_of(filled, "draft") is StudyState.DRAFT


def test_a_draft_is_deleted(filled: WorkspacePaths, page: Page) -> None:
    app = page("studies")
    app.button(key="delete draft draft").click().run()
    assert errors(app) == []
    assert {status.study.name for status in all_studies(filled)} == {"closed", "study"}


def test_a_reader_is_invited_once_and_again_on_purpose(filled: WorkspacePaths, page: Page) -> None:
    app = page("studies")
    field(app, "text_input", "Reader").set_value("Dr. New")
    button(app, "Make link").click()
    app.run()
    assert errors(app) == []
    link = app.code[0].value
    assert "/join/" in link
    app = page("studies")
    field(app, "text_input", "Reader").set_value("Dr. New")
    button(app, "Make link").click()
    app.run()
    (error,) = errors(app)
    assert "already invited" in error
    next(one for one in app.checkbox if one.label.startswith("New link")).check()
    button(app, "Make link").click()
    app.run()
    assert errors(app) == []
    assert app.code[0].value != link
    assert accept_invitation(filled, app.code[0].value.rsplit("/", 1)[1])[0] == "reader"


def test_a_study_is_closed_and_nothing_more_can_be_done_with_it(filled: WorkspacePaths, page: Page) -> None:
    app = page("studies")
    app.button(key="close study").click().run()
    assert errors(app) == []
    assert state_of(filled, "study") is StudyState.CLOSED
    assert {one.key for one in app.button if one.key} & {"close study", "close closed", "lock study"} == set()


def test_a_reader_is_withdrawn(filled: WorkspacePaths, page: Page) -> None:
    app = page("studies")
    choice = next(one for one in app.selectbox if one.label == "Reader" and list(one.options) == ["half"])
    choice.select("half")
    next(one for one in app.button if one.form_id == "withdraw study").click()
    app.run()
    assert errors(app) == []
    assert app.success[0].value == "half has withdrawn from study; 2 responses were erased."
    assert "half: withdrawn" in {bar.text for bar in app.progress}
    (reader,) = study_status(filled, StudyName("study")).readers
    assert reader.withdrawn


def test_nobody_is_withdrawn_who_was_not_chosen(filled: WorkspacePaths, page: Page) -> None:
    app = page("studies")
    for one in [one for one in app.button if one.label == "Withdraw and erase"]:
        one.click()
    app.run()
    assert errors(app) == []
    assert not [reader for status in all_studies(filled) for reader in status.readers if reader.withdrawn]


@pytest.mark.usefixtures("filled")
def test_readers_are_shown_by_how_far_they_are(page: Page) -> None:
    texts = {bar.text for bar in page("studies").progress}
    assert texts == {"half: 2 of 4 read", "first: 8 of 8 read", "second: 8 of 8 read"}


def test_a_study_is_drawn_from_a_release_and_warns_of_its_curator(filled: WorkspacePaths, page: Page) -> None:
    ann = curator_known_as(filled, "ann")
    decide(filled, Verdict.KEEP, *range(12), curator=ann)
    decide(filled, Verdict.DISCARD, 0, curator=ann)
    release(filled, SYNTHETIC, ReleaseName("good"))
    app = page("studies")
    assert "good" in field(app, "multiselect", "Synthetic image sets").value
    assert SYNTHETIC not in field(app, "multiselect", "Synthetic image sets").value
    field(app, "text_input", "Name").set_value("made")
    field(app, "number_input", "Images per arm").set_value(3)
    button(app, "Draw the cases").click()
    app.run()
    assert errors(app) == []
    assert set(study_status(filled, StudyName("made")).study.protocol.releases) == {"good"}
    assert "Drawn from the release good: 11 images of synthetic-tumor" in [note.value for note in app.caption]
    lock_study(filled, StudyName("made"))
    app = page("studies")
    field(app, "text_input", "Reader").set_value("Ann")
    button(app, "Make link").click()
    app.run()
    assert errors(app) == []
    assert any("Ann has curated image sets of made" in message.value for message in app.success)
