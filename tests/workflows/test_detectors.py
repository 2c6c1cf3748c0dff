"""The four-condition experiment on a cohort of phantoms: all conditions run, no patient and no generator leaks."""

import json
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.curation.decision import Verdict
from core.detection.condition import Condition
from core.detection.performance import Measure
from core.detection.run_folder import RunFolder
from core.errors import BadInputError, MrTuringError, NotFoundError, RefusedError, WorkspaceError
from core.identifiers import CohortName, ImageSetName, ReleaseName, RunName
from core.imageset.record import ImageKind, Partition, TrainedOn, TumorStatus
from core.runs.run_folder import RunState
from core.settings import WorkspacePaths
from core.storage.database import opened
from core.workflows.augmentation_writing import AugmentationRequest, write_augmentation
from core.workflows.cohorts import CohortRequest, delete_cohort, import_cohort
from core.workflows.detector_pictures import draw_wrong
from core.workflows.detector_processes import run_options
from core.workflows.detector_table import detector_table
from core.workflows.detector_training import (
    experiment_images,
    resume_detector,
)
from core.workflows.detectors import all_detectors, delete_detector, detector_named, detector_predictions
from core.workflows.generators import WhichCheckpoint, all_generators, run_named
from core.workflows.image_sets import ImagesRequest, export_images, import_images
from core.workflows.releases import delete_release, release
from core.workflows.sampling import SamplingRequest, sample_generator
from tests.curating import decide
from tests.phantom_patients import write_patients
from tests.small_trainings import GLIOMA
from tests.workflows.detector_requests import RELEASES, first_weights, keep_all, request, run


def execute(paths: WorkspacePaths, sql: str) -> None:
    with sqlite3.connect(paths.database) as db:
        db.executescript(sql)
    db.close()


@pytest.fixture
def paths(released: WorkspacePaths) -> WorkspacePaths:
    return released


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
    "attested of a deleted cohort of that name": "UPDATE cohorts SET created_at = '2999-01-01T00:00:00.000Z'; "
    "UPDATE image_sets SET trained_on_attested = 1",
    "transformed already": "UPDATE image_sets SET provenance = json_set(provenance, '$.augmentation', json('{}'))",
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
        "--condition both --cohort glioma --recipe smoke --seed 3 --synthetic good-nontumor --synthetic good-tumor "
        "--weights none --batch 8 --epochs 1 --precision fp32"
    )


def test_a_transformed_copy_does_not_hide_which_patients_a_generator_saw(paths: WorkspacePaths) -> None:
    """It is newer than the cohort that came to have the name of the one that its generator saw."""
    source = ImageSetName("made-tumor")
    execute(paths, "UPDATE cohorts SET created_at = strftime('%Y-%m-%dT%H:%M:%fZ')")
    asked = AugmentationRequest(image_set=source, name=ImageSetName("copy"), n_images=6)
    write_augmentation(paths, asked, on_progress=lambda *_: None)
    keep_all(paths, "copy", "good-copy")
    with pytest.raises(RefusedError, match="copy holds transformed images"):
        experiment_images(paths, request(Condition.SYNTHETIC, releases=(ReleaseName("good-copy"), RELEASES[1])))


def test_an_attestation_is_of_the_cohort_that_was_there(paths: WorkspacePaths, tmp_path: Path) -> None:
    exported = tmp_path / "images"
    export_images(paths, ImageSetName("made-tumor"), exported)
    asked = ImagesRequest(
        name=ImageSetName("imported"),
        folder=exported,
        kind=ImageKind.SYNTHETIC,
        tumor_status=TumorStatus.TUMOR,
        trained_on=TrainedOn(cohort=GLIOMA, partition=Partition.TRAINING, attested=True),
    )
    import_images(paths, asked, on_progress=lambda *_: None)
    keep_all(paths, "imported", "good-imported")
    both = request(Condition.SYNTHETIC, releases=(ReleaseName("good-imported"), RELEASES[1]))
    assert experiment_images(paths, both).synthetic
    execute(paths, "UPDATE cohorts SET created_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '+1 second')")
    with pytest.raises(RefusedError, match="imported was trained before the cohort glioma was imported"):
        experiment_images(paths, both)


def test_runs_that_learned_otherwise_are_neither_averaged_nor_compared(paths: WorkspacePaths) -> None:
    for changes in ({"batch": 4}, {"precision": "bf16"}, {"weights": str(first_weights(paths.root / "first.pth"))}):
        run(paths, request(Condition.CLASSICAL, seed=1, name=RunName("-".join(changes)), **changes))
    training = experiment_images(paths, request()).of(Partition.TRAINING)[0]
    run(paths, request(seed=1, name=RunName("of-more-images")))
    discarded = int(training.positions[0])
    decide(paths, Verdict.DISCARD, discarded, image_set=training.image_set, reason="other", note="torn")
    run(paths, request(Condition.CLASSICAL, name=RunName("turned")))
    run(paths, request(name=RunName("plain")))
    table = detector_table(paths)
    assert [row.runs for row in table.conditions] == [("plain",), ("turned",)]
    assert table.left_out.keys() == {"batch", "precision", "weights", "of-more-images"}
    assert set(table.left_out.values()) == {"learned in another way, or from other real images, than plain"}
    assert [row.runs for row in detector_table(paths, like=RunName("batch")).conditions] == [("batch",)]


def test_other_releases_and_seeds_that_are_there_already_are_left_out(paths: WorkspacePaths) -> None:
    run(paths, request(Condition.SYNTHETIC, name=RunName("first")))
    run(paths, request(Condition.SYNTHETIC, name=RunName("again")))
    delete_release(paths, RELEASES[0])
    decide(paths, Verdict.DISCARD, 0, image_set=ImageSetName("made-tumor"), reason="odd_artifact")
    release(paths, ImageSetName("made-tumor"), RELEASES[0])
    run(paths, request(Condition.BOTH, name=RunName("of-others"), seed=1))
    table = detector_table(paths)
    assert [row.runs for row in table.conditions] == [("of-others",)]
    assert set(table.left_out.values()) == {"learned from other releases than of-others"}
    table = detector_table(paths, like=RunName("first"))
    assert [row.runs for row in table.conditions] == [("first",)]
    assert table.left_out == {
        "of-others": "learned from other releases than first",
        "again": "has the seed of first",
    }


def test_wrong_images_are_not_drawn_of_a_cohort_that_is_another_by_now(
    paths: WorkspacePaths, tmp_path: Path
) -> None:
    made = run(paths, request())
    folder = RunFolder(paths.run(made.name))
    folder.write_predictions([replace(one, log_odds=9.0) for one in folder.predictions()])
    assert draw_wrong(paths, made.name).startswith(b"\x89PNG")
    delete_cohort(paths, GLIOMA)
    with pytest.raises(NotFoundError):
        draw_wrong(paths, made.name)
    others = write_patients(tmp_path / "others", 3)
    import_cohort(paths, CohortRequest(name=GLIOMA, folder=others), on_progress=lambda *_: None)
    with pytest.raises(RefusedError, match="are other ones by now"):
        draw_wrong(paths, made.name)
