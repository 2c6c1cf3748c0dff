"""A training as it is asked for: from training patients alone, in a folder of its own, gone on with as it began."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import MrTuringError, RefusedError
from core.identifiers import RunName
from core.imageset.pixels import open_pixels
from core.imageset.record import Partition, TumorStatus
from core.provenance import sha256_of_file
from core.runs.run_folder import RunState
from core.settings import WorkspacePaths
from core.storage.database import opened
from core.synthesis.run_folder import RunFolder, Tick
from core.workflows.generator_processes import training_options
from core.workflows.generators import (
    Run,
    WhichCheckpoint,
    all_generators,
    delete_run,
    run_named,
    run_snapshots,
    run_ticks,
)
from core.workflows.probing import probe
from core.workflows.training import Recipe, resume, train, train_eigenimages
from core.workflows.training_data import training_data
from tests.small_trainings import GLIOMA, SMOKE_KIMG, smoke_request

TUMOR = RunName("tumor")
ROOT = Path(__file__).resolve().parents[2]


def trained_on(paths: WorkspacePaths, *, stop_after: int | None = None, **changes: Any) -> Run:
    """A new run; paused after so many steps."""
    steps = iter(range(10**9))
    run = train(
        paths,
        smoke_request(**changes),
        should_stop=lambda: "paused" if stop_after is not None and next(steps) + 1 >= stop_after else None,
        on_tick=lambda _: None,
    )
    assert run is not None
    return run


def resumed(paths: WorkspacePaths, name: str, **changes: Any) -> Run:
    run = resume(paths, RunName(name), should_stop=lambda: None, on_tick=lambda _: None, **changes)
    assert run is not None
    return run


def test_a_finished_run_says_what_it_was_and_has_both_checkpoints(trained: WorkspacePaths) -> None:
    run = run_named(trained, TUMOR)
    assert (run.state, run.problem) == (RunState.FINISHED, None)
    assert run.kimg == pytest.approx(SMOKE_KIMG, abs=0.005)
    assert (run.resolution, run.planned_resolution) == (16, 16)
    assert (run.recipe, run.tumor_status) == ("smoke", TumorStatus.TUMOR)
    assert (run.trained_on.cohort, run.trained_on.partition) == ("glioma", Partition.TRAINING)
    assert set(run.checkpoints) == set(WhichCheckpoint)
    assert {one.name for one in all_generators(trained)} == {"tumor", "nontumor"}
    ticks = run_ticks(trained, TUMOR)
    assert [tick.kimg for tick in ticks] == sorted(tick.kimg for tick in ticks)
    snapshots = run_snapshots(trained, TUMOR)
    assert snapshots[-1].path.read_bytes().startswith(b"\x89PNG")
    assert snapshots[-1].swd is not None
    assert set(snapshots[-1].swd) == {16}


def test_ticks_are_told_as_they_come(cohort: WorkspacePaths) -> None:
    told: list[Tick] = []
    train(cohort, smoke_request(), should_stop=lambda: None, on_tick=told.append)
    assert told == run_ticks(cohort, TUMOR)


def test_patients_of_other_partitions_do_not_train(trained: WorkspacePaths) -> None:
    """Whatever their images are, the last checkpoint is the same; validation images only choose the best one."""
    name = training_data(trained, GLIOMA, TumorStatus.TUMOR).image_set
    data = training_data(trained, GLIOMA, TumorStatus.TUMOR)
    pixels = np.array(data.pixels)
    pixels[np.setdiff1d(np.arange(len(pixels)), data.training)] = 255
    np.save(trained.image_set(name), pixels)
    before = run_named(trained, TUMOR).checkpoint_file(WhichCheckpoint.LAST)
    again = trained_on(trained, name=RunName("again"))
    # `seconds` stand in the checkpoint for people, so that files differ; what was drawn from them does not
    assert networks_in(before) == networks_in(again.checkpoint_file(WhichCheckpoint.LAST))


def networks_in(checkpoint: Path) -> dict[str, bytes]:
    from core.synthesis.checkpoint import load_checkpoint

    return {name: tensor.numpy().tobytes() for name, tensor in load_checkpoint(checkpoint).file.tensors.items()}


def test_a_paused_run_goes_on_as_if_it_had_not_been(trained: WorkspacePaths) -> None:
    paused = trained_on(trained, name=RunName("paused"), stop_after=5)
    assert (paused.state, paused.kimg) == (RunState.PAUSED, 0.02)
    finished = resumed(trained, "paused")
    assert finished.state is RunState.FINISHED
    whole = run_named(trained, TUMOR)
    assert networks_in(finished.checkpoint_file(WhichCheckpoint.LAST)) == networks_in(
        whole.checkpoint_file(WhichCheckpoint.LAST)
    )


def test_a_run_grows_on_from_its_checkpoint(cohort: WorkspacePaths) -> None:
    small = trained_on(cohort, resolution=8, kimg=0.04)
    assert small.resolution == 8
    grown = resumed(cohort, "tumor", resolution=16)
    assert (grown.resolution, grown.planned_resolution) == (16, 16)
    assert grown.kimg == pytest.approx(grown.planned_kimg)
    assert grown.kimg > small.kimg


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"recipe": Recipe.LIGHT}, "begun with the recipe smoke, not light"),
        ({"resolution": 8}, "does not go on"),
        ({"resolution": 12}, "does not reach 12 pixels"),
    ],
)
def test_a_run_cannot_go_on_as_another(trained: WorkspacePaths, changes: dict[str, Any], words: str) -> None:
    checkpoint = run_named(trained, TUMOR).checkpoint_file(WhichCheckpoint.LAST)
    before = sha256_of_file(checkpoint)
    with pytest.raises(MrTuringError, match=words):
        resumed(trained, "tumor", **changes)
    assert sha256_of_file(checkpoint) == before
    assert run_named(trained, TUMOR).state is RunState.FINISHED


def test_eigenimages_cannot_go_on(cohort: WorkspacePaths) -> None:
    run = train_eigenimages(cohort, GLIOMA, TumorStatus.TUMOR, seed=0)
    with pytest.raises(RefusedError, match="learn all at once"):
        resumed(cohort, run.name)


def test_a_run_does_not_go_on_with_other_images(trained: WorkspacePaths) -> None:
    with opened(trained.database) as db:
        db.execute("UPDATE image_sets SET sha256 = 'other' WHERE name = 'glioma-tumor'")
    with pytest.raises(RefusedError, match="not those that the run tumor was begun with"):
        resumed(trained, "tumor")


@pytest.mark.parametrize("which", ["truncated", "foreign", "absent"])
def test_a_checkpoint_that_is_not_whole_is_refused_and_stays(trained: WorkspacePaths, which: str) -> None:
    checkpoint = run_named(trained, TUMOR).checkpoint_file(WhichCheckpoint.LAST)
    match which:
        case "truncated":
            checkpoint.write_bytes(checkpoint.read_bytes()[:-100])
        case "foreign":
            run = train_eigenimages(trained, GLIOMA, TumorStatus.TUMOR, seed=0)
            shutil.copyfile(run.checkpoint, checkpoint)
        case "absent":
            checkpoint.unlink()
    with pytest.raises(MrTuringError, match=r"last\.safetensors|has no checkpoint"):
        resumed(trained, "tumor")
    assert run_named(trained, TUMOR).name == "tumor"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"batch": 64}, "training images are too few for batches of 64"),
        ({"batch": 6}, "6"),
        ({"resolution": 12}, "does not reach 12 pixels"),
        ({"resolution": 256}, "does not reach 256 pixels"),
        ({"kimg": 0.0}, "training of 0.0 kimg"),
        ({"kimg": float("nan")}, "training of nan kimg"),
        ({"name": RunName("a/b")}, "'a/b' cannot name a run"),
        ({"cohort": "absent"}, "no cohort 'absent'"),
        ({"tumor_status": TumorStatus.UNKNOWN}, "glioma has no unknown images"),
    ],
)
def test_what_cannot_be_trained_is_said_and_leaves_nothing(
    cohort: WorkspacePaths, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(MrTuringError, match=words):
        trained_on(cohort, **changes)
    assert all_generators(cohort) == []
    assert not cohort.runs.exists() or list(cohort.runs.iterdir()) == []


def test_images_of_the_wrong_size_are_refused(cohort: WorkspacePaths) -> None:
    file = cohort.image_set(training_data(cohort, GLIOMA, TumorStatus.TUMOR).image_set)
    np.save(file, np.array(open_pixels(file))[:, :128, :128])
    with pytest.raises(MrTuringError, match="not canonical images"):
        trained_on(cohort)


def test_a_name_belongs_to_one_run(trained: WorkspacePaths) -> None:
    with pytest.raises(RefusedError, match="a run 'tumor' already"):
        trained_on(trained)
    assert run_named(trained, TUMOR).state is RunState.FINISHED


def test_a_run_that_trains_is_neither_trained_twice_nor_deleted(trained: WorkspacePaths) -> None:
    with RunFolder(trained.run(TUMOR)).locked():
        assert run_named(trained, TUMOR).state is RunState.RUNNING
        with pytest.raises(RefusedError, match="trained by another process"):
            resumed(trained, "tumor")
        with pytest.raises(RefusedError, match="trained by another process"):
            delete_run(trained, TUMOR)
    assert run_named(trained, TUMOR).checkpoint.is_file()


def test_a_probe_times_each_resolution_and_foresees_the_whole(cohort: WorkspacePaths) -> None:
    found = probe(cohort, smoke_request(), seconds=5.0)
    assert set(found.images_per_s) == set(found.kimg) == {8, 16}
    assert found.measured[0] == 8
    needed = sum(1000 * found.kimg[size] / found.images_per_s[size] for size in found.kimg)
    assert found.seconds == pytest.approx(needed)
    assert found.n_training_images == len(training_data(cohort, GLIOMA, TumorStatus.TUMOR).training)
    assert all_generators(cohort) == []


def test_a_probe_reckons_what_it_has_no_time_for(cohort: WorkspacePaths) -> None:
    found = probe(cohort, smoke_request(), seconds=0.0)
    assert found.measured == (8,)
    assert found.images_per_s[16] < found.images_per_s[8]
    assert probe(cohort, smoke_request(recipe=Recipe.EIGENIMAGE)).measured == ()


def test_torchrun_trains_one_run_in_several_processes(cohort: WorkspacePaths) -> None:
    options = training_options(smoke_request(kimg=0.08, batch=8))
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command += ["-m", "core.cli.main", "generator", "train", *options, "--name", "tumor", "--json"]
    ended = subprocess.run(
        [*command, "--workspace", str(cohort.root)],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["state"] == "finished"  # one process alone says so
    assert [run.name for run in all_generators(cohort)] == ["tumor"]
    assert RunFolder(cohort.run(TUMOR)).options()["processes"] == 2
