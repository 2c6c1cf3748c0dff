"""What the report's methods say of where images come from, and its tables of readers."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from core.identifiers import CohortName, ImageSetName, StudyName
from core.imageset.record import ImageKind, ImageSet, Partition, TrainedOn, TumorStatus
from core.observer_performance.analysis import Analysis, analyze
from core.observer_performance.study_report.blocks import Section, Table, filled
from core.observer_performance.study_report.document import report_html
from core.observer_performance.study_report.facts import (
    ArmFacts,
    DiscardingFacts,
    ReaderFacts,
    ReleaseFacts,
    RestFacts,
    SourceFacts,
    StudyFacts,
    ViewingFacts,
)
from core.observer_performance.study_report.generation import generation_section
from core.observer_performance.study_report.methods import methods_section
from core.observer_performance.study_report.participation import participation_section
from core.reading.audit_trail import Head
from core.reading.case import Arm
from core.reading.design import Goal, Phases, PlannedAnalysis, Presentation, SampleSize
from core.reading.protocol import Protocol, Sampling
from core.reading.study import Study, StudyState

PROFILE = {
    "years_of_experience": 7,
    "specialty": "Radiology",
    "board_certified": True,
    "seen_synthetic_before": False,
    "gray_ramp_steps": 8,
}


def protocol(**changes: Any) -> Protocol:
    return Protocol(
        **{
            "study": StudyName("pilot"),
            "seed": 17,
            "arms": dict.fromkeys(Arm, 5),
            "image_sets": {},
            "cases_sha256": "0" * 64,
            "sampling": Sampling(partition=Partition.TEST, most_per_subject=2, min_slice_spacing=3),
        }
        | changes
    )


def synthetic(provenance: Mapping[str, object], trained_on: TrainedOn | None = None) -> SourceFacts:
    image_set = ImageSet(
        name=ImageSetName("made"),
        kind=ImageKind.SYNTHETIC,
        tumor_status=TumorStatus.TUMOR,
        n_images=100,
        sha256="ab" * 32,
        created_at="2026-01-01T00:00:00.000+00:00",
        trained_on=trained_on,
        provenance=provenance,
    )
    return SourceFacts(image_set=image_set, n_shown=10, largest_enlargement=1.5)


def facts(source: SourceFacts, planned: PlannedAnalysis | None = None, **changes: Any) -> StudyFacts:
    study = Study(
        name=StudyName("pilot"),
        state=StudyState.CLOSED,
        protocol=protocol(planned=planned, **changes),
        created_at="2026-01-01T00:00:00.000+00:00",
        protocol_hash="1" * 64,
        locked_at="2026-01-02T00:00:00.000+00:00",
        closed_at="2026-01-03T00:00:00.000+00:00",
    )
    return StudyFacts(
        study=study,
        trail=Head(length=3, sha256="2" * 64),
        blinding_audit=None,
        arms=[ArmFacts(arm=arm, n_images=5, n_subjects=0, most_of_one_subject=0) for arm in Arm],
        sources=[source],
        cohorts=[],
        readers=readers([PROFILE]),
        viewing=ViewingFacts(
            n_responses=2, n_interrupted=0, n_long_idle=0, n_windowed=0, smallest_viewport=(900, 600), zoom=(2, 4)
        ),
        image_set_of_case={},
        versions={"MR Turing": "0"},
        made_at="2026-01-04T00:00:00.000+00:00",
    )


def readers(profiles: list[Mapping[str, object]], n_simulated: int = 0) -> ReaderFacts:
    n = len(profiles)
    return ReaderFacts(
        n_invited=n,
        n_withdrawn=0,
        n_answered=n,
        n_complete=n,
        n_simulated=n_simulated,
        n_unanswered=0,
        profiles=profiles,
    )


def analysis() -> Analysis:
    truths = ("real", "synthetic", "real", "synthetic")
    rows = [
        {"reader_id": f"Reader {n}", "case_id": f"c{i}", "truth": truth, "decision": truths[(i + n) % 3]}
        for n in (1, 2)
        for i, truth in enumerate(truths)
    ]
    return analyze(pd.DataFrame(rows))


def said(section: Section) -> str:
    return " ".join(str(block) for block in section.blocks)


@pytest.mark.parametrize(
    ("attested", "words"), [(True, "attested by who imported it"), (False, "as recorded at its training")]
)
def test_whose_word_it_is_which_patients_a_generator_saw(attested: bool, words: str) -> None:
    trained_on = TrainedOn(cohort=CohortName("glioma"), partition=Partition.TRAINING, attested=attested)
    text = said(methods_section(facts(synthetic({"source": "folder"}, trained_on)), analysis()))
    assert f"trained on glioma:training ({words})" in text
    assert ("glioma:training (attested)'" in text) is attested


def test_what_was_discarded_after_the_drawing_is_not_called_uncurated() -> None:
    source = replace(synthetic({"n_generated": 100}), n_discarded_since=3)
    text = said(generation_section(facts(source)))
    assert "uncurated" not in text
    assert "3 were discarded after that" in text


def test_a_release_is_told_by_its_counts_and_never_as_uncurated() -> None:
    release = ReleaseFacts(
        name="good",
        sha256="cd" * 32,
        n_generated=None,
        n_reviewed=60,
        n_kept=90,
        n_corrected=0,
        discarded={"gray_contour": 10},
        n_curators=2,
        rest=RestFacts(n_images=40, n_sample=20, discard_rate=0.05, interval95=(0.0, 0.175)),
        discarding=DiscardingFacts(
            odd_before=0.4, odd_after=0.1, distance_ratio=0.9, distance_ratio95=(0.85, 0.95)
        ),
    )
    text = said(generation_section(facts(replace(synthetic({}), release=release))))
    assert "how many images were generated is not known" in text
    assert "2 curators reviewed 60 of the 100 images of made and discarded 10; 90 were kept" in text
    assert "by a random sample of 20, 5.0% of them would be discarded (95 % 0.0% to 17.5%)" in text
    assert "after it 10.0%; the mean distance between two images became 90.0% of what it was (95 % 85.0%" in text
    assert "uncurated" not in text


@pytest.mark.parametrize(
    ("provenance", "words"),
    [
        ({"n_generated": 100}, "100 images were generated, none was discarded (uncurated)"),
        ({"n_generated": 250}, "250 images were generated, 100 kept"),
        ({"source": "folder"}, "whether any were discarded before the import, is not known"),
    ],
)
def test_uncurated_is_said_only_where_nothing_was_discarded(provenance: Mapping[str, object], words: str) -> None:
    text = said(generation_section(facts(synthetic(provenance))))
    assert f"made: {words}" in text or f"made: how many images were generated, and {words}" in text
    assert ("uncurated" in text) is (provenance.get("n_generated") == 100)
    assert "Diversity was not measured" in text


def test_the_sampling_and_the_enlargement_are_told() -> None:
    text = said(methods_section(facts(synthetic({})), analysis()))
    assert "with the seed 17" in text
    assert "the test partition, with at most 2 slices of one patient in an arm and at least 3 slices" in text
    assert "Enlarged were images of made (up to 1.50 times)" in text


def test_what_was_planned_before_is_told_from_what_was_not() -> None:
    without = said(methods_section(facts(synthetic({})), analysis()))
    assert "this protocol fixed none before the reading" in without
    planned = said(methods_section(facts(synthetic({}), PlannedAnalysis(washout_days=14)), analysis()))
    assert "The protocol fixed them before the reading" in planned
    assert "a washout of 14 days" in planned


def test_the_reason_for_the_size_is_told_where_there_was_a_plan() -> None:
    without = said(methods_section(facts(synthetic({})), analysis()))
    assert "the protocol states no reason for the number of images and readers" in without
    size = SampleSize(
        goal=Goal.EQUIVALENCE,
        power=0.8,
        accuracy=0.5,
        n_readers=5,
        n_images=200,
        reader_sd=0.05,
        case_sd=0.2,
        error_sd=0.4,
        pilot=StudyName("first"),
    )
    text = said(methods_section(facts(synthetic({}), sample_size=size), analysis()))
    assert "planned for 5 readers of 200 images each; it has 20 images" in text
    assert "accuracy lies within 50 ± 10 %, with a power of 80 % if it is 50 %, 227 images are needed" in text
    assert "200 images have a power of 77.1 %" in text
    assert (
        "5.0 points between readers and 20.0 between images of one truth, as estimated from the study first" in text
    )
    assert "points wide" in text


def test_phases_practice_and_repeats_are_told() -> None:
    shown = Presentation(phases=Phases.TUMOR_FIRST, practice=4, repeats=2, repeat_distance=10)
    text = said(methods_section(facts(synthetic({}), presentation=shown), analysis()))
    assert "only then were readers told of synthetic images" in text
    assert "4 other images were practiced on first" in text
    assert "2 images were shown a second time, at least 10 trials later" in text
    assert "No image was to be judged twice" in said(methods_section(facts(synthetic({})), analysis()))


def test_experience_is_given_in_ranges_and_simulated_readers_are_named_as_such() -> None:
    base = facts(synthetic({}))
    years = [PROFILE | {"years_of_experience": n} for n in (0, 4, 5, 19, 40)]
    fields = {name: getattr(base, name) for name in StudyFacts.__slots__}
    text = said(participation_section(StudyFacts(**fields | {"readers": readers(years, 2)}), analysis()))
    for label, n in (("0 to 4", 2), ("5 to 9", 1), ("10 to 19", 1), ("20 or more", 1)):
        assert f"('Years of experience', '{label}', '{n} of 5')" in text
    assert "2 of the readers are simulated" in text


def test_columns_without_anything_to_say_are_left_out() -> None:
    table = Table(caption="", header=("a", "b", "c"), rows=[("1", "", "0"), ("2", "", "")])
    empty = Table(caption="", header=("a",), rows=[])
    one, other = filled(Section(title="", blocks=(table, empty))).blocks
    assert isinstance(one, Table)
    assert (list(one.header), [list(row) for row in one.rows]) == (["a", "c"], [["1", "0"], ["2", ""]])
    assert other == empty


def test_a_study_of_one_question_has_a_report() -> None:
    page = report_html(facts(synthetic({})), analysis())
    assert "Tumor question, real images" not in page
    assert "Real or synthetic" in page
