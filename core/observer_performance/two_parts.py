"""A study that asks its questions one after the other has two responses to a case: here they become one row."""

import pandas as pd

from core.reading.protocol import Question

_KEY = ["reader_id", "case_id", "is_repeat"]
_TUMOR_COLUMNS = ["tumor_decision", "tumor_confidence", "tumor_response_time_ms"]


def both_parts_in_a_row(responses: pd.DataFrame) -> pd.DataFrame:
    """Return the long table of a study in two parts, by its column `question`, with one row per presentation.

    What is recorded of a trial is that of the realism part; `tumor_trial_index` tells when the tumor question was
    asked. A technical fault in one part alone leaves that part's decision missing.
    """
    parts = {
        question: responses[responses["question"] == question].set_index(_KEY).drop(columns="question")
        for question in Question
    }
    realism, tumor = parts[Question.REALISM], parts[Question.TUMOR]
    tumor = tumor.assign(tumor_trial_index=tumor["trial_index"])
    rows = realism.drop(columns=_TUMOR_COLUMNS).astype(object).combine_first(tumor.astype(object)).reset_index()
    answered = rows["decision"].notna() | rows["tumor_decision"].notna()
    rows["cannot_judge"] = rows["cannot_judge"].where(~answered, 0)
    readers = {reader: place for place, reader in enumerate(responses["reader_id"].unique())}
    order = rows.assign(place=rows["reader_id"].map(readers)).sort_values(["place", "trial_index"]).index
    columns = [*responses.columns.drop("question"), "tumor_trial_index"]
    return rows.loc[order, columns].reset_index(drop=True)
