"""From answers to the table of readers and cases that the multi-reader estimates take."""

import numpy as np
import pandas as pd
import pytest

from core.observer_performance import across_readers
from core.observer_performance.analysis import analyze
from core.observer_performance.mrmc import NOT_ESTIMABLE, mrmc_accuracy
from core.reading.protocol import Question


def read_by(readers: int, cases: int) -> pd.DataFrame:
    generator = np.random.default_rng(11)
    rows = [
        {"reader_id": f"r{reader}", "case_id": f"{case:03}", "truth": ("real", "synthetic")[case % 2]}
        for reader in range(readers)
        for case in range(cases)
    ]
    return pd.DataFrame(rows).assign(decision=generator.choice(["real", "synthetic"], readers * cases))


def test_answers_become_readers_by_cases_with_gaps_where_nothing_was_answered() -> None:
    table = read_by(4, 30)
    right = (table["truth"] == table["decision"]).to_numpy(float).reshape(4, 30)
    right[1, 3] = right[2, 29] = np.nan
    table.loc[[30 + 3, 60 + 29], "decision"] = None
    shuffled = table.sample(frac=1, random_state=1)
    found = analyze(shuffled).across_readers[Question.REALISM].accuracy
    expected = mrmc_accuracy(right, np.arange(30) % 2 == 1)
    assert (found.estimate, found.se, found.df) == pytest.approx((expected.estimate, expected.se, expected.df))


def test_a_table_of_readers_and_cases_too_large_for_memory_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(across_readers, "MOST_CELLS", 4 * 30 - 1)
    analysis = analyze(read_by(4, 30))
    assert analysis.across_readers[Question.REALISM].accuracy == NOT_ESTIMABLE
    assert analysis.equivalence.verdict is None
