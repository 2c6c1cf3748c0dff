"""Triage of an image set: computed once, kept beside it in the workspace, read by whoever curates."""

import io
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.curation.oddities import Oddity, PixelOddities, feature_oddities
from core.curation.triage import (
    NEAR_COPY_QUANTILE,
    TriageReference,
    TriageScores,
    clusters,
    in_common,
    oddest,
    spreads,
    unrealism,
)
from core.embedding.features import PixelFeatures
from core.fidelity.nearest import Features, Nearest, near_duplicates, nearest
from core.identifiers import CohortName, ImageSetName
from core.imageset.record import IMAGE_SIZE
from core.provenance import utc_now
from core.settings import WorkspacePaths
from core.storage import image_sets
from core.storage.database import opened
from core.synthesis.run_folder import write_whole
from core.workflows.features import OnDone, drawn_images, features_of, pixel_features
from core.workflows.image_sets import OnProgress, image_set_named
from core.workflows.triage_process import at_work
from core.workflows.triage_reference import RealImages, real_images_for

__all__ = ["TriageScores", "stored_triage", "triage"]

VERSION = 1
SEED = 0
N_NEAREST = 5
_ALL_BUT_ARRAYS = ("image_set", "image_set_sha256", "computed_at", "near_copy_limit", "near_duplicate_limit")


def triage(
    paths: WorkspacePaths,
    image_set: ImageSetName,
    *,
    cohort: CohortName | None = None,
    on_progress: OnProgress,
) -> TriageScores:
    """Compare a set with the real images of a cohort and keep what was found; once kept it is only read.

    `on_progress` gets (images dealt with, of how many); each counts several times. Raises what
    `real_images_for` refuses, and RefusedError while another process is at it.
    """
    real = real_images_for(paths, image_set, cohort)
    stored = stored_triage(paths, image_set)
    if stored is not None and stored.reference == real.described():
        on_progress(1, 1)
        return stored
    with at_work(paths, image_set, on_progress) as tell:
        scores = _computed(paths, real, _counting(tell, _n_steps(real)))
        with opened(paths.database) as db:
            image_set_named(db, image_set)  # unless it was deleted meanwhile
        _store(paths, scores)
    return scores


def stored_triage(paths: WorkspacePaths, image_set: ImageSetName) -> TriageScores | None:
    """What triage found; None where it has not run on this set as it is, or its real images are gone."""
    with suppress(OSError, ValueError, KeyError, TypeError, EOFError):
        scores = _load(triage_file(paths, image_set))
        with opened(paths.database) as db:
            known = {one.name: one.sha256 for one in image_sets.image_sets(db)}
        needed = [(image_set, scores.image_set_sha256), *scores.reference.image_sets]
        if all(known.get(name) == sha256 for name, sha256 in needed):
            return scores
    return None


def triage_file(paths: WorkspacePaths, image_set: ImageSetName) -> Path:
    return paths.triages / f"{image_set}.npz"


def _computed(paths: WorkspacePaths, real: RealImages, on_done: OnDone) -> TriageScores:
    found = pixel_features(paths, real.chosen(real.seen), side_px=real.side_px)
    own = features_of(paths, real.image_set, found, side_px=IMAGE_SIZE, on_done=on_done)
    originals = _real_features(paths, real, found, mirrored=False, on_done=on_done)
    mirrored = _real_features(paths, real, found, mirrored=True, on_done=on_done)
    searched = np.concatenate([originals[real.seen], mirrored[real.seen]])
    patients = np.tile(real.patients[real.seen], 2)
    near = nearest(own, searched, n_nearest=N_NEAREST, groups=(real.own_patients, patients))
    near_real = nearest(originals, searched, n_nearest=N_NEAREST, groups=(real.patients, patients))
    on_done(len(own))
    odd, odd_real = _spreads(
        paths,
        real,
        feature_oddities(own, found.deviations, _mean_distance(near)),
        feature_oddities(originals, found.deviations, _mean_distance(near_real)),
        on_done=on_done,
    )
    apart = near_real.distance[real.held_out if real.held_out.any() else slice(None), 0]
    limit = float(np.quantile(apart, NEAR_COPY_QUANTILE))
    duplicate_limit = min(limit, _within_patients(originals[real.seen], real.patients[real.seen]))
    score = unrealism(odd)
    duplicates = near_duplicates(own, duplicate_limit)
    on_done(len(own))
    cluster, representative = clusters(own, score, seed=SEED)
    on_done(len(own))
    seen_places = np.tile(np.flatnonzero(real.seen), 2)[near.index[:, 0]]
    return TriageScores(
        image_set=real.image_set.name,
        image_set_sha256=real.image_set.sha256,
        reference=real.described(),
        computed_at=utc_now(),
        near_copy_limit=limit,
        near_duplicate_limit=duplicate_limit,
        unrealism=score,
        oddest=oddest(odd),
        in_common=in_common(odd),
        nearest_distance=near.distance[:, 0],
        nearest_set=real.set_numbers[seen_places],
        nearest_index=real.positions[seen_places],
        nearest_mirrored=near.index[:, 0] >= int(real.seen.sum()),
        near_duplicate_of=duplicates,
        cluster=cluster,
        representative=representative,
        real_unrealism=unrealism(odd_real),
        real_distance=apart,
    )


def _real_features(
    paths: WorkspacePaths, real: RealImages, found: PixelFeatures, *, mirrored: bool, on_done: OnDone
) -> Features:
    return np.concatenate(
        [
            features_of(paths, one, found, side_px=real.side_px, mirrored=mirrored, on_done=on_done)
            for one in real.sets
        ]
    )


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
    paths: WorkspacePaths,
    real: RealImages,
    of_features: NDArray[np.float32],
    of_real_features: NDArray[np.float32],
    *,
    on_done: OnDone,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What is odd about each image of the set [N, 9] and about real ones [R, 9], in spreads of the latter."""
    oddities = PixelOddities(_images(paths, real, real.seen, on_done))
    own_images = drawn_images(paths, real.image_set, np.arange(len(of_features)), side_px=IMAGE_SIZE)
    own = [oddities.of(image) for image in _counted(own_images, on_done)]
    every = np.ones_like(real.seen)
    measured_real = np.column_stack(
        [np.stack([oddities.of(image) for image in _images(paths, real, every, on_done)]), of_real_features]
    )
    measured = np.column_stack([np.stack(own), of_features])
    return spreads(measured, measured_real), spreads(measured_real, measured_real)


def _images(
    paths: WorkspacePaths, real: RealImages, mask: NDArray[np.bool_], on_done: OnDone
) -> Iterator[NDArray[np.uint8]]:
    for image_set, positions in real.chosen(mask):
        yield from _counted(drawn_images(paths, image_set, positions, side_px=real.side_px), on_done)


def _counted(images: Iterator[NDArray[np.uint8]], on_done: OnDone) -> Iterator[NDArray[np.uint8]]:
    for image in images:
        yield image
        on_done(1)


def _n_steps(real: RealImages) -> int:
    n_own, n_real = real.image_set.n_images, len(real.positions)
    return 5 * n_own + 3 * n_real + int(real.seen.sum())


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


def _store(paths: WorkspacePaths, scores: TriageScores) -> None:
    arrays = {name: value for name, value in vars(scores).items() if isinstance(value, np.ndarray)}
    about = {name: getattr(scores, name) for name in _ALL_BUT_ARRAYS}
    about |= {"version": VERSION, "in_common": list(scores.in_common), "reference": asdict(scores.reference)}
    content = io.BytesIO()
    np.savez(content, about=np.array(json.dumps(about)), **arrays)  # type: ignore[arg-type]
    write_whole(triage_file(paths, scores.image_set), content.getvalue())


def _load(file: Path) -> TriageScores:
    """Raises OSError, ValueError, KeyError, TypeError or EOFError where the file is not one of these."""
    with np.load(file, allow_pickle=False) as stored:
        arrays = dict(stored)
    about = json.loads(str(arrays.pop("about")))
    if about.pop("version") != VERSION:
        raise ValueError("written by another version")
    reference = about.pop("reference")
    reference["image_sets"] = [(name, sha256) for name, sha256 in reference["image_sets"]]
    shared = tuple(Oddity(text) for text in about.pop("in_common"))
    return TriageScores(reference=TriageReference(**reference), in_common=shared, **about, **arrays)
