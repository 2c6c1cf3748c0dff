"""The answers to one question in the formats that multi-reader software elsewhere reads.

iMRMC (github.com/DIDSR/iMRMC): rows of readerID, caseID, modalityID and score, with one row per case whose reader
and modality are "truth" and whose score is 1 where the signal is present and 0 where it is not.
RJafroc (github.com/dpc10ster/RJafroc): a workbook with the sheets Truth, FP and TP; an ROC study is "FCTRL", each
reader having rated each case once, cases with the signal in TP as lesion 1 and the others in FP.

The score is +confidence when the signal is called, else -confidence; without confidence it is 1 or -1.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.errors import RefusedError
from core.observer_performance.answers import Answers, presentations
from core.observer_performance.contingency import SIGNALS
from core.observer_performance.responses import checked_responses
from core.reading.protocol import Question

TRUTH = "truth"
MODALITY = "study"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredAnswers:
    """First presentations that enter one question: `table` has reader, case, present (1 or 0) and score."""

    question: Question
    table: pd.DataFrame


def scored_answers(responses: pd.DataFrame, question: Question) -> ScoredAnswers:
    """From a long table. Raises RefusedError where the question was answered by nobody."""
    shown = presentations(checked_responses(responses, source="The responses"))
    entering = shown.answers[question][~shown.is_repeat].entering
    if len(entering) == 0:
        title = SIGNALS[question].title.lower()
        raise RefusedError(f"Nobody answered the question {title}.", "Export the other question.")
    table = pd.DataFrame(
        {
            "reader": np.array(shown.readers, dtype=object)[entering.reader],
            "case": np.array(shown.cases, dtype=object)[entering.case],
            "present": entering.present,
            "score": _scores(entering),
        }
    )
    return ScoredAnswers(question=question, table=table.sort_values(["reader", "case"], ignore_index=True))


def _scores(entering: Answers) -> np.ndarray[tuple[int], np.dtype[np.int_]]:
    confidence = np.where(np.isfinite(entering.confidence), entering.confidence, 1)
    return np.where(entering.called == 1, confidence, -confidence).astype(np.int_)


def imrmc_csv(answers: ScoredAnswers) -> bytes:
    """The list-mode table of iMRMC."""
    table = answers.table
    truth = table.drop_duplicates("case").sort_values("case")
    columns = ("readerID", "caseID", "modalityID", "score")
    rows = [(TRUTH, case, TRUTH, present) for case, present in zip(truth["case"], truth["present"], strict=True)]
    rows += [
        (reader, case, MODALITY, score)
        for reader, case, score in zip(table["reader"], table["case"], table["score"], strict=True)
    ]
    return pd.DataFrame(rows, columns=list(columns)).to_csv(index=False).encode()


def rjafroc_workbook(answers: ScoredAnswers) -> bytes:
    """The workbook that RJafroc reads with `newExcelFileFormat = TRUE`; readers and cases are numbers there.

    Raises RefusedError where a reader did not answer every case: RJafroc reads complete tables only.
    """
    _check_complete(answers.table)
    numbers = rjafroc_numbers(answers)
    table = answers.table.assign(
        ReaderID=[str(numbers["readers"][name]) for name in answers.table["reader"]],
        ModalityID="1",
        CaseID=[numbers["cases"][name] for name in answers.table["case"]],
        LesionID=1,
    )
    present = table["present"] == 1
    sheets = {
        "Truth": _truth_sheet(table),
        "FP": table[~present].rename(columns={"score": "FP_Rating"})[
            ["ReaderID", "ModalityID", "CaseID", "FP_Rating"]
        ],
        "TP": table[present].rename(columns={"score": "TP_Rating"})[
            ["ReaderID", "ModalityID", "CaseID", "LesionID", "TP_Rating"]
        ],
    }
    content = io.BytesIO()
    with pd.ExcelWriter(content, engine="openpyxl") as workbook:
        for name, sheet in sheets.items():
            sheet.to_excel(workbook, sheet_name=name, index=False)
    return content.getvalue()


def rjafroc_numbers(answers: ScoredAnswers) -> Mapping[str, Mapping[str, int]]:
    """Which number stands for which reader and which case in the workbook."""
    return {
        f"{what}s": {name: number for number, name in enumerate(sorted(set(answers.table[what])), start=1)}
        for what in ("reader", "case")
    }


def _truth_sheet(table: pd.DataFrame) -> pd.DataFrame:
    cases = table.drop_duplicates("CaseID").sort_values("CaseID")
    words = ["ROC", "FCTRL"]
    return pd.DataFrame(
        {
            "CaseID": cases["CaseID"].tolist(),
            "LesionID": cases["present"].tolist(),
            "Weight": cases["present"].tolist(),
            "ReaderID": ", ".join(sorted(set(table["ReaderID"]), key=int)),
            "ModalityID": "1",
            "Paradigm": [words[row] if row < len(words) else None for row in range(len(cases))],
        }
    )


def _check_complete(table: pd.DataFrame) -> None:
    n_cases = table["case"].nunique()
    short = {reader: n for reader, n in table.groupby("reader")["case"].nunique().items() if n < n_cases}
    if short:
        stated = ", ".join(f"{reader} {n}" for reader, n in short.items())
        raise RefusedError(
            f"RJafroc reads complete tables only, and of {n_cases} images some readers judged fewer: {stated}.",
            "Export for iMRMC, which takes missing answers.",
        )
    if table["present"].nunique() < 2:
        raise RefusedError(
            "All judged images are of one kind.", "RJafroc needs images with and without the signal."
        )
