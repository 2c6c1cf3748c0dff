"""Images drawn from a PGGAN: by seed alone, with all that was decided on record, gone on with after a kill."""

import io
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.errors import BadInputError, MrTuringError, RefusedError, WorkspaceError
from core.identifiers import ImageSetName, RunName, StudyName
from core.imageset.pixels import PixelWriter, open_pixels
from core.imageset.record import ImageSet
from core.provenance import sha256_of_file
from core.settings import WorkspacePaths
from core.workflows.generators import WhichCheckpoint, run_named
from core.workflows.image_sets import all_image_sets, image_set_records
from core.workflows.maintenance import doctor
from core.workflows.sampling import (
    AT_ONCE,
    PictureFormat,
    SamplingRequest,
    draw_interpolation,
    draw_sheet,
    n_drawn,
    request_in,
    sample_generator,
    sampling_folder,
)
from core.workflows.studies import StudyPlan, create_study, lock_study
from core.workflows.training import train_eigenimages
from tests.small_trainings import GLIOMA, smoke_request

TUMOR = RunName("tumor")
# Draws, and is killed when so many images lie in the file.
KILLED = """
import os, signal, sys
from unittest.mock import patch
from core.cli.main import main
from core.imageset.pixels import PixelWriter

append, n = PixelWriter.append, int(sys.argv[1])

def killed(self, image):
    if self.n_images == n:
        os.kill(os.getpid(), signal.SIGKILL)
    return append(self, image)

sys.argv = ["mrturing", *sys.argv[2:]]
with patch.object(PixelWriter, "append", killed):
    main()
"""


def request(name: str, **changes: Any) -> SamplingRequest:
    return SamplingRequest(**{"run": TUMOR, "name": ImageSetName(name), "n_images": 5, **changes})


def drawn(paths: WorkspacePaths, name: str, **changes: Any) -> ImageSet:
    return sample_generator(paths, request(name, **changes), on_progress=lambda *_: None)


def pixels(paths: WorkspacePaths, name: str) -> np.ndarray:
    return np.asarray(open_pixels(paths.image_set(ImageSetName(name))))


def test_the_same_seed_gives_the_same_bytes_alone_and_in_another_set(trained: WorkspacePaths) -> None:
    drawn(trained, "many", n_images=AT_ONCE + 6)
    drawn(trained, "some", n_images=3, seed=AT_ONCE - 1)
    np.testing.assert_array_equal(pixels(trained, "some"), pixels(trained, "many")[AT_ONCE - 1 : AT_ONCE + 2])
    ids = {
        name: [one.image_id for one in image_set_records(trained, ImageSetName(name))] for name in ("many", "some")
    }
    assert ids["some"] == ids["many"][AT_ONCE - 1 : AT_ONCE + 2]


def test_a_set_records_checkpoint_truncation_and_enlargement(trained: WorkspacePaths) -> None:
    image_set = drawn(trained, "drawn", truncation=0.7, checkpoint=WhichCheckpoint.LAST)
    run = run_named(trained, TUMOR)
    assert image_set.provenance == {
        "generator": "tumor",
        "recipe": "smoke",
        "checkpoint": "last",
        "checkpoint_sha256": sha256_of_file(run.checkpoint_file(WhichCheckpoint.LAST)),
        "truncation": 0.7,
        "n_generated": 5,
        "trained_at": run.started_at,
    }
    assert image_set.trained_on == run.trained_on
    assert {one.resampling_factor for one in image_set_records(trained, image_set.name)} == {16.0}
    drawn(trained, "whole", checkpoint=WhichCheckpoint.LAST)
    assert not np.array_equal(pixels(trained, "drawn"), pixels(trained, "whole"))
    ids = [{one.image_id for one in image_set_records(trained, ImageSetName(name))} for name in ("drawn", "whole")]
    assert not ids[0] & ids[1]


def test_progress_is_told_up_to_the_whole(trained: WorkspacePaths) -> None:
    told: list[tuple[int, int]] = []
    sample_generator(trained, request("a", n_images=70), on_progress=lambda *done: told.append(done))
    assert told == [(0, 70), (64, 70), (70, 70)]


def killed_after(paths: WorkspacePaths, n: int) -> None:
    words = ["generator", "sample", "tumor", "-n", "40", "--name", "new", "--workspace", str(paths.root)]
    ended = subprocess.run([sys.executable, "-c", KILLED, str(n), *words], check=False, capture_output=True)
    assert ended.returncode == -signal.SIGKILL


def test_what_a_killed_process_drew_is_gone_on_with(trained: WorkspacePaths) -> None:
    killed_after(trained, 21)
    folder = sampling_folder(trained, TUMOR, ImageSetName("new"))
    assert (n_drawn(folder), request_in(folder)) == (21, request("new", n_images=40))
    assert doctor(trained) == []
    told: list[int] = []
    sample_generator(trained, request("new", n_images=40), on_progress=lambda n, _: told.append(n))
    assert told[0] == 21
    drawn(trained, "whole", n_images=40)
    np.testing.assert_array_equal(pixels(trained, "new"), pixels(trained, "whole"))
    assert len(image_set_records(trained, ImageSetName("new"))) == 40
    assert not folder.exists()


def test_another_request_of_the_same_name_does_not_go_on_with_it(trained: WorkspacePaths) -> None:
    killed_after(trained, 21)
    drawn(trained, "new", n_images=40, seed=7)
    drawn(trained, "whole", n_images=40, seed=7)
    np.testing.assert_array_equal(pixels(trained, "new"), pixels(trained, "whole"))


def test_a_drawing_keeps_its_checkpoint_while_training_goes_on(trained: WorkspacePaths) -> None:
    killed_after(trained, 3)
    checkpoint = run_named(trained, TUMOR).checkpoint
    before = sha256_of_file(checkpoint)
    replacement = checkpoint.with_suffix(".new")
    replacement.write_bytes(run_named(trained, RunName("nontumor")).checkpoint.read_bytes())
    replacement.replace(checkpoint)
    image_set = drawn(trained, "new", n_images=40)
    assert image_set.provenance["checkpoint_sha256"] == before != sha256_of_file(checkpoint)


def test_two_processes_do_not_draw_one_set(trained: WorkspacePaths) -> None:
    part = sampling_folder(trained, TUMOR, ImageSetName("new")) / "images.part"
    with (
        PixelWriter(trained.image_set(ImageSetName("new")), unfinished=part),
        pytest.raises(RefusedError, match="already"),
    ):
        drawn(trained, "new")


def test_a_full_disk_keeps_what_was_drawn(trained: WorkspacePaths, monkeypatch: pytest.MonkeyPatch) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("No /dev/full on this system.")
    append = PixelWriter.append

    def full_after_three(self: PixelWriter, image: np.ndarray) -> int:
        if self.n_images == 3:
            os.dup2(os.open("/dev/full", os.O_WRONLY), self._file.fileno())
        return append(self, image)

    monkeypatch.setattr(PixelWriter, "append", full_after_three)
    with pytest.raises(WorkspaceError, match="No space left") as refusal:
        drawn(trained, "new")
    assert "goes on from here" in str(refusal.value)
    monkeypatch.undo()
    assert n_drawn(sampling_folder(trained, TUMOR, ImageSetName("new"))) == 3
    assert drawn(trained, "new").n_images == 5


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"run": RunName("absent")}, "no generator run 'absent'"),
        ({"name": ImageSetName("glioma-tumor")}, "an image set 'glioma-tumor' already"),
        ({"n_images": 0}, "0 images cannot be drawn"),
        ({"seed": -1}, "-1 is no seed"),
        ({"truncation": 0.0}, "truncation of 0.0"),
        ({"truncation": float("nan")}, "truncation of nan"),
    ],
)
def test_what_cannot_be_drawn_is_said(trained: WorkspacePaths, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(MrTuringError, match=words):
        drawn(trained, **{"name": "new", **changes})
    assert len(all_image_sets(trained)) == 2


def test_eigenimages_know_no_truncation(cohort: WorkspacePaths) -> None:
    run = train_eigenimages(cohort, GLIOMA, smoke_request().tumor_status, seed=0)
    with pytest.raises(RefusedError, match="no truncation"):
        drawn(cohort, "new", run=run.name, truncation=0.5)


@pytest.mark.parametrize("damage", [b"half", None])
def test_a_checkpoint_that_is_not_whole_is_said_and_leaves_nothing(
    trained: WorkspacePaths, damage: bytes | None
) -> None:
    checkpoint = run_named(trained, TUMOR).checkpoint
    content = bytearray(checkpoint.read_bytes())
    content[-1] ^= 1
    checkpoint.write_bytes(content if damage is None else damage)
    with pytest.raises(BadInputError, match="cannot be used"):
        drawn(trained, "new")
    assert not sampling_folder(trained, TUMOR, ImageSetName("new")).exists()


def test_a_sheet_has_the_images_of_the_seeds(trained: WorkspacePaths) -> None:
    def sheet(**options: Any) -> Image.Image:
        options = {"n_images": 4, "seed": 0, "checkpoint": WhichCheckpoint.LAST, **options}
        return Image.open(io.BytesIO(draw_sheet(trained, TUMOR, **options)))

    assert sheet().width > 2 * sheet().height
    assert np.array_equal(sheet(), sheet())
    assert not np.array_equal(sheet(), sheet(seed=100))
    with pytest.raises(BadInputError, match="0 images make no sheet"):
        sheet(n_images=0)


def test_the_way_between_seeds_is_a_strip_or_an_animation(trained: WorkspacePaths) -> None:
    def picture(kind: PictureFormat, seeds: list[int]) -> Image.Image:
        content = draw_interpolation(trained, TUMOR, seeds, picture=kind, checkpoint=WhichCheckpoint.BEST)
        return Image.open(io.BytesIO(content))

    animation = picture(PictureFormat.GIF, [1, 2])
    assert (animation.format, animation.size, animation.n_frames) == ("GIF", (256, 256), 25)
    strips = [picture(PictureFormat.PNG, seeds) for seeds in ([1, 2], [1, 2, 9])]
    assert strips[1].height > 1.5 * strips[0].height
    with pytest.raises(BadInputError, match="1 seeds"):
        picture(PictureFormat.PNG, [1])


def test_the_synthetic_arms_of_a_study_are_filled_from_pggans(trained: WorkspacePaths) -> None:
    for status in ("tumor", "nontumor"):
        drawn(trained, f"gan-{status}", run=RunName(status), n_images=8)
    plan = StudyPlan(
        name=StudyName("study"),
        real_sets=[ImageSetName("glioma-tumor"), ImageSetName("glioma-nontumor")],
        synthetic_sets=[ImageSetName("gan-tumor"), ImageSetName("gan-nontumor")],
        per_arm=4,
    )
    study = create_study(trained, plan)
    assert set(study.protocol.arms.values()) == {4}
    _, warnings = lock_study(trained, study.name, override_leaks="A test.")
    assert any("gan-tumor were enlarged up to 16.00 times" in line for line in warnings)
