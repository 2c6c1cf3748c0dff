"""How a set of images compares with the patients of a cohort, without a human."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.embedding.features import SIDE_PX
from core.errors import BadInputError
from core.fidelity.memorization import Memorization, memorization
from core.fidelity.nearest import nearest
from core.fidelity.sliced_wasserstein import Distance, Distances, distances, sliced_wasserstein
from core.identifiers import CohortName
from core.imageset.contact_sheet import evenly_chosen
from core.imageset.record import IMAGE_SIZE, ImageSet, TumorStatus, made_at_px
from core.observer_performance.proportions import Proportion
from core.settings import WorkspacePaths
from core.workflows.beside_real import beside_real
from core.workflows.compared_figures import (
    HOW_TO_READ,
    MEASURES,
    MOST_COMPONENTS,
    SEED,
    ComparedFeatures,
    ComparedFigure,
    compared_figures,
    no_figures,
    scaled,
)
from core.workflows.feature_choice import NamedFeatures
from core.workflows.features import SomeImages
from core.workflows.fidelity_sources import (
    FidelitySources,
    at_most_compared,
    other_patients,
    real_images,
    synthetic_images,
)
from core.workflows.image_sets import OnProgress
from core.workflows.realism import similarity

N_STEPS = 5 + len(MEASURES)
QUANTILES = np.linspace(0, 1, 101)
DISTANCES_IN = {
    True: f"gray values at {SIDE_PX} x {SIDE_PX} pixels",
    False: "thousandths of the training images' spread",
}
OnDone = Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class NearestDistances:
    """To the nearest training image; None where there are no held-out images."""

    found: Memorization | None
    problem: str | None
    synthetic: NDArray[np.float32]
    held_out: NDArray[np.float32]

    def to_json(self) -> dict[str, Any]:
        distances = {
            "nearest_distance": {
                name: _quantiles(one) for name, one in (("set", self.synthetic), ("held_out", self.held_out))
            },
            "problem": self.problem,
        }
        if self.found is None:
            return {"estimate": None, "ci95": None, "real_reference": None, "near_copies": None, **distances}
        copies = Proportion(k=self.found.n_near_copies, n=len(self.synthetic))
        usual = Proportion(k=self.found.n_held_out_below, n=self.found.n_held_out)
        return {
            **self.found.nearer.to_json(),
            "real_reference": 0.5,
            "p": self.found.p,
            "is_nearer": self.found.is_nearer,
            "has_copies": self.found.has_copies,
            "near_copies": {
                **_share_json(copies),
                "real_reference": usual.estimate,
                "nearer_than": self.found.limit,
                "p": self.found.near_copies_p,
            },
            "held_out_images": self.found.n_held_out,
            "held_out_patients": self.found.n_held_out_patients,
            **distances,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Fidelity:
    """`swd`: sliced Wasserstein distances x 1000 of the set to the training images. Like for like, of as many
    images each to one interleaved half of these: `swd_same_size` of the set, `swd_training_halves` of the other
    half, `swd_other_patients` of patients that nothing was learned from.

    `figures` by name. `agreement`: for how many images of the set a classifier, taught by the training images, sees
    the tumor status that the set has; as reference, for how many images of the other patients it sees theirs. None
    where the cohort does not have both kinds of images in the training partition, or no other patients.
    """

    image_set: ImageSet
    cohort: CohortName
    features: NamedFeatures
    resolution: int
    n_images: int
    n_training_images: int
    swd: Distances
    swd_same_size: float
    swd_training_halves: Distances
    swd_other_patients: Distances | None
    figures: Mapping[str, ComparedFigure]
    memorization: NearestDistances
    agreement: Proportion | None
    agreement_other_patients: Proportion | None

    def to_json(self) -> dict[str, Any]:
        """The keys that scripts rely on."""
        measured = {
            "swd": self._swd_json(),
            **{name: figure.to_json() for name, figure in self.figures.items()},
            "memorization": self.memorization.to_json(),
        }
        return {
            "image_set": self.image_set.name,
            "cohort": self.cohort,
            "trained_on": str(self.image_set.trained_on) if self.image_set.trained_on else None,
            "resolution": self.resolution,
            "images": self.n_images,
            "training_images": self.n_training_images,
            "features": f"{self.features.name} after PCA, {MOST_COMPONENTS} components at most",
            "distances_in": DISTANCES_IN[self.features.have_unit],
            **{name: content | {"how_to_read": HOW_TO_READ[name]} for name, content in measured.items()},
            "tumor_status_agreement": self._agreement_json(),
        }

    def _swd_json(self) -> dict[str, Any]:
        other = self.swd_other_patients
        return {
            **_distance_json(self.swd.mean),
            "same_size": self.swd_same_size,
            "real_reference": self.swd_training_halves.mean.estimate,
            "real_reference_ci95": list(self.swd_training_halves.mean.ci95),
            "other_patients": other.mean.estimate if other else None,
            "other_patients_ci95": list(other.mean.ci95) if other else None,
            "levels": {str(level): self._level_json(level) for level in self.swd.levels},
        }

    def _agreement_json(self) -> dict[str, Any] | None:
        if self.agreement is None or self.agreement_other_patients is None:
            return None
        return {**_share_json(self.agreement), "real_reference": _share_json(self.agreement_other_patients)}

    def _level_json(self, level: int) -> dict[str, Any]:
        other = self.swd_other_patients
        return {
            **_distance_json(self.swd.levels[level]),
            "real_reference": _distance_json(self.swd_training_halves.levels[level]),
            "other_patients": _distance_json(other.levels[level]) if other else None,
        }


def measured(paths: WorkspacePaths, sources: FidelitySources, *, on_progress: OnProgress) -> Fidelity:
    """At most 1,000 images of either side count, evenly chosen; near-copies are counted among all.

    Raises BadInputError for weights that cannot be used, otherwise what can be told to a person.
    """
    steps = iter(range(1, N_STEPS + 1))

    def done() -> None:
        on_progress(next(steps), N_STEPS)

    synthetic = synthetic_images(paths, sources)
    training = real_images(sources.data, sources.data.training, sources.size)
    others = real_images(sources.data, sources.others, sources.size)
    half, other_half = training[1::2], training[0::2]
    n_alike = min(len(synthetic), len(other_half))
    alike = [one[evenly_chosen(len(one), n_alike)] for one in (synthetic, other_half, others) if len(one)]
    done()
    swd = distances(synthetic, training, seed=SEED)
    same_size = sliced_wasserstein(alike[0], half, seed=SEED)
    done()
    halves = distances(alike[1], half, seed=SEED)
    to_others = distances(alike[2], half, seed=SEED) if len(others) else None
    done()
    agreement, of_others = _agreement(sources, synthetic)
    done()
    figures, near = _of_features(paths, sources, done)
    return Fidelity(
        image_set=sources.image_set,
        cohort=sources.cohort,
        features=sources.features,
        resolution=sources.size,
        n_images=len(synthetic),
        n_training_images=len(training),
        swd=swd,
        swd_same_size=float(np.mean([*same_size.values()])),
        swd_training_halves=halves,
        swd_other_patients=to_others,
        figures={"ms_ssim": _similarities(paths, sources), **figures},
        memorization=near,
        agreement=agreement,
        agreement_other_patients=of_others,
    )


def _of_features(
    paths: WorkspacePaths, sources: FidelitySources, done: OnDone
) -> tuple[Mapping[str, ComparedFigure], NearestDistances]:
    data = sources.data
    training, held_out = (np.searchsorted(data.all_images, one) for one in (data.training, sources.others))
    found = beside_real(
        paths,
        sources.features,
        (sources.image_set, np.arange(len(sources.records))),
        own_side_px=_own_side_px(sources),
        real=data.set_by_set(data.all_images),
        training=data.set_by_set(data.training),
        real_side_px=sources.size,
    )
    own, real = found.own, found.real
    patients = np.tile(sources.patients[training], 2)
    near = nearest(own, found.training, groups=(sources.own_patients, patients)).distance[:, 0]
    of_others = nearest(real[held_out], found.training).distance[:, 0]
    done()
    numbers = (np.arange(len(own)), training, held_out)
    ours, theirs, others = (
        features[at_most_compared(one)] for features, one in zip((own, real, real), numbers, strict=True)
    )
    try:
        compared = ComparedFeatures(
            synthetic=scaled(ours, found.deviations),
            training=scaled(theirs, found.deviations),
            others=scaled(others, found.deviations),
        )
        figures = compared_figures(compared, done)
    except BadInputError as error:
        figures = no_figures(str(error))
    return figures, _nearest_distances(near, of_others, sources)


def _own_side_px(sources: FidelitySources) -> int:
    """What was enlarged from the size of the comparison is taken as it is."""
    return IMAGE_SIZE if made_at_px(sources.records) == sources.size else sources.size


def _nearest_distances(
    near: NDArray[np.float32], of_others: NDArray[np.float32], sources: FidelitySources
) -> NearestDistances:
    found, problem = None, None
    try:
        held_out = np.searchsorted(sources.data.all_images, sources.others)
        found = memorization(near, of_others, sources.patients[held_out], seed=SEED)
    except BadInputError as error:
        problem = str(error)
    return NearestDistances(found=found, problem=problem, synthetic=near, held_out=of_others)


def _similarities(paths: WorkspacePaths, sources: FidelitySources) -> ComparedFigure:
    data, own = sources.data, np.arange(len(sources.records))
    compared: list[tuple[list[SomeImages], int]] = [([(sources.image_set, own)], _own_side_px(sources))]
    compared += [(data.set_by_set(one), sources.size) for one in (data.training, sources.others)]
    found = [similarity(paths, images, side_px) if images else None for images, side_px in compared]
    estimate, of_training, of_others = found
    return ComparedFigure(
        estimate=estimate,
        same_size=None,
        real_reference=of_training,
        other_patients=of_others,
        problem=None if estimate else f"{len(own)} images are too few for MS-SSIM: it needs 4. Take larger sets.",
    )


def _agreement(
    sources: FidelitySources, synthetic: NDArray[np.uint8]
) -> tuple[Proportion | None, Proportion | None]:
    from core.fidelity.tumor_status import TumorStatusClassifier

    kinds, size = sources.both or (), sources.size
    if not kinds or not all(len(other_patients(kind)) for kind in kinds):
        return None, None
    classifier = TumorStatusClassifier(*(real_images(kind, kind.training, size) for kind in kinds), seed=SEED)
    seen = [classifier.shows_tumor(real_images(kind, other_patients(kind), size)) for kind in kinds]
    right = np.concatenate([seen[0], ~seen[1]])
    shows = classifier.shows_tumor(synthetic)
    agrees = shows if sources.image_set.tumor_status is TumorStatus.TUMOR else ~shows
    return Proportion(k=int(agrees.sum()), n=len(agrees)), Proportion(k=int(right.sum()), n=len(right))


def _quantiles(found: NDArray[np.float32]) -> list[float] | None:
    """The 0th to the 100th percentile."""
    known = found[np.isfinite(found)]
    return np.quantile(known, QUANTILES).round(3).tolist() if len(known) else None


def _distance_json(distance: Distance) -> dict[str, Any]:
    return {"estimate": distance.estimate, "ci95": list(distance.ci95)}


def _share_json(share: Proportion) -> dict[str, Any]:
    return {"k": share.k, "n": share.n, "estimate": share.estimate, "ci95": list(share.wilson95 or ())}
