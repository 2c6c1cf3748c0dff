"""What is done in a study stands in its audit trail, and the doctor finds whatever was done to it afterwards."""

import json
from pathlib import Path

import pytest

from core.access.person import RESEARCHER_NAME, Role
from core.errors import BadInputError
from core.identifiers import PersonId, StudyName
from core.provenance import sha256_of_file
from core.reading.audit_trail import Action, Entry, Event, Head, chained
from core.storage import audit_trail, people, studies
from core.storage.database import opened
from core.workflows import audit_trail as recording
from core.workflows.access import withdraw_reader
from core.workflows.maintenance import doctor
from core.workflows.results import analysis_export, export_responses, responses_export, study_provenance
from core.workflows.studies import close_study, create_study, delete_study, lock_study
from tests.phantoms import LockedStudy, plan
from tests.reading_robot import read

GUARDS = (
    "audit_trail_goes_on_at_its_end",
    "audit_trail_moves_its_head",
    "audit_trail_is_never_changed",
    "audit_trail_is_never_deleted",
    "audit_trail_heads_only_move_on",
    "audit_trail_heads_are_never_deleted",
    "responses_are_never_changed",
    "responses_are_deleted_by_withdrawal_only",
    "blinding_audits_are_never_changed",
)


@pytest.fixture
def closed(study: LockedStudy) -> LockedStudy:
    """Two readers read 3 and 8 of 8 trials; then the study was closed."""
    read(study.paths, study.cookie("a"), most=3)
    read(study.paths, study.cookie("b"))
    close_study(study.paths, study.name)
    return study


def trail(study: LockedStudy, name: str = "study") -> list[Entry]:
    with opened(study.paths.database) as db:
        return list(audit_trail.entries(db, StudyName(name)))


def tamper(study: LockedStudy, *statements: str) -> None:
    """As somebody would who has the file and a SQLite shell, and knows of the triggers."""
    with opened(study.paths.database) as db:
        for guard in GUARDS:
            db.execute(f"DROP TRIGGER IF EXISTS {guard}")
        for statement in statements:
            assert db.execute(statement).rowcount > 0


def test_a_study_is_recorded_from_its_making_to_its_end(closed: LockedStudy) -> None:
    assert [entry.action for entry in trail(closed)] == [
        *("created", "locked"),
        *("invited", "joined", "consented", *["responded"] * 3),
        *("invited", "joined", "consented", *["responded"] * 8),
        "closed",
    ]
    assert doctor(closed.paths) == []


def test_who_did_it_stands_there_by_id_and_role(closed: LockedStudy) -> None:
    with opened(closed.paths.database) as db:
        researcher = people.person_named(db, RESEARCHER_NAME, Role.RESEARCHER)
        reader = people.person_named(db, "a", Role.READER)
    assert researcher is not None
    assert reader is not None
    of = {entry.action: entry for entry in reversed(trail(closed))}
    for action in (Action.CREATED, Action.LOCKED, Action.INVITED, Action.CLOSED):
        assert (of[action].person_id, of[action].role) == (researcher.person_id, "researcher")
    for action in (Action.JOINED, Action.CONSENTED, Action.RESPONDED):
        assert (of[action].person_id, of[action].role) == (reader.person_id, "reader")
    assert json.loads(of[Action.INVITED].content) == {"reader": reader.person_id}


def test_no_answer_no_truth_and_no_name_stands_there(closed: LockedStudy) -> None:
    contents = [json.loads(entry.content) for entry in trail(closed)]
    responses = [content for content in contents if "response_sha256" in content]
    assert {key for content in responses for key in content} == {"trial_id", "response_sha256"}
    words = {str(value) for content in contents for value in content.values()}
    assert not words & {"real", "synthetic", "tumor", "nontumor", "a", "b"}


def test_a_draft_that_was_deleted_and_made_anew_keeps_its_past(study: LockedStudy) -> None:
    create_study(study.paths, plan("draft", per_arm=1))
    delete_study(study.paths, StudyName("draft"))
    create_study(study.paths, plan("draft", per_arm=1))
    assert [entry.action for entry in trail(study, "draft")] == ["created", "deleted", "created"]
    delete_study(study.paths, StudyName("draft"))
    assert doctor(study.paths) == []


def test_what_is_refused_or_said_twice_is_not_recorded(study: LockedStudy) -> None:
    before = len(trail(study))
    with pytest.raises(Exception, match="locked already"):
        lock_study(study.paths, study.name)
    assert len(trail(study)) == before


EXPECTED_AT = [
    ("UPDATE audit_trail SET at = '2020' WHERE position = 5", "entry 5 "),
    ("UPDATE audit_trail SET person_id = 'x' WHERE position = 1", "entry 1 "),
    ("UPDATE audit_trail SET content = '{}' WHERE position = 8", "entry 8 "),
    ("UPDATE audit_trail SET action = 'exported' WHERE position = 17", "entry 17 "),
    ("DELETE FROM audit_trail WHERE position = 1", "entry 1 is missing"),
    ("DELETE FROM audit_trail WHERE position = 9", "entry 9 is missing"),
    ("DELETE FROM audit_trail WHERE position = 20", "entry 20 is missing"),
    ("DELETE FROM audit_trail WHERE position > 12", "entry 13 is missing"),
    ("DELETE FROM audit_trail", "entry 1 is missing"),
    ("DELETE FROM audit_trail_heads", "entry 1 was added"),
    ("UPDATE audit_trail_heads SET length = 21", "entry 21 is missing"),
    ("UPDATE audit_trail_heads SET sha256 = 'x'", "entry 20 is not the one"),
]


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("""UPDATE blinding_audits SET audit = replace(audit, '"n_real":4', '"n_real":5')""", "is not the one"),
        ("""UPDATE blinding_audits SET audit = replace(audit, '"leak":false', '"leak":true')""", "is not the one"),
        ("UPDATE blinding_audits SET override_reason = 'made up'", "has another reason"),
        ("DELETE FROM blinding_audits", "is missing"),
    ],
)
def test_a_blinding_audit_that_was_changed_after_the_lock_is_named(
    closed: LockedStudy, statement: str, words: str
) -> None:
    tamper(closed, statement)
    (finding,) = doctor(closed.paths)
    assert finding.startswith(f"The blinding audit of the study study {words}")
    assert finding.endswith("(entry 2 of the audit trail).")


@pytest.mark.parametrize(("statement", "words"), EXPECTED_AT)
def test_the_first_broken_entry_is_named(closed: LockedStudy, statement: str, words: str) -> None:
    assert len(trail(closed)) == 20
    tamper(closed, statement)
    (finding,) = doctor(closed.paths)
    assert "audit trail of the study study is broken" in finding
    assert words in finding


def test_entries_that_changed_places_are_found(closed: LockedStudy) -> None:
    swap = "UPDATE audit_trail SET position = {} WHERE position = {}"
    tamper(closed, swap.format(99, 6), swap.format(6, 7), swap.format(7, 99))
    (finding,) = doctor(closed.paths)
    assert "entry 6 " in finding


def test_a_trail_that_was_removed_with_its_head_is_missed(closed: LockedStudy) -> None:
    tamper(closed, "DELETE FROM audit_trail", "DELETE FROM audit_trail_heads")
    (finding,) = doctor(closed.paths)
    assert "no audit trail" in finding


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE responses SET confidence = 3 WHERE rowid = 1", "was changed (entry 6 "),
        ("UPDATE responses SET zoom = 2 WHERE rowid = 1", "was changed (entry 6 "),
        ("UPDATE responses SET response_id = 'x' WHERE rowid = 1", "was changed (entry 6 "),
        ("DELETE FROM responses WHERE rowid = 11", "is missing (entry 19 "),
    ],
)
def test_a_response_that_is_not_what_was_saved_is_named(closed: LockedStudy, statement: str, words: str) -> None:
    tamper(closed, statement)
    (finding,) = doctor(closed.paths)
    assert "The response to trial" in finding
    assert words in finding


def test_of_many_changed_responses_the_first_is_named(closed: LockedStudy) -> None:
    tamper(closed, "UPDATE responses SET decision = CASE decision WHEN 'real' THEN 'synthetic' ELSE 'real' END")
    assert "entry 6 " in doctor(closed.paths)[0]


def test_a_response_that_was_slipped_in_is_found(closed: LockedStudy) -> None:
    with opened(closed.paths.database) as db:
        row = next(iter(db.query("SELECT * FROM responses")))
        trial = db.execute(
            "SELECT trial_id FROM trials WHERE trial_id NOT IN (SELECT trial_id FROM responses)"
        ).fetchone()[0]
        db.table("responses").insert(row | {"response_id": "other", "trial_id": trial})
    (finding,) = doctor(closed.paths)
    assert f"trial {trial} of the study study is not in its audit trail" in finding


def test_responses_that_vanish_under_a_made_up_withdrawal_are_missed(closed: LockedStudy) -> None:
    tamper(closed, "UPDATE enrollments SET withdrawn_at = '2026'", "DELETE FROM responses")
    (finding,) = doctor(closed.paths)
    assert "is missing (entry 6 " in finding


def test_a_protocol_that_was_changed_with_its_hash_is_found(study: LockedStudy) -> None:
    with opened(study.paths.database) as db:
        db.execute("UPDATE studies SET protocol = json_set(protocol, '$.prevalence_text', 'Half.')")
        changed = studies.study(db, study.name)
        assert changed is not None
        db.execute("UPDATE studies SET protocol_hash = ?", [changed.protocol.hash])
    (finding,) = doctor(study.paths)
    assert "not the one that was locked (entry 2 " in finding


def rewritten(study: LockedStudy, entries: list[Entry]) -> None:
    """Put a whole chain in the place of the one there is, with new hashes and a new head."""
    tamper(study, "DELETE FROM audit_trail", "DELETE FROM audit_trail_heads")
    with opened(study.paths.database) as db:
        head = Head()
        for old in entries:
            event = Event(
                study=study.name,
                at=old.at,
                person_id=PersonId(old.person_id),
                role=old.role,
                action=Action(old.action),
                content=json.loads(old.content),
            )
            entry = chained(head, event)
            head = Head(length=entry.position, sha256=entry.sha256)
            values = [getattr(entry, name) for name in Entry.__slots__]
            db.execute("INSERT INTO audit_trail VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
        db.execute("INSERT INTO audit_trail_heads VALUES ('study', ?, ?)", [head.length, head.sha256])


def test_a_chain_that_was_written_anew_shows_against_an_earlier_export(closed: LockedStudy, tmp_path: Path) -> None:
    file = tmp_path / "responses.csv"
    export_responses(closed.paths, closed.name, file)
    printed = tmp_path / "responses.csv.provenance.json"
    assert doctor(closed.paths, [printed]) == []
    entries = trail(closed)
    rewritten(closed, entries)
    assert doctor(closed.paths, [printed]) == []  # the same entries give the same hashes
    without_one = [entry for entry in entries if entry.action != "consented"]
    rewritten(closed, without_one)
    assert doctor(closed.paths) == []
    (finding,) = doctor(closed.paths, [printed])
    assert f"entry {len(entries)} is another one or missing" in finding


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"study": "study", "audit_trail": 3}', "\udcff"])
def test_a_file_that_prints_no_head_is_refused(study: LockedStudy, tmp_path: Path, content: str) -> None:
    file = tmp_path / "other.json"
    file.write_bytes(content.encode(errors="surrogateescape"))
    with pytest.raises(BadInputError, match="where an audit trail ended"):
        doctor(study.paths, [file])


def test_an_export_says_where_the_trail_ended_and_stands_in_it(closed: LockedStudy, tmp_path: Path) -> None:
    file = tmp_path / "responses.csv"
    export_responses(closed.paths, closed.name, file)
    beside = json.loads((tmp_path / "responses.csv.provenance.json").read_text())
    last = trail(closed)[-1]
    assert beside == study_provenance(closed.paths, closed.name) | {"responses": 11, "sha256": sha256_of_file(file)}
    assert beside["audit_trail"] == {"head": last.sha256, "length": last.position}
    assert (last.action, json.loads(last.content)["sha256"]) == ("exported", beside["sha256"])
    export_again = responses_export(closed.paths, closed.name)
    assert export_again.csv == file.read_bytes()
    report = json.loads(analysis_export(closed.paths, closed.name))
    assert report["audit_trail"] == {"head": trail(closed)[-1].sha256, "length": 23}
    assert report["readers"] == ["a", "b"]


def test_an_export_that_cannot_be_written_is_not_recorded(closed: LockedStudy, tmp_path: Path) -> None:
    before = trail(closed)
    with pytest.raises(Exception, match="absent"):
        export_responses(closed.paths, closed.name, tmp_path / "absent" / "responses.csv")
    (tmp_path / "a.csv.provenance.json").touch()
    with pytest.raises(BadInputError, match="exists already"):
        export_responses(closed.paths, closed.name, tmp_path / "a.csv")
    assert trail(closed) == before


def test_the_line_for_a_person_has_head_and_length(closed: LockedStudy) -> None:
    text = recording.provenance_text(study_provenance(closed.paths, closed.name))
    assert trail(closed)[-1].sha256 in text
    assert "20 entries" in text


def test_withdrawing_everybody_leaves_a_whole_chain(closed: LockedStudy) -> None:
    for reader in ("a", "b"):
        withdraw_reader(closed.paths, closed.name, reader)
    assert doctor(closed.paths) == []
    assert len(trail(closed)) == 22
