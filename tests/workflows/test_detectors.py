"""The four-condition experiment on a cohort of phantoms: all conditions run, no patient and no generator leaks."""

import json
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.curation.decision import Verdict
from core.detection.condition import Condition
from core.detection.performance import Measure
from core.detection.run_folder import RunFolder, Tick
from core.errors import BadInputError, MrTuringError, NotFoundError, RefusedError, WorkspaceError
from core.identifiers import CohortName, ImageSetName, ReleaseName, RunName
from core.imageset.record import Partition, TumorStatus
from core.runs.run_folder import RunState
from core.settings import WorkspacePaths
from core.storage.database import opened
from core.workflows.cohorts import CohortRequest, delete_cohort, import_cohort
from core.workflows.detector_processes import run_options
from core.workflows.detector_table import detector_table
from core.workflows.detector_training import (
    DetectorRequest,
    Recipe,
    experiment_images,
    resume_detector,
    run_detector,
)
from core.workflows.detectors import all_detectors, delete_detector, detector_named, detector_predictions
from core.workflows.generators import WhichCheckpoint, all_generators, run_named
from core.workflows.releases import release
from core.workflows.sampling import SamplingRequest, sample_generator
from tests.curating import decide
from tests.phantom_patients import write_patients
from tests.small_trainings import GLIOMA

RELEASES = (ReleaseName("good-tumor"), ReleaseName("good-nontumor"))


def request(condition: Condition = Condition.NONE, **changes: Any) -> DetectorRequest:
    releases = RELEASES if condition.has_synthetic else ()
    made = DetectorRequest(
        cohort=GLIOMA, condition=condition, releases=releases, recipe=Recipe.SMOKE, epochs=1, precision="fp32"
    )
    return replace(made, **changes)


def run(paths: WorkspacePaths, asked: DetectorRequest, stop_after: int | None = None) -> Any:
    ticks: list[Tick] = []
    steps = iter(range(1, 10**9))
    return run_detector(
        paths,
        asked,
        should_stop=lambda: "paused" if next(steps) == stop_after else None,
        on_tick=ticks.append,
    )


def execute(paths: WorkspacePaths, sql: str, *values: object) -> None:
    with sqlite3.connect(paths.database) as db:
        db.execute(sql, values)
    db.close()


@pytest.fixture(scope="module")
def released_master(trained_master: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cohort of five patients, a generator per class, and a release of 6 images of each."""
    paths = WorkspacePaths(Path(shutil.copytree(trained_master, tmp_path_factory.mktemp("released") / "workspace")))
    for status in (TumorStatus.TUMOR, TumorStatus.NONTUMOR):
        asked = SamplingRequest(
            run=RunName(status), name=ImageSetName(f"made-{status}"), n_images=6, checkpoint=WhichCheckpoint.LAST
        )
        sample_generator(paths, asked, on_progress=lambda *_: None)
        keep_all(paths, f"made-{status}", f"good-{status}")
    return paths.root


def keep_all(paths: WorkspacePaths, image_set: str, name: str) -> None:
    decide(paths, Verdict.KEEP, *range(6), image_set=ImageSetName(image_set))
    release(paths, ImageSetName(image_set), ReleaseName(name))


@pytest.fixture
def paths(released_master: Path, tmp_path: Path) -> WorkspacePaths:
    return WorkspacePaths(Path(shutil.copytree(released_master, tmp_path / "workspace")))


def test_all_four_conditions_run_and_stand_in_one_table(paths: WorkspacePaths) -> None:
    for condition in Condition:
        made = run(paths, request(condition))
        assert made.state is RunState.FINISHED
        assert made.condition is condition
    run(paths, request(seed=1))
    table = detector_table(paths)
    assert [row.condition for row in table.conditions] == list(Condition)
    assert [row.seeds for row in table.conditions] == [(0, 1), (0,), (0,), (0,)]
    assert len(table.differences) == 6
    assert table.left_out == {}
    assert table.conditions[0].measures[Measure.ACCURACY].sd_over_seeds is not None
    assert table.n_patients == 1  # of five
    assert all(row.measures[Measure.AUC].ci95 is None for row in table.conditions)
    assert sum(map(sum, table.conditions[1].confusion)) == table.n_images == 12
    assert json.loads(json.dumps(table.to_json()))["conditions"][3]["condition"] == "both"


def test_detectors_are_no_generators(paths: WorkspacePaths) -> None:
    generators = all_generators(paths)
    made = run(paths, request(name=RunName("mine")), stop_after=1)
    assert all_generators(paths) == generators
    with pytest.raises(NotFoundError):
        run_named(paths, made.name)
    with pytest.raises(NotFoundError):
        detector_named(paths, RunName("tumor"))
    delete_detector(paths, made.name)
    assert all_detectors(paths) == []


def test_each_condition_learns_from_its_own_images_and_all_are_tested_on_the_same(paths: WorkspacePaths) -> None:
    found = {condition: experiment_images(paths, request(condition)) for condition in Condition}
    added = [(one.n_classical, sum(len(part.positions) for part in one.synthetic)) for one in found.values()]
    assert added == [(0, 0), (32, 0), (0, 12), (32, 12)]
    assert len({one.test_fingerprint for one in found.values()}) == 1
    subjects = {}
    for partition in Partition:
        only = replace(found[Condition.NONE], real=found[Condition.NONE].of(partition))
        with opened(paths.database) as db:
            subjects[partition] = {
                row[0]
                for chosen in only.real
                for position in chosen.positions.tolist()
                for row in db.execute(
                    "SELECT subject_id FROM images WHERE image_set = ? AND image_index = ?",
                    [chosen.image_set, position],
                )
            }
    assert [len(subjects[partition]) for partition in Partition] == [3, 1, 1]
    assert not set.intersection(*subjects.values())
    assert len(set.union(*subjects.values())) == 5


def test_what_curators_excluded_or_corrected_is_learned_from_so(paths: WorkspacePaths) -> None:
    before = experiment_images(paths, request())
    (first, second) = before.of(Partition.TRAINING)[0].positions[:2].tolist()
    name = before.of(Partition.TRAINING)[0].image_set
    is_tumor = before.of(Partition.TRAINING)[0].is_tumor
    decide(paths, Verdict.DISCARD, first, image_set=name, reason="unclear_boundary")
    other = TumorStatus.NONTUMOR if is_tumor else TumorStatus.TUMOR
    decide(paths, Verdict.CORRECT, second, image_set=name, tumor_status=other)
    after = experiment_images(paths, request()).of(Partition.TRAINING)
    assert not any(first in one.positions for one in after if one.image_set == name)
    assert [one.is_tumor for one in after if one.image_set == name and second in one.positions] == [not is_tumor]


LEAKS = {
    "of nobody knows whom": "UPDATE image_sets SET trained_on_cohort = NULL, trained_on_partition = NULL, "
    "trained_on_attested = NULL WHERE name = 'made-tumor'",
    "of another cohort": "UPDATE image_sets SET trained_on_cohort = 'other' WHERE name = 'made-tumor'",
    "of validation patients": "UPDATE image_sets SET trained_on_partition = 'validation' WHERE name = 'made-tumor'",
    "of test patients": "UPDATE image_sets SET trained_on_partition = 'test' WHERE name = 'made-nontumor'",
    "of a deleted cohort of that name": "UPDATE cohorts SET created_at = '2999-01-01T00:00:00.000Z'",
    "no synthetic set at all": "UPDATE image_sets SET kind = 'real' WHERE name = 'made-tumor'",
}


@pytest.mark.parametrize("leak", LEAKS)
def test_synthetic_images_of_a_generator_that_may_have_seen_others_are_refused(
    paths: WorkspacePaths, leak: str
) -> None:
    begun = run(paths, request(Condition.BOTH), stop_after=1)
    execute(paths, LEAKS[leak])
    for condition in (Condition.SYNTHETIC, Condition.BOTH):
        with pytest.raises(RefusedError):
            run(paths, request(condition))
    with pytest.raises(RefusedError):  # nor is one gone on with
        resume_detector(paths, begun.name, should_stop=lambda: None, on_tick=lambda _: None)
    assert [one.name for one in all_detectors(paths)] == [begun.name]


def test_an_attested_set_is_used_and_named_so(paths: WorkspacePaths) -> None:
    execute(paths, "UPDATE image_sets SET trained_on_attested = 1 WHERE name = 'made-tumor'")
    made = run(paths, request(Condition.SYNTHETIC))
    assert made.attested == ("made-tumor (glioma:training)",)
    assert detector_table(paths).conditions[0].attested == made.attested


def test_a_patient_in_two_partitions_is_refused(paths: WorkspacePaths) -> None:
    execute(
        paths,
        "UPDATE images SET partition = 'training' WHERE (image_set, image_index) IN "
        "(SELECT image_set, image_index FROM images WHERE partition = 'test' LIMIT 1)",
    )
    with pytest.raises(WorkspaceError, match="one partition"):
        run(paths, request())


def test_options_that_were_edited_to_learn_from_test_images_are_refused(paths: WorkspacePaths) -> None:
    begun = run(paths, request(), stop_after=1)
    folder = RunFolder(paths.run(begun.name))
    options: dict[str, Any] = folder.options()
    real = options["images"]["real"]
    test = next(one for one in real if one["partition"] == "test")
    training = next(one for one in real if one["partition"] == "training" and one["image_set"] == test["image_set"])
    training["positions"] += test["positions"]
    folder.write_options(options)
    with pytest.raises(RefusedError, match="not of the training partition"):
        resume_detector(paths, begun.name, should_stop=lambda: None, on_tick=lambda _: None)


def test_a_resumed_run_keeps_the_images_that_it_was_begun_with(paths: WorkspacePaths) -> None:
    begun = run(paths, request(Condition.CLASSICAL, name=RunName("begun")), stop_after=3)
    assert begun.state is RunState.PAUSED
    chosen = experiment_images(paths, request()).of(Partition.TRAINING)[0]
    decide(
        paths, Verdict.DISCARD, int(chosen.positions[0]), image_set=chosen.image_set, reason="other", note="torn"
    )
    done = resume_detector(paths, begun.name, should_stop=lambda: None, on_tick=lambda _: None)
    assert done is not None
    assert done.state is RunState.FINISHED
    with pytest.raises(RefusedError, match="finished"):
        resume_detector(paths, begun.name, should_stop=lambda: None, on_tick=lambda _: None)
    assert len(detector_predictions(paths, begun.name)) == 12


def test_synthetic_images_come_from_a_release_and_only_where_they_are_asked_for(paths: WorkspacePaths) -> None:
    with pytest.raises(BadInputError, match="needs a release"):
        run(paths, request(Condition.BOTH, releases=()))
    with pytest.raises(BadInputError, match="takes no synthetic"):
        run(paths, request(Condition.CLASSICAL, releases=RELEASES))
    with pytest.raises(NotFoundError):
        run(paths, request(Condition.SYNTHETIC, releases=(ReleaseName("made-tumor"),)))


def test_synthetic_images_of_one_class_alone_are_refused(paths: WorkspacePaths) -> None:
    for alone, n_tumor, n_nontumor in (("good-tumor", 6, 0), ("good-nontumor", 0, 6)):
        kind = alone.removeprefix("good-")
        told = rf"{n_tumor} tumor and {n_nontumor} nontumor images: .* whatever is synthetic is {kind}"
        for condition in (Condition.SYNTHETIC, Condition.BOTH):
            with pytest.raises(RefusedError, match=told):
                run(paths, request(condition, releases=(ReleaseName(alone),)))
    assert all_detectors(paths) == []


def test_a_few_corrected_images_are_no_second_class(paths: WorkspacePaths) -> None:
    asked = SamplingRequest(
        run=RunName("tumor"), name=ImageSetName("many"), n_images=31, checkpoint=WhichCheckpoint.LAST
    )
    sample_generator(paths, asked, on_progress=lambda *_: None)
    name = ImageSetName("many")
    decide(paths, Verdict.KEEP, *range(31), image_set=name)
    for n_corrected, word in ((2, "few"), (3, "enough")):
        decide(paths, Verdict.CORRECT, *range(n_corrected), image_set=name, tumor_status=TumorStatus.NONTUMOR)
        release(paths, name, ReleaseName(word))
    with pytest.raises(RefusedError, match="29 tumor and 2 nontumor images"):
        experiment_images(paths, request(Condition.SYNTHETIC, releases=(ReleaseName("few"),)))
    found = experiment_images(paths, request(Condition.SYNTHETIC, releases=(ReleaseName("enough"),)))
    assert sum(len(one.positions) for one in found.synthetic if not one.is_tumor) == 3


def test_a_cohort_that_cannot_carry_the_experiment_is_refused(tmp_path: Path) -> None:
    paths = WorkspacePaths(tmp_path / "workspace")
    few = write_patients(tmp_path / "few", 2)
    import_cohort(paths, CohortRequest(name=GLIOMA, folder=few), on_progress=lambda *_: None)
    with pytest.raises(BadInputError, match="2 patients, none of them for"):
        run(paths, request())
    with pytest.raises(NotFoundError):
        run(paths, request(cohort=CohortName("nobody")))
    delete_cohort(paths, GLIOMA)
    plain = write_patients(tmp_path / "plain", 3, segmented=False)
    import_cohort(paths, CohortRequest(name=GLIOMA, folder=plain), on_progress=lambda *_: None)
    with pytest.raises(BadInputError, match="training partition of glioma has no tumor images"):
        run(paths, request())
    assert not list(paths.runs.glob("*"))


def test_weights_that_cannot_be_had_leave_no_run(paths: WorkspacePaths, tmp_path: Path) -> None:
    (tmp_path / "broken.pt").write_bytes(b"no weights")
    with pytest.raises(MrTuringError, match="broken"):
        run(paths, request(weights=str(tmp_path / "broken.pt")))
    assert all_detectors(paths) == []


def test_a_request_is_typed_as_it_was_meant() -> None:
    asked = request(Condition.BOTH, batch=8, weights="none", seed=3)
    assert " ".join(run_options(asked)) == (
        "--cohort glioma --condition both --recipe smoke --seed 3 --synthetic good-tumor --synthetic good-nontumor "
        "--weights none --batch 8 --epochs 1 --precision fp32"
    )
