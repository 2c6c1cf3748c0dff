"""From a cohort's volumes to canonical images: one volume in memory at a time."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.cohort.partition import partition_subjects
from core.cohort.screening import (
    Screening,
    ScreeningRule,
    TumorExtent,
    broken_rule,
    rule_counts,
    tumor_extent,
)
from core.cohort.subject import Scan, Subject
from core.errors import BadInputError
from core.identifiers import ImageId, SubjectId
from core.imageset.folder_files import SkippedFile, relative_name
from core.imageset.pixels import PixelWriter
from core.imageset.record import ImageRecord, Partition, TumorStatus
from core.imaging.canonical import to_canonical
from core.imaging.intensity import IntensityScale, intensity_scale, to_gray
from core.imaging.nifti import read_segmentation, read_volume
from core.imaging.slicing import axial_slice, slice_range
from core.imaging.volume import Volume

OnProgress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedVolumes:
    """What an import yields. `records[status][i]` describes image i of that tumor status's writer.

    `partitions` has the subjects of which at least one volume could be read.
    """

    partitions: Mapping[SubjectId, Partition]
    records: Mapping[TumorStatus, Sequence[ImageRecord]]
    screened_out: Mapping[str, int]
    skipped: Sequence[SkippedFile]


def import_volumes(
    subjects: Sequence[Subject],
    writers: Mapping[TumorStatus, PixelWriter],
    *,
    root: Path,
    seed: int,
    screening: Screening,
    on_progress: OnProgress,
) -> ImportedVolumes:
    """Write the slices of all scans that pass the screening; the caller commits or discards the writers.

    A scan with a file that cannot be used is skipped with a line (its path below `root`).
    `on_progress` gets (scans done, scans in all). Raises WorkspaceError where the disk is full.
    """
    records: dict[TumorStatus, list[ImageRecord]] = {status: [] for status in TumorStatus}
    broken: list[ScreeningRule] = []
    skipped: list[SkippedFile] = []
    scans = [(subject.subject_id, scan) for subject in subjects for scan in subject.scans]
    read: set[SubjectId] = set()
    with ThreadPoolExecutor(max_workers=1) as second_thread:
        for n_done, (subject_id, scan) in enumerate(scans, start=1):
            try:
                for outcome in _slices_of_scan(scan, screening, second_thread):
                    if isinstance(outcome, ScreeningRule):
                        broken.append(outcome)
                        continue
                    image, record = outcome
                    writers[record.tumor_status].append(image)
                    records[record.tumor_status].append(replace(record, subject_id=subject_id))
                read.add(subject_id)
            except BadInputError as error:
                skipped.append(SkippedFile(path=relative_name(scan.image, root), reason=str(error)))
            on_progress(n_done, len(scans))
    partitions = partition_subjects(read, seed=seed)
    return ImportedVolumes(
        partitions=partitions,
        records={status: _with_partitions(rows, partitions) for status, rows in records.items()},
        screened_out=rule_counts(broken),
        skipped=skipped,
    )


def _slices_of_scan(
    scan: Scan, screening: Screening, second_thread: Executor
) -> Iterator[ScreeningRule | tuple[NDArray[np.uint8], ImageRecord]]:
    """Each slice in range as a canonical image with its record, or as the rule that left it out.

    Whatever is wrong with the files is raised before the first slice.
    """
    volume, scale, extent = _read_scan(scan, second_thread)
    x_mm, y_mm, _ = volume.spacing_mm
    for z in slice_range(volume.voxels.shape[2]):
        gray = to_gray(axial_slice(volume.voxels, z), scale)
        image, factor = to_canonical(gray, (y_mm, x_mm))
        brain_share = np.count_nonzero(image >= scale.tissue_gray) / image.size
        rule = broken_rule(z, extent=extent, brain_share=brain_share, screening=screening)
        if rule is not None:
            yield rule
            continue
        record = ImageRecord(
            image_id=ImageId(f"{scan.scan_id}-z{z:03d}"),
            tumor_status=TumorStatus.UNKNOWN if extent is None else extent.status(z),
            slice_index=z,
            resampling_factor=factor,
            source_name=scan.image.name,
        )
        yield image, record


def _read_scan(scan: Scan, second_thread: Executor) -> tuple[Volume, IntensityScale, TumorExtent | None]:
    """Volume and segmentation are unpacked at the same time; of the segmentation only its extent is kept."""
    if scan.segmentation is None:
        volume = read_volume(scan.image)
        return volume, _scale(volume, scan), None
    extent_and_shape = second_thread.submit(_read_extent, scan.segmentation)
    try:
        volume = read_volume(scan.image)
        scale = _scale(volume, scan)
    finally:
        wait([extent_and_shape])
    extent, shape = extent_and_shape.result()
    if shape != volume.voxels.shape:
        raise BadInputError(
            f"{scan.segmentation.name}: its shape {_by(shape)} is not that of {scan.image.name},"
            f" {_by(volume.voxels.shape)}.",
            "Give the segmentation that was drawn on this volume.",
        )
    return volume, scale, extent


def _read_extent(path: Path) -> tuple[TumorExtent, tuple[int, ...]]:
    segmentation = read_segmentation(path)
    return tumor_extent(segmentation), segmentation.labels.shape


def _scale(volume: Volume, scan: Scan) -> IntensityScale:
    try:
        return intensity_scale(volume)
    except BadInputError as error:
        raise BadInputError(f"{scan.image.name}: {error.what}", error.next_step) from error


def _with_partitions(
    records: Sequence[ImageRecord], partitions: Mapping[SubjectId, Partition]
) -> list[ImageRecord]:
    return [
        replace(record, partition=partitions[record.subject_id])
        for record in records
        if record.subject_id is not None
    ]


def _by(shape: tuple[int, ...]) -> str:
    return " x ".join(str(n) for n in shape)
