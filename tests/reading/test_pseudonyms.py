"""Readers leave the workspace as numbers."""

from core.identifiers import PersonId
from core.reading.pseudonyms import pseudonyms
from core.reading.study import ReaderProgress


def reader(n: int, *, withdrawn: bool = False) -> ReaderProgress:
    return ReaderProgress(
        reader=PersonId(f"id-{n}"), name=f"Dr {n}", trials=4, responses=4, started=True, withdrawn=withdrawn
    )


def test_who_withdrew_leaves_no_number_behind() -> None:
    found = pseudonyms([reader(7), reader(3, withdrawn=True), reader(5)])
    assert found == {"id-7": "Reader 1", "id-5": "Reader 2"}


def test_numbers_sort_as_text_in_the_order_of_the_readers() -> None:
    found = pseudonyms([reader(n) for n in range(12)])
    assert list(found.values()) == sorted(found.values())
    assert len(set(found.values())) == 12
