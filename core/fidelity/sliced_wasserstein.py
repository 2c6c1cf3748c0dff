"""The sliced Wasserstein distance between two sets of images, as Karras 2018 (section 5) measures generators.

Each level of a Laplacian pyramid holds the details of one scale. Of every image and level 128 patches of 7 x 7
pixels are taken; set against set, their distributions are compared along random directions. A small distance at
16 pixels means a similar large-scale structure, at the finest level similar texture and noise. It falls with the
number of images: only distances between sets of the same sizes can be compared.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from core.errors import BadInputError
from core.provenance import sha256_of_bytes

COARSEST_PX = 16
PATCH_PX = 7
PATCHES_PER_IMAGE = 128
DIRECTIONS = 512
SCALE = 1000
RESAMPLES = 50
RESAMPLING_DIRECTIONS = 64
TWO_SIDED_95 = 1.96
BINS = 512  # of the histograms behind intervals
_DIRECTIONS_AT_ONCE = 64

Patches = NDArray[
    np.float32
]  # [n images, PATCHES_PER_IMAGE, PATCH_PX * PATCH_PX], each set at mean 0 and variance 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Distance:
    """`ci95`: how far it moves when other images of the same two sources are drawn (see `distances`)."""

    estimate: float
    ci95: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Distances:
    """At each level, by its size in pixels, and the mean over the levels."""

    levels: Mapping[int, Distance]
    mean: Distance


def sliced_wasserstein(a: NDArray[np.uint8], b: NDArray[np.uint8], *, seed: int) -> dict[int, float]:
    """The distance x 1000 at each level, by its size in pixels: the images' own, halved down to 16.

    `a` [n, r, r] and `b` [m, r, r], r a power of 2. Smaller images than 16 x 16 are compared at their own size.
    Where patches lie follows from seed and image, so that the order of a set does not matter and equal sets are
    at distance 0. Raises BadInputError for sets that cannot be compared.
    """
    _check(a, b)
    ours, theirs = pyramid_patches(a, seed=seed), pyramid_patches(b, seed=seed)
    return {level: _distance(ours[level], theirs[level], _directions(seed, level)) for level in ours}


def distances(a: NDArray[np.uint8], b: NDArray[np.uint8], *, seed: int) -> Distances:
    """`sliced_wasserstein` with intervals from a bootstrap over the images of both sets.

    Repeated images make resampled sets look further apart than whole ones, so that percentiles would lie above
    the estimate: the interval is the estimate plus and minus 1.96 standard deviations of the resampled distances.
    """
    _check(a, b)
    ours, theirs = pyramid_patches(a, seed=seed), pyramid_patches(b, seed=seed)
    rng = np.random.default_rng(seed)
    draws = [(_counts(len(a), rng), _counts(len(b), rng)) for _ in range(RESAMPLES)]
    estimates, resampled = {}, {}
    for level in ours:
        directions = _directions(seed, level)
        estimates[level] = _distance(ours[level], theirs[level], directions)
        resampled[level] = _resampled(ours[level], theirs[level], directions[:RESAMPLING_DIRECTIONS], draws)
    return Distances(
        levels={level: _with_interval(estimates[level], resampled[level]) for level in estimates},
        mean=_with_interval(float(np.mean([*estimates.values()])), np.mean([*resampled.values()], axis=0)),
    )


def _with_interval(estimate: float, resampled: NDArray[np.float64]) -> Distance:
    half_width = TWO_SIDED_95 * float(np.std(resampled, ddof=1))
    return Distance(estimate=estimate, ci95=(max(estimate - half_width, 0.0), estimate + half_width))


def pyramid_patches(images: NDArray[np.uint8], *, seed: int) -> Mapping[int, Patches]:
    """The patches of each level, finest first."""
    size = images.shape[1]
    levels = [size >> halvings for halvings in range(size.bit_length()) if size >> halvings >= COARSEST_PX] or [
        size
    ]
    patches = {level: np.empty((len(images), PATCHES_PER_IMAGE, PATCH_PX**2), np.float32) for level in levels}
    for place, image in enumerate(images):
        rng = np.random.default_rng([seed, int(sha256_of_bytes(np.ascontiguousarray(image).tobytes())[:16], 16)])
        for level, details in zip(levels, _laplacian_pyramid(image, len(levels)), strict=True):
            corners = rng.integers(0, level - PATCH_PX + 1, (2, PATCHES_PER_IMAGE))
            windows = np.lib.stride_tricks.sliding_window_view(details, (PATCH_PX, PATCH_PX))
            patches[level][place] = windows[*corners].reshape(PATCHES_PER_IMAGE, -1)
    return {level: _standardized(found) for level, found in patches.items()}


def _laplacian_pyramid(image: NDArray[np.uint8], n_levels: int) -> list[NDArray[np.float32]]:
    """Details of each scale and, last, what is left: float32 [r, r], [r/2, r/2], ..."""
    details = []
    current = np.asarray(image, np.float32)
    for _ in range(n_levels - 1):
        smaller = np.asarray(cv2.pyrDown(current), np.float32)
        details.append(current - np.asarray(cv2.pyrUp(smaller), np.float32))
        current = smaller
    return [*details, current]


def _standardized(patches: Patches) -> Patches:
    """Bring a set to mean 0 and variance 1, as the paper does; constant images stay at 0."""
    centered = patches - patches.mean(dtype=np.float64)
    deviation = float(centered.std(dtype=np.float64))
    return np.asarray(centered / deviation if deviation > 0 else centered, np.float32)


def _directions(seed: int, level: int) -> NDArray[np.float32]:
    """Unit vectors [DIRECTIONS, PATCH_PX * PATCH_PX]."""
    vectors = np.random.default_rng([seed, level]).standard_normal((DIRECTIONS, PATCH_PX**2))
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def _distance(a: Patches, b: Patches, directions: NDArray[np.float32]) -> float:
    """The mean over directions of the Wasserstein-1 distance of the projections, x 1000."""
    total = 0.0
    for start in range(0, len(directions), _DIRECTIONS_AT_ONCE):
        some = directions[start : start + _DIRECTIONS_AT_ONCE]
        total += float(_gaps(_sorted_projections(a, some), _sorted_projections(b, some)).sum())
    return SCALE * total / len(directions)


def _sorted_projections(patches: Patches, directions: NDArray[np.float32]) -> NDArray[np.float32]:
    projected = directions @ patches.reshape(-1, PATCH_PX**2).T
    projected.sort(axis=1)
    return projected


def _gaps(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float64]:
    """Wasserstein-1 per row of sorted values; of unequal counts, the quantiles of the larger are compared."""
    n = max(a.shape[1], b.shape[1])
    return np.asarray(np.abs(_quantiles(a, n) - _quantiles(b, n)).mean(axis=1, dtype=np.float64))


def _quantiles(values: NDArray[np.float32], n: int) -> NDArray[np.float32]:
    if values.shape[1] == n:
        return values
    places = (np.arange(n) + 0.5) * values.shape[1] / n
    return values[:, places.astype(np.int64)]


def _counts(n_images: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """How often each image is drawn when as many are drawn with replacement."""
    return np.bincount(rng.integers(0, n_images, n_images), minlength=n_images)


def _resampled(
    a: Patches,
    b: Patches,
    directions: NDArray[np.float32],
    draws: list[tuple[NDArray[np.int64], NDArray[np.int64]]],
) -> NDArray[np.float64]:
    """The distance of each draw: the area between cumulated histograms, which are made once for each image."""
    our_draws, their_draws = (np.stack(counts).astype(np.float32) for counts in zip(*draws, strict=True))
    totals = np.zeros(len(draws))
    for direction in directions:
        ours, theirs = a @ direction, b @ direction
        low = min(ours.min(), theirs.min())
        width = max((max(ours.max(), theirs.max()) - low) / BINS, np.finfo(np.float32).tiny)
        gaps = _cumulated(ours, our_draws, low, width) - _cumulated(theirs, their_draws, low, width)
        totals += np.abs(gaps).sum(axis=1) * width
    return totals * SCALE / len(directions)


def _cumulated(
    projected: NDArray[np.float32], draws: NDArray[np.float32], low: float, width: float
) -> NDArray[np.float64]:
    """Distribution functions [draws, BINS] of projections [images, patches], drawn [draws, images] times."""
    bins = np.minimum((projected - low) / width, BINS - 1).astype(np.int64)
    n_images = len(projected)
    places = bins + BINS * np.arange(n_images)[:, None]
    histograms = np.bincount(places.ravel(), minlength=n_images * BINS).reshape(n_images, BINS)
    drawn = (draws @ histograms.astype(np.float32)).astype(np.float64)
    return np.asarray(np.cumsum(drawn, axis=1) / drawn.sum(axis=1, keepdims=True))


def _check(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> None:
    for images in (a, b):
        size = images.shape[-1]
        square = images.ndim == 3 and images.shape[1] == size and size >= PATCH_PX + 1 and size & (size - 1) == 0
        if images.dtype != np.uint8 or not square or not len(images):
            raise BadInputError(
                f"An array of {images.dtype} {images.shape} is no set of images to measure.",
                "Give 8-bit square images, their side a power of 2 of at least 8 pixels, and at least one.",
            )
    if a.shape[1:] != b.shape[1:]:
        raise BadInputError(
            f"Images of {a.shape[1]} and of {b.shape[1]} pixels cannot be compared.", "Bring them to one size."
        )
