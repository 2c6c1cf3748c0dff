"""A study with repeats, practice and two parts: what is drawn, what a reader is told, what the results hold."""

from pathlib import Path

import pandas as pd
import pytest

from core.access.person import Role
from core.errors import BadInputError, RefusedError
from core.identifiers import StudyName
from core.reading.design import Phases, PlannedAnalysis, Presentation, Scale
from core.reading.simulated_readers import Ability
from core.reading.study import StudyState
from core.settings import WorkspacePaths
from core.storage import studies
from core.storage.database import opened
from core.workflows.access import sign_in
from core.workflows.maintenance import doctor
from core.workflows.reading import opened_reading, reading_session, reading_status, stimulus_png, submit_responses
from core.workflows.results import study_responses, study_results
from core.workflows.simulated_readings import simulate_readings
from core.workflows.studies import close_study, create_study, lock_study, study_status
from tests.phantoms import LockedStudy, locked_study, plan, response
from tests.reading_robot import read

REPEATS = Presentation(repeats=3, repeat_distance=4)
TWO_PARTS = Presentation(repeats=2, repeat_distance=3, practice=1, phases=Phases.TUMOR_FIRST)


def simulated(study: LockedStudy, n_readers: int = 1) -> None:
    simulate_readings(study.paths, study.name, Ability(), n_readers=n_readers, seed=0, on_progress=lambda *_: None)


def closed_responses(study: LockedStudy) -> pd.DataFrame:
    close_study(study.paths, study.name)
    return study_responses(study.paths, study.name)


def test_repeats_are_marked_in_the_long_table_and_left_out_of_the_primary_analysis(tmp_path: Path) -> None:
    study = locked_study(tmp_path / "workspace", per_arm=3, presentation=REPEATS)
    read(study.paths, study.cookie())
    responses = closed_responses(study)
    assert len(responses) == 15
    assert responses["is_repeat"].sum() == 3
    analysis = study_results(study.paths, study.name)
    assert (analysis.n_presentations, analysis.n_repeats_left_out) == (12, 3)
    assert "question" not in responses.columns
    assert doctor(study.paths) == []


def test_nothing_tells_a_browser_that_an_image_is_a_repeat(tmp_path: Path) -> None:
    """A repeat has a trial of its own, and its replies have the keys of every other."""
    study = locked_study(tmp_path / "workspace", per_arm=1, presentation=Presentation(repeats=1, repeat_distance=4))
    seen: dict[str, bytes | None] = {}
    shapes = set()
    with opened_reading(study.paths, study.cookie()) as reading:
        position = reading_session(reading)
        for index in range(5):
            for entry in position["ahead"]:
                seen[entry["trial"]] = stimulus_png(reading, entry["ticket"], study.paths)
            shapes.add((*sorted(position), *(key for entry in position["ahead"][:1] for key in entry)))
            position = submit_responses(reading, [response(list(seen)[index])])
            position = reading_session(reading)
    assert position["state"] == "finished"
    assert len(seen) == 5
    assert len(set(seen.values())) == 4
    assert len(shapes) == 1
    assert "repeat" not in str(position)


def test_practice_images_are_others_come_first_and_are_never_analyzed(tmp_path: Path) -> None:
    study = locked_study(tmp_path / "workspace", per_arm=2, presentation=Presentation(practice=5))
    with opened(study.paths.database) as db:
        cases, practice = (studies.cases(db, study.name, practice=some) for some in (False, True))
    assert (len(cases), len(practice)) == (8, 5)
    assert not {case.pixels_sha256 for case in cases} & {case.pixels_sha256 for case in practice}
    assert len({case.arm for case in practice}) == 4
    cookie = study.cookie()
    with opened_reading(study.paths, cookie) as reading:
        session = reading_session(reading)
    assert (session["next_trial_index"], session["practice_total"], session["trials_total"]) == (-5, 5, 8)
    read(study.paths, cookie, most=6)
    (reader,) = study_status(study.paths, study.name).readers
    assert (reader.trials, reader.responses) == (8, 1)
    read(study.paths, cookie)
    responses = closed_responses(study)
    assert sorted(responses["case_id"]) == sorted(case.case_id for case in cases)
    assert responses["trial_index"].tolist() == list(range(8))


def test_practice_images_are_recorded(tmp_path: Path) -> None:
    study = locked_study(tmp_path / "workspace", per_arm=1, presentation=Presentation(practice=2))
    assert doctor(study.paths) == []
    with opened(study.paths.database) as db:
        db.execute("UPDATE cases SET is_practice = 0")
    assert any("practice images" in finding for finding in doctor(study.paths))


def test_practice_that_the_sets_have_no_images_for_is_refused(four_sets: WorkspacePaths) -> None:
    with pytest.raises(RefusedError, match="has 2 different images that fit, 3 were asked"):
        create_study(four_sets, plan(per_arm=10, presentation=Presentation(practice=12)))


def test_six_steps_take_three_degrees_and_no_more(tmp_path: Path) -> None:
    study = locked_study(tmp_path / "workspace", per_arm=1, scale=Scale.SIX_STEP)
    with opened_reading(study.paths, study.cookie()) as reading:
        session = reading_session(reading)
        assert session["scale"] == "six-step"
        entry = session["ahead"][0]
        stimulus_png(reading, entry["ticket"], study.paths)
        for confidence in (None, 4):
            sent = response(entry["trial"], confidence=confidence, tumor_confidence=1)
            assert submit_responses(reading, [sent])["saved"] == []
        sent = response(entry["trial"], confidence=3, tumor_confidence=1)
        assert submit_responses(reading, [sent])["saved"] == [sent["response_id"]]


def test_the_second_question_comes_only_after_all_images_had_the_first(tmp_path: Path) -> None:
    study = locked_study(
        tmp_path / "workspace", per_arm=1, presentation=TWO_PARTS, prevalence_text="Half are fake."
    )
    cookie = study.cookie()
    asked = []
    with opened_reading(study.paths, cookie) as reading:
        while (session := reading_session(reading))["state"] == "reading":
            assert ("Half" in str(session)) == (session["questions"] == ["realism"])
            for entry in session["ahead"]:
                stimulus_png(reading, entry["ticket"], study.paths)
            unasked = dict.fromkeys(
                ("decision", "response_time_ms")
                if session["questions"] == ["tumor"]
                else ("tumor_decision", "tumor_response_time_ms")
            )
            sent = [response(entry["trial"], **unasked) for entry in session["ahead"]]
            assert len(submit_responses(reading, sent)["saved"]) == len(sent)
            asked += [*session["questions"]] * len(sent)
    assert asked == ["tumor"] * 7 + ["realism"] * 6


def test_the_start_page_of_two_parts_tells_nothing_of_the_second(tmp_path: Path) -> None:
    study = locked_study(tmp_path / "workspace", per_arm=1, presentation=TWO_PARTS)
    reader = sign_in(study.paths, study.cookie(), Role.READER)
    assert reader is not None
    status = reading_status(study.paths, reader)
    assert (status.may_tell, status.prevalence_text, status.questions) == (False, "", ("tumor",))


def test_two_parts_give_one_row_per_presentation(tmp_path: Path) -> None:
    study = locked_study(tmp_path / "workspace", per_arm=2, presentation=TWO_PARTS)
    simulated(study, 2)
    responses = closed_responses(study)
    assert len(responses) == 2 * (8 + 2)
    assert not responses[["decision", "tumor_decision", "truth"]].isna().any(axis=None)
    assert (responses["tumor_trial_index"] < responses["trial_index"]).all()
    analysis = study_results(study.paths, study.name)
    assert (analysis.n_presentations, analysis.n_repeats_left_out) == (16, 4)


def test_two_parts_half_read_have_the_answers_that_were_given(tmp_path: Path) -> None:
    study = locked_study(tmp_path / "workspace", per_arm=1, presentation=Presentation(phases=Phases.TUMOR_FIRST))
    read(study.paths, study.cookie(), lambda _: {"decision": None, "response_time_ms": None}, most=3)
    responses = closed_responses(study)
    assert len(responses) == 3
    assert responses["decision"].isna().all()
    assert responses["tumor_decision"].notna().all()


def test_a_locked_study_opens_with_the_first_consent(tmp_path: Path) -> None:
    study = locked_study(tmp_path / "workspace", per_arm=1)
    study.cookie("one", consent=False)
    assert study_status(study.paths, study.name).study.state is StudyState.LOCKED
    study.cookie("two")
    assert study_status(study.paths, study.name).study.state is StudyState.OPEN
    study.link("three")
    assert close_study(study.paths, study.name).state is StudyState.CLOSED


def test_after_the_lock_only_a_new_study_that_names_the_old_one_can_change_anything(tmp_path: Path) -> None:
    study = locked_study(tmp_path / "workspace", per_arm=1)
    with pytest.raises(RefusedError, match="--replaces study"):
        lock_study(study.paths, study.name)
    newer = create_study(study.paths, plan("newer", per_arm=2, replaces=study.name))
    assert newer.protocol.replaces == study.name
    with opened(study.paths.database) as db:
        sql = "SELECT content FROM audit_trail WHERE study = 'newer' AND action = 'created'"
        (content,) = db.execute(sql).fetchone()
    old = study_status(study.paths, study.name).study
    assert str(old.protocol_hash) in content
    with pytest.raises(RefusedError, match="newer is a draft"):
        create_study(study.paths, plan("newest", per_arm=2, replaces=StudyName("newer")))


def test_the_planned_margin_is_the_one_that_is_tested(tmp_path: Path) -> None:
    study = locked_study(
        tmp_path / "workspace", per_arm=1, planned=PlannedAnalysis(margin=0.2, tumor_accuracy_floor=0.9)
    )
    simulated(study)
    close_study(study.paths, study.name)
    tested = study_results(study.paths, study.name).equivalence.planned
    assert (tested.margin, tested.tumor_accuracy_floor, tested.alpha) == (0.2, 0.9, 0.05)


def test_repeats_without_room_are_refused(four_sets: WorkspacePaths) -> None:
    with pytest.raises(BadInputError, match="no room"):
        create_study(four_sets, plan(per_arm=2, presentation=Presentation(repeats=1, repeat_distance=20)))
