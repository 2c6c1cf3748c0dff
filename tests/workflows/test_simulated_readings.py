"""Simulated readers read a study to its end as people do, and stay apart from people."""

from pathlib import Path

import pytest

from core.errors import NotFoundError, RefusedError
from core.identifiers import StudyName
from core.reading.design import Scale
from core.reading.simulated_readers import SPECIALTY, Ability
from core.settings import WorkspacePaths
from core.storage.database import opened
from core.workflows.access import withdraw_reader
from core.workflows.results import study_responses
from core.workflows.simulated_readings import SimulatedReadings, simulate_readings
from core.workflows.studies import close_study, create_study, study_status
from tests.phantoms import LockedStudy, locked_study, plan, workspace_with_four_sets
from tests.reading_robot import read


def simulate(study: LockedStudy, n_readers: int = 2, *, seed: int = 0, **ability: float) -> SimulatedReadings:
    return simulate_readings(
        study.paths,
        study.name,
        Ability(**ability),
        n_readers=n_readers,
        seed=seed,
        on_progress=lambda *_: None,
    )


def counts(found: SimulatedReadings) -> dict[str, int]:
    return {one.reader: one.responses for one in found.readings}


def answers(study: LockedStudy) -> dict[tuple[int, str], str]:
    """Decisions by reader (in the order of enrollment) and image, of a study that is closed for it."""
    close_study(study.paths, study.name)
    table = study_responses(study.paths, study.name)
    with opened(study.paths.database) as db:
        images = {
            row["case_id"]: f"{row['image_set']}-{row['image_index']}" for row in db.query("SELECT * FROM cases")
        }
    order = [*table["reader_id"].unique()]
    return {
        (order.index(row.reader_id), images[row.case_id]): f"{row.decision} {row.tumor_decision}"
        for row in table.itertuples()
    }


@pytest.fixture
def study(tmp_path: Path) -> LockedStudy:
    return locked_study(tmp_path / "workspace", per_arm=3)


def test_every_reader_reads_every_trial(study: LockedStudy) -> None:
    found = simulate(study)
    assert counts(found) == {"simulated-1": 12, "simulated-2": 12}
    assert found.n_people == 0
    status = study_status(study.paths, study.name)
    assert [(one.name, one.responses, one.trials) for one in status.readers] == [
        ("simulated-1", 12, 12),
        ("simulated-2", 12, 12),
    ]


def test_they_are_marked_as_simulated(study: LockedStudy) -> None:
    simulate(study)
    with opened(study.paths.database) as db:
        rows = db.execute("SELECT json_extract(profile, '$.specialty') FROM enrollments").fetchall()
    assert rows == [(SPECIALTY,), (SPECIALTY,)]


def test_confidence_and_single_questions_are_answered_as_asked(tmp_path: Path) -> None:
    study = locked_study(tmp_path / "workspace", per_arm=3, scale=Scale.CONFIDENCE)
    simulate(study, 1)
    close_study(study.paths, study.name)
    table = study_responses(study.paths, study.name)
    assert table["confidence"].between(1, 5).all()
    assert table["tumor_confidence"].between(1, 5).all()


def test_the_same_seed_gives_the_same_answers_in_another_workspace(tmp_path: Path) -> None:
    one, again, other = (locked_study(tmp_path / name, per_arm=3) for name in ("one", "again", "other"))
    simulate(one), simulate(again), simulate(other, seed=1)
    expected = answers(one)
    assert len(expected) == 24
    assert answers(again) == expected
    assert answers(other) != expected


def test_run_again_it_goes_on_where_it_stopped(study: LockedStudy, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.workflows import simulated_readings

    submit, n_calls = simulated_readings.submit_responses, iter(range(100))

    def broken(*arguments: object) -> dict[str, object]:
        if next(n_calls) == 2:
            raise KeyboardInterrupt
        return submit(*arguments)

    monkeypatch.setattr(simulated_readings, "submit_responses", broken)
    with pytest.raises(KeyboardInterrupt):
        simulate(study)
    assert [one.responses for one in study_status(study.paths, study.name).readers] == [6]
    monkeypatch.undo()
    assert counts(simulate(study)) == {"simulated-1": 12, "simulated-2": 12}
    assert counts(simulate(study, 3)) == {"simulated-1": 12, "simulated-2": 12, "simulated-3": 12}
    assert len(answers(study)) == 36


def test_people_of_the_study_are_left_alone(study: LockedStudy) -> None:
    halfway = study.cookie("halfway")
    read(study.paths, halfway, most=3)
    found = simulate(study, 1)
    assert (counts(found), found.n_people) == ({"simulated-1": 12}, 1)
    assert len(read(study.paths, halfway)) == 9


@pytest.mark.parametrize("consent", [True, False])
def test_a_person_called_like_a_simulated_reader_is_passed_over(study: LockedStudy, *, consent: bool) -> None:
    cookie = study.cookie("simulated-1", consent=consent)
    found = simulate(study)
    assert (counts(found), found.n_people) == ({"simulated-2": 12, "simulated-3": 12}, 1)
    if consent:
        assert len(read(study.paths, cookie)) == 12


def test_one_who_withdrew_is_passed_over(study: LockedStudy) -> None:
    simulate(study, 1)
    withdraw_reader(study.paths, study.name, "simulated-1")
    assert counts(simulate(study, 1)) == {"simulated-2": 12}


def test_a_draft_a_closed_and_no_study_are_refused(tmp_path: Path, study: LockedStudy) -> None:
    simulate(study, 1)
    close_study(study.paths, study.name)
    with pytest.raises(RefusedError, match="closed"):
        simulate(study, 1)
    draft = LockedStudy(paths=workspace_with_four_sets(tmp_path / "draft"), name=StudyName("draft"))
    create_study(draft.paths, plan("draft", per_arm=1))
    with pytest.raises(RefusedError, match="draft"):
        simulate(draft)
    with pytest.raises(NotFoundError, match="no study"):
        simulate(LockedStudy(paths=WorkspacePaths(draft.paths.root), name=StudyName("absent")))
