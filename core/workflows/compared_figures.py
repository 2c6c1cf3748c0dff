"""Figures of a set beside the same figures of real images, measured alike."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInputError
from core.fidelity.distribution_distance import frechet_estimate, kernel_estimate
from core.fidelity.diversity import Estimate
from core.fidelity.nearest import Features
from core.fidelity.neighborhoods import FIGURES, neighborhood_figures
from core.fidelity.two_sample_classifier import classifier_auc
from core.imageset.contact_sheet import evenly_chosen

SEED = 0
MOST_COMPONENTS = 64  # of a few hundred images more would tell those that they were found in from all others
LEAST_DEVIATION = 1e-3  # gray values
TITLES = {
    "swd": "Sliced Wasserstein distance x 1000",
    "fid": "FID of the features",
    "kid": "KID of the features",
    "precision": "Precision",
    "recall": "Recall",
    "density": "Density",
    "coverage": "Coverage",
    "classifier_auc": "Classifier AUC",
    "ms_ssim": "MS-SSIM",
}
HOW_TO_READ = {
    "swd": "Smaller is nearer to the training images; below `real_reference`, the distance between their halves, "
    "nothing can be told.",
    "ms_ssim": "Likeness of two images of the set: higher than the real images' own says less variety.",
    "precision": "Share of the set's images that lie where real ones do: realism. Low: many look unlike any.",
    "recall": "Share of real images that lie where the set's do: variety. Low: some kinds are never made.",
    "density": "Realism that an odd real image cannot raise: 1 is as dense as real images, more than 1 is huddled.",
    "coverage": "Share of real images with one of the set nearby: variety. Low: some kinds are never made.",
    "fid": "Distance of means and covariances: smaller is nearer. It falls with the number of images, so compare "
    "`same_size` with `real_reference`; it is no FID of Inception features.",
    "kid": "Distance of distributions that does not depend on the number of images: 0 cannot be told apart.",
    "classifier_auc": "How often a classifier tells a synthetic image from a real one: 0.5 guesses, 1 is certain; "
    "less than 0.5 lies between images of the other, as slices of a scan do.",
    "memorization": "How often a synthetic image is nearer to a training image than one of a new patient is: 0.5 "
    "remembers nothing, and near-copies are counted beside it.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedFigure:
    """`estimate`: of the set against all training images.

    The others are like for like, as many images of each against one half of the training images: `same_size` of the
    set, `real_reference` of the other half, which is of the same patients, and `other_patients` of patients that
    nothing was learned from. None where it cannot be known; `problem` says why there is no estimate.
    """

    estimate: Estimate | None
    same_size: Estimate | None
    real_reference: Estimate | None
    other_patients: Estimate | None
    problem: str | None = None

    def to_json(self) -> dict[str, Any]:
        beside = {
            "same_size": self.same_size,
            "real_reference": self.real_reference,
            "other_patients": self.other_patients,
        }
        content: dict[str, Any] = {
            "estimate": self.estimate and self.estimate.estimate,
            "ci95": self.estimate and list(self.estimate.ci95),
            "n": self.estimate and self.estimate.n,
        }
        for name, one in beside.items():
            content[name] = one and one.estimate
            content[f"{name}_ci95"] = one and list(one.ci95)
        return content | {"problem": self.problem}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ComparedFeatures:
    """Of the set [n, k], of training images [m, k] in the order of their volumes, and of other patients' [o, k]."""

    synthetic: Features
    training: Features
    others: Features


Measure = Callable[[Features, Features], Mapping[str, Estimate]]


def _neighborhoods(ours: Features, theirs: Features) -> Mapping[str, Estimate]:
    return neighborhood_figures(ours, theirs, seed=SEED)


def _frechet(ours: Features, theirs: Features) -> Mapping[str, Estimate]:
    return {"fid": frechet_estimate(ours, theirs, seed=SEED)}


def _kernel(ours: Features, theirs: Features) -> Mapping[str, Estimate]:
    return {"kid": kernel_estimate(ours, theirs, seed=SEED)}


def _classifier(ours: Features, theirs: Features) -> Mapping[str, Estimate]:
    return {"classifier_auc": classifier_auc(ours, theirs, seed=SEED)}


MEASURES: Mapping[Measure, tuple[str, ...]] = {
    _neighborhoods: FIGURES,
    _frechet: ("fid",),
    _kernel: ("kid",),
    _classifier: ("classifier_auc",),
}


def no_figures(problem: str) -> dict[str, ComparedFigure]:
    """In place of `compared_figures`, where the features say nothing."""
    none = ComparedFigure(estimate=None, same_size=None, real_reference=None, other_patients=None, problem=problem)
    return {name: none for names in MEASURES.values() for name in names}


def compared_figures(compared: ComparedFeatures, on_done: Callable[[], None]) -> dict[str, ComparedFigure]:
    """Precision, recall, density, coverage, FID, KID and the classifier's area, by their names.

    What there are too few images for says so in place of a figure. `on_done` is told after each measure.
    """
    figures: dict[str, ComparedFigure] = {}
    half, other_half = compared.training[1::2], compared.training[0::2]
    n_alike = min(len(compared.synthetic), len(other_half))
    alike = [
        one[evenly_chosen(len(one), n_alike)]
        for one in (compared.synthetic, other_half, compared.others)
        if len(one)
    ]
    for measure, names in MEASURES.items():
        whole, problem = _tried(measure, compared.synthetic, compared.training)
        beside = [_tried(measure, one, half)[0] for one in alike]
        beside += [{}] * (3 - len(beside))
        for name in names:
            same_size, reference, others = (one.get(name) for one in beside)
            figures[name] = ComparedFigure(
                estimate=whole.get(name),
                same_size=same_size,
                real_reference=reference,
                other_patients=others,
                problem=problem,
            )
        on_done()
    return figures


def _tried(measure: Measure, ours: Features, theirs: Features) -> tuple[Mapping[str, Estimate], str | None]:
    try:
        return measure(ours, theirs), None
    except BadInputError as error:
        return {}, str(error)


def scaled(features: NDArray[np.float32], deviations: NDArray[np.float32]) -> Features:
    """Along the first 64 components, in units of the training images' root mean square along these.

    One unit for all, so that distances stay what they are but for their scale. Raises BadInputError where the
    training images do not differ.
    """
    used = deviations[:MOST_COMPONENTS].astype(np.float64)
    unit = float(np.sqrt((used**2).mean()))
    if unit < LEAST_DEVIATION:
        raise BadInputError(
            "The training images do not differ from each other.", "Compare with a cohort of more than one image."
        )
    return np.asarray(features[:, : len(used)] / unit, np.float32)
