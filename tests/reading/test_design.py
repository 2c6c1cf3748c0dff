"""Repeats, practice, scales, parts and the planned analysis: what is possible, and what the protocol keeps."""

import json
from dataclasses import replace

import pytest

from core.errors import BadInputError
from core.identifiers import CaseId, ImageSetName, PersonId, StudyName
from core.reading.case import Arm
from core.reading.design import Goal, Phases, PlannedAnalysis, Presentation, SampleSize, Scale
from core.reading.protocol import Protocol, Question, Sampling
from core.reading.randomization import Place, practice_places, reading_order, reading_places

IDS = [CaseId(f"{n:02d}") for n in range(40)]
READER = PersonId("reader")


def protocol(**changes: object) -> Protocol:
    settings = {
        "study": StudyName("s"),
        "seed": 1,
        "arms": dict.fromkeys(Arm, 10),
        "image_sets": {ImageSetName("a"): "0" * 64},
        "cases_sha256": "1" * 64,
        "sampling": Sampling(),
    }
    return Protocol(**settings | changes)


def places(reader: str = READER, **presentation: object) -> list[Place]:
    shown = protocol(presentation=Presentation(**presentation))
    return reading_places(IDS, shown, "hash", PersonId(reader))


def distances(way: list[Place]) -> list[int]:
    first = {place.case_id: position for position, place in enumerate(way) if not place.is_repeat}
    return [position - first[place.case_id] for position, place in enumerate(way) if place.is_repeat]


OLD_KEYS = {
    *("study", "seed", "arms", "image_sets", "cases_sha256", "sampling"),
    *("questions", "confidence", "confirm", "prevalence_text"),
}


@pytest.mark.parametrize("confidence", [False, True])
def test_a_protocol_from_before_there_was_a_design_loads_with_its_hash(*, confidence: bool) -> None:
    record = json.loads(protocol().to_json()) | {"confidence": confidence}
    assert record.keys() == OLD_KEYS
    loaded = Protocol.from_json(record)
    assert json.loads(loaded.to_json()) == record
    assert loaded.scale is (Scale.CONFIDENCE if confidence else Scale.FORCED_CHOICE)
    assert (loaded.presentation, loaded.planned, loaded.replaces) == (Presentation(), None, None)


SIZE = SampleSize(
    goal=Goal.EQUIVALENCE,
    power=0.8,
    accuracy=0.5,
    n_readers=5,
    n_images=228,
    reader_sd=0.05,
    case_sd=0.2,
    error_sd=0.4,
    pilot=StudyName("pilot"),
)
DESIGNS = (
    {"scale": Scale.CONFIDENCE},
    {"scale": Scale.SIX_STEP},
    {"presentation": Presentation(repeats=4, repeat_distance=10)},
    {"presentation": Presentation(practice=4), "practice_sha256": "2" * 64},
    {"presentation": Presentation(break_every=50)},
    {"presentation": Presentation(phases=Phases.TUMOR_FIRST)},
    {"planned": PlannedAnalysis()},
    {"planned": PlannedAnalysis(margin=0.15)},
    {"sample_size": SIZE},
    {"sample_size": replace(SIZE, goal=Goal.DIFFERENCE, pilot=None)},
    {"replaces": StudyName("earlier")},
)


@pytest.mark.parametrize("design", DESIGNS)
def test_every_design_is_in_the_protocol_and_changes_its_hash(design: dict[str, object]) -> None:
    designed = protocol(**design)
    assert Protocol.from_json(json.loads(designed.to_json())) == designed
    assert designed.hash != protocol().hash


def test_no_two_designs_have_one_hash() -> None:
    assert len({protocol(**design).hash for design in DESIGNS}) == len(DESIGNS)


@pytest.mark.parametrize(
    "wrong",
    [
        {"repeats": -1},
        {"repeat_distance": 0},
        {"practice": -1},
        {"break_every": -2},
        {"repeats": 32, "repeat_distance": 10},
        {"repeats": 1, "repeat_distance": 41},
    ],
)
def test_a_course_that_cannot_be_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(BadInputError, match=r"not possible|no room"):
        protocol(presentation=Presentation(**wrong))


@pytest.mark.parametrize(
    "wrong", [{"margin": 0}, {"margin": 0.5}, {"alpha": 1}, {"tumor_accuracy_floor": 1.2}, {"washout_days": -1}]
)
def test_a_plan_that_cannot_be_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(BadInputError, match="not possible"):
        PlannedAnalysis(**wrong)


@pytest.mark.parametrize(
    "wrong", [{"power": 1.2}, {"accuracy": -0.1}, {"reader_sd": 0.7}, {"n_readers": 0}, {"n_images": 0}]
)
def test_a_sample_size_that_cannot_be_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(BadInputError, match=r"not possible|cannot be planned"):
        replace(SIZE, **wrong)


def test_two_parts_need_both_questions() -> None:
    with pytest.raises(BadInputError, match="one after the other"):
        protocol(presentation=Presentation(phases=Phases.TUMOR_FIRST), questions=(Question.REALISM,))


def test_without_repeats_the_order_is_the_one_it_always_was() -> None:
    assert [place.case_id for place in places()] == reading_order(IDS, "hash", READER)


@pytest.mark.parametrize(("repeats", "distance"), [(1, 40), (5, 1), (8, 20), (31, 10), (40, 1)])
def test_repeats_lie_at_least_the_distance_behind_what_they_repeat(repeats: int, distance: int) -> None:
    for reader in "abcdefgh":
        way = places(reader, repeats=repeats, repeat_distance=distance)
        assert sorted(place.case_id for place in way if not place.is_repeat) == IDS
        assert len({place.case_id for place in way if place.is_repeat}) == repeats
        assert min(distances(way)) >= distance


def test_readers_have_repeats_of_their_own_and_the_same_every_time() -> None:
    assert places("a", repeats=5) == places("a", repeats=5)
    drawn = {
        frozenset(place.case_id for place in places(reader, repeats=5) if place.is_repeat) for reader in "abcd"
    }
    assert len(drawn) == 4


def test_two_parts_show_every_case_with_one_question_each_in_orders_of_their_own() -> None:
    way = places(phases=Phases.TUMOR_FIRST, repeats=6, repeat_distance=15)
    tumor, realism = way[:46], way[46:]
    assert {place.question for place in tumor} == {Question.TUMOR}
    assert {place.question for place in realism} == {Question.REALISM}
    assert [place.case_id for place in tumor] != [place.case_id for place in realism]
    for part in (tumor, realism):
        assert sorted(place.case_id for place in part if not place.is_repeat) == IDS
        assert min(distances(part)) >= 15
    repeated = [{place.case_id for place in part if place.is_repeat} for part in (tumor, realism)]
    assert repeated[0] == repeated[1]


def test_trials_are_counted_with_repeats_and_parts() -> None:
    assert protocol(presentation=Presentation(repeats=3)).n_trials == 43
    both = Presentation(repeats=3, practice=5, phases=Phases.TUMOR_FIRST)
    assert (protocol(presentation=both).n_trials, protocol(presentation=both).n_cases) == (86, 40)


def test_practice_asks_what_the_first_part_asks() -> None:
    ids = IDS[:4]
    together = practice_places(ids, protocol(), "hash", READER)
    apart = practice_places(ids, protocol(presentation=Presentation(phases=Phases.TUMOR_FIRST)), "hash", READER)
    assert sorted(place.case_id for place in together) == sorted(place.case_id for place in apart) == ids
    assert {place.question for place in together} == {None}
    assert {place.question for place in apart} == {Question.TUMOR}


def test_a_design_is_said_in_words() -> None:
    assert str(Presentation()) == ""
    shown = str(Presentation(repeats=4, practice=2, break_every=50, phases=Phases.TUMOR_FIRST))
    assert all(words in shown for words in ("4 repeats", "2 practice", "every 50 trials", "tumor question"))
    assert "after a washout of 28 days" in str(PlannedAnalysis(washout_days=28))
