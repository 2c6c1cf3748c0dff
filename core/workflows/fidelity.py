"""How a set of images compares with the patients of a cohort, without a human.

Everything is compared at the size at which the generator makes images: where a set was enlarged to 256 pixels, real
images take the same way, down to that size, up to 256 and down again, so that no resampling tells the two apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInputError, RefusedError
from core.fidelity.sliced_wasserstein import COARSEST_PX, Distance, Distances, distances
from core.identifiers import CohortName, ImageSetName
from core.imageset.contact_sheet import evenly_chosen
from core.imageset.pixels import open_pixels
from core.imageset.record import IMAGE_SIZE, ImageRecord, ImageSet, TumorStatus, made_at_px
from core.imaging.canonical import drawn_at
from core.observer_performance.proportions import Proportion
from core.settings import WorkspacePaths
from core.storage import image_sets
from core.storage.database import opened
from core.workflows.image_sets import OnProgress, image_set_named
from core.workflows.training import TrainingData, averaged, training_data

MOST_COMPARED = 1000
SEED = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fidelity:
    """`swd`: sliced Wasserstein distances x 1000 of the set to the training images; as references, of one
    interleaved half of these to the other, and of the images of all other patients to them.

    `agreement`: for how many images of the set a classifier, taught by the training images, sees the tumor status
    that the set has; as reference, for how many images of the other patients it sees theirs. None where the cohort
    does not have both kinds of images in the training partition, or no other patients.
    """

    image_set: ImageSet
    cohort: CohortName
    resolution: int
    n_images: int
    n_training_images: int
    swd: Distances
    swd_training_halves: Distances
    swd_other_patients: Distances | None
    agreement: Proportion | None
    agreement_other_patients: Proportion | None

    def to_json(self) -> dict[str, Any]:
        """The keys that scripts rely on."""
        return {
            "image_set": self.image_set.name,
            "cohort": self.cohort,
            "trained_on": str(self.image_set.trained_on) if self.image_set.trained_on else None,
            "resolution": self.resolution,
            "images": self.n_images,
            "training_images": self.n_training_images,
            "swd": {
                **_distance_json(self.swd.mean),
                "real_reference": self.swd_training_halves.mean.estimate,
                "other_patients": self.swd_other_patients.mean.estimate if self.swd_other_patients else None,
                "levels": {str(level): self._level_json(level) for level in self.swd.levels},
            },
            "tumor_status_agreement": self._agreement_json(),
        }

    def _agreement_json(self) -> dict[str, Any] | None:
        if self.agreement is None or self.agreement_other_patients is None:
            return None
        return {**_share_json(self.agreement), "real_reference": _share_json(self.agreement_other_patients)}

    def _level_json(self, level: int) -> dict[str, Any]:
        other = self.swd_other_patients
        return {
            **_distance_json(self.swd.levels[level]),
            "real_reference": _distance_json(self.swd_training_halves.levels[level]),
            "other_patients": _distance_json(other.levels[level]) if other else None,
        }


def measure_fidelity(
    paths: WorkspacePaths,
    name: ImageSetName,
    cohort: CohortName,
    *,
    resolution: int | None = None,
    on_progress: OnProgress,
) -> Fidelity:
    """Compare a set of known tumor status with the images of that status of a cohort's training partition.

    `resolution`: the generator's own unless told otherwise, so that sets of several generators can be compared at
    one. At most 1,000 images of either side count, evenly chosen. Raises what can be told to a person.
    """
    with opened(paths.database) as db:
        image_set = image_set_named(db, name)
        records = image_sets.image_records(db, name)
    data = _data(paths, cohort, image_set.tumor_status)
    size = _checked(resolution) if resolution is not None else made_at_px(records)
    n_steps = 4
    synthetic = _brought_to(open_pixels(paths.image_set(name)), np.arange(len(records)), records, size)
    training, others = _real(data, data.training, size), _real(data, _other_patients(data), size)
    on_progress(1, n_steps)
    swd = distances(synthetic, training, seed=SEED)
    on_progress(2, n_steps)
    halves = distances(training[0::2], training[1::2], seed=SEED)
    to_others = distances(others, training, seed=SEED) if len(others) else None
    on_progress(3, n_steps)
    agreement, of_others = _agreement(paths, cohort, image_set.tumor_status, synthetic, size)
    on_progress(4, n_steps)
    return Fidelity(
        image_set=image_set,
        cohort=cohort,
        resolution=size,
        n_images=len(synthetic),
        n_training_images=len(training),
        swd=swd,
        swd_training_halves=halves,
        swd_other_patients=to_others,
        agreement=agreement,
        agreement_other_patients=of_others,
    )


def _data(paths: WorkspacePaths, cohort: CohortName, tumor_status: TumorStatus) -> TrainingData:
    data = training_data(paths, cohort, tumor_status)
    if len(data.training) < 2:
        raise RefusedError(f"{len(data.training)} training image cannot be compared with.", "Import more patients.")
    return data


def _agreement(
    paths: WorkspacePaths, cohort: CohortName, tumor_status: TumorStatus, synthetic: NDArray[np.uint8], size: int
) -> tuple[Proportion | None, Proportion | None]:
    from core.fidelity.tumor_status import TumorStatusClassifier

    try:
        kinds = [training_data(paths, cohort, status) for status in (TumorStatus.TUMOR, TumorStatus.NONTUMOR)]
    except RefusedError:
        return None, None
    if tumor_status is TumorStatus.UNKNOWN or not all(len(_other_patients(kind)) for kind in kinds):
        return None, None
    classifier = TumorStatusClassifier(*(_real(kind, kind.training, size) for kind in kinds), seed=SEED)
    seen = [classifier.shows_tumor(_real(kind, _other_patients(kind), size)) for kind in kinds]
    right = np.concatenate([seen[0], ~seen[1]])
    shows = classifier.shows_tumor(synthetic)
    agrees = shows if tumor_status is TumorStatus.TUMOR else ~shows
    return Proportion(k=int(agrees.sum()), n=len(agrees)), Proportion(k=int(right.sum()), n=len(right))


def _checked(resolution: int) -> int:
    sizes = [COARSEST_PX << doublings for doublings in range(5)]
    if resolution not in sizes:
        raise BadInputError(
            f"Images are not compared at {resolution} pixels.", f"Take one of {', '.join(map(str, sizes))}."
        )
    return resolution


def _other_patients(data: TrainingData) -> NDArray[np.int64]:
    return np.setdiff1d(np.arange(len(data.pixels)), data.training)


def _real(data: TrainingData, indices: NDArray[np.int64], size: int) -> NDArray[np.uint8]:
    return _brought_to(data.pixels, indices, None, size)


def _brought_to(
    pixels: NDArray[np.uint8], indices: NDArray[np.int64], records: Sequence[ImageRecord] | None, size: int
) -> NDArray[np.uint8]:
    """uint8 [n, size, size]; what was not enlarged before is, from that size, and brought back."""
    chosen = indices[evenly_chosen(len(indices), MOST_COMPARED)] if len(indices) else indices
    images = np.empty((len(chosen), size, size), np.uint8)
    for place, index in enumerate(chosen):
        image = np.asarray(pixels[index])[None]
        if size < IMAGE_SIZE and (records is None or records[index].resampling_factor <= 1):
            image = drawn_at(image[0], size)[None]
        images[place] = averaged(image, size)[0]
    return images


def _distance_json(distance: Distance) -> dict[str, Any]:
    return {"estimate": distance.estimate, "ci95": list(distance.ci95)}


def _share_json(share: Proportion) -> dict[str, Any]:
    return {"k": share.k, "n": share.n, "estimate": share.estimate, "ci95": list(share.wilson95 or ())}
