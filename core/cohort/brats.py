"""Finding subjects in folders laid out as any BraTS release has them."""

import re
from pathlib import Path

from core.cohort.folder import grouped_by_subject, is_nifti, nifti_stem
from core.cohort.subject import Scan, Subject
from core.errors import BadInputError
from core.imageset.folder_files import SkippedFile, files_below, plain_id

_T1C = re.compile(r"(?P<scan>.+)[-_](t1ce|t1gd|t1c)", re.IGNORECASE)
_LONGITUDINAL = (
    re.compile(r"(?P<patient>BraTS-[A-Za-z]+-\d+)-\d{3}", re.IGNORECASE),
    re.compile(r"(?P<patient>.+_pat\d+)_\d+", re.IGNORECASE),
    re.compile(r"(?P<patient>Brats1[789]_.+)_\d+", re.IGNORECASE),
)


def find_brats_subjects(root: Path) -> tuple[list[Subject], list[SkippedFile]]:
    """Subjects by the spellings `_t1ce`, `_t1Gd`, `-t1c`, `_t1c` with `_seg` or `-seg` beside, at any depth.

    Scans of one patient at several dates (BraTS-GLI-00003-000 and -001, pat153_0002 and _0109) make one
    subject.
    Raises BadInputError where there is none.
    """
    files, skipped = files_below(root)
    images = {
        (path.parent, match["scan"]): path
        for path in files
        if is_nifti(path) and (match := _T1C.fullmatch(nifti_stem(path)))
    }
    if not images:
        raise BadInputError(
            f"{root} has no T1c volume named as in BraTS (SUBJECT_t1ce.nii.gz).",
            "For other names give --image-glob and --segmentation-glob.",
        )
    scans = []
    for (folder, name), image in images.items():
        alone = sum(other == folder for other, _ in images) == 1
        segmentation = _segmentation([path for path in files if path.parent == folder], name, alone=alone)
        scan = Scan(scan_id=plain_id(name), image=image, segmentation=segmentation)
        scans.append((patient_of(plain_id(name)), scan))
    return grouped_by_subject(scans), skipped


def patient_of(scan_id: str) -> str:
    """The patient that a scan's name belongs to: releases number the dates of one patient at its end."""
    for pattern in _LONGITUDINAL:
        if match := pattern.fullmatch(scan_id):
            return match["patient"]
    return scan_id


def _segmentation(siblings: list[Path], name: str, *, alone: bool) -> Path | None:
    niftis = [path for path in siblings if is_nifti(path)]
    exact = [p for p in niftis if nifti_stem(p).lower() in (f"{name}_seg".lower(), f"{name}-seg".lower())]
    # One patient of BraTS 2020 has its segmentation under the name W39_1998.09.19_Segm.nii.
    loose = [p for p in niftis if alone and "seg" in nifti_stem(p).lower()]
    candidates = exact or loose
    return candidates[0] if exact or len(loose) == 1 else None
