"""Which images a measurement of fidelity compares, at which size, and what names a result that was kept.

Everything is compared at the size at which the generator makes images: where a set was enlarged to 256 pixels, real
images take the same way, down to that size, up to 256 and down again, so that no resampling tells the two apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInputError, RefusedError
from core.fidelity.sliced_wasserstein import COARSEST_PX
from core.identifiers import CohortName, ImageSetName
from core.imageset.contact_sheet import evenly_chosen
from core.imageset.pixels import open_pixels
from core.imageset.record import IMAGE_SIZE, ImageRecord, ImageSet, TumorStatus, made_at_px
from core.imageset.stacked_pixels import Pixels
from core.imaging.canonical import averaged, drawn_at
from core.provenance import sha256_of_bytes, sha256_of_json
from core.settings import WorkspacePaths
from core.storage import image_sets
from core.storage.database import opened
from core.workflows.beside_real import patient_numbers
from core.workflows.feature_choice import BY_PIXELS, FeatureChoice, NamedFeatures, named_features
from core.workflows.image_sets import image_set_named
from core.workflows.training_data import TrainingData, training_data

MOST_COMPARED = 1000
VERSION = 2  # of the figures: what another one kept is measured again


@dataclass(frozen=True, slots=True, kw_only=True)
class FidelityRequest:
    """A set of known tumor status, to be compared with the images of that status of a cohort's training partition.

    `resolution`: the generator's own unless told otherwise, so that sets of several generators can be compared at
    one.
    """

    image_set: ImageSetName
    cohort: CohortName
    resolution: int | None = None
    features: FeatureChoice = BY_PIXELS


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FidelitySources:
    """A set and the images of its tumor status of a cohort, of which `data` says who is in training.

    `others` are positions of images of patients that no generator learned from. `patients` are numbers, of all
    images of `data`; `own_patients` of those of the set. `both` are the cohort's tumor and nontumor images; None
    where it has not both in training.
    """

    image_set: ImageSet
    records: Sequence[ImageRecord]
    cohort: CohortName
    data: TrainingData
    patients: NDArray[np.int64]
    own_patients: NDArray[np.int64]
    both: tuple[TrainingData, TrainingData] | None
    size: int
    features: NamedFeatures

    @property
    def others(self) -> NDArray[np.int64]:
        return other_patients(self.data)

    @property
    def key(self) -> str:
        """Names what follows from these images: other images, another partition or curation have another."""
        compared = [self.data, *(self.both or ())]
        real = [[one.sha256, _hash(one.training), _hash(other_patients(one))] for one in compared]
        return sha256_of_json([VERSION, self.image_set.sha256, real, self.size, self.cohort, self.features.key])


def fidelity_sources(paths: WorkspacePaths, asked: FidelityRequest) -> FidelitySources:
    """Raises what can be told to a person."""
    name, cohort, resolution = asked.image_set, asked.cohort, asked.resolution
    features = named_features(paths, asked.features)
    with opened(paths.database) as db:
        image_set = image_set_named(db, name)
        records = image_sets.image_records(db, name)
    data = training_data(paths, cohort, image_set.tumor_status)
    if len(data.training) < 2:
        raise RefusedError(f"{len(data.training)} training image cannot be compared with.", "Import more patients.")
    patients, own_patients = patient_numbers(data.records, records, of_one_cohort=image_set.cohort == cohort)
    return FidelitySources(
        image_set=image_set,
        records=records,
        cohort=cohort,
        data=data,
        patients=patients,
        own_patients=own_patients,
        both=_both_kinds(paths, cohort, image_set.tumor_status),
        size=_checked(resolution) if resolution is not None else made_at_px(records),
        features=features,
    )


def other_patients(data: TrainingData) -> NDArray[np.int64]:
    """What a curator took out of training is in neither."""
    return np.setdiff1d(data.all_images, data.training)


def synthetic_images(paths: WorkspacePaths, sources: FidelitySources) -> NDArray[np.uint8]:
    pixels = open_pixels(paths.image_set(sources.image_set.name))
    return _brought_to(pixels, np.arange(len(sources.records)), sources.records, sources.size)


def real_images(data: TrainingData, indices: NDArray[np.int64], size: int) -> NDArray[np.uint8]:
    return _brought_to(data.pixels, indices, None, size)


def at_most_compared(indices: NDArray[np.int64]) -> NDArray[np.int64]:
    """At most 1,000 of them, evenly."""
    return indices[evenly_chosen(len(indices), MOST_COMPARED)] if len(indices) else indices


def _both_kinds(
    paths: WorkspacePaths, cohort: CohortName, tumor_status: TumorStatus
) -> tuple[TrainingData, TrainingData] | None:
    if tumor_status is TumorStatus.UNKNOWN:
        return None
    try:
        tumor = training_data(paths, cohort, TumorStatus.TUMOR)
        return tumor, training_data(paths, cohort, TumorStatus.NONTUMOR)
    except RefusedError:
        return None


def _checked(resolution: int) -> int:
    sizes = [COARSEST_PX << doublings for doublings in range(5)]
    if resolution not in sizes:
        raise BadInputError(
            f"Images are not compared at {resolution} pixels.", f"Take one of {', '.join(map(str, sizes))}."
        )
    return resolution


def _brought_to(
    pixels: Pixels, indices: NDArray[np.int64], records: Sequence[ImageRecord] | None, size: int
) -> NDArray[np.uint8]:
    """uint8 [n, size, size]; what was not enlarged before is, from that size, and brought back."""
    some = at_most_compared(indices)
    images = np.empty((len(some), size, size), np.uint8)
    for place, index in enumerate(some):
        image = pixels[index]
        if size < IMAGE_SIZE and (records is None or records[index].resampling_factor <= 1):
            image = drawn_at(image, size)
        images[place] = averaged(image, size)
    return images


def _hash(positions: NDArray[np.int64]) -> str:
    return sha256_of_bytes(np.ascontiguousarray(positions, np.int64).tobytes())
