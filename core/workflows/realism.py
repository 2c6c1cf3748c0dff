"""Realism and diversity of an image set before and after discarding: neither is told without the other."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.curation.triage import ODD_FROM_QUANTILE, TriageScores
from core.errors import RefusedError
from core.fidelity.diversity import (
    MOST_COMPARED,
    MOST_PAIRS,
    Change,
    Estimate,
    distance_change,
    mean_change,
    mean_ms_ssim,
)
from core.identifiers import ImageSetName
from core.imageset.contact_sheet import evenly_chosen
from core.imageset.record import IMAGE_SIZE
from core.settings import WorkspacePaths
from core.workflows.feature_choice import extractor
from core.workflows.features import SomeImages, drawn_features, drawn_images, thinned
from core.workflows.stored_triage import stored_triage
from core.workflows.triage_reference import RealImages, real_images_for

SEED = 0
_HOW_TO_READ = {
    "odd_share": "Images that are odder than 95 % of the real ones.",
    "unrealism": "Mean score of how far an image is out of what is usual among real ones: 0 is not at all.",
    "nearest_real_distance": "Mean distance to the nearest training image; for reference that of other patients.",
    "near_copies": "Images nearer to a training image than 99 % of held-out patients' images are.",
    "mean_distance": "Between two images of the set, by pixels: a ratio below 1 says that discarding narrowed it.",
    "ms_ssim": "Similarity of two images of the set: higher says less variety.",
    "near_duplicates": "Images that are nearly the same as another one of the set.",
}


def realism_and_diversity(
    paths: WorkspacePaths, image_set: ImageSetName, kept: NDArray[np.int64] | None
) -> dict[str, Any] | None:
    """For a data sheet: figures of all images, and of those at the positions that were kept, with intervals.

    None where triage has not run on the set as it is, or on other real images than those of now. Takes seconds.
    """
    scores = stored_triage(paths, image_set)
    real = None if scores is None else _real_images_of(paths, scores)
    if scores is None or real is None:
        return None
    mask = np.zeros(len(scores.unrealism), np.bool_)
    mask[kept if kept is not None else []] = True
    return {
        "compared_with": {
            "cohort": scores.reference.cohort,
            "image_sets": [name for name, _ in scores.reference.image_sets],
            "training_images": scores.reference.n_seen,
            "held_out_images": scores.reference.n_held_out,
            "compared_at_px": scores.reference.compared_at_px,
            "features": scores.reference.features,
        },
        "realism": _realism(scores, mask),
        "diversity": _diversity(paths, real, scores, mask),
        "how_to_read": _HOW_TO_READ,
    }


def _real_images_of(paths: WorkspacePaths, scores: TriageScores) -> RealImages | None:
    """None where curators see other ones by now."""
    try:
        found = real_images_for(paths, scores.image_set, scores.reference.cohort)
    except RefusedError:
        return None
    return found if found.described().images_sha256 == scores.reference.images_sha256 else None


def _realism(scores: TriageScores, kept: NDArray[np.bool_]) -> dict[str, object]:
    odd = mean_change(scores.odd.astype(np.float32), kept, seed=SEED)
    distance = mean_change(scores.nearest_distance, kept, seed=SEED)
    score = mean_change(scores.unrealism, kept, seed=SEED)
    return {
        "odd_share": odd.to_json() | {"real_reference": round(1 - ODD_FROM_QUANTILE, 4)},
        "unrealism": _with_reference(score, _mean(scores.real_unrealism)),
        "nearest_real_distance": _with_reference(distance, _mean(scores.real_distance)),
        "near_copies": _counts(scores.near_copy, kept),
    }


def _diversity(
    paths: WorkspacePaths, real: RealImages, scores: TriageScores, kept: NDArray[np.bool_]
) -> dict[str, object]:
    seen = real.some(real.seen)
    every = np.arange(real.image_set.n_images)
    compared = np.array(evenly_chosen(len(every), MOST_COMPARED))
    pixels = extractor(paths, real.features, len(every))
    own = drawn_features(paths, [(real.image_set, compared)], pixels, side_px=IMAGE_SIZE)
    of_real = drawn_features(paths, thinned(seen, MOST_COMPARED), pixels, side_px=real.side_px)
    distance = distance_change(own, kept[compared], seed=SEED)
    usual = distance_change(of_real, np.ones(len(of_real), np.bool_), seed=SEED).before
    similarities = [
        similarity(paths, chosen, side_px)
        for chosen, side_px in (
            ([(real.image_set, every)], IMAGE_SIZE),
            ([(real.image_set, every[kept])], IMAGE_SIZE),
            (seen, real.side_px),
        )
    ]
    before, after, reference = (one and one.to_json() for one in similarities)
    stays = scores.near_duplicate_of
    duplicate_of_kept = (stays >= 0) & kept[stays]
    return {
        "mean_distance": _with_reference(distance, usual),
        "ms_ssim": {"before": before, "after": after, "real_reference": reference},
        "near_duplicates": {"before": int((stays >= 0).sum()), "after": int((duplicate_of_kept & kept).sum())},
    }


def similarity(paths: WorkspacePaths, chosen: list[SomeImages], side_px: int) -> Estimate | None:
    """Mean MS-SSIM of pairs of these images, at most 200 pairs, evenly chosen; None for fewer than four images."""
    images = [
        image for one in thinned(chosen, 2 * MOST_PAIRS) for image in drawn_images(paths, one, side_px=side_px)
    ]
    return mean_ms_ssim(np.stack(images), seed=SEED) if images else None


def _mean(values: NDArray[np.float32]) -> Estimate | None:
    return mean_change(values, np.ones(len(values), np.bool_), seed=SEED).before


def _with_reference(change: Change, reference: Estimate | None) -> dict[str, object]:
    return change.to_json() | {"real_reference": reference and reference.to_json()}


def _counts(flags: NDArray[np.bool_], kept: NDArray[np.bool_]) -> dict[str, object]:
    return {"before": int(flags.sum()), "after": int((flags & kept).sum())}
