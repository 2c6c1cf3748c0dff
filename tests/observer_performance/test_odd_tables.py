"""Tables that leave things open: not estimable, never a wrong number, and always valid JSON."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.errors import BadInputError
from core.observer_performance.analysis import MOST_READERS, analyze
from core.observer_performance.report import report_lines
from core.observer_performance.responses import read_responses

MINIMAL = pd.DataFrame(
    {
        "reader_id": ["A"] * 4 + ["B"] * 4,
        "case_id": [1, 2, 3, 4] * 2,
        "truth": ["real", "synthetic"] * 4,
        "decision": ["real", "synthetic", "synthetic", "real", "real", "real", "real", "synthetic"],
        "confidence": [1, 2, 3, 4, 5, 1, 2, 3],
    }
)
ODD = {
    "one row": MINIMAL.iloc[:1],
    "one reader": MINIMAL[MINIMAL["reader_id"] == "A"],
    "one case": MINIMAL[MINIMAL["case_id"] == 1],
    "one truth": MINIMAL[MINIMAL["truth"] == "real"],
    "constant answers": MINIMAL.assign(decision="real"),
    "constant confidence": MINIMAL.assign(confidence=3),
    "no answers": MINIMAL.assign(decision=None),
    "all right": MINIMAL.assign(decision=MINIMAL["truth"]),
    "only repeats": MINIMAL.assign(is_repeat=True),
    "only faults of the stimulus": MINIMAL.assign(decision=None, cannot_judge=True),
    "readers with different cases": MINIMAL.assign(case_id=range(8)),
    "NaN everywhere it may be": MINIMAL.assign(confidence=np.nan, response_time_ms=np.nan, trial_index=np.nan),
}


@pytest.mark.parametrize("table", ODD.values(), ids=ODD.keys())
def test_every_odd_table_has_an_analysis_without_nan(table: pd.DataFrame) -> None:
    analysis = analyze(table)
    json.dumps(analysis.to_json(), allow_nan=False)
    assert not any("nan" in line.replace("nontumor", "") for line in report_lines(analysis))


def test_constant_answers_say_nothing_of_discrimination() -> None:
    result = analyze(MINIMAL.assign(decision="real")).to_json()
    realism = result["realism"]
    assert realism["accuracy"]["estimate"] == 0.5
    assert (realism["dprime"], realism["criterion"]) == (None, None)
    assert (result["equivalence"]["verdict"], result["equivalence"]["p"]) == (None, None)
    assert result["agreement"]["fleiss_kappa"] is None


def test_a_reader_who_was_shown_one_truth_has_only_that_rate() -> None:
    result = analyze(MINIMAL[MINIMAL["truth"] == "real"]).to_json()
    assert result["realism"]["specificity"]["estimate"] == 0.75
    assert [result["realism"][key] for key in ("dprime", "auc", "auc_ci95")] == [None, None, None]
    assert result["realism"]["sensitivity"]["estimate"] is None
    assert result["equivalence"]["verdict"] is None


def test_one_reader_has_nothing_across_readers() -> None:
    result = analyze(MINIMAL[MINIMAL["reader_id"] == "A"]).to_json()
    assert set(result["mrmc"].pop("tumor").values()) == set(result["mrmc"].values()) == {None}
    assert result["agreement"]["pairwise_cohen"] == []


def test_an_id_for_every_row_is_not_taken_for_readers() -> None:
    rows = MOST_READERS + 1
    table = pd.DataFrame({"reader_id": range(rows), "case_id": 1, "truth": "real", "decision": "real"})
    with pytest.raises(BadInputError, match=f"name {rows} readers"):
        analyze(table)


def test_a_workbook_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "responses.xlsx"
    path.write_bytes(b"PK\x03\x04")
    with pytest.raises(BadInputError, match="Excel workbook") as caught:
        read_responses(path)
    assert "CSV" in caught.value.next_step
