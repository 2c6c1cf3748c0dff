"""Drawing images from a run, in this process: into an image set, onto a sheet, along the way between seeds."""

import contextlib
import io
import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.errors import BadInputError, MrTuringError, RefusedError
from core.identifiers import ImageId, ImageSetName, RunName
from core.imageset.contact_sheet import contact_sheet
from core.imageset.pixels import PixelWriter, images_in
from core.imageset.record import TRAINED_AT, ImageKind, ImageRecord, ImageSet
from core.imaging.png import encode_png
from core.provenance import sha256_of_file, sha256_of_json
from core.runs.run_folder import write_whole
from core.settings import WorkspacePaths
from core.synthesis.eigenimage import EigenimageGenerator
from core.synthesis.generator import Generator
from core.workflows.generators import EIGENIMAGE, Run, WhichCheckpoint, run_named
from core.workflows.image_sets import NewImageSet, OnProgress, check_new_name, keep, keeping

AT_ONCE = 64
SHEET_COLUMNS = 8
STEPS_IN_STRIP = 6
STEPS_IN_ANIMATION = 24
FRAME_MS = 60
REQUEST_FILE = "request.json"
CHECKPOINT_FILE = "checkpoint.safetensors"
UNFINISHED_FILE = "images.part"


class PictureFormat(StrEnum):
    PNG = "png"
    GIF = "gif"


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplingRequest:
    """Images to draw from a run: seeds `seed`, `seed + 1`, ... `truncation` in (0, 1]; None: none."""

    run: RunName
    name: ImageSetName
    n_images: int = 100
    seed: int = 0
    checkpoint: WhichCheckpoint = WhichCheckpoint.BEST
    truncation: float | None = None

    def __post_init__(self) -> None:
        if self.n_images < 1:
            raise BadInputError(f"{self.n_images} images cannot be drawn.", "Ask for at least 1.")
        if self.seed < 0:
            raise BadInputError(f"{self.seed} is no seed.", "Seeds are whole numbers from 0 on.")
        if self.truncation is not None and not 0 < self.truncation <= 1:
            raise BadInputError(f"A truncation of {self.truncation} cannot be.", "Take one above 0 and at most 1.")


def sample_generator(paths: WorkspacePaths, request: SamplingRequest, *, on_progress: OnProgress) -> ImageSet:
    """Draw a synthetic image set. What a process that was killed has drawn of the same request is gone on with.

    `on_progress` gets (images drawn, images in all).
    """
    run = run_named(paths, request.run)
    check_new_name(paths, request.name)
    folder = sampling_folder(paths, request.run, request.name)
    with PixelWriter(paths.image_set(request.name), unfinished=folder / UNFINISHED_FILE) as writer:
        if request_in(folder) != request:
            writer.forget()
            _begin(folder, request, run.checkpoint_file(request.checkpoint))
        checkpoint_sha256 = sha256_of_file(folder / CHECKPOINT_FILE)
        with _nothing_left_where_it_cannot_begin(folder):
            generator = _loaded(run, folder / CHECKPOINT_FILE, request.truncation)
        on_progress(writer.n_images, request.n_images)
        for image in _drawn(generator, request.seed, range(writer.n_images, request.n_images)):
            if writer.append(image) % AT_ONCE == AT_ONCE - 1 or writer.n_images == request.n_images:
                on_progress(writer.n_images, request.n_images)
        new = _new_set(run, request, checkpoint_sha256)
        records = _records(run, request, checkpoint_sha256, generator.resampling_factor)
        with keeping(paths, writer) as db:
            image_set = keep(db, new, records=records, writer=writer)
    shutil.rmtree(folder, ignore_errors=True)
    return image_set


def draw_sheet(
    paths: WorkspacePaths,
    run_name: RunName,
    *,
    n_images: int,
    seed: int,
    checkpoint: WhichCheckpoint,
    truncation: float | None = None,
) -> bytes:
    """A PNG of the images of `n_images` seeds from `seed` on, in rows."""
    if not 1 <= n_images <= AT_ONCE * SHEET_COLUMNS:
        raise BadInputError(f"{n_images} images make no sheet.", f"Ask for 1 to {AT_ONCE * SHEET_COLUMNS}.")
    run = run_named(paths, run_name)
    generator = _loaded(run, run.checkpoint_file(checkpoint), truncation)
    images = generator.images(range(seed, seed + n_images))
    return encode_png(contact_sheet(images, columns=min(SHEET_COLUMNS, n_images)))


def draw_interpolation(
    paths: WorkspacePaths,
    run_name: RunName,
    seeds: Sequence[int],
    *,
    picture: PictureFormat,
    checkpoint: WhichCheckpoint,
) -> bytes:
    """A strip (PNG, a row from each seed to the next) or an animation (GIF) along the hypersphere of latents."""
    if len(seeds) < 2:
        raise BadInputError(f"{len(seeds)} seeds have nothing between them.", "Name at least two.")
    run = run_named(paths, run_name)
    generator = _loaded(run, run.checkpoint_file(checkpoint), None)
    if picture is PictureFormat.PNG:
        rows = [generator.between(pair, STEPS_IN_STRIP) for pair in pairwise(seeds)]
        return encode_png(contact_sheet(np.concatenate(rows), columns=STEPS_IN_STRIP + 1))
    return _animation(generator.between(seeds, STEPS_IN_ANIMATION))


def sampling_folder(paths: WorkspacePaths, run: RunName, name: ImageSetName) -> Path:
    """Where a drawing keeps what it has so far."""
    return paths.run(run) / "samplings" / name


def n_drawn(folder: Path) -> int:
    """How many whole images a drawing has so far."""
    with contextlib.suppress(FileNotFoundError):
        return images_in((folder / UNFINISHED_FILE).stat().st_size)
    return 0


def request_in(folder: Path) -> SamplingRequest | None:
    """What a drawing was asked for; None where none has begun."""
    try:
        record = json.loads((folder / REQUEST_FILE).read_bytes())["request"]
    except (OSError, ValueError, KeyError):
        return None
    return SamplingRequest(**record | {"checkpoint": WhichCheckpoint(record["checkpoint"])})


@contextlib.contextmanager
def _nothing_left_where_it_cannot_begin(folder: Path) -> Iterator[None]:
    """But the log, which whoever started this process will read."""
    try:
        yield
    except MrTuringError:
        for name in (REQUEST_FILE, CHECKPOINT_FILE, UNFINISHED_FILE):
            (folder / name).unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            folder.rmdir()
        raise


def _begin(folder: Path, request: SamplingRequest, checkpoint: Path) -> None:
    """Keep the checkpoint beside what is drawn from it: training may replace it meanwhile. The request comes last,
    so that where it is known all is there.
    """
    (folder / REQUEST_FILE).unlink(missing_ok=True)
    (folder / CHECKPOINT_FILE).unlink(missing_ok=True)
    try:
        (folder / CHECKPOINT_FILE).hardlink_to(checkpoint)
    except OSError:  # a file system without links
        shutil.copyfile(checkpoint, folder / CHECKPOINT_FILE)
    write_whole(folder / REQUEST_FILE, json.dumps({"request": asdict(request)}).encode())


def _loaded(run: Run, checkpoint: Path, truncation: float | None) -> Generator:
    if run.recipe == EIGENIMAGE:
        if truncation is not None:
            raise RefusedError("Eigenimages know no truncation.", "Leave it out.")
        return EigenimageGenerator.load(checkpoint)
    from core.synthesis.sampling import PgganGenerator

    return PgganGenerator.load(checkpoint, truncation=truncation)


def _drawn(generator: Generator, seed: int, places: range) -> Iterator[NDArray[np.uint8]]:
    for start in range(places.start, places.stop, AT_ONCE):
        stop = min(start + AT_ONCE, places.stop)
        yield from generator.images(range(seed + start, seed + stop))


def _new_set(run: Run, request: SamplingRequest, checkpoint_sha256: str) -> NewImageSet:
    return NewImageSet(
        name=request.name,
        kind=ImageKind.SYNTHETIC,
        tumor_status=run.tumor_status,
        trained_on=run.trained_on,
        provenance={
            "generator": run.name,
            "recipe": run.recipe,
            "checkpoint": request.checkpoint,
            "checkpoint_sha256": checkpoint_sha256,
            "truncation": request.truncation,
            "n_generated": request.n_images,
            TRAINED_AT: run.started_at,
        },
    )


def _records(
    run: Run, request: SamplingRequest, checkpoint_sha256: str, resampling_factor: float
) -> list[ImageRecord]:
    """Ids tell images of different truncations apart, and are otherwise those of checkpoint and seed."""
    mark = checkpoint_sha256[:8]
    if request.truncation is not None:
        mark = sha256_of_json([checkpoint_sha256, request.truncation])[:8]
    return [
        ImageRecord(
            image_id=ImageId(f"{mark}-{one}"),
            tumor_status=run.tumor_status,
            seed=one,
            resampling_factor=resampling_factor,
        )
        for one in range(request.seed, request.seed + request.n_images)
    ]


def _animation(frames: NDArray[np.uint8]) -> bytes:
    pictures = [Image.fromarray(frame) for frame in frames]
    file = io.BytesIO()
    pictures[0].save(file, "GIF", save_all=True, append_images=pictures[1:], duration=FRAME_MS, loop=0)
    return file.getvalue()
