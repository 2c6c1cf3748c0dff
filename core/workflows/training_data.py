"""The images that a generator learns from, as curators see them now or saw them when its run was begun."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.curation.decision import STATUSES
from core.errors import RefusedError
from core.identifiers import CohortName, ImageSetName
from core.imageset.pixels import open_pixels
from core.imageset.record import ImageRecord, ImageSet, Partition, TumorStatus
from core.imageset.stacked_pixels import Pixels, stacked
from core.provenance import sha256_of_json
from core.settings import WorkspacePaths
from core.storage.database import Database, opened
from core.workflows.image_sets import image_set_named
from core.workflows.resolved_images import ResolvedImages, cohort_images, images_at


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrainingData:
    """The images of a cohort that show one tumor status, in whichever of its sets they lie.

    `pixels` [N, 256, 256] are all images of these sets, one set behind the other, memory-mapped; `training` and
    `validation` are positions in them.
    """

    sources: Sequence[ResolvedImages]
    pixels: Pixels
    training: NDArray[np.int64]
    validation: NDArray[np.int64]

    @property
    def image_sets(self) -> list[ImageSet]:
        return [one.image_set for one in self.sources]

    @property
    def image_set(self) -> ImageSetName:
        return self.sources[0].image_set.name

    @property
    def sha256(self) -> str:
        """Of the files that the pixels are in."""
        found = [one.image_set.sha256 for one in self.sources]
        return found[0] if len(found) == 1 else sha256_of_json(found)

    @property
    def all_images(self) -> NDArray[np.int64]:
        """Of all partitions, ascending positions [K]."""
        return _behind_each_other(self.sources, [one.positions for one in self.sources])

    @property
    def records(self) -> list[ImageRecord]:
        """Of `all_images`."""
        return [record for one in self.sources for record in one.records]

    @property
    def excluded(self) -> NDArray[np.int64]:
        """What curators excluded from the first set, disagree on, or corrected to another tumor status."""
        first = self.sources[0]
        return np.setdiff1d(np.arange(first.image_set.n_images), first.positions)

    def set_by_set(self, positions: NDArray[np.int64]) -> list[tuple[ImageSet, NDArray[np.int64]]]:
        """Ascending positions in `pixels` as those in each set."""
        ends = np.cumsum([one.image_set.n_images for one in self.sources])
        parts = np.split(positions, np.searchsorted(positions, ends[:-1]))
        return [
            (one.image_set, part - end + one.image_set.n_images)
            for one, part, end in zip(self.sources, parts, ends, strict=True)
            if len(part)
        ]


def training_data(
    paths: WorkspacePaths, cohort: CohortName, tumor_status: TumorStatus, *, begun: Mapping[str, Any] | None = None
) -> TrainingData:
    """The images of a cohort that show a tumor status, as curators see it.

    Where a run goes on, those that it was `begun` with, by its options. Raises NotFoundError, and RefusedError
    where the training partition has no images of that status.
    """
    with opened(paths.database) as db:
        found = cohort_images(db, cohort, tumor_status) if begun is None else _begun_with(db, begun)
    if not found:
        raise RefusedError(f"The cohort {cohort} has no {tumor_status} images.", "Import one that has.")
    data = TrainingData(
        sources=found,
        pixels=stacked([open_pixels(paths.image_set(one.image_set.name)) for one in found]),
        training=_behind_each_other(found, [one.of(Partition.TRAINING) for one in found]),
        validation=_behind_each_other(found, [one.of(Partition.VALIDATION) for one in found]),
    )
    if not len(data.training):
        raise RefusedError(
            f"The training partition of {cohort} has no {tumor_status} images.", "Import more patients."
        )
    return data


def _behind_each_other(
    sources: Sequence[ResolvedImages], positions: Sequence[NDArray[np.int64]]
) -> NDArray[np.int64]:
    """Positions in each set as those in all sets, one behind the other."""
    starts = np.cumsum([0, *(one.image_set.n_images for one in sources[:-1])])
    return np.concatenate([of_set + start for of_set, start in zip(positions, starts, strict=True)])


def _begun_with(db: Database, options: Mapping[str, Any]) -> list[ResolvedImages]:
    """The images that a run began with, whatever was decided since; of older runs none was added."""
    left_out = {options["image_set"]: options.get("excluded_by_curation", [])}
    added = {one["image_set"]: one["positions"] for one in options.get("added_by_curation", [])}
    found = []
    for name in [*left_out, *added]:
        image_set = image_set_named(db, name)
        every = np.arange(image_set.n_images)
        chosen = np.intersect1d(every, added[name]) if name in added else np.setdiff1d(every, left_out[name])
        codes = np.full(len(chosen), STATUSES.index(TumorStatus(options["tumor_status"])), np.int8)
        found.append(images_at(db, image_set, chosen, codes))
    return found
