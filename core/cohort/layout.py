"""Finding subjects in folders of any layout, by patterns for the images and the segmentations."""

import re
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

from core.cohort.folder import grouped_by_subject, nifti_stem
from core.cohort.subject import Scan, Subject
from core.errors import BadInputError
from core.imageset.folder_files import SkippedFile, files_below, plain_id, relative_name

_BIDS_SUBJECT = re.compile(r"sub-[A-Za-z0-9]+")


def find_subjects_by_glob(
    root: Path, *, image_glob: str, segmentation_glob: str | None = None
) -> tuple[list[Subject], list[SkippedFile]]:
    """Subjects by shell patterns, of the file's name or (with a slash) of its path below `root`.

    The subject is the folder: the lowest one whose name is not the same for all images (a BIDS `sub-ID`
    wins); where all images lie in one folder it is the file's own name. An image gets the segmentation
    beside it whose name begins as its own does for longest. Raises BadInputError where nothing matches.
    """
    files, skipped = files_below(root)
    segmentations = _matching(files, root, segmentation_glob) if segmentation_glob else []
    images = [path for path in _matching(files, root, image_glob) if path not in set(segmentations)]
    if not images:
        raise BadInputError(
            f"{root} has no file that matches {image_glob!r}.", "Check the pattern; quote it for the shell."
        )
    subject_names = _subject_names(images, root)
    scans = []
    for image, subject in zip(images, subject_names, strict=True):
        fitting = _best_fitting(image, images, segmentations)
        if len(fitting) > 1:
            reason = f"{len(fitting)} segmentations fit equally ({', '.join(p.name for p in fitting[:3])})"
            skipped.append(SkippedFile(path=relative_name(image, root), reason=reason))
            continue
        stem = plain_id(nifti_stem(image))
        scan_id = stem if stem.startswith(subject) else f"{subject}-{stem}"
        scans.append((subject, Scan(scan_id=scan_id, image=image, segmentation=next(iter(fitting), None))))
    return grouped_by_subject(scans), skipped


def _matching(files: Sequence[Path], root: Path, pattern: str) -> list[Path]:
    if "/" in pattern:
        return [path for path in files if path.relative_to(root).match(pattern)]
    return [path for path in files if fnmatch(path.name, pattern)]


def _subject_names(images: Sequence[Path], root: Path) -> list[str]:
    folders = [image.relative_to(root).parts[:-1] for image in images]
    if len(set(folders)) == 1:
        return [plain_id(nifti_stem(image)) for image in images]
    depth = max(len(parts) for parts in folders)
    varying = [n for n in range(1, depth + 1) if len({parts[-n:][:1] for parts in folders}) > 1]
    return [plain_id(_subject_folder(parts, varying[0])) for parts in folders]


def _subject_folder(parts: tuple[str, ...], from_end: int) -> str:
    bids = next((part for part in parts if _BIDS_SUBJECT.fullmatch(part)), None)
    return bids or (parts[-from_end] if len(parts) >= from_end else "/".join(parts) or "unnamed")


def _best_fitting(image: Path, images: Sequence[Path], segmentations: Sequence[Path]) -> list[Path]:
    """The segmentations that fit an image best: none, one, or several that cannot be told apart."""
    beside = [path for path in segmentations if path.parent == image.parent]
    if not beside:
        return [path for path in segmentations if nifti_stem(path) == nifti_stem(image)]
    if len(beside) == 1 and sum(path.parent == image.parent for path in images) == 1:
        return beside
    shared = {path: _shared_start(nifti_stem(image), nifti_stem(path)) for path in beside}
    longest = max(shared.values())
    return [path for path in beside if shared[path] == longest] if longest else []


def _shared_start(first: str, second: str) -> int:
    """How many words (between dots, dashes and underscores) two names have in common at their beginning."""
    words = zip(re.split(r"[-_.]", first.lower()), re.split(r"[-_.]", second.lower()), strict=False)
    n = 0
    for one, other in words:
        if one != other:
            break
        n += 1
    return n
