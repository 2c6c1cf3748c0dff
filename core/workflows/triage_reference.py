"""Which real images a set is compared with in triage, and how far such images are from each other."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.curation.triage import TriageReference
from core.errors import NotFoundError, RefusedError
from core.identifiers import CohortName, ImageSetName
from core.imageset.record import ImageRecord, ImageSet, Partition, TumorStatus, made_at_px
from core.settings import WorkspacePaths
from core.storage import cohorts, image_sets
from core.storage.database import Database, opened
from core.workflows.features import Chosen
from core.workflows.image_sets import image_set_named

FEWEST_HELD_OUT = 50  # images; of fewer a 1st percentile says nothing
NO_PATIENT = -1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RealImages:
    """All images of some of a cohort's sets, one set after the other, [R].

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

    @property
    def held_out(self) -> NDArray[np.bool_]:
        """[R]; none where they are too few."""
        return ~self.seen if (~self.seen).sum() >= FEWEST_HELD_OUT else np.zeros_like(self.seen)

    def chosen(self, mask: NDArray[np.bool_]) -> list[Chosen]:
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
            compared_at_px=self.side_px,
        )


def real_images_for(paths: WorkspacePaths, name: ImageSetName, cohort: CohortName | None) -> RealImages:
    """The images of a cohort that show what the set shows; all of them where that is unknown.

    The cohort is, unless named, the one that the set's generator was trained on or that the set is of. Raises
    NotFoundError, and RefusedError where there is none or where it has images of one patient only.
    """
    with opened(paths.database) as db:
        image_set = image_set_named(db, name)
        own_records = image_sets.image_records(db, name)
        chosen = cohort or _own_cohort(image_set)
        sets = _sets_showing(db, chosen, image_set.tumor_status)
        records = [image_sets.image_records(db, one.name) for one in sets]
    every = [record for part in records for record in part]
    partition = _learned_from(image_set, chosen)
    seen = np.array([record.partition is partition for record in every], np.bool_)
    numbers: dict[str, int] = {}
    patients = np.array([_patient(record, numbers) for record in every], np.int64)
    if len(np.unique(patients[seen])) < 2:
        raise RefusedError(
            f"The {partition} partition of {chosen} has {image_set.tumor_status} images of fewer than 2 patients.",
            "Import more patients, or name another cohort.",
        )
    is_own = image_set.cohort == chosen
    return RealImages(
        image_set=image_set,
        cohort=chosen,
        sets=sets,
        set_numbers=np.repeat(np.arange(len(sets)), [len(part) for part in records]),
        positions=np.concatenate([np.arange(len(part)) for part in records]),
        patients=patients,
        seen=seen,
        own_patients=np.array([_patient(one, numbers) if is_own else NO_PATIENT for one in own_records], np.int64),
        side_px=made_at_px(own_records),
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


def _sets_showing(db: Database, cohort: CohortName, tumor_status: TumorStatus) -> list[ImageSet]:
    if cohorts.cohort(db, cohort) is None:
        raise NotFoundError(f"There is no cohort {cohort!r}.", "`mrturing cohort list` lists them.")
    sets = [image_set_named(db, name) for name in cohorts.scanned_sets_of(db, cohort)]
    if tumor_status is not TumorStatus.UNKNOWN:
        sets = [one for one in sets if one.tumor_status is tumor_status]
    if not sets:
        raise RefusedError(f"The cohort {cohort} has no {tumor_status} images.", "Name another cohort.")
    return sets


def _patient(record: ImageRecord, numbers: dict[str, int]) -> int:
    """Images of nobody known are of one patient each."""
    return numbers.setdefault(record.subject_id or f"image {record.image_id}", len(numbers))
