"""Triage as a process of its own: started by the app, watched through a file that it holds while it is at work."""

from contextlib import AbstractContextManager
from pathlib import Path

from core.identifiers import CohortName, ImageSetName
from core.settings import WorkspacePaths
from core.workflows.feature_choice import BY_PIXELS, FeatureChoice
from core.workflows.image_sets import OnProgress
from core.workflows.triage_reference import real_images_for
from core.workflows.watched_work import WatchedWork, WorkProgress


def start_triage(
    paths: WorkspacePaths,
    image_set: ImageSetName,
    *,
    cohort: CohortName | None = None,
    features: FeatureChoice = BY_PIXELS,
) -> None:
    """Start `mrturing curation triage`, which goes on when the app ends; returns when it is at work or done.

    Raises what it refuses.
    """
    real_images_for(paths, image_set, cohort, features)
    of_cohort = [] if cohort is None else ["--cohort", cohort]
    words = ["curation", "triage", image_set, *of_cohort, *features.options()]
    _work(paths, image_set).start(paths, words)


def triage_progress(paths: WorkspacePaths, image_set: ImageSetName) -> WorkProgress | None:
    """How far a triage is, or why it broke off; None where none was begun since the last one ended well."""
    return _work(paths, image_set).progress()


def at_work(
    paths: WorkspacePaths, image_set: ImageSetName, on_progress: OnProgress
) -> AbstractContextManager[OnProgress]:
    """While a triage is computed here. Raises RefusedError where another process is at it."""
    return _work(paths, image_set).at_work(on_progress)


def working_file(paths: WorkspacePaths, image_set: ImageSetName) -> Path:
    return paths.triages / f"{image_set}.working"


def _work(paths: WorkspacePaths, image_set: ImageSetName) -> WatchedWork:
    log = paths.triages / f"{image_set}.log"
    return WatchedWork(title=f"triage of {image_set}", working=working_file(paths, image_set), log=log)
