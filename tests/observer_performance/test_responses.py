"""Tables from anywhere: what is accepted, and what one line a faulty one gets."""

import os
from pathlib import Path

import pandas as pd
import pytest

from core.errors import BadInputError
from core.observer_performance.responses import checked_responses, read_responses

HEADER = "reader_id,case_id,truth,decision"


def _written(folder: Path, text: str, *, encoding: str = "utf-8") -> Path:
    path = folder / "responses.csv"
    path.write_text(text, encoding=encoding)
    return path


def test_a_minimal_table_gets_every_column(tmp_path: Path) -> None:
    responses = read_responses(_written(tmp_path, f"{HEADER}\nA,1,real,synthetic\nA,2,synthetic,\n"))
    assert list(responses["truth"]) == ["real", "synthetic"]
    assert responses["decision"].isna().tolist() == [False, True]
    assert list(responses["tumor_status"]) == ["unknown", "unknown"]
    assert responses["confidence"].isna().all()
    assert not responses["is_repeat"].any()


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (f"{HEADER}\nA,1,real,real\n", "utf-8-sig"),
        (f"{HEADER}\r\nA,1,real,real\r\n", "utf-8"),
        ("reader_id;case_id;truth;decision\nA;1;real;real\n", "utf-8"),
        ("reader_id\tcase_id\ttruth\tdecision\nA\t1\treal\treal\n", "utf-8"),
        ("note,decision,case_id , truth,reader_id\nx,Real,1, REAL ,A\n", "utf-8"),
        (f"{HEADER}\n\nA,1,real,real\n,,,\n\n", "utf-8"),
        (f'"reader_id",{HEADER[10:]}\n"A","1","real","real"', "utf-8"),
    ],
    ids=[
        "byte-order mark",
        "CRLF",
        "semicolons",
        "tabs",
        "extra column, order, case",
        "blank rows",
        "quotes",
    ],
)
def test_spellings_of_one_table_read_the_same(tmp_path: Path, text: str, encoding: str) -> None:
    responses = read_responses(_written(tmp_path, text, encoding=encoding))
    assert responses[["reader_id", "case_id", "truth", "decision"]].astype(str).to_numpy().tolist() == [
        ["A", "1", "real", "real"]
    ]


def test_ids_stay_text_and_missing_words_stay_missing(tmp_path: Path) -> None:
    text = f"{HEADER},confidence\nNA,007,real,NaN,\n7,7,real,NA,NaN\n"
    responses = read_responses(_written(tmp_path, text))
    assert list(responses["reader_id"]) == ["NA", "7"]
    assert list(responses["case_id"]) == ["007", "7"]
    assert responses[["decision", "confidence"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("reader_id,case_id,truth\nA,1,real\n", "has no column decision (it has reader_id, case_id, truth)"),
        (f"{HEADER}\n", "has no responses"),
        ("", "is empty"),
        (f"{HEADER}\nA,1,real,real\nA,2,fake,real\n", "row 3: truth is 'fake'"),
        (f"{HEADER}\n\nA,1,real,perhaps\n", "row 3: decision is 'perhaps'"),
        (f"{HEADER}\nA,1,,real\n", "row 2: truth is blank"),
        (f"{HEADER}\n,1,real,real\n", "row 2: reader_id is blank"),
        (
            f"{HEADER}\nA,1,real,real\nA,1,real,real\n",
            "row 3: case_id is '1', which reader 'A' was shown before",
        ),
        (
            f"{HEADER}\nA,1,real,real\nB,1,synthetic,real\n",
            "row 3: truth is 'synthetic', but case '1' was 'real'",
        ),
        (f"{HEADER},tumor_status\nA,1,real,real,tumour\n", "row 2: tumor_status is 'tumour'"),
        (f"{HEADER},confidence\nA,1,real,real,0\n", "row 2: confidence is '0'"),
        (f"{HEADER},response_time_ms\nA,1,real,real,-3\n", "row 2: response_time_ms is '-3'"),
        (f"{HEADER},response_time_ms\nA,1,real,real,inf\n", "row 2: response_time_ms is 'inf'"),
        (f"{HEADER},is_repeat\nA,1,real,real,often\n", "row 2: is_repeat is 'often'"),
        (
            f"{HEADER},cannot_judge\nA,1,real,real,true\n",
            "row 2: decision is 'real' although cannot_judge is true",
        ),
        (f"{HEADER},decision\nA,1,real,real,synthetic\n", "has the column 'decision' more than once"),
        (f"{HEADER}\nA,1,real,real,tumor\n", "row 2 has 5 cells, the header 4"),
        (f'{HEADER}\nA,1,real,"real\n', "a quotation mark in row 2 is not closed"),
        (
            "reader_id;case_id;truth;decision;response_time_ms\nA;1;real;real;1,5\n",
            "response_time_ms is '1,5'",
        ),
    ],
)
def test_a_fault_is_named_with_row_column_and_value(tmp_path: Path, text: str, expected: str) -> None:
    path = _written(tmp_path, text)
    with pytest.raises(BadInputError) as caught:
        read_responses(path)
    assert str(path) in caught.value.what
    assert expected in caught.value.what
    assert caught.value.next_step


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"PK\x03\x04rest of a zip", "is an Excel workbook"),
        (b"\xd0\xcf\x11\xe0rest of an old one", "is an Excel workbook"),
        (HEADER.encode() + b"\nM\xfcller,1,real,real\n", "is not UTF-8 text"),
        (HEADER.encode("utf-16"), "is not UTF-8 text"),
    ],
)
def test_what_is_no_text_table_is_refused(tmp_path: Path, content: bytes, expected: str) -> None:
    path = tmp_path / "responses.csv"
    path.write_bytes(content)
    with pytest.raises(BadInputError, match=expected):
        read_responses(path)


def test_files_that_cannot_be_opened_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="cannot be read: No such file"):
        read_responses(tmp_path / "absent.csv")
    with pytest.raises(BadInputError, match="cannot be read: Is a directory"):
        read_responses(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_refused(tmp_path: Path) -> None:
    path = _written(tmp_path, HEADER)
    path.chmod(0)
    with pytest.raises(BadInputError, match="cannot be read: Permission denied"):
        read_responses(path)


def test_rows_from_a_database_need_no_text() -> None:
    rows = [
        {
            "reader_id": "A",
            "case_id": "x",
            "truth": "real",
            "decision": None,
            "cannot_judge": 1,
            "confidence": None,
        },
        {
            "reader_id": "A",
            "case_id": "y",
            "truth": "real",
            "decision": "real",
            "cannot_judge": 0,
            "confidence": 4,
        },
    ]
    responses = checked_responses(pd.DataFrame(rows), source="The study")
    assert list(responses["cannot_judge"]) == [True, False]
    assert responses["confidence"].iloc[1] == 4.0


def test_checking_twice_changes_nothing(paper_responses: pd.DataFrame) -> None:
    once = checked_responses(paper_responses, source="The table")
    pd.testing.assert_frame_equal(checked_responses(once, source="The table"), once)
