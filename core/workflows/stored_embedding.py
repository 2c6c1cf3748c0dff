"""Embeddings that are kept in the workspace, a folder each: read, delete, export, and watch while one is made."""

import io
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from core.embedding.embedding import Embedding, EmbeddingAbout
from core.errors import NotFoundError, RefusedError, WorkspaceError
from core.identifiers import EmbeddingName, checked_name
from core.runs.run_folder import write_whole
from core.settings import WorkspacePaths
from core.storage import image_sets
from core.storage.database import opened
from core.workflows.detached import is_held
from core.workflows.embedding_plan import EmbeddingPlan
from core.workflows.watched_work import WatchedWork, WorkProgress

EMBEDDING_FILE = "embedding.npz"
VERSION = 1


def embeddings(paths: WorkspacePaths) -> list[EmbeddingAbout]:
    """All that can be read, newest first."""
    found = [entry for entry in _entries(paths) if isinstance(entry, EmbeddingAbout)]
    return sorted(found, key=lambda about: about.computed_at, reverse=True)


def unreadable_embeddings(paths: WorkspacePaths) -> list[WorkspaceError]:
    """What is wrong with each that cannot be read, and what to do about it."""
    return [entry for entry in _entries(paths) if isinstance(entry, WorkspaceError)]


def embedding_named(paths: WorkspacePaths, name: EmbeddingName) -> Embedding:
    """Raises NotFoundError, and RefusedError where an image set that it shows is gone or another one by now."""
    embedding = _load(_existing(paths, name))
    with opened(paths.database) as db:
        known = {one.name: one.sha256 for one in image_sets.image_sets(db)}
    for image_set, sha256 in embedding.about.image_sets:
        if known.get(image_set) != sha256:
            what = "has other images by now" if image_set in known else "is gone"
            raise RefusedError(
                f"The embedding {name} shows images of {image_set}, which {what}.", "Delete it, or make a new one."
            )
    return embedding


def store_embedding(paths: WorkspacePaths, embedding: Embedding) -> None:
    """Keep it whole or not at all. Raises WorkspaceError where the disk is full or cannot be written."""
    arrays = {name: getattr(embedding, name) for name in Embedding.__slots__ if name != "about"}
    about = json.dumps({"version": VERSION, **embedding.about.to_json()}, allow_nan=False)
    content = io.BytesIO()
    np.savez(content, about=np.array(about), **arrays)
    write_whole(_file(paths, embedding.about.name), content.getvalue())


def kept_embedding(paths: WorkspacePaths, plan: EmbeddingPlan) -> Embedding | None:
    """What was computed of the same images and settings; under the name that is asked for now, if one is.

    Raises RefusedError where another embedding has this name.
    """
    same = next((about.name for about in embeddings(paths) if about.key == plan.key), None)
    if plan.request.name is not None and same != plan.name and is_embedding(paths, plan.name):
        raise RefusedError(
            f"There is an embedding {plan.name!r} of other images or settings.",
            "Choose another name, or delete it.",
        )
    if same is None:
        return None
    kept = embedding_named(paths, same)
    if plan.request.name is None or same == plan.name:
        return kept
    renamed = replace(kept, about=replace(kept.about, name=plan.name))
    store_embedding(paths, renamed)
    return renamed


def embeddings_at_work(paths: WorkspacePaths) -> dict[EmbeddingName, WorkProgress]:
    """Those that are being made, and those of which the making broke off."""
    names = sorted(EmbeddingName(file.parent.name) for file in paths.embeddings.glob("*/working"))
    found = {name: embedding_progress(paths, name) for name in names}
    return {name: progress for name, progress in found.items() if progress is not None}


def embedding_progress(paths: WorkspacePaths, name: EmbeddingName) -> WorkProgress | None:
    """How far the making of one is, or why it broke off; None where it ended well or was never begun."""
    return embedding_work(paths, name).progress()


def delete_embedding(paths: WorkspacePaths, name: EmbeddingName) -> None:
    """Raises NotFoundError, and RefusedError while it is being made."""
    folder = paths.embedding(EmbeddingName(checked_name(name, "embedding")))
    if not folder.is_dir():
        raise _missing(name)
    if is_held(embedding_work(paths, name).working):
        raise RefusedError(f"The embedding {name} is being made.", "Cancel it first, or wait until it is there.")
    _file(paths, name).unlink(missing_ok=True)  # first: what has no such file is none, whatever happens next
    shutil.rmtree(folder)


def is_embedding(paths: WorkspacePaths, name: EmbeddingName) -> bool:
    return _file(paths, name).is_file()


def embedding_work(paths: WorkspacePaths, name: EmbeddingName) -> WatchedWork:
    folder = paths.embedding(name)
    return WatchedWork(title=f"embedding {name}", working=folder / "working", log=folder / "log")


def _entries(paths: WorkspacePaths) -> Iterator[EmbeddingAbout | WorkspaceError]:
    for file in paths.embeddings.glob(f"*/{EMBEDDING_FILE}"):
        try:
            yield _load(file).about
        except WorkspaceError as problem:
            yield problem


def _existing(paths: WorkspacePaths, name: EmbeddingName) -> Path:
    file = _file(paths, EmbeddingName(checked_name(name, "embedding")))
    if not file.is_file():
        raise _missing(name)
    return file


def _missing(name: EmbeddingName) -> NotFoundError:
    return NotFoundError(f"There is no embedding {name!r}.", "`mrturing embed list` lists them.")


def _file(paths: WorkspacePaths, name: EmbeddingName) -> Path:
    return paths.embedding(name) / EMBEDDING_FILE


def _load(file: Path) -> Embedding:
    try:
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
            arrays = dict(stored)
        about = json.loads(str(arrays.pop("about")))
        if about.pop("version") != VERSION:
            raise ValueError("it is of another version")
        return Embedding(about=EmbeddingAbout.from_json(about), **arrays)
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile) as error:
        raise WorkspaceError(
            f"The embedding {file.parent.name} cannot be read ({error}).",
            f"Delete it with `mrturing embed delete {file.parent.name}`, and make it again.",
        ) from error
