"""Repeats and drift."""

import numpy as np
import pandas as pd
import pytest

from core.observer_performance.analysis import analyze
from core.observer_performance.drift import trend
from core.reading.protocol import Question


def sequence(correct: list[bool], reader: str = "A") -> pd.DataFrame:
    """Images in turn synthetic and real, answered in order."""
    truth = ["synthetic" if place % 2 else "real" for place in range(len(correct))]
    other = {"real": "synthetic", "synthetic": "real"}
    return pd.DataFrame(
        {
            "reader_id": reader,
            "case_id": range(len(correct)),
            "truth": truth,
            "decision": [word if right else other[word] for word, right in zip(truth, correct, strict=True)],
            "trial_index": range(1, len(correct) + 1),
            "response_time_ms": np.linspace(4000, 1000, len(correct)),
        }
    )


def test_repeats_are_compared_with_the_first_answer_of_the_same_reader() -> None:
    first = pd.concat([sequence([True] * 10), sequence([False] * 10, "B")])
    again = first[first["case_id"] < 4].assign(is_repeat=True)
    again.loc[(again["case_id"] == 0) & (again["reader_id"] == "A"), "decision"] = "synthetic"
    analysis = analyze(pd.concat([first.assign(is_repeat=False), again], ignore_index=True))
    a, b = (analysis.per_reader[reader].retest[Question.REALISM] for reader in "AB")
    assert (a.agreement.k, a.agreement.n, b.agreement.k, b.agreement.n) == (3, 4, 4, 4)
    assert a.kappa is not None
    assert a.kappa.estimate == pytest.approx(0.5)
    pooled = analysis.overall.retest[Question.REALISM]
    assert (pooled.agreement.k, pooled.agreement.n, pooled.agreement.wilson95) == (7, 8, None)
    assert analysis.to_json()["repeats"]["realism"]["kappa_se"] is None


def test_a_repeat_without_an_answered_first_is_counted_apart() -> None:
    first = sequence([True] * 4).astype({"decision": object})
    again = first.assign(is_repeat=True)
    first.loc[0, "decision"] = None
    found = analyze(pd.concat([first.assign(is_repeat=False), again])).overall.retest[Question.REALISM]
    assert (found.agreement.n, found.unmatched) == (3, 1)


def test_only_repeats_match_nothing() -> None:
    found = analyze(sequence([True] * 4).assign(is_repeat=True))
    assert found.overall.retest[Question.REALISM].unmatched == 4
    assert found.overall.realism.accuracy.estimate is None


def test_a_reader_who_learns_has_a_rising_trend_and_quarters() -> None:
    found = analyze(sequence([False, True] * 5 + [False] * 10 + [True] * 20)).overall.drift[Question.REALISM]
    assert found.accuracy.per_100_trials is not None
    assert found.accuracy.per_100_trials > 0
    assert found.accuracy.p is not None
    assert found.accuracy.p < 0.01
    assert [(part.k, part.n) for part in found.quarters] == [(5, 10), (0, 10), (10, 10), (10, 10)]
    assert found.log_response_time.per_100_trials is not None
    assert found.log_response_time.per_100_trials < 0


def test_the_slope_is_that_of_least_squares_within_readers() -> None:
    reader, index = np.array([0] * 5 + [1] * 5), np.tile(np.arange(5.0), 2)
    value = np.array([0, 0, 1, 1, 1, 1, 1, 1, 0, 1.0])
    slopes = [np.polyfit(index[part], value[part], 1)[0] for part in (reader == 0, reader == 1)]
    assert trend(reader, index, value).per_100_trials == pytest.approx(100 * np.mean(slopes))


def test_a_difference_between_readers_is_no_drift() -> None:
    reader, index = np.repeat([0, 1], 50), np.arange(100.0)
    found = trend(reader, index, (reader == 1).astype(float))
    assert (found.per_100_trials, found.p) == (None, None)


def test_the_p_of_no_drift_is_uniform() -> None:
    generator = np.random.default_rng(5)
    reader, index = np.repeat(np.arange(4), 50), np.tile(np.arange(50.0), 4)
    found = [trend(reader, index, (generator.random(200) < 0.7).astype(float)).p for _ in range(400)]
    assert np.mean(np.array(found, dtype=float) < 0.05) == pytest.approx(0.05, abs=0.025)
    assert np.mean(np.array(found, dtype=float) < 0.5) == pytest.approx(0.5, abs=0.075)


def test_without_trial_indices_drift_is_not_estimable() -> None:
    found = analyze(sequence([True, False] * 4).drop(columns="trial_index")).overall.drift[Question.REALISM]
    assert (found.n, found.quarters, found.accuracy.p) == (0, (), None)
