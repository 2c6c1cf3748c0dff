"""Reviewing a random sample, and freezing what was kept into a release."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.curation.decision import STATUSES
from core.curation.release import Release, Selection, data_sheet, released
from core.curation.sample_review import SampleReviewState, drawn_sample, review_state
from core.errors import NotFoundError, RefusedError
from core.identifiers import ImageSetName, ReleaseName, checked_name
from core.imageset.folder_export import export_folder
from core.imageset.pixels import open_pixels
from core.imageset.record import ImageSet
from core.provenance import utc_now
from core.settings import WorkspacePaths
from core.storage import curation, image_sets, people, releases, studies
from core.storage.database import Database, opened, writing
from core.workflows.image_sets import image_set_named
from core.workflows.resolutions import ResolvedSet, agreement_of, resolved_set

DATA_SHEET = "data_sheet.json"
Measure = Callable[[NDArray[np.int64]], Mapping[str, object] | None]
"""From the positions that were kept to what the data sheet says of their realism and diversity; None: nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    release: Release
    selection: Selection


def start_sample_review(paths: WorkspacePaths, image_set: ImageSetName, *, n: int, seed: int) -> SampleReviewState:
    """Draw `n` of the images that nobody decided on yet, to be decided on; an earlier sample gives way to it.

    Raises NotFoundError, BadInputError, RefusedError where fewer are undecided.
    """
    with opened(paths.database) as db, writing(db):
        found = resolved_set(db, image_set)
        review = drawn_sample(image_set, found.resolution, n=n, seed=seed, started_at=utc_now())
        releases.add_sample_review(db, review)
        n_reviews = len(releases.sample_reviews(db, image_set))
        return review_state(review, found.resolution, n_reviews=n_reviews)


def sample_review_state(paths: WorkspacePaths, image_set: ImageSetName) -> SampleReviewState | None:
    """How far the last sample of a set is, and what follows from it; None where none was drawn. NotFoundError."""
    with opened(paths.database) as db:
        return _sample_review(db, resolved_set(db, image_set))


def release(
    paths: WorkspacePaths,
    image_set: ImageSetName,
    name: ReleaseName,
    *,
    accept_rest: bool = False,
    measure: Measure | None = None,
) -> Release:
    """Freeze the kept images of a set, and with `accept_rest` those that nobody looked at, under a name.

    Raises RefusedError where the name is taken, images are not decided (`released` says which), or decisions came
    in while `measure`, which may take minutes, was at work.
    """
    checked_name(name, "release")
    with opened(paths.database) as db:
        _check_free(db, name)
        before = _state_of(db, image_set)
        made = _made(db, image_set, name, accept_rest=accept_rest)
        measured = None if measure is None else measure(made.selection.image_indices)
        kept = replace(made.release, data_sheet={**made.release.data_sheet, "realism_and_diversity": measured})
        with writing(db):
            _check_free(db, name)
            if _state_of(db, image_set) != before:
                raise RefusedError(f"Decisions on {image_set} came in meanwhile.", "Make the release again.")
            releases.add_release(db, kept, made.selection)
    return kept


def all_releases(paths: WorkspacePaths) -> list[Release]:
    with opened(paths.database) as db:
        return releases.releases(db)


def release_sheet(paths: WorkspacePaths, name: ReleaseName) -> dict[str, object]:
    """A release's data sheet for the researcher: with the names of the curators, which are kept apart from it."""
    with opened(paths.database) as db:
        found = release_named(db, name)
        names = people.names(db)
    head = {"release": found.name, "sha256": found.sha256, "created_at": found.created_at}
    return head | {key: _with_names(value, names) for key, value in found.data_sheet.items()}


def release_selection(paths: WorkspacePaths, name: ReleaseName) -> Selection:
    """The images of a release. Raises NotFoundError."""
    with opened(paths.database) as db:
        return releases.selection(db, release_named(db, name))


def export_release(paths: WorkspacePaths, name: ReleaseName, folder: Path) -> int:
    """Write the images of a release as PNG folders by resolved tumor status, with a manifest and the data sheet."""
    with opened(paths.database) as db:
        selection = releases.selection(db, release_named(db, name))
        records = image_sets.image_records(db, selection.image_set)
    pixels = open_pixels(paths.image_set(selection.image_set))
    statuses = [STATUSES[code] for code in selection.tumor_statuses.tolist()]
    indices = selection.image_indices.tolist()
    kept = [replace(records[index], tumor_status=status) for index, status in zip(indices, statuses, strict=True)]
    n_images = export_folder((pixels[index] for index in indices), kept, folder)
    (folder / DATA_SHEET).write_text(json.dumps(release_sheet(paths, name), indent=2), "utf-8")
    return n_images


def delete_release(paths: WorkspacePaths, name: ReleaseName) -> None:
    """Delete a release; refused while a study uses it."""
    with opened(paths.database) as db, writing(db):
        release_named(db, name)
        used_by = [study.name for study in studies.studies(db) if name in study.protocol.releases]
        if used_by:
            raise RefusedError(
                f"The release {name} is used by the study {', '.join(used_by)}.", "Studies keep their images."
            )
        releases.delete_release(db, name)


def release_named(db: Database, name: ReleaseName) -> Release:
    found = releases.release(db, name)
    if found is None:
        raise NotFoundError(f"There is no release {name!r}.", "`mrturing curation releases` lists them.")
    return found


def release_findings(db: Database) -> list[str]:
    """Releases whose images are not those that were frozen: for the doctor."""
    return [
        f"The images of the release {one.name} are not those that it was made of."
        for one in releases.releases(db)
        if releases.selection(db, one).sha256(image_set_named(db, one.image_set).sha256) != one.sha256
    ]


def _check_free(db: Database, name: ReleaseName) -> None:
    if releases.release(db, name) is not None or image_sets.image_set(db, ImageSetName(name)) is not None:
        raise RefusedError(f"There is a release or an image set {name!r} already.", "Choose another name.")


def _state_of(db: Database, name: ImageSetName) -> tuple[ImageSet, int]:
    """What a release follows from: the set, and the last act on it."""
    return image_set_named(db, name), curation.last_position(db, name)


def _made(db: Database, image_set: ImageSetName, name: ReleaseName, *, accept_rest: bool) -> _Made:
    """The release as the decisions stand now, not kept yet."""
    found = resolved_set(db, image_set)
    review = _sample_review(db, found)
    selection = released(
        found.image_set,
        found.resolution,
        recorded=found.recorded,
        sample_review=review,
        accept_rest=accept_rest,
    )
    sheet = data_sheet(
        found.image_set, found.acts, found.resolution, selection, recorded=found.recorded, sample_review=review
    )
    sheet["agreement"] = agreement_of(found, found.acts.people).to_json() if len(found.acts.people) > 1 else None
    made = Release(
        name=name,
        image_set=image_set,
        n_images=len(selection.image_indices),
        sha256=selection.sha256(found.image_set.sha256),
        created_at=utc_now(),
        data_sheet=sheet,
    )
    return _Made(release=made, selection=selection)


def _sample_review(db: Database, found: ResolvedSet) -> SampleReviewState | None:
    reviews = releases.sample_reviews(db, found.image_set.name)
    return review_state(reviews[-1], found.resolution, n_reviews=len(reviews)) if reviews else None


def _with_names(value: object, names: Mapping[str, str]) -> object:
    """People's names in the place of their ids, wherever a data sheet has one."""
    match value:
        case dict():
            return {key: _with_names(inner, names) for key, inner in value.items()}
        case list():
            return [_with_names(inner, names) for inner in value]
        case str():
            return names.get(value, value)
    return value
