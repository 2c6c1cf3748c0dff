"""The images behind the points of an embedding, and a new image set of those that a person chose."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from core.augmentation.transformed_images import TransformedImages
from core.embedding.embedding import Embedding
from core.errors import BadInputError
from core.identifiers import EmbeddingName, ImageId, ImageSetName
from core.imageset.pixels import open_pixels
from core.imageset.record import ImageRecord, ImageSet
from core.settings import WorkspacePaths
from core.storage import image_sets
from core.storage.database import opened
from core.workflows.image_sets import NewImageSet, add_image_set, check_not_scanned, image_set_named

CHOSEN = "chosen"  # in the provenance of a set that was made of another one's images


def point_image(paths: WorkspacePaths, embedding: Embedding, point: int) -> NDArray[np.uint8]:
    """uint8 [256, 256]; a transformed image is made anew. Raises BadInputError for a point that there is not."""
    _check_point(embedding, point)
    pixels = open_pixels(paths.image_set(embedding.image_set(point)))
    number = int(embedding.transformed[point])
    if number < 0:
        return np.asarray(pixels[embedding.positions[point]])
    images = TransformedImages(
        pixels=pixels,
        sha256=embedding.about.image_sets[int(embedding.set_indices[point])][1],
        positions=np.arange(len(pixels)),
        n_images=number + 1,
        seed=embedding.about.seed,
    )
    return np.asarray(images.images([number])[0])


def point_record(paths: WorkspacePaths, embedding: Embedding, point: int) -> ImageRecord:
    """What is known of the image; a transformed one is called as a set that has it would call it."""
    _check_point(embedding, point)
    name, number = embedding.image_set(point), int(embedding.transformed[point])
    with opened(paths.database) as db:
        record = image_sets.image_record(db, name, int(embedding.positions[point]))
        version = number // image_set_named(db, name).n_images
    return record if number < 0 else replace(record, image_id=ImageId(f"{record.image_id}-v{version}"))


def stored_positions(embedding: Embedding, points: Sequence[int]) -> dict[ImageSetName, list[int]]:
    """Where the images of these points are, ascending, by set; transformed images are nowhere, and left out."""
    found: dict[ImageSetName, list[int]] = {}
    for point in points:
        if embedding.transformed[point] < 0:
            found.setdefault(embedding.image_set(point), []).append(int(embedding.positions[point]))
    return {name: sorted(positions) for name, positions in found.items()}


def set_of_chosen(
    paths: WorkspacePaths,
    source: ImageSetName,
    name: ImageSetName,
    *,
    positions: Sequence[int],
    embedding: EmbeddingName,
) -> ImageSet:
    """Make an image set of some images of another, as they are, with their records: patients keep their partition.

    Decisions of curators stay with the source. Raises NotFoundError, BadInputError, and RefusedError for a name
    that is taken or means the images of a cohort as scanned.
    """
    with opened(paths.database) as db:
        found = image_set_named(db, source)
        records = image_sets.image_records(db, source)
    check_not_scanned(found, name)
    chosen = sorted(set(positions))
    if not chosen or chosen[0] < 0 or chosen[-1] >= found.n_images:
        raise BadInputError(f"Not all of these {len(chosen)} images are in {source}.", "Choose some that are.")
    pixels = open_pixels(paths.image_set(source))
    origin = {"image_set": source, "image_set_sha256": found.sha256, "embedding": embedding, "positions": chosen}
    new = NewImageSet(
        name=name,
        kind=found.kind,
        tumor_status=found.tumor_status,
        cohort=found.cohort,
        trained_on=found.trained_on,
        provenance={**found.provenance, CHOSEN: origin},
    )
    return add_image_set(paths, new, [records[one] for one in chosen], (np.asarray(pixels[one]) for one in chosen))


def _check_point(embedding: Embedding, point: int) -> None:
    if not 0 <= point < len(embedding):
        raise BadInputError(f"There is no point {point}.", f"The points are 0 to {len(embedding) - 1}.")
