"""Cohorts: import patients or simulate them, list and delete them."""

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import cast

from core.cohort.brats import find_brats_subjects
from core.cohort.importing import ImportedVolumes, import_volumes
from core.cohort.layout import find_subjects_by_glob
from core.cohort.record import Cohort
from core.cohort.screening import Screening, ScreeningRule
from core.cohort.subject import Subject
from core.errors import BadInputError, RefusedError
from core.identifiers import CohortName, ImageSetName, checked_name
from core.imageset.folder_files import SkippedFile
from core.imageset.pixels import PixelWriter
from core.imageset.record import ImageKind, Partition, TumorStatus, scanned_name
from core.provenance import utc_now
from core.settings import WorkspacePaths
from core.storage import cohorts
from core.storage.database import Database, opened
from core.workflows.image_sets import (
    NewImageSet,
    OnProgress,
    check_new_name,
    cohort_named,
    delete_unused,
    keep,
    keeping,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortRequest:
    """Where a cohort's volumes lie and how they become images. Without globs the layout is that of BraTS.

    `source` is what provenance says instead of the folder's name.
    """

    name: CohortName
    folder: Path
    image_glob: str | None = None
    segmentation_glob: str | None = None
    seed: int = 0
    screening: Screening = field(default_factory=Screening)
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortSummary:
    """What an import brought in, with JSON keys that scripts rely on."""

    name: CohortName
    n_subjects: int
    images: Mapping[TumorStatus, int]
    screened_out: Mapping[str, int]
    skipped: Sequence[SkippedFile]
    image_sets: Sequence[ImageSetName]

    def to_json(self) -> dict[str, object]:
        return {
            "cohort": self.name,
            "subjects": self.n_subjects,
            "images": {str(status): n for status, n in self.images.items()},
            "screened_out": dict(self.screened_out),
            "skipped": [asdict(entry) for entry in self.skipped],
            "image_sets": list(self.image_sets),
        }


def import_cohort(paths: WorkspacePaths, request: CohortRequest, *, on_progress: OnProgress) -> CohortSummary:
    """Bring a folder of volumes in, all or nothing; files that cannot be used are skipped with a line each.

    Raises BadInputError when no image could be made of anything.
    """
    subjects, not_found = _found_subjects(request)
    _check_free(paths, request.name)
    with ExitStack() as stack:
        writers = {
            status: stack.enter_context(PixelWriter(paths.image_set(scanned_name(request.name, status))))
            for status in TumorStatus
        }
        imported = import_volumes(
            subjects,
            writers,
            root=request.folder,
            seed=request.seed,
            screening=request.screening,
            on_progress=on_progress,
        )
        imported = replace(imported, skipped=[*not_found, *imported.skipped])
        return _kept(paths, request, imported=imported, writers=writers)


def simulate_cohort(
    paths: WorkspacePaths,
    name: CohortName,
    *,
    n_patients: int,
    seed: int,
    on_progress: OnProgress,
    nifti_dir: Path | None = None,
) -> CohortSummary:
    """Make patients who never lived, as BraTS-layout volumes, and import those like any others."""
    from core.cohort.simulation.cohort_files import write_cohort

    _check_free(paths, name)
    with nullcontext(nifti_dir) if nifti_dir else tempfile.TemporaryDirectory() as folder:
        source = f"the simulation, seed {seed}"
        request = CohortRequest(name=name, folder=Path(folder), seed=seed, source=source)
        write_cohort(request.folder, n_patients, seed=seed, on_progress=on_progress)
        return import_cohort(paths, request, on_progress=_unseen)


def _unseen(_done: int, _total: int) -> None:
    """The import of simulated patients takes seconds; the bar stays full meanwhile."""


def all_cohorts(paths: WorkspacePaths) -> list[Cohort]:
    with opened(paths.database) as db:
        return cohorts.cohorts(db)


def cohort_partitions(paths: WorkspacePaths, name: CohortName) -> dict[Partition, int]:
    """How many patients each partition has."""
    with opened(paths.database) as db:
        drawn = list(cohorts.partitions(db, name).values())
    return {partition: drawn.count(partition) for partition in Partition}


def screening_table(cohort: Cohort) -> list[tuple[str, int]]:
    """Each screening rule with its threshold, and how many slices of the cohort it left out."""
    thresholds = Screening(**cast(dict[str, float], cohort.provenance["screening"]))
    return [(thresholds.described(rule), cohort.screened_out.get(rule, 0)) for rule in ScreeningRule]


def delete_cohort(paths: WorkspacePaths, name: CohortName) -> list[ImageSetName]:
    """Delete a cohort with its image sets, whose names are returned; refused while a study uses one."""
    with keeping(paths) as db:
        cohort_named(db, name)
        image_sets = cohorts.image_sets_of(db, name)
        for image_set in image_sets:
            delete_unused(db, image_set)
        cohorts.delete_cohort(db, name)
    return image_sets


def _found_subjects(request: CohortRequest) -> tuple[list[Subject], list[SkippedFile]]:
    if request.image_glob is None:
        if request.segmentation_glob is not None:
            raise BadInputError("A segmentation glob needs an image glob.", "Give --image-glob too.")
        return find_brats_subjects(request.folder)
    return find_subjects_by_glob(
        request.folder, image_glob=request.image_glob, segmentation_glob=request.segmentation_glob
    )


def _check_free(paths: WorkspacePaths, name: CohortName) -> None:
    checked_name(name, "cohort")
    with opened(paths.database, create=True) as db:
        _check_new(db, name)
    for status in TumorStatus:
        check_new_name(paths, scanned_name(name, status))


def _check_new(db: Database, name: CohortName) -> None:
    if cohorts.cohort(db, name) is not None:
        raise RefusedError(f"There is a cohort {name!r} already.", "Choose another name, or delete that one.")


def _kept(
    paths: WorkspacePaths,
    request: CohortRequest,
    *,
    imported: ImportedVolumes,
    writers: Mapping[TumorStatus, PixelWriter],
) -> CohortSummary:
    used = [status for status in TumorStatus if imported.records[status]]
    if not used:
        raise BadInputError(_nothing_imported(request, imported), "Nothing was changed in the workspace.")
    provenance = _provenance(request)
    row = Cohort(
        name=request.name,
        created_at=utc_now(),
        provenance=provenance,
        screened_out=imported.screened_out,
        skipped=[asdict(entry) for entry in imported.skipped],
        n_subjects=len(imported.partitions),
    )
    with keeping(paths, *(writers[status] for status in used)) as db:
        _check_new(db, request.name)
        cohorts.add_cohort(db, row, imported.partitions)
        for status in used:
            new = NewImageSet(
                name=scanned_name(request.name, status),
                kind=ImageKind.REAL,
                tumor_status=status,
                cohort=request.name,
                provenance=provenance,
            )
            keep(db, new, records=imported.records[status], writer=writers[status])
    return CohortSummary(
        name=request.name,
        n_subjects=row.n_subjects,
        images={status: len(imported.records[status]) for status in TumorStatus},
        screened_out=imported.screened_out,
        skipped=imported.skipped,
        image_sets=[scanned_name(request.name, status) for status in used],
    )


def _provenance(request: CohortRequest) -> dict[str, object]:
    return {
        "source": request.source or request.folder.name,
        "image_glob": request.image_glob,
        "segmentation_glob": request.segmentation_glob,
        "seed": request.seed,
        "screening": request.screening.as_json(),
    }


def _nothing_imported(request: CohortRequest, imported: ImportedVolumes) -> str:
    screened = ", ".join(f"{n} {rule}" for rule, n in imported.screened_out.items() if n)
    lines = [f"No image could be made of {request.folder}."]
    lines += [f"All slices were screened out: {screened}."] if screened else []
    return "\n".join([*lines, *(entry.line for entry in imported.skipped)])
