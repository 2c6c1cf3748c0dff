"""Which real images a set is compared with in triage, and how far such images are from each other."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.curation.triage import TriageReference
from core.errors import RefusedError
from core.identifiers import CohortName, ImageSetName
from core.imageset.record import ImageSet, Partition, TumorStatus, made_at_px
from core.provenance import sha256_of_json
from core.settings import WorkspacePaths
from core.storage import image_sets
from core.storage.database import Database, opened
from core.workflows.beside_real import patient_numbers
from core.workflows.feature_choice import BY_PIXELS, FeatureChoice, NamedFeatures, named_features
from core.workflows.features import SomeImages
from core.workflows.image_sets import image_set_named
from core.workflows.resolved_images import ResolvedImages, cohort_images

FEWEST_HELD_OUT = 50  # images; of fewer a 1st percentile says nothing


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RealImages:
    """Images of a cohort that show what is compared, as curators see it, one set after the other, [R].

    `patients` are numbers; `seen` are images that the generator could have learned from. `own_patients` [N] are of
    the images of the set that is compared.
    """

    image_set: ImageSet
    cohort: CohortName
    sets: list[ImageSet]
    set_numbers: NDArray[np.int64]
    positions: NDArray[np.int64]
    patients: NDArray[np.int64]
    seen: NDArray[np.bool_]
    own_patients: NDArray[np.int64]
    side_px: int
    features: NamedFeatures

    @property
    def held_out(self) -> NDArray[np.bool_]:
        """[R]; none where they are too few."""
        return ~self.seen if (~self.seen).sum() >= FEWEST_HELD_OUT else np.zeros_like(self.seen)

    def some(self, mask: NDArray[np.bool_]) -> list[SomeImages]:
        """The positions of some of these images, set by set."""
        return [
            (image_set, self.positions[mask & (self.set_numbers == number)])
            for number, image_set in enumerate(self.sets)
        ]

    def described(self) -> TriageReference:
        return TriageReference(
            cohort=self.cohort,
            image_sets=[(one.name, one.sha256) for one in self.sets],
            n_real=len(self.positions),
            n_seen=int(self.seen.sum()),
            n_held_out=int(self.held_out.sum()),
            images_sha256=sha256_of_json([self.positions.tolist(), self.set_numbers.tolist()]),
            compared_at_px=self.side_px,
            features=self.features.name,
            features_key=self.features.key,
        )


def real_images_for(
    paths: WorkspacePaths,
    name: ImageSetName,
    cohort: CohortName | None,
    features: FeatureChoice = BY_PIXELS,
) -> RealImages:
    """The images of a cohort that show what the set shows; all of them where that is unknown.

    The cohort is, unless named, the one that the set's generator was trained on or that the set is of. Raises
    NotFoundError, RefusedError where there is none or where it has images of one patient only, and what
    `named_features` raises.
    """
    named = named_features(paths, features)
    with opened(paths.database) as db:
        image_set = image_set_named(db, name)
        own_records = image_sets.image_records(db, name)
        compared = cohort or _own_cohort(image_set)
        sources = _showing(db, compared, image_set.tumor_status)
    every = [record for one in sources for record in one.records]
    partition = _learned_from(image_set, compared)
    seen = np.array([record.partition is partition for record in every], np.bool_)
    patients, own_patients = patient_numbers(every, own_records, of_one_cohort=image_set.cohort == compared)
    if len(np.unique(patients[seen])) < 2:
        raise RefusedError(
            f"The {partition} partition of {compared} has {image_set.tumor_status} images of fewer than 2 "
            "patients.",
            "Import more patients, or name another cohort.",
        )
    return RealImages(
        image_set=image_set,
        cohort=compared,
        sets=[one.image_set for one in sources],
        set_numbers=np.repeat(np.arange(len(sources)), [len(one.positions) for one in sources]),
        positions=np.concatenate([one.positions for one in sources]),
        patients=patients,
        seen=seen,
        own_patients=own_patients,
        side_px=made_at_px(own_records),
        features=named,
    )


def _own_cohort(image_set: ImageSet) -> CohortName:
    if image_set.cohort is not None:
        return image_set.cohort
    if image_set.trained_on is not None:
        return CohortName(image_set.trained_on.cohort)
    raise RefusedError(
        f"Nothing says which patients {image_set.name} is to be compared with.", "Name a cohort with --cohort."
    )


def _learned_from(image_set: ImageSet, cohort: CohortName) -> Partition:
    learned = image_set.trained_on
    return learned.partition if learned is not None and learned.cohort == cohort else Partition.TRAINING


def _showing(db: Database, cohort: CohortName, tumor_status: TumorStatus) -> list[ResolvedImages]:
    found = cohort_images(db, cohort, None if tumor_status is TumorStatus.UNKNOWN else tumor_status)
    if not found:
        raise RefusedError(f"The cohort {cohort} has no {tumor_status} images.", "Name another cohort.")
    return found
