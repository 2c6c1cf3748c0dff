"""Image sets of the workspace: add, import, look at, export, delete."""

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.cohort.record import Cohort
from core.errors import BadInputError, NotFoundError, RefusedError
from core.identifiers import CohortName, ImageSetName, ReleaseName, checked_name
from core.imageset.contact_sheet import contact_sheet, evenly_chosen
from core.imageset.folder_export import export_folder
from core.imageset.folder_files import SkippedFile
from core.imageset.folder_import import import_folder
from core.imageset.pixels import PixelWriter, open_pixels, remove_abandoned
from core.imageset.record import (
    ATTESTED_AT,
    ImageKind,
    ImageRecord,
    ImageSet,
    TrainedOn,
    TumorStatus,
    means_scanned,
)
from core.imaging.png import encode_png
from core.provenance import utc_now
from core.settings import WorkspacePaths
from core.storage import cohorts, image_sets, releases
from core.storage.database import Database, opened, writing

OnProgress = Callable[[int, int], None]
SHEET_IMAGES = 48
SHEET_COLUMNS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class NewImageSet:
    """What is decided about a set before its pixels exist."""

    name: ImageSetName
    kind: ImageKind
    tumor_status: TumorStatus
    cohort: CohortName | None = None
    trained_on: TrainedOn | None = None
    provenance: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagesRequest:
    """A folder of images made anywhere, and what its owner says of them."""

    name: ImageSetName
    folder: Path
    kind: ImageKind
    tumor_status: TumorStatus
    trained_on: TrainedOn | None = None


def add_image_set(
    paths: WorkspacePaths,
    new: NewImageSet,
    records: Sequence[ImageRecord],
    images: Iterable[NDArray[np.uint8]],
) -> ImageSet:
    """Stream canonical images into a new set; record n belongs to image n."""
    check_new_name(paths, new.name)
    with PixelWriter(paths.image_set(new.name)) as writer:
        for image in images:
            writer.append(image)
        with keeping(paths, writer) as db:
            return keep(db, new, records=records, writer=writer)


def check_new_name(paths: WorkspacePaths, name: ImageSetName) -> None:
    """Raise before the work begins if a set cannot have this name."""
    checked_name(name, "image set")
    with opened(paths.database, create=True) as db:
        _check_free(db, name)


@contextmanager
def keeping(paths: WorkspacePaths, *writers: PixelWriter) -> Iterator[Database]:
    """A transaction in which image sets come or go; pixels without a row are removed however it ends.

    The writers whose sets are to come are finished before it, so that readers' responses never wait for a disk.
    """
    for writer in writers:
        writer.finish()
    with opened(paths.database) as db:
        try:
            with writing(db):
                yield db
        finally:
            with writing(db):
                _remove_leftovers(db, paths)


def keep(
    db: Database,
    new: NewImageSet,
    *,
    records: Iterable[ImageRecord],
    writer: PixelWriter,
) -> ImageSet:
    """While `keeping`: give the pixels their name and write their rows. A kill in between leaves no row."""
    _check_free(db, new.name)
    image_set = ImageSet(
        name=new.name,
        kind=new.kind,
        tumor_status=new.tumor_status,
        n_images=writer.n_images,
        sha256=writer.commit(),
        created_at=utc_now(),
        cohort=new.cohort,
        trained_on=new.trained_on,
        provenance=new.provenance,
    )
    image_sets.add_image_set(db, image_set, records)
    return image_set


def import_images(
    paths: WorkspacePaths, request: ImagesRequest, *, on_progress: OnProgress
) -> tuple[ImageSet, Sequence[SkippedFile]]:
    """Bring a folder of images in; returns the set and the files that could not be read."""
    if request.trained_on is not None and request.kind is ImageKind.REAL:
        raise BadInputError("Real images were not trained on anything.", "Leave --trained-on out.")
    check_new_name(paths, request.name)
    with PixelWriter(paths.image_set(request.name)) as writer:
        imported = import_folder(request.folder, writer, tumor_status=request.tumor_status, on_progress=on_progress)
        if not imported.records:
            lines = [f"No image could be made of {request.folder}.", *(entry.line for entry in imported.skipped)]
            raise BadInputError("\n".join(lines), "Nothing was changed in the workspace.")
        new = NewImageSet(
            name=request.name,
            kind=request.kind,
            tumor_status=request.tumor_status,
            trained_on=request.trained_on,
            provenance={
                "source": request.folder.name,
                "n_skipped": len(imported.skipped),
                "scaled_from": imported.limits,
                **({ATTESTED_AT: utc_now()} if request.trained_on else {}),
            },
        )
        with keeping(paths, writer) as db:
            image_set = keep(db, new, records=imported.records, writer=writer)
    return image_set, imported.skipped


def all_image_sets(paths: WorkspacePaths) -> list[ImageSet]:
    with opened(paths.database) as db:
        return image_sets.image_sets(db)


def image_set_named(db: Database, name: ImageSetName) -> ImageSet:
    image_set = image_sets.image_set(db, name)
    if image_set is None:
        raise NotFoundError(f"There is no image set {name!r}.", "`mrturing images list` lists them.")
    return image_set


def image_set_records(paths: WorkspacePaths, name: ImageSetName) -> list[ImageRecord]:
    with opened(paths.database) as db:
        image_set_named(db, name)
        return image_sets.image_records(db, name)


def contact_sheet_png(paths: WorkspacePaths, name: ImageSetName, *, most: int = SHEET_IMAGES) -> bytes:
    """A PNG of at most `most` images of a set, evenly chosen."""
    with opened(paths.database) as db:
        n_images = image_set_named(db, name).n_images
    chosen = open_pixels(paths.image_set(name))[evenly_chosen(n_images, most)]
    return encode_png(contact_sheet(chosen, columns=SHEET_COLUMNS))


def export_images(paths: WorkspacePaths, name: ImageSetName, folder: Path) -> int:
    """Write a set as PNG folders by tumor status with a manifest; returns the number of images."""
    records = image_set_records(paths, name)
    return export_folder(open_pixels(paths.image_set(name)), records, folder)


def delete_image_set(paths: WorkspacePaths, name: ImageSetName) -> None:
    """Delete a set; refused while a study shows its images or a release has them."""
    with keeping(paths) as db:
        image_set_named(db, name)
        delete_unused(db, name)


def delete_unused(db: Database, name: ImageSetName) -> None:
    """While `keeping`: delete a set's rows, decisions too, or raise RefusedError naming what uses it."""
    studies = image_sets.studies_using(db, name)
    if studies:
        raise RefusedError(
            f"The image set {name} is used by the study {', '.join(studies)}.", "Studies keep their images."
        )
    frozen = releases.releases_of(db, name)
    if frozen:
        raise RefusedError(
            f"The image set {name} has the release {', '.join(frozen)}.",
            "Delete the release first, if nobody needs it.",
        )
    image_sets.delete_image_set(db, name)


def _remove_leftovers(db: Database, paths: WorkspacePaths) -> None:
    """Inside a transaction: remove pixels of deleted sets, and what imports that were killed left behind.

    What was computed from a deleted set goes too: features tell what a patient's image looks like.
    """
    known = {image_set.name for image_set in image_sets.image_sets(db)}
    for file in [*paths.images.glob("*.npy"), *paths.triages.glob("[!.]*")]:
        if file.stem not in known:
            file.unlink(missing_ok=True)
    for folder in paths.features.glob("*/"):
        if folder.name not in known:
            shutil.rmtree(folder, ignore_errors=True)
    remove_abandoned(paths.images)


def _check_free(db: Database, name: ImageSetName) -> None:
    if image_sets.image_set(db, name) is not None:
        raise RefusedError(f"There is an image set {name!r} already.", "Choose another name, or delete that set.")
    if releases.release(db, ReleaseName(name)) is not None:
        raise RefusedError(f"There is a release {name!r} already.", "Choose another name.")


def cohort_named(db: Database, name: CohortName) -> Cohort:
    """Raises NotFoundError."""
    found = cohorts.cohort(db, name)
    if found is None:
        raise NotFoundError(f"There is no cohort {name!r}.", "`mrturing cohort list` lists them.")
    return found


def check_not_scanned(source: ImageSet, name: ImageSetName) -> None:
    """Raises RefusedError where a set made of another one's images would be taken for its cohort's own."""
    if source.cohort is not None and means_scanned(name, source.cohort):
        raise RefusedError(f"{name} is the name of images of the cohort as scanned.", "Choose another name.")
