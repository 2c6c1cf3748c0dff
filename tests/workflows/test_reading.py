"""A reading session: its order, its tickets, where a reader stands, and going on where one stopped."""

import re

import pytest

from core.access.person import Role, SignIn
from core.errors import NotFoundError, RefusedError, WorkspaceError
from core.identifiers import ImageSetName
from core.reading.randomization import reading_order
from core.storage import studies
from core.storage.database import opened
from core.workflows.access import sign_in
from core.workflows.reading import (
    begin_reading,
    opened_reading,
    reading_session,
    reading_status,
    stimulus_png,
    submit_responses,
)
from tests.phantoms import PROFILE, LockedStudy, response
from tests.reading_robot import arms_of_trials, read


def signed_in(study: LockedStudy, cookie: str) -> SignIn:
    person = sign_in(study.paths, cookie, Role.READER)
    assert person is not None
    return person


def stored_order(study: LockedStudy, reader: str) -> list[str]:
    sql = """
    SELECT case_id FROM trials JOIN people ON person_id = reader WHERE name = ? ORDER BY trial_index"""
    with opened(study.paths.database) as db:
        return [row[0] for row in db.execute(sql, [reader])]


def test_the_order_is_stored_and_follows_from_protocol_hash_and_reader(study: LockedStudy) -> None:
    reader = signed_in(study, study.cookie("r")).person.person_id
    with opened(study.paths.database) as db:
        cases = [case.case_id for case in studies.cases(db, study.name)]
        found = studies.study(db, study.name)
    assert found is not None
    order = stored_order(study, "r")
    assert order == reading_order(cases[::-1], found.protocol_hash or "", reader)
    assert sorted(order) == sorted(cases)


def test_readers_have_orders_of_their_own(study: LockedStudy) -> None:
    for name in "abcd":
        study.link(name)
    assert len({tuple(stored_order(study, name)) for name in "abcd"}) > 1


def test_a_new_invitation_keeps_the_order(study: LockedStudy) -> None:
    study.link("r")
    before = stored_order(study, "r")
    study.link("r", again=True)
    assert stored_order(study, "r") == before


def test_a_reader_reads_in_the_stored_order(study: LockedStudy) -> None:
    trials = read(study.paths, study.cookie("r"))
    with opened(study.paths.database) as db:
        case_of = dict(db.execute("SELECT trial_id, case_id FROM trials").fetchall())
    assert [case_of[trial] for trial in trials] == stored_order(study, "r")


def test_the_status_follows_the_reading(study: LockedStudy) -> None:
    cookie = study.cookie(consent=False)
    reader = signed_in(study, cookie)
    start = reading_status(study.paths, reader)
    assert (start.consented, start.n_trials, start.n_responses, start.finished) == (False, 8, 0, False)
    with pytest.raises(RefusedError, match="not agreed"), opened_reading(study.paths, cookie):
        pass
    begin_reading(study.paths, reader, PROFILE)
    read(study.paths, cookie, most=3)
    middle = reading_status(study.paths, reader)
    assert (middle.consented, middle.n_responses, middle.finished) == (True, 3, False)
    read(study.paths, cookie)
    assert reading_status(study.paths, reader).finished


def test_a_session_goes_on_where_it_stopped_with_the_time_that_trials_took(study: LockedStudy) -> None:
    cookie = study.cookie()
    with opened_reading(study.paths, cookie) as reading:
        assert reading_session(reading)["seconds_per_trial"] is None
    read(study.paths, cookie, most=3)
    with opened_reading(study.paths, cookie) as reading:
        session = reading_session(reading)
    assert session["next_trial_index"] == 3
    assert [entry["trial_index"] for entry in session["ahead"]] == [3, 4, 5]
    assert session["seconds_per_trial"] == 2.1


def test_nothing_of_a_session_tells_the_truth(study: LockedStudy) -> None:
    """Ids of trials and tickets are those of their place, whatever case lies there."""
    cookie = study.cookie()
    with opened_reading(study.paths, cookie) as reading:
        before = repr(reading_session(reading))
        with opened(study.paths.database) as db:
            db.execute("UPDATE cases SET truth = CASE truth WHEN 'real' THEN 'synthetic' ELSE 'real' END")
        assert repr(reading_session(reading)) == before
    assert not {"real", "synthetic", "truth"} & set(before.replace("'", " ").split())


def test_a_reload_gives_a_shown_image_again(study: LockedStudy) -> None:
    with opened_reading(study.paths, study.cookie()) as reading:
        first = reading_session(reading)["ahead"][0]
        png = stimulus_png(reading, first["ticket"], study.paths)
        assert stimulus_png(reading, first["ticket"], study.paths) is None
        again = reading_session(reading)["ahead"][0]
        assert (again["trial"], again["ticket"]) != (first["trial"], first["ticket"])
        assert stimulus_png(reading, again["ticket"], study.paths) == png


@pytest.mark.parametrize("gone", [False, True])
def test_pixels_that_changed_after_the_lock_are_not_shown_and_no_source_is_named(
    study: LockedStudy, *, gone: bool
) -> None:
    for file in study.paths.image_set(ImageSetName("real-tumor")).parent.iterdir():
        file.unlink() if gone else file.write_bytes(file.read_bytes()[:-65536] + bytes(65536))
    with opened_reading(study.paths, study.cookie()) as reading:
        cases = dict(reading.db.execute("SELECT trial_id, case_id FROM trials"))
        damaged = {
            case
            for case, index in reading.db.execute("SELECT case_id, image_index FROM cases")
            if gone or index == 11  # the last one of each set
        }
        refused, said = [], []
        while (session := reading_session(reading))["state"] == "reading":
            entry = session["ahead"][0]
            try:
                stimulus_png(reading, entry["ticket"], study.paths)
                assert cases[entry["trial"]] not in damaged
            except WorkspaceError as error:
                refused.append(cases[entry["trial"]])
                said.append(f"{error.what} {error.next_step}")
            submit_responses(reading, [response(entry["trial"])])
    assert set(refused) == damaged & set(cases.values())
    assert not {"real", "synthetic", "npy"} & set(re.split(r"\W", " ".join(said)))


def test_one_bad_response_does_not_cost_the_others(study: LockedStudy) -> None:
    with opened_reading(study.paths, study.cookie()) as reading:
        one, two, _ = reading_session(reading)["ahead"]
        for entry in (one, two):
            stimulus_png(reading, entry["ticket"], study.paths)
        sent = [response(one["trial"]), "nonsense", response(two["trial"], decision="maybe")]
        reply = submit_responses(reading, sent)
    assert reply["saved"] == [sent[0]["response_id"]]
    assert len(reply["refused"]) == 2
    assert reply["next_trial_index"] == 1


def test_a_study_that_asks_less_takes_no_more(study: LockedStudy) -> None:
    with opened_reading(study.paths, study.cookie()) as reading:
        entry = reading_session(reading)["ahead"][0]
        stimulus_png(reading, entry["ticket"], study.paths)
        assert submit_responses(reading, [response(entry["trial"], confidence=3)])["saved"] == []
        assert submit_responses(reading, [response(entry["trial"], tumor_decision=None)])["saved"] == []
        assert len(submit_responses(reading, [response(entry["trial"])])["saved"]) == 1


def test_all_four_arms_are_read(study: LockedStudy) -> None:
    trials = read(study.paths, study.cookie())
    arms = arms_of_trials(study.paths)
    assert {arms[trial] for trial in trials} == {
        "real tumor",
        "real nontumor",
        "synthetic tumor",
        "synthetic nontumor",
    }


def test_a_study_that_is_gone_is_said_to_be(study: LockedStudy) -> None:
    reader = signed_in(study, study.cookie())
    with opened(study.paths.database) as db:
        db.execute("PRAGMA foreign_keys = OFF")
        db.execute("DELETE FROM studies")
    with pytest.raises(NotFoundError, match="not there any more"):
        reading_status(study.paths, reader)
