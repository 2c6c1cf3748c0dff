"""The tumor question on synthetic against real images."""

import pandas as pd
import pytest

from core.observer_performance.analysis import analyze
from core.observer_performance.proportions import Proportion
from core.observer_performance.tumor_by_truth import RateComparison


def test_newcombes_interval_is_the_published_one() -> None:
    found = RateComparison(synthetic=Proportion(56, 70), real=Proportion(48, 80))  # Newcombe 1998, example a
    assert found.difference == pytest.approx(0.2)
    assert found.newcombe95 == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_the_tumors_of_the_paper_are_seen_better_on_real_images(paper_responses: pd.DataFrame) -> None:
    sensitivity = analyze(paper_responses).to_json()["tumor_by_truth"]["sensitivity"]
    assert (sensitivity["real"]["k"], sensitivity["synthetic"]["k"]) == (45, 37)
    assert sensitivity["difference"] == pytest.approx(-0.16)
    assert sensitivity["newcombe95"][1] < 0
    assert 0 < sensitivity["p_fisher"] < 0.07


def test_pooled_readers_have_a_difference_and_no_interval(paper_responses: pd.DataFrame) -> None:
    both = pd.concat([paper_responses, paper_responses.assign(reader_id="B")])
    found = analyze(both).overall.tumor_by_truth["accuracy"]
    assert found.difference is not None
    assert (found.newcombe95, found.p_fisher) == (None, None)


def test_without_synthetic_images_nothing_is_compared(paper_responses: pd.DataFrame) -> None:
    found = analyze(paper_responses[paper_responses["truth"] == "real"]).overall.tumor_by_truth["accuracy"]
    assert (found.difference, found.newcombe95, found.p_fisher) == (None, None, None)
