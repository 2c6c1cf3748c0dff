"""Writing transformed images as an image set of their own: with progress, gone on with where it broke off."""

import contextlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from core.augmentation.transformed_images import TransformedImages
from core.errors import RefusedError, WorkspaceError
from core.identifiers import ImageId, ImageSetName, ReleaseName, checked_name
from core.imageset.pixels import PixelWriter, images_in
from core.imageset.record import AUGMENTATION, IMAGE_SIZE, ImageRecord, ImageSet, Partition
from core.provenance import canonical_json, sha256_of_bytes
from core.settings import WorkspacePaths
from core.workflows.augmentation import Augmentation, augmentation
from core.workflows.detached import is_held
from core.workflows.image_sets import NewImageSet, OnProgress, check_new_name, check_not_scanned, keep, keeping
from core.workflows.watched_work import WatchedWork

REQUEST_FILE = "request.json"
UNFINISHED_FILE = "images.part"
ROOM_LEFT_BYTES = 1 << 30  # for the database: responses must not find the disk full
TELL_EVERY = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class AugmentationRequest:
    """`n_images` transformed images of a set's images of one partition, to be written as the set `name`.

    Of those of a `release` of the set, or of what curators leave of it and of its cohort as it is now.

    Images without a partition, such as synthetic ones, always count as of it.
    """

    image_set: ImageSetName
    name: ImageSetName
    n_images: int = 1000
    seed: int = 0
    partition: Partition = Partition.TRAINING
    release: ReleaseName | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnfinishedAugmentation:
    """A set that was begun to be written and is not whole: the same request goes on behind `n_done`.

    `problem`: why it broke off, in one line.
    """

    request: AugmentationRequest
    n_done: int
    running: bool
    problem: str | None


def write_augmentation(paths: WorkspacePaths, request: AugmentationRequest, *, on_progress: OnProgress) -> ImageSet:
    """Write an image set; what a process that was killed has written of the same request is gone on with.

    `on_progress` gets (images written, images in all). Memory stays the same whatever their number. Raises what
    `augmentation` raises, RefusedError for a name that is taken, WorkspaceError where the disk has no room.
    """
    found, beginning = _checked(paths, request)
    folder = _folder(paths, request)
    with PixelWriter(paths.image_set(request.name), unfinished=folder / UNFINISHED_FILE) as writer:
        if _begun(folder) != beginning:
            writer.forget()
            (folder / REQUEST_FILE).write_text(canonical_json(beginning))
        with _work(paths, request).at_work(on_progress) as tell:
            tell(writer.n_images, request.n_images)
            for image in found.images.images_from(writer.n_images):
                if writer.append(image) % TELL_EVERY == TELL_EVERY - 1 or writer.n_images == request.n_images:
                    tell(writer.n_images, request.n_images)
            with keeping(paths, writer) as db:
                image_set = keep(db, _new_set(request, found), records=_records(found), writer=writer)
    shutil.rmtree(folder, ignore_errors=True)
    return image_set


def start_augmentation(paths: WorkspacePaths, request: AugmentationRequest) -> None:
    """Start `mrturing images augment`, which goes on when the app ends; returns when it writes or is done.

    Raises what it refuses.
    """
    _checked(paths, request)
    words = ["images", "augment", request.release or request.image_set, "--name", request.name]
    words += ["-n", str(request.n_images), "--seed", str(request.seed), "--partition", request.partition]
    _work(paths, request).start(paths, words)


def stop_augmentation(paths: WorkspacePaths, request: AugmentationRequest) -> None:
    """End the process that writes a set; what it has written waits to be gone on with, or forgotten."""
    _work(paths, request).cancel()


def unfinished_augmentations(paths: WorkspacePaths, name: ImageSetName) -> list[UnfinishedAugmentation]:
    """What was begun to be written of a set and broke off, or is being written now."""
    found = []
    for folder in sorted(_folders(paths, name).glob("*/")):
        if not (begun := _begun(folder)):
            continue
        request = AugmentationRequest(**begun["request"] | {"partition": Partition(begun["request"]["partition"])})
        running = is_held(folder / UNFINISHED_FILE)
        progress = _work(paths, request).progress()
        problem = None if running or progress is None else progress.problem
        found.append(
            UnfinishedAugmentation(request=request, n_done=_n_done(folder), running=running, problem=problem)
        )
    return found


def forget_augmentation(paths: WorkspacePaths, request: AugmentationRequest) -> None:
    """Remove what was written of a set that is not whole. Raises RefusedError while it is being written."""
    checked_name(request.name, "image set")
    folder = _folder(paths, request)
    if is_held(folder / UNFINISHED_FILE):
        raise RefusedError(f"The images of {request.name} are being written.", "Wait until they are there.")
    shutil.rmtree(folder, ignore_errors=True)


def _checked(paths: WorkspacePaths, request: AugmentationRequest) -> tuple[Augmentation, dict[str, Any]]:
    """What is to be written and its beginning; raises what keeps it from being written."""
    check_new_name(paths, request.name)
    found = augmentation(
        paths,
        request.image_set,
        n_images=request.n_images,
        seed=request.seed,
        partition=request.partition,
        release=request.release,
    )
    check_not_scanned(found.image_set, request.name)
    folder, beginning = _folder(paths, request), _beginning(request, found)
    n_done = _n_done(folder) if _begun(folder) == beginning else 0
    _check_room(paths.root, request.n_images - n_done)
    return found, beginning


def _work(paths: WorkspacePaths, request: AugmentationRequest) -> WatchedWork:
    """In a folder that is removed when all is written."""
    folder = _folder(paths, request)
    return WatchedWork(
        title=f"writing of {request.name}", working=folder / "write.working", log=folder / "write.log"
    )


def _folders(paths: WorkspacePaths, image_set: ImageSetName) -> Path:
    """With what else was computed from the set, so that it goes with it: it shows patients as the set does."""
    return paths.features / image_set / "augmentations"


def _folder(paths: WorkspacePaths, request: AugmentationRequest) -> Path:
    return _folders(paths, request.image_set) / request.name


def _beginning(request: AugmentationRequest, found: Augmentation) -> dict[str, Any]:
    """All that the images follow from."""
    record = {"request": asdict(request), AUGMENTATION: _followed_from(found)}
    return dict(json.loads(canonical_json(record)))


def _begun(folder: Path) -> dict[str, Any]:
    """What the images that lie in a folder follow from; nothing where none were begun."""
    with contextlib.suppress(OSError, ValueError):
        if (folder / UNFINISHED_FILE).exists():
            return dict(json.loads((folder / REQUEST_FILE).read_bytes()))
    return {}


def _n_done(folder: Path) -> int:
    with contextlib.suppress(FileNotFoundError):
        return images_in((folder / UNFINISHED_FILE).stat().st_size)
    return 0


def _followed_from(found: Augmentation) -> dict[str, object]:
    first, *others = found.images.sets
    of_others = zip(found.set_names[1:], others, strict=True)
    return {
        "image_set": found.set_names[0],
        **_sources(first),
        "seed": first.seed,
        "ranges": asdict(first.ranges),
        **(
            {"added_by_curation": [{"image_set": name} | _sources(one) for name, one in of_others]}
            if others
            else {}
        ),
    }


def _sources(images: TransformedImages) -> dict[str, object]:
    return {
        "image_set_sha256": images.sha256,
        "sources": len(images.positions),
        "sources_sha256": sha256_of_bytes(images.positions.tobytes()),
    }


def _new_set(request: AugmentationRequest, found: Augmentation) -> NewImageSet:
    source = found.image_set
    return NewImageSet(
        name=request.name,
        kind=source.kind,
        tumor_status=found.tumor_status,
        cohort=source.cohort,
        trained_on=source.trained_on,
        provenance={
            AUGMENTATION: _followed_from(found)
            | {"partition": request.partition}
            | ({"release": request.release} if request.release else {})
        },
    )


def _records(found: Augmentation) -> Iterator[ImageRecord]:
    """Whose image each is, as its source's record says: it stays with its patient and partition."""
    images = found.images
    places = range(len(images))
    drawn = zip(images.sources(places), images.versions(places), images.transformations(places), strict=True)
    for number, version, transformation in drawn:
        source = found.records[number]
        yield replace(
            source,
            image_id=ImageId(f"{source.image_id}-v{version}"),
            resampling_factor=source.resampling_factor * transformation.zoom,
        )


def _check_room(root: Path, n_images: int) -> None:
    needed, free = n_images * IMAGE_SIZE**2 + ROOM_LEFT_BYTES, shutil.disk_usage(root).free
    if free < needed:
        raise WorkspaceError(
            f"{n_images:,} images need {n_images * IMAGE_SIZE**2 / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free; "
            f"{ROOM_LEFT_BYTES / 1e9:.0f} GB have to stay so.",
            "Free space or ask for fewer images.",
        )
