"""The files of a folder that a person wants imported, and those that cannot be."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from core.errors import BadInputError

_NOT_IN_AN_ID = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class SkippedFile:
    """A file or folder that could not be used. `path` is relative to the imported folder."""

    path: str
    reason: str

    @property
    def line(self) -> str:
        """File and fault in one line; reasons that begin with the file's name do not say it twice."""
        return f"{self.path}: {self.reason.removeprefix(f'{Path(self.path).name}: ')}"


def files_below(root: Path) -> tuple[list[Path], list[SkippedFile]]:
    """All visible files, image2 before image10, and the folders that may not be read.

    Raises BadInputError where there is nothing at all.
    """
    if not root.is_dir():
        raise BadInputError(f"{root} is not a folder.", "Give the folder that holds the files.")
    files: list[Path] = []
    skipped: list[SkippedFile] = []

    def unreadable(error: OSError) -> None:
        name = relative_name(Path(error.filename or root), root)
        skipped.append(SkippedFile(path=name, reason=f"{name}: the folder cannot be read ({error.strerror})."))

    for folder, subfolders, names in os.walk(root, onerror=unreadable):
        subfolders[:] = [name for name in subfolders if not name.startswith(".")]
        files += [Path(folder, name) for name in names if not name.startswith(".")]
    if not files:
        what = skipped[0].reason if skipped else f"{root} is empty."
        raise BadInputError(what, "Give the folder that holds the files, and check its permission.")
    return sorted(files, key=lambda path: natural_order(relative_name(path, root))), skipped


def natural_order(name: str) -> list[tuple[int, str]]:
    """Sorts image2 before image10, and names that differ in nothing else by their spelling."""
    parts = re.split(r"(\d+)", name)
    return [(int(part), "") if part.isdecimal() else (-1, part.lower()) for part in parts] + [(-2, name)]


def relative_name(path: Path, root: Path) -> str:
    return str(path.relative_to(root)) if path != root and path.is_relative_to(root) else path.name


def plain_id(text: str) -> str:
    """`text` with everything but letters, digits, dots, dashes and underscores replaced."""
    return _NOT_IN_AN_ID.sub("_", text).strip("._-") or "unnamed"
