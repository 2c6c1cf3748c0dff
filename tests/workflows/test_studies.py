"""Making, locking, closing and deleting studies."""

import json
from collections import Counter
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import BadInputError, MrTuringError, NotFoundError, RefusedError, WorkspaceError
from core.identifiers import ImageId, ImageSetName, StudyName, SubjectId
from core.imageset.record import ImageKind, ImageRecord, Partition, TumorStatus
from core.imaging.png import encode_png
from core.provenance import sha256_of_bytes
from core.reading.case import Arm, Case
from core.reading.design import Presentation, Scale
from core.reading.protocol import Sampling
from core.reading.study import StudyState
from core.settings import WorkspacePaths
from core.storage import image_sets, studies
from core.storage.database import opened
from core.workflows.image_sets import NewImageSet, add_image_set, delete_image_set
from core.workflows.results import export_responses, study_responses, study_results
from core.workflows.studies import (
    StudyPlan,
    all_studies,
    close_study,
    create_study,
    delete_study,
    lock_study,
    study_status,
)
from tests.phantoms import LockedStudy, add_phantom_set, phantom_images, plan
from tests.reading_robot import read

NAME = StudyName("study")


def cases_of(paths: WorkspacePaths, name: str = "study") -> list[Case]:
    with opened(paths.database) as db:
        return studies.cases(db, StudyName(name))


def slices_by_subject(paths: WorkspacePaths, arm: Arm, name: str = "study") -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    with opened(paths.database) as db:
        for case in cases_of(paths, name):
            if case.arm is arm:
                record = image_sets.image_records(db, case.image_set)[case.image_index]
                found.setdefault(str(record.subject_id), []).append(record.slice_index or 0)
    return found


def test_a_study_draws_each_arm_from_images_of_its_own(four_sets: WorkspacePaths) -> None:
    study = create_study(four_sets, plan(per_arm=5))
    assert study.protocol.arms == dict.fromkeys(Arm, 5)
    assert (study.state, study.protocol_hash) == (StudyState.DRAFT, None)
    for case in cases_of(four_sets):
        assert case.image_set == f"{case.truth}-{case.tumor_status}"
    assert len({case.pixels_sha256 for case in cases_of(four_sets)}) == 20


def test_case_ids_are_random_and_the_drawing_follows_from_the_seed(four_sets: WorkspacePaths) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        create_study(four_sets, plan(name, per_arm=3, seed=seed))
    drawn = {name: {case.pixels_sha256 for case in cases_of(four_sets, name)} for name in "abc"}
    assert drawn["a"] == drawn["b"] != drawn["c"]
    ids = [{case.case_id for case in cases_of(four_sets, name)} for name in "ab"]
    assert ids[0].isdisjoint(ids[1])


def test_an_arm_that_is_too_small_says_how_many_there_are(four_sets: WorkspacePaths) -> None:
    with pytest.raises(RefusedError, match=r"real tumor has 12 different images that fit, 13 were asked for"):
        create_study(four_sets, plan(per_arm=13))
    assert all_studies(four_sets) == []


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"real_sets": ["nothing"]}, NotFoundError, "'nothing'.*images list"),
        ({"real_sets": ["synthetic-tumor"], "synthetic_sets": []}, BadInputError, "is synthetic, not real"),
        ({"synthetic_sets": ["real-tumor"], "real_sets": []}, BadInputError, "--real instead"),
        ({"real_sets": ["real-tumor", "real-tumor"]}, BadInputError, "named twice"),
        ({"per_arm": 0}, BadInputError, "0 images per arm"),
        ({"name": "a b"}, BadInputError, "'a b' cannot name a study"),
        ({"questions": ()}, BadInputError, "cannot be asked"),
        ({"synthetic_sets": []}, RefusedError, "synthetic tumor has 0"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_in_words(
    four_sets: WorkspacePaths, changes: dict[str, object], error: type[MrTuringError], words: str
) -> None:
    base = plan(per_arm=2)
    settings = {name: getattr(base, name) for name in base.__slots__} | changes
    with pytest.raises(error, match=words):
        create_study(four_sets, StudyPlan(**settings))
    assert all_studies(four_sets) == []


def test_a_name_that_is_taken_is_refused(four_sets: WorkspacePaths) -> None:
    create_study(four_sets, plan(per_arm=1))
    with pytest.raises(RefusedError, match="There is a study 'study' already"):
        create_study(four_sets, plan(per_arm=1))


def test_an_image_that_is_in_the_study_already_is_passed_over(four_sets: WorkspacePaths) -> None:
    """Ten of the twelve copies show what another set shows: 12 + 2 different images."""
    pixels = [*islice(phantom_images(12, seed=0), 10), *phantom_images(2, seed=99)]
    records = [ImageRecord(image_id=ImageId(str(n)), tumor_status=TumorStatus.TUMOR) for n in range(12)]
    name = ImageSetName("copies")
    new = NewImageSet(name=name, kind=ImageKind.REAL, tumor_status=TumorStatus.TUMOR)
    add_image_set(four_sets, new, records, pixels)
    for number, synthetic in enumerate(("synthetic-tumor", "synthetic-nontumor")):
        kind, status = ImageKind.SYNTHETIC, TumorStatus(synthetic.split("-")[1])
        add_phantom_set(four_sets, f"more-{status}", kind, status, seed=50 + number)
    add_phantom_set(four_sets, "more-real", ImageKind.REAL, TumorStatus.NONTUMOR, seed=60)
    bigger = StudyPlan(
        name=NAME,
        real_sets=[ImageSetName(text) for text in ("real-tumor", "copies", "real-nontumor", "more-real")],
        synthetic_sets=[
            ImageSetName(f"{text}-{status}") for text in ("synthetic", "more") for status in ("tumor", "nontumor")
        ],
        per_arm=15,
    )
    with pytest.raises(RefusedError, match="real tumor has 14 different images"):
        create_study(four_sets, bigger)


def test_images_come_from_as_many_patients_as_there_are(four_sets: WorkspacePaths) -> None:
    create_study(four_sets, plan(per_arm=6))
    counts = [len(slices) for slices in slices_by_subject(four_sets, Arm.REAL_TUMOR).values()]
    assert sorted(counts) == [1, 1, 2, 2]


def test_the_most_slices_of_a_patient_hold_and_are_recorded(four_sets: WorkspacePaths) -> None:
    sampling = Sampling(most_per_subject=2)
    study = create_study(four_sets, plan(per_arm=8, sampling=sampling))
    assert {len(slices) for slices in slices_by_subject(four_sets, Arm.REAL_NONTUMOR).values()} == {2}
    assert json.loads(study.protocol.to_json())["sampling"]["most_per_subject"] == 2
    with pytest.raises(RefusedError, match="real tumor has 8 different images"):
        create_study(four_sets, plan("more", per_arm=9, sampling=sampling))


def test_the_spacing_between_slices_of_a_patient_holds_and_is_recorded(four_sets: WorkspacePaths) -> None:
    """Each phantom patient has slices 4 apart; 5 leaves at most every other one."""
    study = create_study(four_sets, plan(per_arm=4, sampling=Sampling(min_slice_spacing=5)))
    for slices in slices_by_subject(four_sets, Arm.REAL_TUMOR).values():
        assert all(abs(a - b) >= 5 for a in slices for b in slices if a != b)
    assert json.loads(study.protocol.to_json())["sampling"]["min_slice_spacing"] == 5
    with pytest.raises(RefusedError, match=r"real tumor has \d different images"):
        create_study(four_sets, plan("more", per_arm=9, sampling=Sampling(min_slice_spacing=5)))


def test_the_partition_holds_for_real_images_only_and_is_recorded(four_sets: WorkspacePaths) -> None:
    training = Sampling(partition=Partition.TRAINING)
    study = create_study(four_sets, plan(per_arm=5, sampling=training))
    assert json.loads(study.protocol.to_json())["sampling"]["partition"] == "training"
    with pytest.raises(RefusedError, match="real tumor has 0 different images"):
        create_study(four_sets, plan("none", per_arm=1, sampling=Sampling(partition=Partition.TEST)))


def test_the_hash_exists_from_the_lock_on_and_follows_from_the_protocol(four_sets: WorkspacePaths) -> None:
    draft = create_study(four_sets, plan(per_arm=2))
    locked, warnings = lock_study(four_sets, NAME)
    assert (locked.state, warnings) == (StudyState.LOCKED, [])
    assert locked.protocol_hash == draft.protocol.hash == locked.protocol.hash
    assert len(locked.protocol_hash) == 64
    with pytest.raises(RefusedError, match="is locked already"):
        lock_study(four_sets, NAME)


def test_every_decision_changes_the_hash(four_sets: WorkspacePaths) -> None:
    changes = [
        {},
        {"seed": 1},
        {"scale": Scale.CONFIDENCE},
        {"confirm": True},
        {"sampling": Sampling(most_per_subject=9)},
    ]
    made = [create_study(four_sets, plan(f"s{n}", per_arm=2, **some)) for n, some in enumerate(changes)]
    assert len({study.protocol.hash for study in made}) == len(made)


def test_a_study_whose_pixels_changed_is_not_locked(four_sets: WorkspacePaths) -> None:
    create_study(four_sets, plan(per_arm=2))
    file = four_sets.image_set(ImageSetName("real-tumor"))
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    with pytest.raises(WorkspaceError, match="real-tumor changed since study was made"):
        lock_study(four_sets, NAME)
    assert study_status(four_sets, NAME).study.state is StudyState.DRAFT


def test_a_study_whose_pixels_are_gone_is_not_locked(four_sets: WorkspacePaths) -> None:
    create_study(four_sets, plan(per_arm=2))
    four_sets.image_set(ImageSetName("real-tumor")).unlink()
    with pytest.raises(WorkspaceError, match=r"real-tumor\.npy"):
        lock_study(four_sets, NAME)


def test_enlarged_images_are_warned_of_at_the_lock(four_sets: WorkspacePaths) -> None:
    records = [
        ImageRecord(image_id=ImageId(str(n)), tumor_status=TumorStatus.TUMOR, resampling_factor=1.0 + n)
        for n in range(3)
    ]
    name = ImageSetName("enlarged")
    new = NewImageSet(name=name, kind=ImageKind.SYNTHETIC, tumor_status=TumorStatus.TUMOR)
    add_image_set(four_sets, new, records, phantom_images(3, seed=9))
    sets = [name, ImageSetName("synthetic-nontumor")]
    base = plan(per_arm=3)
    create_study(
        four_sets, StudyPlan(name=NAME, real_sets=base.real_sets, synthetic_sets=sets, per_arm=base.per_arm)
    )
    _, (warning,) = lock_study(four_sets, NAME)
    assert "enlarged" in warning
    assert "3.00 times" in warning


@pytest.mark.parametrize("of_practice", [False, True])
@pytest.mark.parametrize(
    ("another", "said"),
    [
        (lambda pixels: encode_png(pixels) + b"\0", "differ in PNG byte size, which"),
        (lambda pixels: encode_png(pixels[:-1]), "PNG byte size, PNG height"),
        (lambda pixels: encode_png(pixels).replace(b"\x08\0\0\0\0", b"\x08\x04\0\0\0", 1), "in PNG color type"),
    ],
    ids=["size", "height", "mode"],
)
def test_one_stimulus_that_differs_on_the_wire_is_refused(
    four_sets: WorkspacePaths,
    monkeypatch: pytest.MonkeyPatch,
    another: Callable[[NDArray[np.uint8]], bytes],
    said: str,
    of_practice: bool,
) -> None:
    create_study(four_sets, plan(per_arm=2, presentation=Presentation(practice=4)))
    with opened(four_sets.database) as db:
        odd = studies.cases(db, NAME, practice=of_practice)[-1].pixels_sha256

    def encoded(pixels: NDArray[np.uint8]) -> bytes:
        return (another if sha256_of_bytes(pixels.tobytes()) == odd else encode_png)(pixels)

    monkeypatch.setattr("core.workflows.blinding.encode_png", encoded)
    with pytest.raises(RefusedError, match=said):
        lock_study(four_sets, NAME)
    assert study_status(four_sets, NAME).study.state is StudyState.DRAFT


def test_an_image_that_is_practiced_on_and_judged_is_refused_at_the_lock(four_sets: WorkspacePaths) -> None:
    create_study(four_sets, plan(per_arm=2, presentation=Presentation(practice=4)))
    with opened(four_sets.database) as db:
        judged, practiced = (studies.cases(db, NAME, practice=practice)[0] for practice in (False, True))
        db.execute(
            "UPDATE cases SET pixels_sha256 = ? WHERE case_id = ?", [judged.pixels_sha256, practiced.case_id]
        )
    with pytest.raises(RefusedError, match="is also judged"):
        lock_study(four_sets, NAME)


def test_a_study_is_closed_once_and_only_after_it_was_locked(four_sets: WorkspacePaths) -> None:
    create_study(four_sets, plan(per_arm=2))
    with pytest.raises(RefusedError, match="is draft"):
        close_study(four_sets, NAME)
    lock_study(four_sets, NAME)
    closed = close_study(four_sets, NAME)
    assert closed.state is StudyState.CLOSED
    assert closed.closed_at is not None
    with pytest.raises(RefusedError, match="is closed"):
        close_study(four_sets, NAME)


def test_only_drafts_are_deleted(four_sets: WorkspacePaths) -> None:
    create_study(four_sets, plan("draft", per_arm=2))
    delete_study(four_sets, StudyName("draft"))
    assert all_studies(four_sets) == []
    create_study(four_sets, plan(per_arm=2))
    lock_study(four_sets, NAME)
    with pytest.raises(RefusedError, match="Only drafts"):
        delete_study(four_sets, NAME)
    close_study(four_sets, NAME)
    with pytest.raises(RefusedError, match="Only drafts"):
        delete_study(four_sets, NAME)


def test_a_set_that_a_study_shows_is_not_deleted(study: LockedStudy) -> None:
    with pytest.raises(RefusedError, match="used by the study study"):
        delete_image_set(study.paths, ImageSetName("real-tumor"))
    assert study.paths.image_set(ImageSetName("real-tumor")).is_file()


def test_the_status_counts_trials_and_responses_only(study: LockedStudy) -> None:
    read(study.paths, study.cookie("a"), most=3)
    study.cookie("b")
    status = study_status(study.paths, study.name)
    assert [(reader.name, reader.trials, reader.responses) for reader in status.readers] == [
        ("a", 8, 3),
        ("b", 8, 0),
    ]
    assert not {"decision", "truth", "correct"} & set(type(status.readers[0]).__slots__)


def test_no_result_can_be_had_before_the_close(study: LockedStudy, tmp_path: Path) -> None:
    read(study.paths, study.cookie())
    for ask in (
        lambda: study_results(study.paths, study.name),
        lambda: study_responses(study.paths, study.name),
        lambda: export_responses(study.paths, study.name, tmp_path / "responses.csv"),
    ):
        with pytest.raises(RefusedError, match=r"is open.*Close it"):
            ask()
    assert not (tmp_path / "responses.csv").exists()


def test_after_the_close_each_response_stands_beside_its_truth(study: LockedStudy, tmp_path: Path) -> None:
    read(study.paths, study.cookie("a"))
    close_study(study.paths, study.name)
    table = study_responses(study.paths, study.name)
    assert len(table) == 8
    assert Counter(table["truth"] + " " + table["tumor_status"]) == {str(arm): 2 for arm in Arm}
    assert list(table["trial_index"]) == list(range(8))
    assert table["protocol_hash"].nunique() == 1
    assert study_results(study.paths, study.name).readers == ("a",)
    assert export_responses(study.paths, study.name, tmp_path / "responses.csv").n_responses == 8
    assert "a" not in set(table["reader_id"])
    with pytest.raises(BadInputError, match="exists already"):
        export_responses(study.paths, study.name, tmp_path / "responses.csv")


def test_a_closed_study_that_nobody_read_says_so(study: LockedStudy) -> None:
    study.cookie()
    close_study(study.paths, study.name)
    with pytest.raises(RefusedError, match="Nobody read anything"):
        study_results(study.paths, study.name)


def test_an_unknown_study_is_named(four_sets: WorkspacePaths) -> None:
    for ask in (study_status, lock_study, close_study, delete_study, study_results):
        with pytest.raises(NotFoundError, match="'absent'"):
            ask(four_sets, StudyName("absent"))


def test_subjects_reach_the_cases(four_sets: WorkspacePaths) -> None:
    create_study(four_sets, plan(per_arm=4))
    subjects = {case.truth: set() for case in cases_of(four_sets)}
    for case in cases_of(four_sets):
        subjects[case.truth].add(case.subject_id)
    assert subjects[ImageKind.SYNTHETIC] == {None}
    assert subjects[ImageKind.REAL] == {SubjectId(f"p{n}") for n in range(4)}
