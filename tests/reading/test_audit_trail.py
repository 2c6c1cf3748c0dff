"""The hash chain: what it covers, and where it says that it was broken."""

import hashlib
import json
from dataclasses import replace

import pytest

from core.identifiers import PersonId, StudyName
from core.reading.audit_trail import Action, Entry, Event, Head, chained, first_break, responded, row_hash

ROW = {"response_id": "r", "trial_id": "t", "decision": "real", "confidence": None, "zoom": 1, "received_at": "now"}


def event(number: int, **changes: object) -> Event:
    values = {
        "study": StudyName("study"),
        "at": f"2026-01-01T00:00:0{number}.000+00:00",
        "person_id": PersonId(f"person {number}"),
        "role": "reader",
        "action": Action.RESPONDED,
        "content": {"number": number},
    }
    return Event(**values | changes)


def chain(n: int) -> tuple[list[Entry], Head]:
    entries, head = [], Head()
    for number in range(n):
        entry = chained(head, event(number))
        entries.append(entry)
        head = Head(length=entry.position, sha256=entry.sha256)
    return entries, head


def test_a_chain_as_it_was_written_is_whole() -> None:
    assert first_break(*chain(5)) is None
    assert first_break([], Head()) is None


def test_the_hash_is_the_one_that_the_documentation_tells_how_to_take() -> None:
    (one, two), head = chain(2)
    array = [
        one.sha256,
        "study",
        2,
        "2026-01-01T00:00:01.000+00:00",
        "person 1",
        "reader",
        "responded",
        '{"number":1}',
    ]
    assert two.sha256 == hashlib.sha256(json.dumps(array, separators=(",", ":")).encode()).hexdigest()
    assert head == Head(length=2, sha256=two.sha256)
    start = json.dumps(["0" * 64, "study", 1, one.at, one.person_id, one.role, one.action, one.content])
    assert one.sha256 == hashlib.sha256(start.replace('", ', '",').replace("1, ", "1,").encode()).hexdigest()


@pytest.mark.parametrize("name", Entry.__slots__)
@pytest.mark.parametrize("index", [0, 2, 4])
def test_a_change_to_any_field_of_any_entry_is_found_there(name: str, index: int) -> None:
    entries, head = chain(5)
    changed = 99 if name == "position" else f"{getattr(entries[index], name)}x"
    entries[index] = replace(entries[index], **{name: changed})
    assert f"entry {index + 1} " in str(first_break(entries, head))


@pytest.mark.parametrize("index", range(5))
def test_a_removed_entry_is_named_at_the_end_too(index: int) -> None:
    entries, head = chain(5)
    del entries[index]
    assert f"entry {index + 1} is missing" in str(first_break(entries, head))


def test_closing_the_gap_by_new_numbers_does_not_help() -> None:
    entries, head = chain(5)
    rest = [replace(entry, position=entry.position - 1) for entry in entries[3:]]
    broken = first_break(entries[:2] + rest, head)
    assert "entry 3 " in str(broken)
    assert "not what was written" in str(broken)


def test_two_entries_that_changed_places_are_found_at_the_first() -> None:
    entries, head = chain(5)
    second, third = replace(entries[2], position=2), replace(entries[1], position=3)
    assert "entry 2 " in str(first_break([entries[0], second, third, *entries[3:]], head))


def test_an_end_that_was_written_anew_is_not_the_one_that_was_kept() -> None:
    entries, head = chain(3)
    forged = chained(Head(length=2, sha256=entries[1].sha256), event(9))
    assert "entry 3 is not the one" in str(first_break([*entries[:2], forged], head))
    added = chained(head, event(9))
    assert "entry 4 was added" in str(first_break([*entries, added], head))


def test_a_row_that_comes_back_from_a_real_column_has_the_same_hash() -> None:
    assert row_hash(ROW) == row_hash(ROW | {"zoom": 1.0})
    assert row_hash(ROW) == row_hash({name: value for name, value in ROW.items() if value is not None})


@pytest.mark.parametrize(
    "change", [{"decision": "synthetic"}, {"confidence": 1}, {"zoom": 1.0000000000000002}, {"zoom": None}]
)
def test_any_change_to_a_row_changes_its_hash(change: dict[str, object]) -> None:
    assert row_hash(ROW | change) != row_hash(ROW)


def test_a_response_leaves_its_hash_and_neither_its_answer_nor_its_random_id() -> None:
    written = responded(StudyName("study"), PersonId("p"), ROW)
    assert written.content == {"trial_id": "t", "response_sha256": row_hash(ROW)}
    assert written.at == "now"
