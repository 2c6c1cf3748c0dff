"""Every value of the reference file, key by key: equal to all its digits, or named as none of ours."""

import json
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.observer_performance.agreement import cohen_kappa, fleiss_kappa, gwet_ac1, krippendorff_alpha
from core.observer_performance.contingency import ContingencyTable
from core.observer_performance.deception import hype_infinity
from core.observer_performance.equivalence import exact_tost_p
from core.observer_performance.mrmc import mrmc_accuracy, mrmc_auc
from core.observer_performance.planning import difference_power, equivalence_power, images_for
from core.observer_performance.proportions import Proportion
from core.observer_performance.roc import roc_area
from core.observer_performance.signal_detection import SignalDetection, signal_detection

Z95 = 1.959963984540054

# Of quantities that the analysis does not give, and inputs.
NOT_OURS = (
    ".sdt_raw.",  # without the log-linear correction
    ".mcc",
    ".mcnemar_exact_p_FN_vs_FP",
    ".randolph",  # kappa with free margins
    ".PABAK",
    ".ordinal",  # the decisions are words
    ".interval",
    ".ratio",
    ".hanley_mcneil_se",  # the interval is DeLong's
    ".first n for which power stays",
)

pytestmark = pytest.mark.realdata


@pytest.fixture(scope="module")
def oracles(shared_data: Path) -> dict[str, Any]:
    text = (shared_data.parent / "oracles.json").read_text("utf-8")
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


def leaves(content: object, path: str = "") -> Iterator[tuple[str, Decimal]]:
    """Every number with the path to it."""
    if isinstance(content, dict):
        for key, part in content.items():
            yield from leaves(part, f"{path}/{key}")
    elif isinstance(content, list):
        for place, part in enumerate(content):
            yield from leaves(part, f"{path}/{place}")
    elif isinstance(content, Decimal):
        yield path, content


def table_of(content: Mapping[str, Decimal]) -> ContingencyTable:
    hits, misses, false_alarms, rejections = (int(content[name]) for name in ("TP", "FN", "FP", "TN"))
    return ContingencyTable(hits=hits, misses=misses, false_alarms=false_alarms, correct_rejections=rejections)


def detected(hits: int, misses: int, false_alarms: int, rejections: int) -> SignalDetection:
    found = signal_detection(
        ContingencyTable(hits=hits, misses=misses, false_alarms=false_alarms, correct_rejections=rejections)
    )
    assert found is not None
    return found


def of_rate(path: str, rate: Proportion) -> dict[str, float]:
    """The names that the file uses for a proportion's values."""
    assert rate.estimate is not None
    assert rate.p_vs_half is not None
    values = {"k": rate.k, "n": rate.n, "p": rate.estimate, "binom_p": rate.p_vs_half}
    values["binom_p_two_sided_vs_half"] = rate.p_vs_half
    return {f"{path}/{name}": float(value) for name, value in values.items()} | of_intervals(path, rate)


def of_intervals(
    path: str, rate: Proportion, names: tuple[str, str] = ("wilson95", "clopper_pearson95")
) -> dict[str, float]:
    found = dict(zip(names, (rate.wilson95, rate.clopper_pearson95), strict=True))
    return {f"{path}/{name}/{end}": float(ends[end]) for name, ends in found.items() if ends for end in (0, 1)}


def of_kappa(path: str, counts: list[list[int]], names: tuple[str, str, str]) -> dict[str, float]:
    kappa = cohen_kappa(np.array(counts))
    assert kappa is not None
    assert kappa.se is not None
    value, error, interval = names
    ends = {f"{path}/{interval}/{end}": kappa.estimate + sign * Z95 * kappa.se for end, sign in ((0, -1), (1, 1))}
    return {f"{path}/{value}": kappa.estimate, f"{path}/{error}": kappa.se} | ends


def of_paper(path: str, content: Mapping[str, Any], names: tuple[str, str]) -> dict[str, float]:
    table = table_of(content)
    found = signal_detection(table)
    assert found is not None
    present, absent = names
    hits, alarms = (table.hits + 0.5) / (table.n_present + 1), (table.false_alarms + 0.5) / (table.n_absent + 1)
    detection = {
        "H": hits,
        "F": alarms,
        "dprime": found.dprime,
        "c": found.criterion,
        "beta": found.beta,
        "ln_beta": float(np.log(found.beta)),
        "Az_from_dprime": found.az,
        "SE_dprime_gourevitch_galanter": found.dprime_se,
    }
    counts = [[table.hits, table.misses], [table.false_alarms, table.correct_rejections]]
    hype = hype_infinity(table)
    return {
        **{f"{path}/{name}": float(content[name]) for name in ("TP", "FN", "FP", "TN")},
        **of_rate(f"{path}/accuracy", table.accuracy()),
        **of_rate(f"{path}/{present}", table.sensitivity()),
        **of_rate(f"{path}/{absent}", table.specificity()),
        **{f"{path}/sdt_loglinear/{name}": value for name, value in detection.items()},
        **of_kappa(path, counts, ("kappa_response_vs_truth", "kappa_ASE", "kappa_CI95")),
        f"{path}/hype_inf_pct": float(hype["percent"] or 0),
        f"{path}/fooled_by_synthetic_pct": float(hype["fooled_by_synthetic_percent"] or 0),
        f"{path}/real_called_synthetic_pct": float(hype["real_called_synthetic_percent"] or 0),
    }


def paper(oracles: dict[str, Any]) -> dict[str, float]:
    realism, tumor = "han2018_real_vs_synth", "han2018_tumour"
    return {
        **of_paper(f"/{realism}", oracles[realism], ("synthetic_detected", "real_accepted")),
        **of_paper(f"/{tumor}", oracles[tumor], ("sensitivity", "specificity")),
    }


def exact_tests(_: dict[str, Any]) -> dict[str, float]:
    binomial = {
        f"{k}/{n}": Proportion(k, n).p_vs_half
        for k, n in ((115, 200), (114, 200), (100, 200), (61, 100), (60, 100))
    }
    equivalence = {f"p({k})": exact_tost_p(k, 200, margin=0.1) for k in (100, 104, 107, 108, 109, 110)}
    other = {
        "100/200 d=.05": exact_tost_p(100, 200, margin=0.05),
        "50/100 d=.10": exact_tost_p(50, 100, margin=0.1),
        "500/1000 d=.05": exact_tost_p(500, 1000, margin=0.05),
    }
    newcombe = {f"{k}/{n}": Proportion(k, n) for k, n in ((81, 263), (0, 20))}
    return {
        **{f"/binom_test/{name}": float(p or 0) for name, p in binomial.items()},
        **{f"/tost_exact_n200_delta0.10_alpha0.05/{name}": p for name, p in equivalence.items()},
        **{f"/tost_other/{name}": p for name, p in other.items()},
        **{
            path: value
            for name, rate in newcombe.items()
            for path, value in of_intervals(f"/newcombe1998_wilson_cp/{name}", rate, ("wilson", "cp")).items()
        },
    }


def powers(_: dict[str, Any]) -> dict[str, float]:
    equivalence = {".05": (888,), ".10": (100, 150, 200, 227), ".15": (50, 100)}
    difference = {100: ("6", "65"), 200: ("55", "6", "65"), 400: ("55", "6")}
    return {
        **{
            f"/tost_power_true_half/d={margin}/n{n}": float(equivalence_power(n, 0.5, margin=float(margin)))
            for margin, sizes in equivalence.items()
            for n in sizes
        },
        **{
            f"/binom_power_two_sided_exact/n{n}/p.{digits}": float(difference_power(n, float(f"0.{digits}")))
            for n, rates in difference.items()
            for digits in rates
        },
        "/binom_power_two_sided_exact/actual_size_n200": float(difference_power(200, 0.5)),
    }


def examples_of_detection(_: dict[str, Any]) -> dict[str, float]:
    small, perfect = detected(9, 1, 2, 7), detected(25, 0, 0, 25)
    path = "/sdt_loglinear_examples"
    return {
        f"{path}/h9 m1 f2 c7/dprime": small.dprime,
        f"{path}/h9 m1 f2 c7/c": small.criterion,
        f"{path}/h9 m1 f2 c7/beta": small.beta,
        f"{path}/h25 m0 f0 c25/dprime": perfect.dprime,
        f"{path}/h25 m0 f0 c25/c": perfect.criterion,
    }


def agreement(oracles: dict[str, Any]) -> dict[str, float]:
    cohens = {
        text: of_kappa(f"/cohen/{text}", json.loads(text), ("kappa", "ASE", "CI")) for text in oracles["cohen"]
    }
    subjects = np.array(oracles["fleiss"]["wikipedia_10x14x5"]["counts_subjects_x_categories"], dtype=int)
    readers = oracles["krippendorff"]["4x12_2011"]["data_readers_x_units_null_is_missing"]
    units = np.array([[0 if value is None else int(value) for value in row] for row in readers])
    values = np.stack([(units == word).sum(axis=0) for word in range(1, 6)], axis=1)
    toy = np.array(oracles["agreement_toy_3x10"]["data"], dtype=int)
    toy_counts = np.stack([(toy == 0).sum(axis=0), (toy == 1).sum(axis=0)], axis=1)
    pairs = [
        cohen_kappa(np.bincount(2 * toy[a] + toy[b], minlength=4).reshape(2, 2))
        for a, b in ((0, 1), (0, 2), (1, 2))
    ]
    paradox = np.array([[118, 5], [2, 0]])
    paradox_kappa = cohen_kappa(paradox)
    both = np.repeat([[2, 0], [1, 1], [1, 1], [0, 2]], paradox.ravel(), axis=0)
    path = "/kappa_paradox_[[118,5],[2,0]]"
    assert paradox_kappa is not None
    return {
        **{key: value for found in cohens.values() for key, value in found.items()},
        "/fleiss/wikipedia_10x14x5/kappa": fleiss_kappa(subjects) or np.nan,
        "/fleiss/[[7,1],[3,5]]/fleiss": fleiss_kappa(np.array([[7, 1], [3, 5]])) or np.nan,
        "/krippendorff/4x12_2011/nominal": krippendorff_alpha(values) or np.nan,
        "/agreement_toy_3x10/fleiss": fleiss_kappa(toy_counts) or np.nan,
        "/agreement_toy_3x10/alpha_nominal": krippendorff_alpha(toy_counts) or np.nan,
        **{f"/agreement_toy_3x10/pairwise_cohen/{n}": pair.estimate for n, pair in enumerate(pairs) if pair},
        f"{path}/po": float(np.trace(paradox) / paradox.sum()),
        f"{path}/kappa": paradox_kappa.estimate,
        f"{path}/gwet_AC1": gwet_ac1(both) or np.nan,
    }


def areas(oracles: dict[str, Any]) -> dict[str, float]:
    ratings = oracles["auc_ratings_hanley_mcneil1982"]
    noise, signal = ([int(n) for n in ratings[name]] for name in ("neg_1to5", "pos_1to5"))
    scores = np.repeat(np.tile(np.arange(1.0, 6), 2), noise + signal)
    found = roc_area(scores, np.arange(len(scores)) >= sum(noise))
    assert found is not None
    assert found.se is not None
    assert found.ci95 is not None
    path = "/auc_ratings_hanley_mcneil1982"
    ends = {f"{path}/delong_ci/{end}": found.ci95[end] for end in (0, 1)}
    return {f"{path}/auc": found.auc, f"{path}/delong_se": found.se} | ends


def delong(folder: Path) -> dict[str, float]:
    patients = pd.read_csv(folder / "asah_ndka.csv")
    found = roc_area(patients["ndka"].to_numpy(float), (patients["outcome"] == "Poor").to_numpy())
    assert found is not None
    assert found.ci95 is not None
    path = "/delong_pROC_aSAH/ndka"
    return {f"{path}/auc": found.auc} | {f"{path}/ci95/{end}": found.ci95[end] for end in (0, 1)}


def van_dyke(folder: Path) -> dict[str, float]:
    table = pd.read_csv(folder / "vandyke_treatment1.csv")
    ratings = table.pivot_table(index="reader", columns="case", values="rating").to_numpy(float)
    found = mrmc_auc(ratings, table.groupby("case")["truth"].first().to_numpy(bool))
    assert found.estimate is not None
    assert found.se is not None
    assert found.df is not None
    assert found.ci95 is not None
    n_readers = len(ratings)
    # The variance is MSR / R + Cov2, and Hillis' degrees of freedom hold both.
    msr = n_readers * found.se**2 * ((n_readers - 1) / found.df) ** 0.5
    values = {"auc": found.estimate, "MSR": msr, "Cov2_jackknife": found.se**2 - msr / n_readers}
    values |= {"se": found.se, "df": found.df, "ci95/0": found.ci95[0], "ci95/1": found.ci95[1]}
    return {f"/mrmc_OR_single_treatment_VanDyke/treatment1/{name}": value for name, value in values.items()}


def binary_toy(oracles: dict[str, Any]) -> dict[str, float]:
    correct = np.array(oracles["mrmc_binary_toy_3x6"]["X"], dtype=float)
    found = mrmc_accuracy(correct, np.ones(correct.shape[1], dtype=bool))
    assert found.estimate is not None
    assert found.se is not None
    return {"/mrmc_binary_toy_3x6/mean": found.estimate, "/mrmc_binary_toy_3x6/var_ustat": found.se**2}


OF_FILE: tuple[Callable[[dict[str, Any]], dict[str, float]], ...] = (
    paper,
    exact_tests,
    powers,
    examples_of_detection,
    agreement,
    areas,
    binary_toy,
)
OF_DATA: tuple[Callable[[Path], dict[str, float]], ...] = (delong, van_dyke)
INPUTS = ("/data", "/counts_subjects_x_categories", "/neg_1to5", "/pos_1to5", "/X/")


@pytest.fixture(scope="module")
def computed(oracles: dict[str, Any], shared_data: Path) -> dict[str, float]:
    found = {path: value for part in OF_FILE for path, value in part(oracles).items()}
    return found | {path: value for part in OF_DATA for path, value in part(shared_data / "observer").items()}


def is_ours(path: str) -> bool:
    name = path.replace("/", ".") + "."
    return not any(part in path for part in INPUTS) and not any(part.rstrip(".") + "." in name for part in NOT_OURS)


def test_every_value_of_a_quantity_of_ours_holds_to_its_digits(
    oracles: dict[str, Any], computed: dict[str, float]
) -> None:
    expected = {path: value for path, value in leaves(oracles) if is_ours(path)}
    assert len(expected) > 120
    assert {path for path in expected if path not in computed} == set()
    wrong = {path: (computed[path], value) for path, value in expected.items() if not holds(computed[path], value)}
    assert wrong == {}


def holds(found: float, printed: Decimal) -> bool:
    """Whether a value rounds to what is printed, half a unit of the last digit either way."""
    half_a_unit = 10.0 ** int(printed.as_tuple().exponent) / 2
    return abs(found - float(printed)) <= half_a_unit * (1 + 1e-6) + 1e-15 * abs(found)


def test_what_the_file_says_in_words_holds(oracles: dict[str, Any]) -> None:
    assert oracles["binom_test"]["reject_two_sided_n200"] == "k<=85 or k>=115"
    rejected = [k for k in range(201) if (Proportion(k, 200).p_vs_half or 0) <= 0.05]
    assert rejected == [*range(86), *range(115, 201)]
    assert oracles["tost_exact_n200_delta0.10_alpha0.05"]["equivalent_iff"] == "92<=k<=108"
    assert [k for k in range(201) if exact_tost_p(k, 200, margin=0.1) <= 0.05] == [*range(92, 109)]
    assert "888 / 227 / 100" in oracles["tost_power_true_half"]["note"]
    margins = (0.05, 0.10, 0.15)
    first = [images_for(lambda n, at=margin: equivalence_power(n, 0.5, margin=at)) for margin in margins]
    assert first == [888, 227, 100]
    assert "1.651257 (wrong)" in oracles["sdt_anti_oracle"]
    assert abs(detected(9, 1, 2, 7).dprime - 1.651257) > 0.1
    assert "not estimable" in oracles["kappa_constant_raters"]
    assert cohen_kappa(np.array([[9, 0], [0, 0]])) is None
