"""What a study draws from: image sets with curators' corrections laid over them, and releases."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.curation.decision import STATUSES
from core.errors import BadInputError, NotFoundError, RefusedError
from core.identifiers import ImageSetName, ReleaseName
from core.imageset.pixels import open_pixels
from core.imageset.record import ImageKind, ImageRecord, ImageSet, TumorStatus
from core.reading.case import Case
from core.reading.protocol import Corrections, DrawnRelease, Protocol
from core.settings import WorkspacePaths
from core.storage import image_sets, releases
from core.storage.database import Database
from core.workflows.resolutions import ResolvedSet, resolved_set
from core.workflows.resolved_images import cohort_images


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Source:
    """One image set to draw from: records with resolved tumor statuses, pixels, and which may be drawn [N]."""

    image_set: ImageSet
    records: Sequence[ImageRecord]
    pixels: NDArray[np.uint8]
    may_be_drawn: NDArray[np.bool_]
    release: ReleaseName | None = None
    drawn_release: DrawnRelease | None = None
    corrections: Corrections | None = None


def study_sources(
    db: Database, paths: WorkspacePaths, *, real: Sequence[str], synthetic: Sequence[str]
) -> list[Source]:
    """Each name is that of an image set or a release.

    A cohort's set stands also for images in other sets of the cohort that curators corrected to what it shows.
    Raises NotFoundError, BadInputError, RefusedError.
    """
    wanted = [(name, ImageKind.REAL) for name in real] + [(name, ImageKind.SYNTHETIC) for name in synthetic]
    sources = [_source(db, paths, name, kind) for name, kind in wanted]
    if len({source.image_set.name for source in sources}) != len(sources):
        raise BadInputError(
            "An image set is named twice.", "Name each image set once, by itself or by one of its releases."
        )
    return [*sources, *_corrected_to(db, paths, sources)]


def check_still_stands(db: Database, protocol: Protocol, cases: Sequence[Case]) -> None:
    """Whether curators left the images of a draft that was drawn without a release as they were drawn.

    Raises RefusedError where anything was discarded since, or the status of a case was corrected.
    """
    released = {drawn.image_set for drawn in protocol.releases.values()}
    for name in protocol.image_sets:
        if name in released:
            continue
        found = resolved_set(db, name)
        _refuse_discarded(found)
        may_be_drawn, status_codes = found.usable, found.tumor_statuses
        of_set = [case for case in cases if case.image_set == name]
        changed = [
            case
            for case in of_set
            if not may_be_drawn[case.image_index] or STATUSES[status_codes[case.image_index]] != case.tumor_status
        ]
        if changed:
            raise RefusedError(
                f"Curators excluded or corrected {len(changed)} images of {name} since the study was made.",
                "Delete the draft and make it anew.",
            )


def _source(db: Database, paths: WorkspacePaths, name: str, kind: ImageKind) -> Source:
    release = releases.release(db, ReleaseName(name))
    image_set = image_sets.image_set(db, release.image_set if release else ImageSetName(name))
    if image_set is None:
        raise NotFoundError(
            f"There is no image set {name!r}, and no release.",
            "`mrturing images list` and `mrturing curation releases` list them.",
        )
    if image_set.kind is not kind:
        what = "image set" if release is None else "release"
        raise BadInputError(
            f"The {what} {name} is {image_set.kind}, not {kind}.", f"Name it as --{image_set.kind} instead."
        )
    if image_set.is_transformed:
        raise RefusedError(
            f"The images of {image_set.name} are transformed: no scanner or generator made them so.",
            "Name the image set that they come from.",
        )
    records = image_sets.image_records(db, image_set.name)
    pixels = open_pixels(paths.image_set(image_set.name))
    if release is None:
        return _corrected(resolved_set(db, image_set.name), records, pixels)
    selection = releases.selection(db, release)
    may_be_drawn, status_codes = np.zeros(len(records), bool), _recorded_codes(records)
    may_be_drawn[selection.image_indices] = True
    status_codes[selection.image_indices] = selection.tumor_statuses
    return Source(
        image_set=image_set,
        records=_with_statuses(records, status_codes),
        pixels=pixels,
        may_be_drawn=may_be_drawn,
        release=release.name,
        drawn_release=DrawnRelease(image_set=image_set.name, sha256=release.sha256, n_images=release.n_images),
    )


def _corrected_to(db: Database, paths: WorkspacePaths, named: Sequence[Source]) -> list[Source]:
    """Images of sets that nobody named, corrected to what a named set of their cohort shows."""
    names = {source.image_set.name for source in named}
    asked = [source.image_set for source in named if source.release is None and source.image_set.is_scanned]
    found: list[Source] = []
    for cohort in dict.fromkeys(one.cohort for one in asked if one.cohort is not None):
        statuses = {one.tumor_status for one in asked if one.cohort == cohort} - {TumorStatus.UNKNOWN}
        for images in cohort_images(db, cohort, None):
            corrected = [record.tumor_status in statuses for record in images.records]
            if images.image_set.name in names or not any(corrected):
                continue
            records = image_sets.image_records(db, images.image_set.name)
            pixels = open_pixels(paths.image_set(images.image_set.name))
            may_be_drawn = np.zeros(len(records), bool)
            may_be_drawn[images.positions[corrected]] = True
            source = _corrected(resolved_set(db, images.image_set.name), records, pixels)
            found.append(replace(source, may_be_drawn=may_be_drawn))
    return found


def _corrected(found: ResolvedSet, records: Sequence[ImageRecord], pixels: NDArray[np.uint8]) -> Source:
    """A set without a release: as curators corrected it, if they did."""
    _refuse_discarded(found)
    may_be_drawn, status_codes = found.usable, found.tumor_statuses
    n_excluded = int((~may_be_drawn).sum())
    n_corrected = int((may_be_drawn & (status_codes != found.recorded)).sum())
    is_corrected = n_excluded or n_corrected
    return Source(
        image_set=found.image_set,
        records=_with_statuses(records, status_codes),
        pixels=pixels,
        may_be_drawn=may_be_drawn,
        corrections=Corrections(n_excluded=n_excluded, n_corrected=n_corrected) if is_corrected else None,
    )


def _refuse_discarded(found: ResolvedSet) -> None:
    """Without what was discarded a synthetic set is a choice, and with it a choice that nobody made."""
    n_discarded = int((~found.usable).sum())
    if n_discarded and found.image_set.kind is ImageKind.SYNTHETIC:
        name = found.image_set.name
        raise RefusedError(
            f"The set {name} is not uncurated: {n_discarded} of its images were discarded or are disagreed on.",
            f"Make a release (`mrturing curation release {name}`) and name that instead.",
        )


def _recorded_codes(records: Sequence[ImageRecord]) -> NDArray[np.int8]:
    return np.array([STATUSES.index(record.tumor_status) for record in records], np.int8)


def _with_statuses(records: Sequence[ImageRecord], status_codes: NDArray[np.int8]) -> list[ImageRecord]:
    statuses = (STATUSES[code] for code in status_codes.tolist())
    return [
        record if record.tumor_status is status else replace(record, tumor_status=status)
        for record, status in zip(records, statuses, strict=True)
    ]
