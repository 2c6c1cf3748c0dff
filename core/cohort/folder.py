"""What the ways of finding subjects in a folder share: NIfTI names, and scans grouped by subject."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from core.cohort.subject import Scan, Subject
from core.identifiers import SubjectId

_NIFTI = re.compile(r"\.nii(\.gz)?$", re.IGNORECASE)


def nifti_stem(path: Path) -> str:
    """The file's name without .nii or .nii.gz."""
    return _NIFTI.sub("", path.name)


def is_nifti(path: Path) -> bool:
    return _NIFTI.search(path.name) is not None


def grouped_by_subject(scans: Iterable[tuple[str, Scan]]) -> list[Subject]:
    """Subjects in order of their ids. Scans that would share an id are told apart by a number."""
    by_subject: dict[str, list[Scan]] = defaultdict(list)
    times_seen: dict[str, int] = defaultdict(int)
    for subject, scan in scans:
        times_seen[scan.scan_id] += 1
        n = times_seen[scan.scan_id]
        by_subject[subject].append(scan if n == 1 else replace(scan, scan_id=f"{scan.scan_id}.{n}"))
    return [Subject(subject_id=SubjectId(name), scans=tuple(by_subject[name])) for name in sorted(by_subject)]
