"""Classical augmentation of an image set: transformed images that are made when they are asked for."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.augmentation.transformation import Transformation
from core.augmentation.transformed_images import TransformedImages
from core.curation.decision import STATUSES
from core.errors import BadInputError, RefusedError
from core.identifiers import ImageSetName
from core.imageset.pixels import open_pixels
from core.imageset.record import ImageRecord, ImageSet, Partition
from core.settings import WorkspacePaths
from core.storage import image_sets
from core.storage.database import opened
from core.workflows.image_sets import image_set_named
from core.workflows.resolutions import resolved_set

AUGMENTATION = "augmentation"  # in the provenance of a set whose images are transformed


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Augmentation:
    """The transformed images of a set, and the records of all that is in the set."""

    image_set: ImageSet
    records: Sequence[ImageRecord]
    images: TransformedImages


def augmentation(
    paths: WorkspacePaths,
    name: ImageSetName,
    *,
    n_images: int,
    seed: int,
    partition: Partition = Partition.TRAINING,
) -> Augmentation:
    """What classical augmentation makes of a set: nothing is written, images are made when they are asked for.

    Left out are images of patients of other partitions, and those that curators discarded, disagree on or corrected
    to another tumor status. Raises NotFoundError, BadInputError, and RefusedError for a set that is transformed
    already or has nothing left.
    """
    with opened(paths.database) as db:
        found = resolved_set(db, name)
        records = image_sets.image_records(db, name)
    if AUGMENTATION in found.image_set.provenance:
        raise RefusedError(
            f"The images of {name} are transformed already.", "Transform those that they come from: once is enough."
        )
    as_the_set_says = found.tumor_statuses == STATUSES.index(found.image_set.tumor_status)
    of_partition = np.array([record.partition in (None, partition) for record in records])
    positions = np.flatnonzero(found.usable & as_the_set_says & of_partition)
    if not len(positions):
        raise RefusedError(f"{name} has no {partition} images to be transformed.", "Name another set or partition.")
    images = TransformedImages(
        pixels=open_pixels(paths.image_set(name)),
        sha256=found.image_set.sha256,
        positions=positions,
        n_images=n_images,
        seed=seed,
    )
    return Augmentation(image_set=found.image_set, records=records, images=images)


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
