"""Where a person should look first: the least realistic images, near-copies of patients, one of each kind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from core.curation.oddities import LEAST_SPREAD, ONLY_TOO_MUCH, Oddity
from core.identifiers import CohortName, ImageSetName

NO_IMAGE = -1
USUAL = 1.0  # spreads from the median of real images that nobody calls odd
MOST_COUNTED = 8.0  # spreads: what is odder in one way does not drown all others
ODD_SPREADS = 3.0
MOST_CLUSTERS = 256
NEAR_COPY_QUANTILE = 0.01
ODD_FROM_QUANTILE = 0.95
_CENTRAL_95 = 1.96


@dataclass(frozen=True, slots=True, kw_only=True)
class TriageReference:
    """The real images that a set was compared with: all `n_real` say what is usual. `n_seen` of them are those that
    a generator could have learned from; nearness is to these, other patients' if the image is a patient's itself.
    `n_held_out` images of all others say how near is too near; where these are too few, 0, all images say it.
    """

    cohort: CohortName
    image_sets: Sequence[tuple[ImageSetName, str]]  # name and SHA-256
    n_real: int
    n_seen: int
    n_held_out: int
    compared_at_px: int
    features: str  # what images were compared by, in words
    features_key: str  # which follows from the weights, too
    images_sha256: str  # over which images these are


@dataclass(frozen=True, kw_only=True, eq=False)
class TriageScores:
    """All arrays are over the images of the set, [N], but `real_unrealism`, over all real images, and
    `real_distance`, over those that say how near is too near.

    `unrealism` float32: root mean square of how far an image is out of what is usual, in spreads of real images; 0
    is not odd at all. `oddest` int64: which `Oddity` tells it most from the rest of the set, of which half or more
    have what is `in_common`. `nearest_distance` float32, to the real image that `nearest_set` (into those of the
    reference) and `nearest_index` name, or to its mirror image: `nearest_mirrored`. `near_duplicate_of`: position
    of the image that stays, or NO_IMAGE. `cluster` counts from 0, least realistic first; one image of each is
    `representative`.
    """

    image_set: ImageSetName
    image_set_sha256: str
    reference: TriageReference
    computed_at: str
    near_copy_limit: float
    near_duplicate_limit: float
    in_common: tuple[Oddity, ...]
    unrealism: NDArray[np.float32]
    oddest: NDArray[np.int64]
    nearest_distance: NDArray[np.float32]
    nearest_set: NDArray[np.int64]
    nearest_index: NDArray[np.int64]
    nearest_mirrored: NDArray[np.bool_]
    near_duplicate_of: NDArray[np.int64]
    cluster: NDArray[np.int64]
    representative: NDArray[np.bool_]
    real_unrealism: NDArray[np.float32]
    real_distance: NDArray[np.float32]

    @cached_property
    def near_copy(self) -> NDArray[np.bool_]:
        """Nearer to a real image than 99 % of held-out ones are: perhaps a patient's image, remembered."""
        return self.nearest_distance < self.near_copy_limit

    @cached_property
    def odd(self) -> NDArray[np.bool_]:
        """Odder than 95 % of real images are."""
        return self.unrealism > np.quantile(self.real_unrealism, ODD_FROM_QUANTILE)

    def nearest_image(self, position: int) -> tuple[ImageSetName, int]:
        return self.reference.image_sets[self.nearest_set[position]][0], int(self.nearest_index[position])

    def orders(self) -> Mapping[str, NDArray[np.int64]]:
        """Positions [N] by the name of the order that a person picks."""
        worst_first = np.argsort(-self.unrealism, kind="stable")
        return {
            "least realistic first": worst_first,
            "near-copies first": np.argsort(self.nearest_distance, kind="stable"),
            "by cluster": np.lexsort((-self.unrealism, ~self.representative, self.cluster)),
            "near-duplicates first": self._by_duplicates(worst_first),
        }

    def _by_duplicates(self, worst_first: NDArray[np.int64]) -> NDArray[np.int64]:
        """Largest groups first, in each the image that stays before its duplicates; then all others."""
        own = np.arange(len(self.near_duplicate_of))
        group = np.where(self.near_duplicate_of == NO_IMAGE, own, self.near_duplicate_of)
        sizes = np.bincount(group, minlength=len(own))[group]
        rank = np.empty_like(own)
        rank[worst_first] = own
        alone = sizes == 1
        return np.lexsort((np.where(alone, rank, own), np.where(alone, 0, group), -sizes))


def spreads(measured: NDArray[np.float32], real: NDArray[np.float32]) -> NDArray[np.float32]:
    """How far images [n, 9] are from the median of real ones [m, 9], each `Oddity` in spreads of real ones.

    A spread is a 1.96th of the way from the median to the 2.5th or the 97.5th percentile, whichever side it is on.
    Too little of what is odd only in excess is below 0.
    """
    low, median, high = np.quantile(real, [0.025, 0.5, 0.975], axis=0)
    least = np.array([LEAST_SPREAD[oddity] for oddity in Oddity])
    above = (measured - median) / np.maximum((high - median) / _CENTRAL_95, least)
    below = (median - measured) / np.maximum((median - low) / _CENTRAL_95, least)
    one_sided = np.array([oddity in ONLY_TOO_MUCH for oddity in Oddity])
    return np.asarray(np.where(one_sided, above, np.maximum(above, below)), np.float32)


def unrealism(odd: NDArray[np.float32]) -> NDArray[np.float32]:
    """One score [n] from `spreads` [n, 9]."""
    beyond = np.clip(odd - USUAL, 0, MOST_COUNTED - USUAL)
    return np.asarray(np.sqrt((beyond**2).mean(1)), np.float32)


def oddest(odd: NDArray[np.float32]) -> NDArray[np.int64]:
    """The column of `spreads` in which an image stands out most beyond what the whole set has in common."""
    return np.asarray((odd - np.maximum(np.median(odd, axis=0), 0)).argmax(1), np.int64)


def in_common(odd: NDArray[np.float32]) -> tuple[Oddity, ...]:
    """What half of the images [n, 9] or more have and few real ones do: the set's own, not an image's."""
    typical = np.median(odd, axis=0)
    return tuple(oddity for oddity, spread in zip(Oddity, typical, strict=True) if spread > ODD_SPREADS)


def clusters(
    features: NDArray[np.float32], odd: NDArray[np.float32], *, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The cluster of each image and whether it represents it, by k-means over features [n, k].

    There are about as many clusters as each has images, at most 256; those of the greatest mean `odd` [n] come
    first. The image nearest to a cluster's center represents it.
    """
    n_clusters = min(MOST_CLUSTERS, max(1, round(len(features) ** 0.5)))
    found, centers = _k_means(features, n_clusters, seed)
    used, found = np.unique(found, return_inverse=True)
    mean_odd = np.bincount(found, odd) / np.bincount(found)
    rank = np.empty(len(used), np.int64)
    rank[np.argsort(-mean_odd, kind="stable")] = np.arange(len(used))
    distance = np.linalg.norm(features - centers[used][found], axis=1)
    by_cluster = np.lexsort((distance, found))
    representative = np.zeros(len(features), np.bool_)
    representative[by_cluster[np.unique(found[by_cluster], return_index=True)[1]]] = True
    return rank[found], representative


def _k_means(
    features: NDArray[np.float32], n_clusters: int, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    import warnings

    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer different images than clusters: some are empty
        fitted = KMeans(n_clusters, n_init=1, max_iter=50, random_state=seed).fit(features)
    return np.asarray(fitted.labels_, np.int64), np.asarray(fitted.cluster_centers_, np.float32)
