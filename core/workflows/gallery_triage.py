"""What the gallery is told of a triage: orders, which images were flagged for what, and why."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from core.curation.oddities import Oddity
from core.curation.triage import NO_IMAGE, TriageScores
from core.errors import NotFoundError
from core.identifiers import ImageSetName
from core.settings import WorkspacePaths


def triage_for_gallery(paths: WorkspacePaths, name: ImageSetName) -> dict[str, object] | None:
    """As JSON, with one entry per image where it says nothing else; None where triage has not run on the set."""
    scores = _stored_triage(paths, name)
    if scores is None:
        return None
    return {
        "orders": list(scores.orders()),
        "flagged": {title: np.flatnonzero(flags).tolist() for title, flags in flagged(scores).items()},
        "oddities": list(Oddity),
        "oddest": scores.oddest.tolist(),
        "unrealism": scores.unrealism.round(2).astype(float).round(2).tolist(),
        "nearest_sets": [image_set for image_set, _ in scores.reference.image_sets],
        "nearest_set": scores.nearest_set.tolist(),
        "nearest_index": scores.nearest_index.tolist(),
        "nearest_mirrored": scores.nearest_mirrored.astype(int).tolist(),
        "near_duplicate_of": scores.near_duplicate_of.tolist(),
    }


def triage_order(paths: WorkspacePaths, name: ImageSetName, order: str) -> NDArray[np.int64]:
    """Positions [N]. Raises NotFoundError where triage has not run on the set, or knows no such order."""
    scores = _stored_triage(paths, name)
    orders = {} if scores is None else scores.orders()
    if order not in orders:
        raise NotFoundError(f"{name} cannot be sorted by {order!r}.", "Run triage on it, or reload the page.")
    return orders[order]


def flagged(scores: TriageScores) -> Mapping[str, NDArray[np.bool_]]:
    """Whom to look at first, by what stands on the page."""
    return {
        "Odd": scores.odd,
        "Near-copies of real images": scores.near_copy,
        "Near-duplicates": scores.near_duplicate_of != NO_IMAGE,
        "One of each kind": scores.representative,
    }


def _stored_triage(paths: WorkspacePaths, name: ImageSetName) -> TriageScores | None:
    from core.workflows.triage import stored_triage  # half of the app hangs on it; whoever opens the app waits

    return stored_triage(paths, name)
