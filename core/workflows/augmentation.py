"""Classical augmentation of an image set: transformed images that are made when they are asked for."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.augmentation.transformation import Transformation
from core.augmentation.transformed_images import TransformedImages
from core.augmentation.transformed_sets import TransformedSets
from core.errors import BadInputError, RefusedError
from core.identifiers import ImageSetName, ReleaseName
from core.imageset.pixels import open_pixels
from core.imageset.record import ImageRecord, ImageSet, Partition, TumorStatus
from core.settings import WorkspacePaths
from core.storage import releases
from core.storage.database import Database, opened
from core.workflows.image_sets import image_set_named
from core.workflows.releases import release_named
from core.workflows.resolved_images import ResolvedImages, cohort_images, images_at, set_images


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Augmentation:
    """The transformed images of a set or a release.

    `records` of all sources, as `images` counts them; `set_names` of the sets that they lie in.
    """

    image_set: ImageSet
    tumor_status: TumorStatus
    records: Sequence[ImageRecord]
    images: TransformedSets
    set_names: Sequence[ImageSetName]


def augmentation(
    paths: WorkspacePaths,
    name: ImageSetName,
    *,
    n_images: int,
    seed: int,
    partition: Partition = Partition.TRAINING,
    release: ReleaseName | None = None,
) -> Augmentation:
    """What classical augmentation makes of a set: nothing is written, images are made when they are asked for.

    A cohort's set stands for all images of the cohort that show what it shows, as curators see it. Left out are
    images of patients of other partitions, and those that curators discarded, disagree on or corrected to another
    tumor status. Of a `release` of the set it is what was frozen, each image as what it was kept as. Raises
    NotFoundError, BadInputError, and RefusedError for a set that is transformed already or has nothing left.
    """
    with opened(paths.database) as db:
        image_set = image_set_named(db, name)
        if image_set.is_transformed:
            raise RefusedError(
                f"The images of {name} are transformed already.",
                "Transform those that they come from: once is enough.",
            )
        found = _sources(db, image_set) if release is None else [_released(db, image_set, release)]
    sources = [one.only(_of_partition(one, partition)) for one in found]
    sources = [one for one in sources if len(one.positions)]
    if not sources:
        raise RefusedError(f"{name} has no {partition} images to be transformed.", "Name another set or partition.")
    records = [record for one in sources for record in one.records]
    statuses = {record.tumor_status for record in records}
    return Augmentation(
        image_set=image_set,
        tumor_status=statuses.pop() if len(statuses) == 1 else TumorStatus.UNKNOWN,
        records=records,
        images=TransformedSets(
            sets=[_transformed(paths, one, n_images, seed) for one in sources], n_images=n_images
        ),
        set_names=[one.image_set.name for one in sources],
    )


def _sources(db: Database, image_set: ImageSet) -> list[ResolvedImages]:
    if image_set.is_scanned and image_set.cohort is not None:
        return cohort_images(db, image_set.cohort, image_set.tumor_status)
    return [set_images(db, image_set.name, image_set.tumor_status)]


def _released(db: Database, image_set: ImageSet, name: ReleaseName) -> ResolvedImages:
    release = release_named(db, name)
    if release.image_set != image_set.name:
        raise BadInputError(
            f"The release {name} is of {release.image_set}, not of {image_set.name}.",
            "`mrturing curation releases` lists them.",
        )
    selection = releases.selection(db, release)
    return images_at(db, image_set, selection.image_indices, selection.tumor_statuses)


def _of_partition(images: ResolvedImages, partition: Partition) -> NDArray[np.bool_]:
    """Images that belong to no patient count as of any."""
    return np.array([record.partition in (None, partition) for record in images.records], np.bool_)


def _transformed(paths: WorkspacePaths, sources: ResolvedImages, n_images: int, seed: int) -> TransformedImages:
    return TransformedImages(
        pixels=open_pixels(paths.image_set(sources.image_set.name)),
        sha256=sources.image_set.sha256,
        positions=sources.positions,
        n_images=n_images,
        seed=seed,
    )


def set_or_release(paths: WorkspacePaths, name: str) -> tuple[ImageSetName, ReleaseName | None]:
    """The set that a name is of; where a release has it, the set of the release, and the release."""
    with opened(paths.database) as db:
        release = releases.release(db, ReleaseName(name))
    return (ImageSetName(name), None) if release is None else (release.image_set, release.name)


def versions_of(
    paths: WorkspacePaths, name: ImageSetName, position: int, *, n_versions: int, seed: int
) -> tuple[NDArray[np.uint8], list[tuple[Transformation, NDArray[np.uint8]]]]:
    """One image of a set, and its first transformed versions as an augmentation with this seed has them."""
    with opened(paths.database) as db:
        image_set = image_set_named(db, name)
    if not 0 <= position < image_set.n_images:
        raise BadInputError(f"There is no image {position}.", f"The images are 0 to {image_set.n_images - 1}.")
    pixels = open_pixels(paths.image_set(name))
    images = TransformedImages(
        pixels=pixels, sha256=image_set.sha256, positions=np.array([position]), n_images=n_versions, seed=seed
    )
    places = range(n_versions)
    versions = list(zip(images.transformations(places), images.images(places), strict=True))
    return np.asarray(pixels[position]), versions
