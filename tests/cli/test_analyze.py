"""`mrturing analyze` on odd tables, as real files: one line on what to do, or null, and never a wrong number."""

import json
from collections.abc import Iterable
from pathlib import Path

import pandas as pd
import pytest

from core.reading.design import Scale
from core.reading.simulated_readers import Ability
from core.workflows.simulated_readings import simulate_readings
from core.workflows.studies import close_study
from tests.command_line import Outcome, mrturing
from tests.phantoms import locked_study

HEADER = ("reader_id", "case_id", "truth", "decision")
TRUTHS = ("real", "synthetic") * 4
DECISIONS = ("real", "synthetic", "synthetic", "synthetic", "real", "real", "real", "synthetic")
Row = tuple[object, ...]
READER_A: tuple[Row, ...] = tuple(
    ("A", case, truth, decision)
    for case, (truth, decision) in enumerate(zip(TRUTHS, DECISIONS, strict=True), start=1)
)
READER_B: tuple[Row, ...] = tuple(("B", *row[1:3], row[2]) for row in READER_A)
BOTH = (*READER_A, *READER_B)


def text(rows: Iterable[Row] = BOTH, *, header: Iterable[str] = HEADER, separator: str = ",") -> str:
    return "".join(separator.join(map(str, cells)) + "\n" for cells in (header, *rows))


def analyze(folder: Path, content: str, *options: object, encoding: str = "utf-8") -> Outcome:
    path = folder / "responses.csv"
    path.write_text(content, encoding=encoding)
    return mrturing("analyze", path, *options)


def analyzed(folder: Path, content: str, *options: object, encoding: str = "utf-8") -> dict[str, dict]:
    """The JSON of an analysis, which has no NaN, and whose text has none either."""
    for_a_person = analyze(folder, content, *options, encoding=encoding)
    assert (for_a_person.code, for_a_person.stderr) == (0, "")
    assert "nan" not in for_a_person.stdout.replace("nontumor", "")
    outcome = analyze(folder, content, *options, "--json", encoding=encoding)
    return json.loads(outcome.stdout, parse_constant=lambda name: pytest.fail(f"{name} in the JSON"))


def replaced(row: int, column: int, value: object) -> list[Row]:
    rows = list(BOTH)
    rows[row] = (*rows[row][:column], value, *rows[row][column + 1 :])
    return rows


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (text(header=("reader_id", "case_id", "truth"), rows=[row[:3] for row in BOTH]), "has no column decision"),
        (text(header=("A", "1", "real", "real")), "has no column reader_id, case_id, truth, decision"),
        (text(replaced(3, 2, "fake")), "row 5: truth is 'fake'"),
        (text(replaced(9, 3, "perhaps")), "row 11: decision is 'perhaps'"),
        (text([*BOTH, READER_A[2]]), "row 18: case_id is '3', which reader 'A' was shown before"),
        (text([*BOTH, ("C", 1, "synthetic", "real")]), "row 18: truth is 'synthetic', but case '1' was 'real'"),
        (text(replaced(3, 2, "NaN")), "row 5: truth is blank"),
        (text(replaced(3, 0, "NaN")), "row 5: reader_id is blank"),
        (text(replaced(3, 1, "nan")), "row 5: case_id is blank"),
        (text([*BOTH, ("B", 9)]), "row 18: truth is blank"),
        (text([*BOTH, ("B", 9, "real", "real", "more")]), "row 18 has 5 cells, the header 4"),
        (text([("A", 1, "real", '"real'), *BOTH]), "a quotation mark in row 2 is not closed"),
        (text([(*row, "1,5") for row in BOTH], header=(*HEADER, "confidence"), separator=";"), "is '1,5'"),
        (text([]), "has no responses"),
        ("", "is empty"),
    ],
)
def test_a_fault_is_one_line_with_row_and_column_and_what_to_do(tmp_path: Path, content: str, said: str) -> None:
    outcome = analyze(tmp_path, content)
    assert (outcome.code, outcome.stdout) == (1, "")
    assert said in outcome.stderr
    assert str(tmp_path / "responses.csv") in outcome.stderr
    assert len(outcome.stderr.splitlines()) == 2
    refused = analyze(tmp_path, content, "--json")
    assert (refused.code, refused.stderr) == (1, "")
    assert said in refused.json["error"]["what"]
    assert refused.json["error"]["next_step"]


def test_a_workbook_is_refused_whatever_its_name(tmp_path: Path) -> None:
    table = pd.DataFrame(list(BOTH), columns=list(HEADER))
    table.to_excel(tmp_path / "responses.xlsx", index=False)
    for name in ("responses.xlsx", "responses.csv"):
        (tmp_path / name).write_bytes((tmp_path / "responses.xlsx").read_bytes())
        outcome = mrturing("analyze", tmp_path / name)
        assert (outcome.code, outcome.stdout) == (1, "")
        assert "is an Excel workbook" in outcome.stderr
        assert "CSV" in outcome.stderr


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (text(), "utf-8-sig"),
        (text(separator=";"), "utf-8"),
        (text(separator=";"), "utf-8-sig"),
        (text().replace("\n", "\r\n"), "utf-8"),
        (text([*BOTH[:5], (), ("", "", "", ""), ("  ", " ", "", " "), *BOTH[5:], (), ()]), "utf-8"),
        (text([(*row, '"a, b"', 3, "") for row in BOTH], header=(*HEADER, "note", "age", "age")), "utf-8"),
        (text(reversed(BOTH)), "utf-8"),
    ],
    ids=["byte-order mark", "semicolons", "both", "CRLF", "blank rows", "extra columns", "another order"],
)
def test_spellings_of_one_table_give_the_same_numbers(tmp_path: Path, content: str, encoding: str) -> None:
    assert analyzed(tmp_path, content, encoding=encoding) == analyzed(tmp_path, text())


def test_nan_is_a_missing_answer_and_counted_as_one(tmp_path: Path) -> None:
    header = (*HEADER, "confidence", "response_time_ms", "trial_index", "tumor_status", "subject_id")
    rows = [(*row, "NaN", "nan", "NaN", "nan", "NaN") for row in replaced(3, 3, "NaN")]
    found = analyzed(tmp_path, text(rows, header=header))
    assert (found["realism"]["accuracy"]["n"], found["realism"]["counts"]["missing"]) == (15, 1)
    assert found["realism"]["auc"] is None
    assert found["drift"]["realism"]["n"] == 0
    assert found["tumor"]["accuracy"]["estimate"] is None


def test_a_reader_who_was_shown_one_truth_has_one_rate_and_no_d_prime(tmp_path: Path) -> None:
    found = analyzed(tmp_path, text([row for row in BOTH if row[0] == "A" or row[2] == "real"]))
    half = next(reader for reader in found["per_reader"] if reader["reader"] == "B")["realism"]
    assert half["sensitivity"]["estimate"] is half["dprime"] is half["auc"] is None
    assert half["specificity"]["estimate"] == 1.0
    assert found["mrmc"]["ci95"] is None
    assert found["equivalence"]["verdict"] is None


def test_a_reader_who_gave_one_answer_has_no_d_prime(tmp_path: Path) -> None:
    rows = [*((*row[:3], "real") for row in READER_A), *READER_B]
    found = analyzed(tmp_path, text(rows))
    constant, other = (reader["realism"] for reader in found["per_reader"])
    assert (constant["accuracy"]["estimate"], constant["dprime"], constant["criterion"]) == (0.5, None, None)
    assert other["dprime"] is not None


def test_constant_answers_of_everybody_have_no_verdict(tmp_path: Path) -> None:
    found = analyzed(tmp_path, text([(*row[:3], "real") for row in BOTH]))
    assert found["realism"]["dprime"] is None
    assert found["agreement"]["fleiss_kappa"] is found["agreement"]["krippendorff_alpha"] is None
    assert (found["equivalence"]["verdict"], found["equivalence"]["p"]) == (None, None)
    assert "same word" in found["equivalence"]["reason"]


def test_one_reader_has_intervals_and_nothing_across_readers(tmp_path: Path) -> None:
    found = analyzed(tmp_path, text(READER_A))
    assert found["realism"]["accuracy"]["wilson95"] is not None
    assert {value for key, value in found["mrmc"].items() if key != "tumor"} == {None}
    assert found["agreement"]["fleiss_kappa"] is None


def test_one_case_says_what_was_answered_and_nothing_more(tmp_path: Path) -> None:
    for rows in (BOTH[:1], (BOTH[0], ("B", *BOTH[0][1:]))):
        found = analyzed(tmp_path, text(rows))
        assert found["realism"]["accuracy"]["n"] == len(rows)
        assert found["realism"]["dprime"] is found["realism"]["auc"] is None
        assert found["mrmc"]["ci95"] is None
        assert found["equivalence"]["verdict"] is None


def test_repeats_that_are_marked_stay_out_of_the_counts(tmp_path: Path) -> None:
    rows = [(*row, "false") for row in BOTH] + [(*READER_A[2], "true")]
    found = analyzed(tmp_path, text(rows, header=(*HEADER, "is_repeat")))
    assert (found["presentations"], found["repeats_left_out"]) == (16, 1)
    assert found["repeats"]["realism"]["agreement"]["n"] == 1


def test_a_million_rows_are_counted_one_by_one(tmp_path: Path) -> None:
    """Twenty readers, 50,000 cases each; what it takes in time and memory is measured by `make bench`."""
    n_readers, n_cases = 20, 50_000
    quarter = n_cases // 4
    case = pd.Series(range(n_cases))
    truth = (case % 2).map({0: "real", 1: "synthetic"})
    one = pd.DataFrame({"case_id": case, "truth": truth, "decision": truth.where(case >= quarter, "real")})
    table = pd.concat([one.assign(reader_id=f"r{number}") for number in range(n_readers)])
    table.to_csv(tmp_path / "responses.csv", index=False)
    outcome = mrturing("analyze", tmp_path / "responses.csv", "--json")
    assert outcome.code == 0
    accuracy, sensitivity = (outcome.json["realism"][rate] for rate in ("accuracy", "sensitivity"))
    assert (accuracy["n"], accuracy["k"]) == (1_000_000, 1_000_000 - n_readers * quarter // 2)
    assert sensitivity["estimate"] == pytest.approx(0.75)


def test_margin_alpha_and_floors_are_those_of_the_verdict(tmp_path: Path) -> None:
    rows = [("A", case, truth, decision) for case, (truth, decision) in enumerate(pairs(n=100))]
    assert analyzed(tmp_path, text(rows))["equivalence"]["verdict"] == "equivalent"
    narrow = analyzed(tmp_path, text(rows), "--margin", 0.05)["equivalence"]
    assert (narrow["margin"], narrow["alpha"], narrow["verdict"]) == (0.05, 0.05, "inconclusive")
    assert narrow["p"] == pytest.approx(0.088701, abs=1e-6)
    lenient = analyzed(tmp_path, text(rows), "--margin", 0.05, "--alpha", 0.1)["equivalence"]
    assert (lenient["alpha"], lenient["verdict"]) == (0.1, "equivalent")
    floors = analyzed(tmp_path, text(rows), "--tumor-floor", 0.9, "--repeat-floor", 0.8)["equivalence"]
    assert floors["positive_control"]["tumor_accuracy_floor"] == 0.9
    assert floors["positive_control"]["repeat_agreement_floor"] == 0.8
    refused = analyze(tmp_path, text(rows), "--margin", 0.6)
    assert (refused.code, "margin of 0.6" in refused.stderr) == (1, True)


RATE = {"k", "n", "estimate", "wilson95", "clopper_pearson95", "p_vs_half"}
QUESTION = {
    *("accuracy", "sensitivity", "specificity", "dprime", "criterion", "dprime_se"),
    *("kappa", "kappa_se", "auc", "auc_ci95"),
}
PROMISED = {
    "realism": QUESTION,
    "tumor": QUESTION,
    "agreement": {"fleiss_kappa", "krippendorff_alpha", "pairwise_cohen", "ac1"},
    "mrmc": {"accuracy", "se", "ci95", "auc", "auc_se", "auc_df", "auc_ci95"},
    "equivalence": {"margin", "p", "verdict"},
    "drift": {"realism", "tumor"},
    "response_time": {"realism", "tumor"},
    "repeats": {"realism", "tumor"},
}


def test_the_keys_that_scripts_rely_on_are_those_of_analyze_and_of_study_results(tmp_path: Path) -> None:
    study = locked_study(tmp_path / "workspace", per_arm=2, scale=Scale.CONFIDENCE)
    simulate_readings(study.paths, study.name, Ability(), n_readers=3, seed=0, on_progress=lambda *_: None)
    close_study(study.paths, study.name)
    results = mrturing("study", "results", study.name, "--json", workspace=study.paths.root).json
    mrturing("study", "export", study.name, tmp_path / "responses.csv", workspace=study.paths.root)
    analyzed_file = mrturing("analyze", tmp_path / "responses.csv", "--json").json
    for found in (results, analyzed_file):
        assert found.keys() >= {*PROMISED, "per_reader", "per_image"}
        for key, names in PROMISED.items():
            assert found[key].keys() >= names
        for rates in (found["realism"], found["tumor"], *(one["realism"] for one in found["per_reader"])):
            assert all(rates[rate].keys() == RATE for rate in ("accuracy", "sensitivity", "specificity"))
        assert all(isinstance(found[key], list) and found[key] for key in ("per_reader", "per_image"))
    provenance = {"study", "state", "protocol_hash", "audit_trail", "blinding_audit"}
    assert results.keys() - analyzed_file.keys() == provenance
    documented = (Path(__file__).resolve().parents[2] / "docs" / "analysis.md").read_text("utf-8")
    assert {key for key in provenance | PROMISED.keys() if f"`{key}`" not in documented} == set()


def pairs(n: int) -> list[tuple[str, str]]:
    """Truth and decision of `n` real and `n` synthetic images; half of each are judged right."""
    words = ("real", "synthetic")
    return [(truth, decision) for truth in words for decision in words for _ in range(n // 2)]
