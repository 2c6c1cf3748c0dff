"""What triage found, kept in the workspace and read by whoever curates."""

import io
import json
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from core.curation.oddities import Oddity
from core.curation.triage import TriageReference, TriageScores
from core.identifiers import ImageSetName
from core.runs.run_folder import write_whole
from core.settings import WorkspacePaths
from core.storage import image_sets
from core.storage.database import opened

VERSION = 2
_ALL_BUT_ARRAYS = ("image_set", "image_set_sha256", "computed_at", "near_copy_limit", "near_duplicate_limit")


def stored_triage(paths: WorkspacePaths, image_set: ImageSetName) -> TriageScores | None:
    """What triage found; None where it has not run on this set as it is, or its real images are gone."""
    with suppress(OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile):
        scores = _load(triage_file(paths, image_set))
        with opened(paths.database) as db:
            known = {one.name: one.sha256 for one in image_sets.image_sets(db)}
        needed = [(image_set, scores.image_set_sha256), *scores.reference.image_sets]
        if all(known.get(name) == sha256 for name, sha256 in needed):
            return scores
    return None


def store_triage(paths: WorkspacePaths, scores: TriageScores) -> None:
    """Keep what was found; raises WorkspaceError where the disk is full or cannot be written."""
    arrays = {name: value for name, value in vars(scores).items() if isinstance(value, np.ndarray)}
    about = {name: getattr(scores, name) for name in _ALL_BUT_ARRAYS}
    about |= {"version": VERSION, "in_common": list(scores.in_common), "reference": asdict(scores.reference)}
    content = io.BytesIO()
    np.savez(content, about=np.array(json.dumps(about)), **arrays)  # type: ignore[arg-type]
    write_whole(triage_file(paths, scores.image_set), content.getvalue())


def triage_file(paths: WorkspacePaths, image_set: ImageSetName) -> Path:
    return paths.triages / f"{image_set}.npz"


def _load(file: Path) -> TriageScores:
    """Raises what `stored_triage` suppresses where the file is not one of these."""
    with file.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
        arrays = dict(stored)
    about = json.loads(str(arrays.pop("about")))
    if about.pop("version") != VERSION:
        raise ValueError("written by another version")
    reference = about.pop("reference")
    reference["image_sets"] = [(name, sha256) for name, sha256 in reference["image_sets"]]
    shared = tuple(Oddity(text) for text in about.pop("in_common"))
    return TriageScores(reference=TriageReference(**reference), in_common=shared, **about, **arrays)
