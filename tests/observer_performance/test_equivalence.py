"""Exact equivalence tests, the three verdicts, and when "equivalent" is withheld."""

import pytest

from core.observer_performance.conclusion import verdict_sentence
from core.observer_performance.contingency import ContingencyTable
from core.observer_performance.equivalence import (
    Equivalence,
    Verdict,
    equivalence,
    exact_tost_p,
    mrmc_tost_p,
)
from core.observer_performance.mrmc import MrmcEstimate
from core.observer_performance.proportions import Proportion
from core.reading.design import PlannedAnalysis

NOTHING = Proportion(0, 0)


def table(correct: int, n: int = 200) -> ContingencyTable:
    """As many real as synthetic images, and `correct` right answers spread over both."""
    hits = correct // 2
    rejections = correct - hits
    return ContingencyTable(
        hits=hits, misses=n // 2 - hits, false_alarms=n // 2 - rejections, correct_rejections=rejections
    )


def judged(
    *tables: ContingencyTable,
    planned: PlannedAnalysis | None = None,
    across: MrmcEstimate | None = None,
    tumor: Proportion = NOTHING,
    repeats: Proportion = NOTHING,
) -> Equivalence:
    return equivalence(
        tables,
        planned or PlannedAnalysis(),
        mrmc_accuracy=across,
        tumor_accuracy=tumor,
        repeat_agreement=repeats,
    )


@pytest.mark.parametrize(
    ("k", "n", "margin", "p"),
    [
        (100, 200, 0.10, 0.002635),
        (104, 200, 0.10, 0.01314),
        (107, 200, 0.10, 0.036306),
        (108, 200, 0.10, 0.04918471),
        (109, 200, 0.10, 0.06549013),
        (110, 200, 0.10, 0.085724),
        (100, 200, 0.05, 0.088701),
        (50, 100, 0.10, 0.027099),
        (500, 1000, 0.05, 0.000847),
    ],
)
def test_the_exact_p_is_the_reference(k: int, n: int, margin: float, p: float) -> None:
    assert exact_tost_p(k, n, margin=margin) == pytest.approx(p, abs=1e-6)
    assert exact_tost_p(n - k, n, margin=margin) == pytest.approx(p, abs=1e-6)


def test_200_images_are_equivalent_from_92_to_108_and_distinguishable_beyond_85_and_115() -> None:
    verdicts = {k: judged(table(k)).verdict for k in range(201)}
    assert [k for k in verdicts if verdicts[k] is Verdict.EQUIVALENT] == list(range(92, 109))
    apart = [k for k in verdicts if verdicts[k] is Verdict.DISTINGUISHABLE]
    assert apart == [*range(86), *range(115, 201)]


def test_a_real_but_small_difference_is_equivalent_and_said() -> None:
    found = judged(table(5250, 10_000))
    assert found.verdict is Verdict.EQUIVALENT
    assert "although it differs from 50 % (p < 0.001)" in verdict_sentence(found)


def test_a_failed_positive_control_withholds_equivalent_and_nothing_else() -> None:
    weak = Proportion(120, 200)
    assert judged(table(100), tumor=Proportion(140, 200)).verdict is Verdict.EQUIVALENT
    for found in (judged(table(100), tumor=weak), judged(table(100), repeats=Proportion(11, 20))):
        assert found.verdict is Verdict.INCONCLUSIVE
        assert found.p == pytest.approx(0.002635, abs=1e-6)
        assert "withheld" in verdict_sentence(found)
        assert "below the floor" in verdict_sentence(found)
    assert judged(table(160), tumor=weak).verdict is Verdict.DISTINGUISHABLE


def test_without_a_positive_control_the_sentence_says_so() -> None:
    assert "No positive control" in verdict_sentence(judged(table(100)))
    assert "No positive control" not in verdict_sentence(judged(table(100), tumor=Proportion(9, 10)))


def test_the_floors_margin_and_alpha_are_the_plans() -> None:
    strict = PlannedAnalysis(margin=0.05, alpha=0.1, tumor_accuracy_floor=0.95)
    found = judged(table(100), planned=strict, tumor=Proportion(90, 100))
    assert found.verdict is Verdict.INCONCLUSIVE
    assert "below the floor of 95 %" in verdict_sentence(found)
    content = found.to_json()
    assert (content["margin"], content["alpha"], content["verdict"]) == (0.05, 0.1, "inconclusive")


@pytest.mark.parametrize(
    "counts",
    [
        ContingencyTable(hits=100, misses=0, false_alarms=100, correct_rejections=0),
        ContingencyTable(hits=0, misses=0, false_alarms=50, correct_rejections=50),
        ContingencyTable(hits=80, misses=80, false_alarms=20, correct_rejections=20),
        ContingencyTable(hits=0, misses=0, false_alarms=0, correct_rejections=0),
    ],
    ids=["one word", "one truth", "unbalanced", "nothing"],
)
def test_where_half_is_not_chance_there_is_no_verdict(counts: ContingencyTable) -> None:
    found = judged(counts)
    assert (found.verdict, found.p, found.p_vs_half) == (None, None, None)
    assert found.reason
    assert verdict_sentence(found).startswith("No verdict: ")


def test_several_readers_are_judged_by_the_estimate_across_them() -> None:
    narrow = MrmcEstimate(estimate=0.51, se=0.02, df=20.0, ci95=(0.468, 0.552))
    wide = MrmcEstimate(estimate=0.51, se=0.08, df=20.0, ci95=(0.343, 0.677))
    apart = MrmcEstimate(estimate=0.80, se=0.05, df=20.0, ci95=(0.696, 0.904))
    readers = (table(100), table(104))
    verdicts = [judged(*readers, across=across).verdict for across in (narrow, wide, apart)]
    assert verdicts == [Verdict.EQUIVALENT, Verdict.INCONCLUSIVE, Verdict.DISTINGUISHABLE]
    assert judged(*readers, across=narrow).accuracy == 0.51
    assert mrmc_tost_p(narrow, margin=0.1) == pytest.approx(0.00012, abs=1e-4)


def test_readers_without_an_interval_get_no_verdict() -> None:
    unknown = MrmcEstimate(estimate=0.5, se=None, df=None, ci95=None)
    for across in (unknown, None):
        found = judged(table(100), table(100), across=across)
        assert found.verdict is None
        assert "multi-reader" in verdict_sentence(found)
