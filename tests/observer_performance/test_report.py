"""The analysis in words."""

import pandas as pd
import pytest

from core.observer_performance.analysis import analyze
from core.observer_performance.report import report_lines
from core.observer_performance.wording import p_text, percent


def test_one_readers_report_has_rates_with_n_interval_and_p(paper_responses: pd.DataFrame) -> None:
    text = "\n".join(report_lines(analyze(paper_responses)))
    assert "78.5 %  (157 of 200)" in text
    assert "Wilson 95 % 72.3 to 83.6 %, p < 0.001 against 50 %" in text
    assert "p = 0.133 against 50 %" in text
    assert "90.5 %  (181 of 200)" in text


def test_lines_fit_a_terminal(paper_responses: pd.DataFrame) -> None:
    assert max(map(len, report_lines(analyze(paper_responses)))) <= 100


def test_pooled_readers_get_no_interval_before_their_own(paper_responses: pd.DataFrame) -> None:
    both = pd.concat([paper_responses, paper_responses.assign(reader_id="B")], ignore_index=True)
    lines = report_lines(analyze(both))
    assert not any("Wilson" in line for line in lines[: lines.index("A")])
    assert sum("Wilson" in line for line in lines[lines.index("A") :]) == 12


def test_what_was_left_out_is_said(paper_responses: pd.DataFrame) -> None:
    responses = paper_responses.astype(object)
    responses.loc[0, "decision"] = None
    text = "\n".join(report_lines(analyze(responses)))
    assert "n = 199 (left out: 1 missing)" in text


def test_a_question_without_answers_is_not_estimable(paper_responses: pd.DataFrame) -> None:
    lines = report_lines(analyze(paper_responses.drop(columns="tumor_decision")))
    assert "No answers (left out: 200 missing): not estimable." in lines


def test_a_rate_of_nothing_and_a_tiny_p_are_written_as_what_they_are() -> None:
    assert percent(None) == "not estimable"
    assert (p_text(1e-30), p_text(0.04), p_text(None)) == ("p < 0.001", "p = 0.040", "")


def test_the_verdict_comes_first_and_diversity_beside_it(paper_responses: pd.DataFrame) -> None:
    lines = report_lines(analyze(paper_responses))
    assert lines[1] == "Distinguishable: accuracy 78.5 %, p < 0.001 against 50 %."
    assert "Realism is not diversity" in lines[2]


def test_dprime_criterion_and_kappa_stand_with_their_errors(paper_responses: pd.DataFrame) -> None:
    text = "\n".join(report_lines(analyze(paper_responses)))
    assert "d' 2.37 (SE 0.35), criterion -0.99, kappa 0.57 (SE 0.05)" in text
    assert "synthetic less real     accuracy -9.0 points (Newcombe 95 %" in text


def test_readers_together_have_an_interval_agreement_and_a_warning_of_few(paper_responses: pd.DataFrame) -> None:
    second = paper_responses.assign(reader_id="B")
    second.loc[:19, "decision"] = "synthetic"
    text = "\n".join(report_lines(analyze(pd.concat([paper_responses, second], ignore_index=True))))
    assert "Across readers, for readers and cases like these" in text
    assert "Agreement between readers" in text
    assert "held the truth in 91.7 %, not 95 %" in " ".join(text.split())


def test_a_reader_who_judged_few_images_is_named(paper_responses: pd.DataFrame) -> None:
    both = pd.concat([paper_responses, paper_responses.assign(reader_id="late").iloc[::60]], ignore_index=True)
    text = "\n".join(report_lines(analyze(both)))
    assert "judged few of up to 200 images:" in text.replace("\n  ", " ")
    assert "late (4)" in text


def test_a_reader_who_judged_one_truth_only_is_named_as_left_out(paper_responses: pd.DataFrame) -> None:
    real = paper_responses[paper_responses["truth"] == "real"].assign(reader_id="half")
    readers = [paper_responses.assign(reader_id=name) for name in ("A", "B")]
    analysis = analyze(pd.concat([*readers, real], ignore_index=True))
    text = " ".join(line.strip() for line in report_lines(analysis))
    assert "Left out across readers, real or synthetic, for images of one kind: half." in text
    assert analysis.to_json()["mrmc"]["accuracy"] == pytest.approx(0.785)
