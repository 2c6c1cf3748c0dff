"""Readers who had curated images of the study that they read: by name, for a person may have both roles."""

from collections.abc import Mapping, Sequence

from core.identifiers import PersonId, StudyName
from core.reading.study import ReaderProgress
from core.settings import WorkspacePaths
from core.storage import curation, studies
from core.storage.database import Database, opened


def curator_warning(paths: WorkspacePaths, study: StudyName, reader_name: str) -> str | None:
    """What the researcher should know before this reader is invited; None where nothing speaks against it."""
    with opened(paths.database) as db:
        n_images = images_curated_by(db, study, reader_name)
    if n_images is None:
        return None
    return (
        f"{reader_name} has curated image sets of {study}, and decided on {n_images} of its images: "
        "the report will say that this reader had seen them."
    )


def images_curated_by(db: Database, study: StudyName, reader_name: str) -> int | None:
    """How many images of a study a curator of this name decided on, undone or not; None: on none of its sets."""
    return _curated(db, study).get(_same(reader_name))


def curators_among(db: Database, study: StudyName, readers: Sequence[ReaderProgress]) -> Mapping[PersonId, int]:
    """The readers who had curated a study's sets, and how many of its images they decided on."""
    found = _curated(db, study)
    return {reader.reader: found[_same(reader.name)] for reader in readers if _same(reader.name) in found}


def _curated(db: Database, study: StudyName) -> dict[str, int]:
    shown = {
        (case.image_set, case.image_index)
        for practice in (False, True)
        for case in studies.cases(db, study, practice=practice)
    }
    decided: dict[str, set[tuple[str, int]]] = {}
    for name, image_set, images in curation.decided_images(db, {image_set for image_set, _ in shown}):
        decided.setdefault(_same(name), set()).update((image_set, index) for index in images.tolist())
    return {name: len(images & shown) for name, images in decided.items()}


def _same(name: str) -> str:
    """A name as it is compared: no matter how it is spaced, or which letters are large."""
    return " ".join(name.casefold().split())
