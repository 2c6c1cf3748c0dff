"""Triage of an image set: what is odd about each image, what it is near to, and which kinds there are."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.curation.oddities import PixelOddities, feature_oddities
from core.curation.triage import (
    NEAR_COPY_QUANTILE,
    TriageScores,
    clusters,
    in_common,
    oddest,
    spreads,
    unrealism,
)
from core.embedding.features import MOST_FITTED
from core.fidelity.nearest import Features, Nearest, near_duplicates, nearest
from core.identifiers import CohortName, ImageSetName
from core.imageset.record import IMAGE_SIZE
from core.provenance import utc_now
from core.settings import WorkspacePaths
from core.storage.database import opened
from core.workflows.beside_real import beside_real
from core.workflows.feature_choice import BY_PIXELS, FeatureChoice
from core.workflows.features import OnDone, SomeImages, drawn_images
from core.workflows.image_sets import OnProgress, image_set_named
from core.workflows.stored_triage import store_triage, stored_triage
from core.workflows.triage_process import at_work
from core.workflows.triage_reference import RealImages, real_images_for

__all__ = ["TriageScores", "stored_triage", "triage"]

SEED = 0
N_NEAREST = 5


def triage(
    paths: WorkspacePaths,
    image_set: ImageSetName,
    *,
    cohort: CohortName | None = None,
    features: FeatureChoice = BY_PIXELS,
    on_progress: OnProgress,
) -> TriageScores:
    """Compare a set with the real images of a cohort and keep what was found; once kept it is only read.

    `on_progress` gets (images dealt with, of how many); each counts several times. Raises what `real_images_for`
    refuses, BadInputError for weights that cannot be used, and RefusedError while another process is at it.
    """
    real = real_images_for(paths, image_set, cohort, features)
    stored = stored_triage(paths, image_set)
    if stored is not None and stored.reference == real.described():
        on_progress(1, 1)
        return stored
    with at_work(paths, image_set, on_progress) as tell:
        scores = _computed(paths, real, _counting(tell, _n_steps(real)))
        with opened(paths.database) as db:
            for one in (real.image_set, *real.sets):
                image_set_named(db, one.name)  # unless it was deleted meanwhile
        store_triage(paths, scores)
    return scores


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Compared:
    """Features of the set [N, k] and of all real images [R, k], and who of the seen ones is nearest to each."""

    features: Features
    real_features: Features
    deviations: NDArray[np.float32]
    near: Nearest
    real_near: Nearest


def _computed(paths: WorkspacePaths, real: RealImages, on_done: OnDone) -> TriageScores:
    compared = _compared(paths, real, on_done)
    odd, real_odd = _spreads(paths, real, compared, on_done)
    score = unrealism(odd)
    apart = compared.real_near.distance[real.held_out if real.held_out.any() else slice(None), 0]
    limit = float(np.quantile(apart, NEAR_COPY_QUANTILE))
    within = _within_patients(compared.real_features[real.seen], real.patients[real.seen])
    duplicate_of = near_duplicates(compared.features, min(limit, within))
    on_done(len(score))
    cluster, representative = clusters(compared.features, score, seed=SEED)
    on_done(len(score))
    nearest_place = compared.near.index[:, 0]
    seen_place = np.tile(np.flatnonzero(real.seen), 2)[nearest_place]
    return TriageScores(
        image_set=real.image_set.name,
        image_set_sha256=real.image_set.sha256,
        reference=real.described(),
        computed_at=utc_now(),
        near_copy_limit=limit,
        near_duplicate_limit=min(limit, within),
        in_common=in_common(odd),
        unrealism=score,
        oddest=oddest(odd),
        nearest_distance=compared.near.distance[:, 0],
        nearest_set=real.set_numbers[seen_place],
        nearest_index=real.positions[seen_place],
        nearest_mirrored=nearest_place >= int(real.seen.sum()),
        near_duplicate_of=duplicate_of,
        cluster=cluster,
        representative=representative,
        real_unrealism=unrealism(real_odd),
        real_distance=apart,
    )


def _compared(paths: WorkspacePaths, real: RealImages, on_done: OnDone) -> _Compared:
    """Nearest among the seen images and, behind these, their mirror images; never of an image's own patient."""
    found = beside_real(
        paths,
        real.features,
        _own(real),
        own_side_px=IMAGE_SIZE,
        real=real.some(np.ones_like(real.seen)),
        training=real.some(real.seen),
        real_side_px=real.side_px,
        on_done=on_done,
    )
    patients = np.tile(real.patients[real.seen], 2)
    near = nearest(found.own, found.training, n_nearest=N_NEAREST, groups=(real.own_patients, patients))
    on_done(len(near.index))
    return _Compared(
        features=found.own,
        real_features=found.real,
        deviations=found.deviations,
        near=near,
        real_near=nearest(found.real, found.training, n_nearest=N_NEAREST, groups=(real.patients, patients)),
    )


def _own(real: RealImages) -> SomeImages:
    return real.image_set, np.arange(real.image_set.n_images)


def _mean_distance(near: Nearest) -> NDArray[np.float32]:
    """To the nearest few: one near-copy among the training images does not make an odd image usual."""
    allowed = np.isfinite(near.distance)
    return np.asarray(np.where(allowed, near.distance, 0).sum(1) / allowed.sum(1), np.float32)


def _within_patients(features: Features, patients: NDArray[np.int64]) -> float:
    """How far the most alike two images of one patient are from each other, typically: neighboring slices, that is.

    Infinite where no patient has two.
    """
    distances = [np.zeros(0, np.float32)]
    for patient in np.unique(patients):
        own = features[patients == patient]
        if len(own) > 1:
            each = np.arange(len(own))
            distances.append(nearest(own, own, groups=(each, each)).distance[:, 0])
    found = np.concatenate(distances)
    return float(np.median(found)) if len(found) else float("inf")


def _spreads(
    paths: WorkspacePaths, real: RealImages, compared: _Compared, on_done: OnDone
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What is odd about each image of the set [N, 9] and about real ones [R, 9], in spreads of the latter."""
    oddities = PixelOddities(_images(paths, real, real.seen, on_done))
    own_images = drawn_images(paths, _own(real), side_px=IMAGE_SIZE)
    real_images = _images(paths, real, np.ones_like(real.seen), on_done)
    of_pixels = [
        np.stack([oddities.of(image) for image in images])
        for images in (_counted(own_images, on_done), real_images)
    ]
    of_features = [
        feature_oddities(features, compared.deviations, _mean_distance(near))
        for features, near in (
            (compared.features, compared.near),
            (compared.real_features, compared.real_near),
        )
    ]
    own, of_real = (np.column_stack(pair) for pair in zip(of_pixels, of_features, strict=True))
    return spreads(own, of_real), spreads(of_real, of_real)


def _images(
    paths: WorkspacePaths, real: RealImages, mask: NDArray[np.bool_], on_done: OnDone
) -> Iterator[NDArray[np.uint8]]:
    for some in real.some(mask):
        yield from _counted(drawn_images(paths, some, side_px=real.side_px), on_done)


def _counted(images: Iterable[NDArray[np.uint8]], on_done: OnDone) -> Iterator[NDArray[np.uint8]]:
    for image in images:
        yield image
        on_done(1)


def _n_steps(real: RealImages) -> int:
    n_own, n_real = real.image_set.n_images, len(real.positions)
    n_seen = int(real.seen.sum())
    return 5 * n_own + 2 * n_real + 3 * n_seen + min(n_seen, MOST_FITTED)


def _counting(on_progress: OnProgress, n_steps: int) -> OnDone:
    """Told every hundredth of the way, not for each image."""
    done = told = 0

    def on_done(n_images: int) -> None:
        nonlocal done, told
        done += n_images
        if done - told >= n_steps / 100 or done == n_steps:
            told = done
            on_progress(done, n_steps)

    return on_done
