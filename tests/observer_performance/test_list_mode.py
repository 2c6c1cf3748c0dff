"""Answers in the formats of multi-reader software elsewhere."""

import io
from typing import Any

import pandas as pd
import pytest

from core.errors import RefusedError
from core.observer_performance.list_mode import (
    imrmc_csv,
    rjafroc_numbers,
    rjafroc_workbook,
    scored_answers,
)
from core.observer_performance.mrmc import mrmc_auc
from core.reading.protocol import Question


def row(reader: str, case: str, **changes: Any) -> dict[str, Any]:
    synthetic = case.startswith("s")
    return {
        "reader_id": reader,
        "case_id": case,
        "truth": "synthetic" if synthetic else "real",
        "decision": "synthetic" if synthetic else "real",
        "confidence": 2,
        "tumor_status": "tumor" if case.endswith("t") else "nontumor",
        "tumor_decision": "tumor",
        "tumor_confidence": 4,
    } | changes


CASES = ("r1", "r2t", "s1", "s2t")
CROSSED = pd.DataFrame([row(reader, case) for reader in ("Reader 1", "Reader 2") for case in CASES])


def imrmc(responses: pd.DataFrame, question: Question = Question.REALISM) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(imrmc_csv(scored_answers(responses, question))))


def sheets(responses: pd.DataFrame) -> dict[str, pd.DataFrame]:
    return pd.read_excel(io.BytesIO(rjafroc_workbook(scored_answers(responses, Question.REALISM))), sheet_name=None)


def test_imrmc_has_a_truth_row_for_each_case_and_a_row_for_each_answer() -> None:
    table = imrmc(CROSSED)
    assert list(table.columns) == ["readerID", "caseID", "modalityID", "score"]
    truth = table[table["readerID"] == "truth"]
    assert dict(zip(truth["caseID"], truth["score"], strict=True)) == {"r1": 0, "r2t": 0, "s1": 1, "s2t": 1}
    assert set(truth["modalityID"]) == {"truth"}
    assert len(table) == 4 + 8


def test_the_score_is_the_confidence_toward_the_signal() -> None:
    responses = pd.DataFrame([row("a", "r1", confidence=5), row("a", "s1", confidence=3)])
    answers = imrmc(responses).query("readerID == 'a'")
    assert dict(zip(answers["caseID"], answers["score"], strict=True)) == {"r1": -5, "s1": 3}
    without = imrmc(responses.drop(columns=["confidence"])).query("readerID == 'a'")
    assert dict(zip(without["caseID"], without["score"], strict=True)) == {"r1": -1, "s1": 1}


def test_the_tumor_question_has_its_own_truth_and_score() -> None:
    table = imrmc(CROSSED, Question.TUMOR)
    truth = table[table["readerID"] == "truth"]
    assert dict(zip(truth["caseID"], truth["score"], strict=True)) == {"r1": 0, "r2t": 1, "s1": 0, "s2t": 1}
    assert set(table[table["readerID"] != "truth"]["score"]) == {4}


def test_repeats_faults_and_missing_answers_stay_out() -> None:
    responses = pd.DataFrame(
        [
            row("a", "r1"),
            row("a", "s1"),
            row("a", "s1", is_repeat=True, decision="real"),
            row("a", "r2t", cannot_judge=True, decision=None, tumor_decision=None),
            row("a", "s2t", decision=None),
        ]
    ).fillna({"is_repeat": False, "cannot_judge": False})
    answers = imrmc(responses).query("readerID == 'a'")
    assert list(answers["caseID"]) == ["r1", "s1"]


def test_rjafroc_reads_truth_and_ratings_from_three_sheets() -> None:
    found = sheets(CROSSED)
    assert sorted(found) == ["FP", "TP", "Truth"]
    truth = found["Truth"]
    assert list(truth.columns) == ["CaseID", "LesionID", "Weight", "ReaderID", "ModalityID", "Paradigm"]
    assert truth["CaseID"].tolist() == [1, 2, 3, 4]
    assert truth["LesionID"].tolist() == truth["Weight"].tolist() == [0, 0, 1, 1]
    assert truth["Paradigm"].tolist()[:2] == ["ROC", "FCTRL"]
    assert set(truth["ReaderID"]) == {"1, 2"}
    assert list(found["FP"].columns) == ["ReaderID", "ModalityID", "CaseID", "FP_Rating"]
    assert list(found["TP"].columns) == ["ReaderID", "ModalityID", "CaseID", "LesionID", "TP_Rating"]
    assert set(found["FP"]["CaseID"]) == {1, 2}
    assert set(found["TP"]["CaseID"]) == {3, 4}
    assert len(found["FP"]) == len(found["TP"]) == 4


def test_the_numbers_lead_back_to_readers_and_cases() -> None:
    numbers = rjafroc_numbers(scored_answers(CROSSED, Question.REALISM))
    assert numbers["readers"] == {"Reader 1": 1, "Reader 2": 2}
    assert numbers["cases"] == {"r1": 1, "r2t": 2, "s1": 3, "s2t": 4}


def test_rjafroc_is_refused_where_a_reader_left_a_gap() -> None:
    with pytest.raises(RefusedError, match=r"of 4 images some readers judged fewer: Reader 2 3.*iMRMC"):
        sheets(CROSSED[:-1])


def test_a_question_that_nobody_answered_is_refused() -> None:
    with pytest.raises(RefusedError, match="Nobody answered the question tumor or nontumor"):
        scored_answers(CROSSED.drop(columns=["tumor_decision", "tumor_confidence"]), Question.TUMOR)


def test_the_area_is_the_same_from_the_file_as_from_the_study() -> None:
    """Of a table with errors and ties, through the file and directly."""
    wrong = CROSSED.assign(
        decision=["real", "synthetic", "synthetic", "real", "real", "real", "synthetic", "synthetic"],
        confidence=[1, 2, 3, 1, 5, 4, 1, 3],
    )
    table = imrmc(wrong)
    truth = table[table["readerID"] == "truth"].set_index("caseID")["score"]
    scores = table[table["readerID"] != "truth"].pivot(index="readerID", columns="caseID", values="score")
    from_file = mrmc_auc(scores.to_numpy(float), truth[scores.columns].to_numpy() == 1)
    direct = mrmc_auc(
        pd.DataFrame([[-1.0, 2, 3, -1], [-5, -4, 1, 3]]).to_numpy(),
        pd.Series([False, False, True, True]).to_numpy(),
    )
    assert from_file == direct
