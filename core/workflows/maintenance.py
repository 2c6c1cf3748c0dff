"""Keeping a workspace sound: check everything, copy it while it is in use, put a copy back."""

from collections.abc import Sequence
from pathlib import Path

from core.errors import RefusedError
from core.imageset.record import ImageSet
from core.provenance import sha256_of_file
from core.reading.protocol import cases_seal
from core.reading.study import Study, StudyState
from core.settings import WorkspacePaths
from core.storage import image_sets, maintenance, studies
from core.storage.database import Database, opened
from core.workflows.audit_trail import printed_findings, trail_findings
from core.workflows.releases import release_findings


def doctor(paths: WorkspacePaths, exports: Sequence[Path] = ()) -> list[str]:
    """Check the database, its foreign keys, every image set's and release's hash, every locked protocol and
    audit trail.

    Of `exports`, JSON files that say where an audit trail ended, that it still goes through there. Returns one line
    per finding; none when all is well.
    """
    with opened(paths.database) as db:
        findings = maintenance.integrity_findings(db)
        for image_set in image_sets.image_sets(db):
            findings += _pixel_findings(paths, image_set)
        for study in studies.studies(db):
            findings += _study_findings(db, study)
        findings += release_findings(db)
        findings += trail_findings(db)
        for file in exports:
            findings += printed_findings(db, file)
    return findings


def back_up(paths: WorkspacePaths, target: Path) -> str:
    """Copy the live database to a new file and return the copy's SHA-256."""
    with opened(paths.database) as db:
        maintenance.back_up(db, target)
    return sha256_of_file(target)


def restore(paths: WorkspacePaths, source: Path) -> None:
    """Make a backup the database of a workspace that has none; nothing is ever overwritten."""
    if paths.database.exists():
        raise RefusedError(
            f"The workspace {paths.root} has a database already.",
            "Restore into a new folder with --workspace, or move the old database away first.",
        )
    maintenance.restore(source, paths.database)


def _pixel_findings(paths: WorkspacePaths, image_set: ImageSet) -> list[str]:
    file = paths.image_set(image_set.name)
    if not file.is_file():
        return [f"The pixels of the image set {image_set.name} are missing: {file}."]
    if sha256_of_file(file) != image_set.sha256:
        return [f"The pixels of the image set {image_set.name} are not those that were imported: {file}."]
    return []


def _study_findings(db: Database, study: Study) -> list[str]:
    findings = []
    if cases_seal(studies.cases(db, study.name)) != study.protocol.cases_sha256:
        findings.append(f"The cases of the study {study.name} are not those that were drawn.")
    practice = studies.cases(db, study.name, practice=True)
    if (cases_seal(practice) if practice else None) != study.protocol.practice_sha256:
        findings.append(f"The practice images of the study {study.name} are not those that were drawn.")
    if study.state is not StudyState.DRAFT and study.protocol.hash != study.protocol_hash:
        findings.append(f"The protocol of the study {study.name} is not the one that was locked.")
    return findings
