"""What was measured of a set's fidelity, kept in the workspace; measuring as a process of its own."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from core.identifiers import ImageSetName
from core.runs.run_folder import write_whole
from core.settings import WorkspacePaths
from core.storage.database import opened
from core.workflows.fidelity_sources import FidelityRequest, FidelitySources, fidelity_sources
from core.workflows.image_sets import OnProgress, image_set_named
from core.workflows.watched_work import WatchedWork, WorkProgress


def fidelity(paths: WorkspacePaths, asked: FidelityRequest, *, on_progress: OnProgress) -> dict[str, Any]:
    """`Fidelity` as JSON: what was kept of the same images, else measured and kept.

    Raises what can be told to a person, RefusedError too while another process is at it.
    """
    from core.workflows.fidelity import measured

    name, sources = asked.image_set, fidelity_sources(paths, asked)
    kept = _kept(paths, sources)
    if kept is not None:
        on_progress(1, 1)
        return kept
    with _work(paths, name).at_work(on_progress) as tell:
        content = measured(paths, sources, on_progress=tell).to_json()
        with opened(paths.database) as db:
            for one in (sources.image_set, *sources.data.image_sets):
                image_set_named(db, one.name)  # unless it was deleted meanwhile
        write_whole(_file(paths, sources), json.dumps(content, allow_nan=False).encode())
    return content


def stored_fidelity(paths: WorkspacePaths, asked: FidelityRequest) -> dict[str, Any] | None:
    """None where it was not measured of these images as they are. Raises what can be told to a person."""
    return _kept(paths, fidelity_sources(paths, asked))


def start_fidelity(paths: WorkspacePaths, asked: FidelityRequest) -> None:
    """Start `mrturing fidelity`, which goes on when the app ends; returns when it is at work or done.

    Raises what it refuses.
    """
    fidelity_sources(paths, asked)
    at = [] if asked.resolution is None else ["--resolution", str(asked.resolution)]
    words = ["fidelity", asked.image_set, "--cohort", asked.cohort, *at, *asked.features.options()]
    _work(paths, asked.image_set).start(paths, words)


def fidelity_progress(paths: WorkspacePaths, name: ImageSetName) -> WorkProgress | None:
    """How far a measurement is, or why it broke off; None where none was begun since the last one ended well."""
    return _work(paths, name).progress()


def _kept(paths: WorkspacePaths, sources: FidelitySources) -> dict[str, Any] | None:
    """None where there is none, or none that is whole."""
    with suppress(OSError, ValueError, TypeError):
        return dict(json.loads(_file(paths, sources).read_bytes()))
    return None


def _file(paths: WorkspacePaths, sources: FidelitySources) -> Path:
    """Beside what else was computed from the set: gone with it."""
    return paths.features / sources.image_set.name / f"fidelity-{sources.key}.json"


def _work(paths: WorkspacePaths, name: ImageSetName) -> WatchedWork:
    folder = paths.features / name
    return WatchedWork(
        title=f"measurement of {name}", working=folder / "fidelity.working", log=folder / "fidelity.log"
    )
