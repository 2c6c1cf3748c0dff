"""From a long table to the numbers of a results page."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.errors import BadInputError
from core.imageset.record import ImageKind, TumorStatus
from core.observer_performance.analysis import analyze
from core.observer_performance.contingency import ContingencyTable
from core.reading.case import Arm
from core.reading.protocol import Question

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "analysis.md"


def test_the_papers_counts_give_its_accuracies(paper_responses: pd.DataFrame) -> None:
    result = analyze(paper_responses).to_json()
    accuracies = [result[question]["accuracy"] for question in ("realism", "tumor")]
    assert [(rate["k"], rate["n"], rate["estimate"]) for rate in accuracies] == [
        (157, 200, 0.785),
        (181, 200, 0.905),
    ]
    assert accuracies[0]["wilson95"] == pytest.approx([0.722977, 0.836281], abs=1e-6)
    assert accuracies[1]["clopper_pearson95"] == pytest.approx([0.855623, 0.94183], abs=1e-6)


def test_the_counts_stand_in_the_layout_of_table_2(paper_responses: pd.DataFrame) -> None:
    result = analyze(paper_responses).to_json()
    assert result["realism"]["counts"] == {
        "table": {"real": {"real": 58, "synthetic": 42}, "synthetic": {"real": 1, "synthetic": 99}},
        "missing": 0,
        "cannot_judge": 0,
    }
    assert result["tumor"]["counts"] == {
        "table": {"tumor": {"tumor": 82, "nontumor": 18}, "nontumor": {"tumor": 1, "nontumor": 99}},
        "by_truth": {
            "real": {"tumor": {"tumor": 45, "nontumor": 5}, "nontumor": {"tumor": 0, "nontumor": 50}},
            "synthetic": {"tumor": {"tumor": 37, "nontumor": 13}, "nontumor": {"tumor": 1, "nontumor": 49}},
        },
        "missing": 0,
        "cannot_judge": 0,
        "unknown_tumor_status": 0,
    }


def test_signal_present_is_synthetic_and_tumor(paper_responses: pd.DataFrame) -> None:
    overall = analyze(paper_responses).overall
    assert overall.realism.counts.table == ContingencyTable(
        hits=99, misses=1, false_alarms=42, correct_rejections=58
    )
    assert (overall.realism.sensitivity.k, overall.realism.specificity.k) == (99, 58)
    assert (overall.tumor.sensitivity.k, overall.tumor.specificity.k) == (82, 99)
    assert overall.tumor.counts.by_truth[ImageKind.REAL].misses == 5


def test_several_readers_have_intervals_each_and_none_together(paper_responses: pd.DataFrame) -> None:
    both = pd.concat([paper_responses, paper_responses.assign(reader_id="B")], ignore_index=True)
    result = analyze(both).to_json()
    for question in ("realism", "tumor"):
        for rate in ("accuracy", "sensitivity", "specificity"):
            pooled = result[question][rate]
            assert [pooled[key] for key in ("wilson95", "clopper_pearson95", "p_vs_half")] == [
                None,
                None,
                None,
            ]
            assert pooled["estimate"] == pooled["k"] / pooled["n"]
    assert [reader["reader"] for reader in result["per_reader"]] == result["readers"] == ["A", "B"]
    for reader in result["per_reader"]:
        assert reader["realism"]["accuracy"]["wilson95"] == pytest.approx([0.722977, 0.836281], abs=1e-6)


def test_every_presentation_is_counted_once(paper_responses: pd.DataFrame) -> None:
    responses = paper_responses.astype(object)
    responses["cannot_judge"] = False
    responses.loc[0, ["cannot_judge", "decision", "tumor_decision"]] = [True, None, None]
    responses.loc[1:2, "decision"] = None
    responses.loc[3:6, "tumor_status"] = "unknown"
    responses.loc[6, "tumor_decision"] = None
    realism, tumor = (analyze(responses).overall.of(question).counts for question in Question)
    assert (realism.table.n, realism.missing, realism.cannot_judge, realism.unknown_reference) == (
        197,
        2,
        1,
        0,
    )
    assert (tumor.table.n, tumor.missing, tumor.cannot_judge, tumor.unknown_reference) == (195, 0, 1, 4)


def test_repeats_do_not_enter(paper_responses: pd.DataFrame) -> None:
    repeats = paper_responses.assign(is_repeat=True, decision="real")
    responses = pd.concat([paper_responses.assign(is_repeat=False), repeats], ignore_index=True)
    analysis, alone = analyze(responses), analyze(paper_responses)
    assert replace(analysis.overall, retest=alone.overall.retest) == alone.overall
    assert (analysis.n_presentations, analysis.n_repeats_left_out) == (200, 200)


def test_a_question_that_nobody_answered_is_not_estimable(paper_responses: pd.DataFrame) -> None:
    result = analyze(paper_responses.drop(columns=["tumor_status", "tumor_decision"])).to_json()
    assert result["tumor"]["accuracy"]["n"] == 0
    assert result["tumor"]["accuracy"]["estimate"] is None
    assert result["tumor"]["counts"]["unknown_tumor_status"] == 200


def test_a_reader_of_one_class_has_no_rate_for_the_other(paper_responses: pd.DataFrame) -> None:
    result = analyze(paper_responses[paper_responses["truth"] == "real"]).overall.realism
    assert (result.sensitivity.estimate, result.specificity.estimate) == (None, 0.58)


def test_response_times_are_medians_per_arm(paper_responses: pd.DataFrame) -> None:
    responses = paper_responses.copy()
    real_tumor = (responses["truth"] == "real") & (responses["tumor_status"] == "tumor")
    responses.loc[real_tumor, "response_time_ms"] = [10.0] * 24 + [20.0, 20.0] + [30.0] * 23 + [float("nan")]
    times = analyze(responses).overall.response_times
    assert (times[Question.REALISM][Arm.REAL_TUMOR].n, times[Question.REALISM][Arm.REAL_TUMOR].median_ms) == (
        49,
        20,
    )
    assert {time.median_ms for time in times[Question.TUMOR].values()} == {500}


def test_the_json_is_the_same_whatever_the_order_of_rows(paper_responses: pd.DataFrame) -> None:
    both = pd.concat([paper_responses.assign(reader_id="B"), paper_responses], ignore_index=True)
    shuffled = both.sample(frac=1, random_state=3)
    assert json.dumps(analyze(both).to_json()) == json.dumps(analyze(shuffled).to_json())


def test_rows_of_a_database_are_checked_like_those_of_a_file() -> None:
    with pytest.raises(BadInputError, match="has no responses"):
        analyze(pd.DataFrame([]))


def test_the_papers_tables_have_dprime_kappa_and_a_verdict(paper_responses: pd.DataFrame) -> None:
    result = analyze(paper_responses).to_json()
    found = [
        [result[question][key] for key in ("dprime", "kappa", "kappa_se")] for question in ("realism", "tumor")
    ]
    assert found[0] == pytest.approx([2.373896, 0.57, 0.052991], abs=1e-6)
    assert found[1] == pytest.approx([3.077385, 0.81, 0.040863], abs=1e-6)
    assert result["equivalence"]["verdict"] == "distinguishable"
    assert result["realism"]["auc"] is None


def test_the_score_is_confidence_signed_by_the_decision() -> None:
    rows = [("real", "real", 5), ("real", "synthetic", 1), ("synthetic", "real", 1), ("synthetic", "synthetic", 5)]
    table = pd.DataFrame(rows, columns=["truth", "decision", "confidence"]).assign(reader_id="A", case_id=range(4))
    result = analyze(table).to_json()["realism"]  # scores -5 and 1 of real, -1 and 5 of synthetic images
    assert (result["auc"], result["auc_n"]) == (0.75, 4)


def test_several_readers_have_their_result_across_readers(paper_responses: pd.DataFrame) -> None:
    generator = np.random.default_rng(3)
    readers = [
        paper_responses.assign(
            reader_id=reader,
            decision=np.where(generator.random(200) < 0.7, paper_responses["truth"], "real"),
            confidence=generator.integers(1, 6, 200),
        )
        for reader in "ABC"
    ]
    result = analyze(pd.concat(readers, ignore_index=True)).to_json()
    across, realism = result["mrmc"], result["realism"]
    assert across["accuracy"] == pytest.approx(realism["accuracy"]["estimate"])
    assert across["ci95"][0] < across["accuracy"] < across["ci95"][1]
    assert across["auc_ci95"][0] < across["auc"] < across["auc_ci95"][1]
    assert across["sensitivity"] == pytest.approx(realism["sensitivity"]["estimate"])
    assert across["sensitivity_ci95"][0] < across["sensitivity"] < across["sensitivity_ci95"][1]
    assert (across["specificity"], across["specificity_ci95"]) == (1, None)  # nobody was ever wrong
    for name, found in across["tumor"]["synthetic_less_real"].items():
        assert found["estimate"] == pytest.approx(result["tumor_by_truth"][name]["difference"])
    assert [realism[key] for key in ("dprime_se", "kappa_se", "auc_se", "auc_ci95")] == [None] * 4
    assert result["equivalence"]["accuracy"] == across["accuracy"]
    assert all(reader["realism"]["auc_ci95"] for reader in result["per_reader"])


def test_every_key_is_documented(paper_responses: pd.DataFrame) -> None:
    documented = DOCUMENT.read_text("utf-8")
    repeated = pd.concat([paper_responses.assign(is_repeat=False), paper_responses.assign(is_repeat=True)])
    both = pd.concat([repeated, repeated.assign(reader_id="B")], ignore_index=True)
    undocumented = {key for key in _keys(analyze(both).to_json()) if f"`{key}`" not in documented}
    assert undocumented == set()


def _keys(content: object) -> Iterator[str]:
    """Every key, but for the words that are values: questions, arms, truths and decisions."""
    words = {str(word) for kind in (Question, Arm, ImageKind, TumorStatus) for word in kind}
    if isinstance(content, dict):
        yield from (key for key in content if key not in words)
        content = list(content.values())
    if isinstance(content, list):
        for part in content:
            yield from _keys(part)
