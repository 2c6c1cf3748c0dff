"""Which images show a tumor status, as curators see it: one answer for all that learn from them or compare.

What a curator corrected lies where it was imported, in the set of its old status, and counts as what it shows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.curation.decision import STATUSES
from core.identifiers import CohortName, ImageSetName
from core.imageset.record import ImageRecord, ImageSet, Partition, TumorStatus
from core.storage import cohorts, image_sets
from core.storage.database import Database
from core.workflows.image_sets import cohort_named, image_set_named
from core.workflows.resolutions import resolved_set


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ResolvedImages:
    """Some images of one set: ascending `positions` [K], and their records [K] with their resolved statuses."""

    image_set: ImageSet
    positions: NDArray[np.int64]
    records: Sequence[ImageRecord]

    def of(self, partition: Partition | None) -> NDArray[np.int64]:
        """The positions of the images of patients of a partition."""
        return self.positions[[record.partition is partition for record in self.records]]

    def only(self, mask: NDArray[np.bool_]) -> "ResolvedImages":
        """Those where `mask` [K] says so."""
        records = [record for record, kept in zip(self.records, mask, strict=True) if kept]
        return replace(self, positions=self.positions[mask], records=records)


def cohort_images(db: Database, cohort: CohortName, tumor_status: TumorStatus | None) -> list[ResolvedImages]:
    """All images of a cohort that show a tumor status, or any, from all the sets that have some.

    The set that was imported for the status comes first. Left out are images that curators excluded or disagree on,
    and transformed ones. Raises NotFoundError.
    """
    cohort_named(db, cohort)
    sets = [image_set_named(db, name) for name in cohorts.scanned_sets_of(db, cohort)]
    sets.sort(key=lambda one: (one.tumor_status is not tumor_status, one.name))
    found = [set_images(db, one.name, tumor_status) for one in sets]
    return [one for one in found if len(one.positions)]


def set_images(db: Database, name: ImageSetName, tumor_status: TumorStatus | None) -> ResolvedImages:
    """As `cohort_images`, of one set."""
    found = resolved_set(db, name)
    codes = found.tumor_statuses
    shows = np.ones_like(found.usable) if tumor_status is None else codes == STATUSES.index(tumor_status)
    positions = np.flatnonzero(found.usable & shows)
    return images_at(db, found.image_set, positions, codes[positions])


def images_at(
    db: Database, image_set: ImageSet, positions: NDArray[np.int64], status_codes: NDArray[np.int8]
) -> ResolvedImages:
    """Images of a set by ascending positions [K], as what `status_codes` [K] say that they show."""
    records = image_sets.image_records(db, image_set.name) if len(positions) else []
    resolved = zip(positions.tolist(), (STATUSES[code] for code in status_codes.tolist()), strict=True)
    return ResolvedImages(
        image_set=image_set,
        positions=positions,
        records=[
            records[position]
            if records[position].tumor_status is status
            else replace(records[position], tumor_status=status)
            for position, status in resolved
        ],
    )
