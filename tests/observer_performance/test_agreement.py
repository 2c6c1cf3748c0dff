"""Agreement beyond chance, against printed examples."""

import numpy as np
import pandas as pd
import pytest

from core.observer_performance.agreement import cohen_kappa, fleiss_kappa, gwet_ac1, krippendorff_alpha
from core.observer_performance.analysis import analyze
from core.reading.protocol import Question

WIKIPEDIA_10X14X5 = [
    [0, 0, 0, 0, 14],
    [0, 2, 6, 4, 2],
    [0, 0, 3, 5, 6],
    [0, 3, 9, 2, 0],
    [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0],
    [3, 2, 6, 3, 0],
    [2, 5, 3, 2, 2],
    [6, 5, 2, 1, 0],
    [0, 2, 2, 3, 7],
]
# Krippendorff 2011: readers x units, 0 where missing.
KRIPPENDORFF_4X12 = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
    [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0],
]
TOY_3X10 = ["1100101100", "1000101101", "1101100100"]
WORDS = {"0": "real", "1": "synthetic"}


def toy(readers: list[str] = TOY_3X10) -> pd.DataFrame:
    rows = [
        {"reader_id": f"r{reader}", "case_id": case, "decision": WORDS[word]}
        for reader, words in enumerate(readers)
        for case, word in enumerate(words)
    ]
    return pd.DataFrame(rows).assign(truth=lambda table: np.where(table["case_id"] % 2, "real", "synthetic"))


@pytest.mark.parametrize(
    ("counts", "kappa", "se", "interval", "digits"),
    [
        ([[99, 1], [42, 58]], 0.57, 0.052991, (0.466139, 0.673861), 1e-6),
        ([[82, 18], [1, 99]], 0.81, 0.040863, (0.729909, 0.89009), 1e-6),
        ([[20, 5], [10, 15]], 0.4, 0.127, (0.1511, 0.6489), 5e-5),
        ([[0, 4, 1], [0, 8, 0], [0, 1, 5]], 0.4842, 0.138, (0.2137, 0.7547), 1e-4),
    ],
)
def test_kappa_and_its_error_are_those_printed(
    counts: list[list[int]], kappa: float, se: float, interval: tuple[float, float], digits: float
) -> None:
    found = cohen_kappa(np.array(counts))
    assert found is not None
    assert found.se is not None
    assert found.estimate == pytest.approx(kappa, abs=digits)
    assert found.se == pytest.approx(se, abs=max(digits, 5e-5) if digits > 1e-6 else digits)
    ends = (found.estimate - 1.959964 * found.se, found.estimate + 1.959964 * found.se)
    assert ends == pytest.approx(interval, abs=digits)


@pytest.mark.parametrize("counts", [[[9, 0], [0, 0]], [[0, 0], [0, 0]]], ids=["one word", "nothing"])
def test_constant_raters_are_not_estimable(counts: list[list[int]]) -> None:
    assert cohen_kappa(np.array(counts)) is None
    assert fleiss_kappa(np.array(counts)) is None


def test_fleiss_kappa_is_that_of_the_examples() -> None:
    assert fleiss_kappa(np.array(WIKIPEDIA_10X14X5)) == pytest.approx(0.2099307, abs=1e-7)
    assert fleiss_kappa(np.array([[7, 1], [3, 5]])) == pytest.approx(0.161905, abs=1e-6)


def test_alpha_is_krippendorffs_with_missing_answers() -> None:
    answers = np.array(KRIPPENDORFF_4X12)
    counts = np.stack([(answers == word).sum(axis=0) for word in range(1, 6)], axis=1)
    assert krippendorff_alpha(counts) == pytest.approx(0.743421, abs=1e-6)


def test_ac1_holds_where_kappa_collapses() -> None:
    counts = np.repeat([[2, 0], [1, 1], [1, 1], [0, 2]], [118, 5, 2, 0], axis=0)
    kappa = cohen_kappa(np.array([[118, 5], [2, 0]]))
    assert kappa is not None
    assert kappa.estimate == pytest.approx(-0.023392, abs=1e-6)
    assert gwet_ac1(counts) == pytest.approx(0.940776, abs=1e-6)


def test_a_table_of_three_readers_gives_all_measures() -> None:
    found = analyze(toy()).to_json()["agreement"]
    assert found["fleiss_kappa"] == pytest.approx(0.466667, abs=1e-6)
    assert found["krippendorff_alpha"] == pytest.approx(0.484444, abs=1e-6)
    pairs = {tuple(pair["readers"]): pair["kappa"] for pair in found["pairwise_cohen"]}
    assert [pairs["r0", "r1"], pairs["r0", "r2"], pairs["r1", "r2"]] == pytest.approx([0.6, 0.6, 0.2])
    assert found["tumor"]["fleiss_kappa"] is None


def test_answers_of_one_reader_and_of_disjoint_readers_agree_with_nothing() -> None:
    table = toy()
    alone = analyze(table[table["reader_id"] == "r0"]).agreement[Question.REALISM]
    disjoint = analyze(table[(table["reader_id"] == "r0") ^ (table["case_id"] < 5)].drop_duplicates("case_id"))
    for found in (alone, disjoint.agreement[Question.REALISM]):
        assert (found.fleiss_kappa, found.krippendorff_alpha, found.ac1) == (None, None, None)
        assert all(pair.kappa is None for pair in found.pairwise_cohen)


def test_readers_who_all_say_one_word_agree_with_no_chance_to_correct_for() -> None:
    found = analyze(toy(["0000", "0000"])).agreement[Question.REALISM]
    assert (found.fleiss_kappa, found.krippendorff_alpha) == (None, None)
    assert found.ac1 == 1
