"""A release: the frozen list of kept images that goes on to studies and augmentation, with its data sheet."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.curation.decision import STATUSES, Verdict
from core.curation.resolution import OPEN, Resolution, outcomes
from core.curation.sample_review import SampleReviewState
from core.curation.standing import AS_RECORDED, Acts
from core.errors import RefusedError
from core.identifiers import ImageSetName, ReleaseName
from core.imageset.record import ImageSet, TumorStatus
from core.provenance import sha256_of_json


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Selection:
    """Kept images of one set: ascending positions [K], and the codes of their resolved tumor statuses [K]."""

    image_set: ImageSetName
    image_indices: NDArray[np.int64]
    tumor_statuses: NDArray[np.int8]

    def status_of(self, image_index: int) -> TumorStatus | None:
        """The resolved tumor status of an image; None for one that was not kept."""
        place = int(np.searchsorted(self.image_indices, image_index))
        if place == len(self.image_indices) or self.image_indices[place] != image_index:
            return None
        return STATUSES[int(self.tumor_statuses[place])]

    def sha256(self, image_set_sha256: str) -> str:
        """The hash over the set's pixels, what was kept of it, and as what."""
        statuses = [STATUSES[code] for code in self.tumor_statuses.tolist()]
        return sha256_of_json([image_set_sha256, self.image_indices.tolist(), statuses])


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What stands of a release beside its images. `data_sheet` names curators by their ids only."""

    name: ReleaseName
    image_set: ImageSetName
    n_images: int
    sha256: str
    created_at: str
    data_sheet: Mapping[str, object] = field(default_factory=dict)


def released(
    image_set: ImageSet,
    resolution: Resolution,
    *,
    recorded: NDArray[np.int8],
    sample_review: SampleReviewState | None,
    accept_rest: bool,
) -> Selection:
    """Freeze what was kept, and with `accept_rest` what nobody looked at, as a sample of it was.

    Raises RefusedError while images are disagreed on, deferred or undecided, where the rest is to be accepted
    without an estimate that holds for all of it, and where nothing was kept.
    """
    n_disagreed, n_open = int(resolution.disagreed.sum()), int(resolution.open.sum())
    if n_disagreed:
        raise RefusedError(
            f"Curators disagree on {n_disagreed} images of {image_set.name}.",
            f"Settle them: `mrturing curation disagreements {image_set.name}` lists them.",
        )
    if n_open and not accept_rest:
        raise RefusedError(
            f"{n_open} of the {image_set.n_images} images of {image_set.name} are undecided.",
            "Decide on them; or review a random sample (`mrturing curation sample`), then use --accept-rest.",
        )
    if n_open:
        _check_rest(image_set.name, resolution, sample_review)
    kept = resolution.kept | resolution.open
    if not kept.any():
        raise RefusedError(f"No image of {image_set.name} was kept.", "A release needs at least one.")
    return Selection(
        image_set=image_set.name,
        image_indices=np.flatnonzero(kept),
        tumor_statuses=np.where(resolution.open, recorded, resolution.outcomes)[kept].astype(np.int8),
    )


def _check_rest(name: ImageSetName, resolution: Resolution, sample_review: SampleReviewState | None) -> None:
    if resolution.deferred.any():
        raise RefusedError(
            f"{int(resolution.deferred.sum())} images of {name} were looked at and deferred.",
            "Decide on them: they are no part of the rest that nobody looked at.",
        )
    if sample_review is None:
        raise RefusedError(
            f"No random sample of {name} was reviewed.",
            f"Draw one with `mrturing curation sample {name} -n 100`, and decide on it.",
        )
    if sample_review.estimate is None:
        raise RefusedError(
            f"{len(sample_review.waiting)} of the {len(sample_review.review.sample)} images of the random sample "
            f"of {name} wait for a decision.",
            "Decide on them first.",
        )
    n_outside = int(resolution.open.sum()) - sample_review.estimate.n_rest
    if n_outside:
        raise RefusedError(
            f"{n_outside} undecided images of {name} were decided when the random sample was drawn.",
            "Decide on them again, or draw a new sample.",
        )


def data_sheet(
    image_set: ImageSet,
    acts: Acts,
    resolution: Resolution,
    selection: Selection,
    *,
    recorded: NDArray[np.int8],
    sample_review: SampleReviewState | None,
) -> dict[str, object]:
    """Where the images are from, what was decided on them, by whom, and what is known of those nobody looked at."""
    n_open = int(resolution.open.sum())
    corrected = selection.tumor_statuses != recorded[selection.image_indices]
    generated = image_set.provenance.get("n_generated")
    return {
        "image_set": {
            "name": image_set.name,
            "kind": image_set.kind,
            "tumor_status": image_set.tumor_status,
            "sha256": image_set.sha256,
            "trained_on": str(image_set.trained_on) if image_set.trained_on else None,
            "provenance": dict(image_set.provenance),
        },
        "images": {
            "in_set": image_set.n_images,
            "generated": generated if isinstance(generated, int) else None,
            "reviewed": image_set.n_images - n_open,
            "discarded": int(resolution.discarded.sum()),
            "kept": len(selection.image_indices),
            "corrected": int(corrected.sum()),
            "accepted_unreviewed": n_open,
        },
        "discarded": discards_by_reason(acts, resolution),
        "curators": _by_whom(acts, recorded),
        "settled": int((outcomes(acts, acts.settled(len(recorded)), recorded) != OPEN).sum()),
        "sample_review": _sample_review(sample_review, is_needed=n_open > 0),
    }


def discards_by_reason(acts: Acts, resolution: Resolution) -> dict[str, int]:
    """How many images were discarded for each reason: every image once, the commonest reason first."""
    entries = resolution.discarded_by[resolution.discarded].tolist()
    reasons = Counter(acts.reasons[entry] or "" for entry in entries)
    return dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0])))


def _by_whom(acts: Acts, recorded: NDArray[np.int8]) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for curator in acts.people:
        standing = acts.standing_of(curator, len(recorded))
        decided = outcomes(acts, standing, recorded) != OPEN
        n_of = {verdict: int((acts.verdicts[standing] == code).sum()) for code, verdict in enumerate(Verdict, 1)}
        corrections = int((acts.tumor_statuses[standing] != AS_RECORDED).sum())
        found.append(
            {
                "person_id": curator,
                "reviewed": int(decided.sum()),
                "discarded": n_of[Verdict.DISCARD],
                "deferred": n_of[Verdict.DEFER],
                "corrected": corrections,
            }
        )
    return found


def _sample_review(state: SampleReviewState | None, *, is_needed: bool) -> dict[str, object] | None:
    if state is None or state.estimate is None:
        return None
    review = {"seed": state.review.seed, "started_at": state.review.started_at, "n_reviews": state.n_reviews}
    return review | {"rest_was_accepted": is_needed} | state.estimate.to_json()
