"""The frozen description of a study and its hash."""

import dataclasses
import json

import pytest

from core.errors import BadInputError
from core.identifiers import CaseId, ImageSetName, StudyName
from core.imageset.record import ImageKind, Partition, TumorStatus
from core.reading.case import Arm, Case, Stimulus
from core.reading.design import Scale
from core.reading.protocol import Protocol, Question, Sampling, cases_seal


def protocol(**changes: object) -> Protocol:
    settings = {
        "study": StudyName("s"),
        "seed": 1,
        "arms": dict.fromkeys(Arm, 50),
        "image_sets": {ImageSetName("a"): "0" * 64},
        "cases_sha256": "1" * 64,
        "sampling": Sampling(partition=Partition.TEST, most_per_subject=3),
    }
    return Protocol(**settings | changes)


def test_a_protocol_survives_json_with_the_same_hash() -> None:
    before = protocol()
    after = Protocol.from_json(json.loads(before.to_json()))
    assert after == before
    assert after.hash == before.hash


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 2},
        {"confirm": True},
        {"scale": Scale.CONFIDENCE},
        {"prevalence_text": "Half are real."},
        {"questions": (Question.TUMOR,)},
        {"cases_sha256": "2" * 64},
        {"sampling": Sampling()},
    ],
)
def test_any_change_gives_another_hash(change: dict[str, object]) -> None:
    assert protocol(**change).hash != protocol().hash


@pytest.mark.parametrize("questions", [(), (Question.TUMOR, Question.TUMOR)])
def test_questions_must_be_asked_once_each(questions: tuple[Question, ...]) -> None:
    with pytest.raises(BadInputError, match="cannot be asked"):
        protocol(questions=questions)


def test_a_stimulus_has_no_field_for_the_truth() -> None:
    assert {field.name for field in dataclasses.fields(Stimulus)} == {"trial_id", "pixels"}


def test_the_seal_of_the_cases_notices_a_flipped_truth() -> None:
    case = Case(
        case_id=CaseId("c"),
        image_set=ImageSetName("a"),
        image_index=0,
        truth=ImageKind.REAL,
        tumor_status=TumorStatus.TUMOR,
        subject_id=None,
        pixels_sha256="0" * 64,
    )
    assert cases_seal([case]) != cases_seal([dataclasses.replace(case, truth=ImageKind.SYNTHETIC)])


def test_the_arms_are_the_papers_four() -> None:
    assert [(arm.truth, arm.tumor_status) for arm in Arm] == [
        (truth, status) for truth in ImageKind for status in (TumorStatus.TUMOR, TumorStatus.NONTUMOR)
    ]
