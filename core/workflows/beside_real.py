"""Features of a set beside those of the real images that it is compared with."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.embedding.features import MOST_FITTED
from core.fidelity.nearest import Features
from core.imageset.record import ImageRecord
from core.settings import WorkspacePaths
from core.workflows.feature_choice import NamedFeatures, extractor
from core.workflows.features import OnDone, SomeImages, components_of, drawn_features, n_images_of, thinned

NO_PATIENT = -1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BesideReal:
    """`own` [N, k] of a set and `real` [R, k] of real images, along components that deviate by `deviations` [k].

    `training` [2S, k] are the real images that a generator could have learned from and, behind them, their mirror
    images.
    """

    own: Features
    real: Features
    training: Features
    deviations: NDArray[np.float32]


def beside_real(
    paths: WorkspacePaths,
    features: NamedFeatures,
    own: SomeImages,
    *,
    own_side_px: int,
    real: Sequence[SomeImages],
    training: Sequence[SomeImages],
    real_side_px: int,
    on_done: OnDone = lambda _: None,
) -> BesideReal:
    """Each set of images as a generator of so many pixels would have drawn it. `training` are some of `real`.

    `on_done` is told of at most MOST_FITTED of `training`, then of all of them twice, of `own` and of `real`.
    """
    made_by = extractor(paths, features, n_images_of([own, *real, *training]))
    fitted = drawn_features(paths, thinned(training, MOST_FITTED), made_by, side_px=real_side_px, on_done=on_done)
    found = components_of(fitted, made_by)

    def along(images: Sequence[SomeImages], side_px: int, *, mirrored: bool = False) -> Features:
        return drawn_features(
            paths, images, made_by, side_px=side_px, mirrored=mirrored, components=found, on_done=on_done
        )

    upright, mirrored = along(training, real_side_px), along(training, real_side_px, mirrored=True)
    return BesideReal(
        own=along([own], own_side_px),
        real=along(real, real_side_px),
        training=np.concatenate([upright, mirrored]),
        deviations=found.deviations,
    )


def patient_numbers(
    real: Sequence[ImageRecord], own: Sequence[ImageRecord], *, of_one_cohort: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Who real images [R] and those of a set [N] are of; of nobody known is each of a patient of its own.

    Unless they are `of_one_cohort`, those of the set are NO_PATIENT's.
    """
    numbers: dict[str, int] = {}

    def numbered(records: Sequence[ImageRecord]) -> NDArray[np.int64]:
        names = (record.subject_id or f"image {record.image_id}" for record in records)
        return np.array([numbers.setdefault(name, len(numbers)) for name in names], np.int64)

    return numbered(real), numbered(own) if of_one_cohort else np.full(len(own), NO_PATIENT, np.int64)
