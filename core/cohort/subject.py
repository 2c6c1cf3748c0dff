"""One scanned patient and the files that show them."""

from dataclasses import dataclass
from pathlib import Path

from core.identifiers import SubjectId


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """One T1c volume of a subject. `scan_id` comes from file and folder names, never from a header."""

    scan_id: str
    image: Path
    segmentation: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A patient with one scan or several (other dates). A partition never separates a subject's scans."""

    subject_id: SubjectId
    scans: tuple[Scan, ...]
