"""Simulated readers are what they are said to be: ability, bias, drift and lapses come back from their answers."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from core.errors import BadInputError
from core.identifiers import CaseId, ImageSetName, StudyName, TrialId
from core.imageset.record import ImageKind, TumorStatus
from core.reading.case import Arm, Case
from core.reading.design import Scale
from core.reading.protocol import Protocol, Question, Sampling
from core.reading.simulated_readers import SPECIALTY, Ability, Judgment, SimulatedReader
from core.reading.trial import Response, Trial

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
N = 2000


def case(index: int, arm: Arm) -> Case:
    return Case(
        case_id=CaseId(f"{index}"),
        image_set=ImageSetName("set"),
        image_index=index,
        truth=arm.truth,
        tumor_status=arm.tumor_status,
        subject_id=None,
        pixels_sha256=hashlib.sha256(str(index).encode()).hexdigest(),
    )


CASES = [case(index, [*Arm][index % 4]) for index in range(N)]


def reader(seed: int = 0, number: int = 1, **ability: float) -> SimulatedReader:
    return SimulatedReader(number=number, seed=seed, ability=Ability(**ability))


def judgments(one: SimulatedReader, question: Question = Question.REALISM) -> list[Judgment]:
    return [one.judge(question, shown, trial_index=index) for index, shown in enumerate(CASES)]


def is_signal(question: Question) -> np.ndarray:
    if question is Question.REALISM:
        return np.array([shown.truth is ImageKind.SYNTHETIC for shown in CASES])
    return np.array([shown.tumor_status is TumorStatus.TUMOR for shown in CASES])


def recovered(answers: list[Judgment], signal: np.ndarray) -> tuple[float, float, float]:
    """d', its standard error (Gourevitch and Galanter 1967), and the criterion, whose error is half of that."""
    called = np.array([answer.signal for answer in answers])
    rates = np.array([called[signal].mean(), called[~signal].mean()])
    numbers = np.array([signal.sum(), (~signal).sum()])
    hit, false_alarm = stats.norm.ppf(rates)
    se = np.sqrt((rates * (1 - rates) / (numbers * stats.norm.pdf([hit, false_alarm]) ** 2)).sum())
    return float(hit - false_alarm), float(se), float(-(hit + false_alarm) / 2)


@pytest.mark.parametrize("dprime", [0.0, 1.2, 2.0])
@pytest.mark.parametrize("question", Question)
def test_ability_comes_back_within_its_standard_error(question: Question, dprime: float) -> None:
    one = reader(dprime=dprime, tumor_dprime=dprime)
    found, se, criterion = recovered(judgments(one, question), is_signal(question))
    assert abs(found - dprime) < 2 * se
    assert abs(criterion) < 3 * se / 2


@pytest.mark.parametrize("criterion", [-0.5, 0.7])
def test_bias_comes_back_as_the_criterion(criterion: float) -> None:
    found, se, at = recovered(judgments(reader(criterion=criterion)), is_signal(Question.REALISM))
    assert abs(at - criterion) < 2 * se
    assert abs(found - 1.2) < 2 * se


def test_ten_readers_scatter_around_their_ability_as_their_errors_say() -> None:
    found = [recovered(judgments(reader(number=number)), is_signal(Question.REALISM)) for number in range(1, 11)]
    deviations = [(dprime - 1.2) / se for dprime, se, _ in found]
    assert 0.4 < np.std(deviations, ddof=1) < 1.6
    assert abs(np.mean(deviations)) < 1


@pytest.mark.parametrize("drift", [-0.1, 0.1])
def test_drift_is_seen_between_the_first_and_the_last_trials(drift: float) -> None:
    answers, signal = judgments(reader(drift=drift, dprime=1.2)), is_signal(Question.REALISM)
    half = N // 2
    early, early_se, _ = recovered(answers[:half], signal[:half])
    late, late_se, _ = recovered(answers[half:], signal[half:])
    assert late - early == pytest.approx(drift * half / 100, abs=2 * np.hypot(early_se, late_se))
    assert np.sign(late - early) == np.sign(drift)


def test_lapses_cost_sure_answers() -> None:
    signal = is_signal(Question.TUMOR)

    def accuracy(**ability: float) -> float:
        answers = judgments(reader(tumor_dprime=4.0, **ability), Question.TUMOR)
        return float(np.mean([answer.signal == present for answer, present in zip(answers, signal, strict=True)]))

    attentive, lapsing = accuracy(), accuracy(lapse_rate=0.2)
    assert attentive == pytest.approx(stats.norm.cdf(2), abs=0.01)
    assert lapsing == pytest.approx(0.8 * stats.norm.cdf(2) + 0.1, abs=0.02)
    assert accuracy(lapse_rate=1.0) == pytest.approx(0.5, abs=0.03)


def test_answers_follow_from_seed_and_number_alone() -> None:
    assert judgments(reader()) == judgments(reader())
    assert judgments(reader(seed=1)) != judgments(reader())
    assert judgments(reader(number=2)) != judgments(reader())


def test_answers_do_not_follow_from_the_order() -> None:
    one = reader()
    backwards = [one.judge(Question.REALISM, shown, trial_index=0) for shown in reversed(CASES)]
    assert backwards[::-1] == judgments(one)


def test_a_repeat_is_judged_anew() -> None:
    one = reader(dprime=0.5)
    first = [one.judge(Question.REALISM, shown, trial_index=0, presentations_left=1).signal for shown in CASES]
    second = [one.judge(Question.REALISM, shown, trial_index=0).signal for shown in CASES]
    assert 0.4 < np.mean(np.array(first) == np.array(second)) < 0.8


def test_sure_answers_are_more_often_right() -> None:
    answers, signal = judgments(reader()), is_signal(Question.REALISM)
    right = [
        np.mean([a.signal == s for a, s in zip(answers, signal, strict=True) if a.confidence == step])
        for step in range(1, 6)
    ]
    assert right == sorted(right)
    assert {answer.confidence for answer in answers} == {1, 2, 3, 4, 5}


def test_times_are_log_normal_around_their_median() -> None:
    times = np.array([a.time_ms for a in judgments(reader(response_time_ms=1500, response_time_sigma=0.3))])
    assert np.median(times) == pytest.approx(1500, rel=0.03)
    assert np.log(times).std() == pytest.approx(0.3, rel=0.05)
    assert min(a.time_ms for a in judgments(reader(response_time_ms=1))) == 150


def protocol(**settings: object) -> Protocol:
    return Protocol(
        study=StudyName("study"),
        seed=0,
        arms=dict.fromkeys(Arm, 1),
        image_sets={},
        cases_sha256="",
        sampling=Sampling(),
        **settings,
    )


def record(asked: Protocol, index: int = 3) -> Mapping[str, object]:
    trial = Trial(trial_id=TrialId(f"{index:032x}"), trial_index=index, case_id=CASES[index].case_id)
    return reader().record(CASES[index], asked, trial=trial, painted_at=NOON)


@pytest.mark.parametrize("scale", list(Scale))
@pytest.mark.parametrize("questions", [(Question.REALISM,), (Question.TUMOR,), (Question.TUMOR, Question.REALISM)])
def test_a_record_answers_what_the_protocol_asks(questions: tuple[Question, ...], scale: Scale) -> None:
    asked = protocol(questions=questions, scale=scale)
    response = Response.from_json(dict(record(asked)))
    assert response.answers(questions, scale=scale)
    assert response == Response.from_json(dict(record(asked)))


def test_the_second_answer_comes_after_the_first_and_the_trial_ends_with_it() -> None:
    response = Response.from_json(dict(record(protocol())))
    assert response.response_time_ms is not None
    assert response.tumor_response_time_ms is not None
    assert response.response_time_ms < response.tumor_response_time_ms
    took = datetime.fromisoformat(response.answered_at) - NOON
    assert took.total_seconds() * 1000 == pytest.approx(response.tumor_response_time_ms, abs=1)


def test_each_trial_has_its_own_response_id() -> None:
    assert len({record(protocol(), index)["response_id"] for index in range(50)}) == 50


@pytest.mark.parametrize(
    "ability",
    [{"dprime": 11}, {"tumor_dprime": float("nan")}, {"criterion": -11}, {"drift": 11}, {"lapse_rate": 1.1}],
)
def test_impossible_abilities_are_refused(ability: dict[str, float]) -> None:
    with pytest.raises(BadInputError, match="not possible"):
        Ability(**ability)


def test_no_person_can_state_the_specialty_of_simulated_readers() -> None:
    start_page = (Path(__file__).parents[2] / "pages" / "reading.py").read_text("utf-8")
    assert "SPECIALTIES" in start_page
    assert SPECIALTY not in start_page
