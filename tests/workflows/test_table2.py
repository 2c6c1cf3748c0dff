"""Responses that give the paper's Table 2 counts give its rates, and the intervals computed elsewhere."""

from collections.abc import Iterator, Mapping
from itertools import chain, repeat
from pathlib import Path

import pytest

from core.access.person import Role
from core.reading.case import Arm
from core.workflows.access import accept_invitation, invite_reader, sign_in
from core.workflows.reading import begin_reading
from core.workflows.studies import close_study, create_study, lock_study
from tests.command_line import mrturing
from tests.phantoms import BASE_URL, PROFILE, plan, workspace_with_four_sets
from tests.reading_robot import arms_of_trials, read

# Han et al. 2018, Table 2: of 50 images in each arm so many were called synthetic, and so many tumor. The paper
# gives the sums over two arms; how they are split between the two is ours.
CALLED_SYNTHETIC = {
    Arm.REAL_TUMOR: 20,
    Arm.REAL_NONTUMOR: 22,
    Arm.SYNTHETIC_TUMOR: 50,
    Arm.SYNTHETIC_NONTUMOR: 49,
}
CALLED_TUMOR = {
    Arm.REAL_TUMOR: 44,
    Arm.REAL_NONTUMOR: 1,
    Arm.SYNTHETIC_TUMOR: 38,
    Arm.SYNTHETIC_NONTUMOR: 0,
}
# scipy and statsmodels: k, n, Wilson 95 %, Clopper-Pearson 95 %, exact two-sided p against one half.
EXPECTED = {
    ("realism", "accuracy"): (157, 200, (0.722977, 0.836281), (0.721529, 0.839818), 1.895513e-16),
    ("realism", "sensitivity"): (99, 100, (0.945514, 0.998233), (0.945541, 0.999747), 1.593499e-28),
    ("realism", "specificity"): (58, 100, (0.482065, 0.672016), (0.477119, 0.678014), 0.1332106),
    ("tumor", "accuracy"): (181, 200, (0.856398, 0.938337), (0.855623, 0.94183), 2.475843e-34),
    ("tumor", "sensitivity"): (82, 100, (0.733326, 0.882998), (0.730523, 0.889689), 6.147807e-11),
    ("tumor", "specificity"): (99, 100, (0.945514, 0.998233), (0.945541, 0.999747), 1.593499e-28),
}


def calls(n_present: Mapping[Arm, int], present: str, absent: str) -> dict[str, Iterator[str]]:
    return {str(arm): chain(repeat(present, n), repeat(absent, 50 - n)) for arm, n in n_present.items()}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, object]:
    """What `study results --json` says of one reader who answered as the paper's physician did."""
    paths = workspace_with_four_sets(tmp_path_factory.mktemp("table2") / "workspace", n=50)
    study = create_study(paths, plan(per_arm=50))
    lock_study(paths, study.name)
    link = invite_reader(paths, study.name, "physician", again=False, base_url=BASE_URL)
    _, cookie = accept_invitation(paths, link.rsplit("/", 1)[1])
    signed_in = sign_in(paths, cookie, Role.READER)
    assert signed_in is not None
    begin_reading(paths, signed_in, PROFILE)
    arm_of = arms_of_trials(paths)
    decisions = calls(CALLED_SYNTHETIC, "synthetic", "real")
    tumor_decisions = calls(CALLED_TUMOR, "tumor", "nontumor")
    read(
        paths,
        cookie,
        lambda trial: {
            "decision": next(decisions[arm_of[trial]]),
            "tumor_decision": next(tumor_decisions[arm_of[trial]]),
        },
    )
    close_study(paths, study.name)
    return mrturing("study", "results", study.name, "--json", workspace=Path(paths.root)).json


@pytest.mark.parametrize(("question", "rate"), EXPECTED)
def test_the_rates_are_the_papers_and_the_intervals_those_of_other_software(
    results: Mapping[str, object], question: str, rate: str
) -> None:
    k, n, wilson, clopper_pearson, p = EXPECTED[question, rate]
    found = results[question][rate]
    assert (found["k"], found["n"]) == (k, n)
    assert found["estimate"] == pytest.approx(k / n)
    assert found["wilson95"] == pytest.approx(wilson, abs=1e-6)
    assert found["clopper_pearson95"] == pytest.approx(clopper_pearson, abs=1e-6)
    assert found["p_vs_half"] == pytest.approx(p, rel=1e-6)


def test_accuracies_are_785_and_905_per_mille(results: Mapping[str, object]) -> None:
    assert results["realism"]["accuracy"]["estimate"] == pytest.approx(0.785)
    assert results["tumor"]["accuracy"]["estimate"] == pytest.approx(0.905)


def test_the_one_reader_stands_by_name_with_the_same_result(results: Mapping[str, object]) -> None:
    assert results["readers"] == ["physician"]
    (reader,) = results["per_reader"]
    assert reader["reader"] == "physician"
    assert reader["realism"] == results["realism"]
    assert results["presentations"] == 200
