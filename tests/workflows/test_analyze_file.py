"""The workflow of `mrturing analyze`."""

from pathlib import Path

import pytest

from core.errors import BadInputError
from core.workflows.analysis import analyze_file


def test_a_file_is_analyzed_under_the_documented_keys(tmp_path: Path) -> None:
    path = tmp_path / "responses.csv"
    path.write_text("reader_id,case_id,truth,decision\nA,1,real,real\nA,2,synthetic,real\n")
    result = analyze_file(path).to_json()
    assert {"readers", "realism", "tumor", "response_time", "per_reader"} <= result.keys()
    assert result["realism"]["accuracy"].keys() == {
        "k", "n", "estimate", "wilson95", "clopper_pearson95", "p_vs_half",
    }  # fmt: skip
    assert (result["realism"]["accuracy"]["k"], result["realism"]["accuracy"]["n"]) == (1, 2)


def test_a_fault_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"absent\.csv"):
        analyze_file(tmp_path / "absent.csv")
