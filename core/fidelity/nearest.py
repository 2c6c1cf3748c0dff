"""Who lies nearest to whom in a space of features, who is nearly the same: exact, in bounded memory."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInputError

Features = NDArray[np.float32]  # [n images, n features]
Groups = NDArray[np.int64]  # [n images]: the number of the patient that an image is of
MOST_DISTANCES_AT_ONCE = 2**24
NO_IMAGE = -1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Nearest:
    """For each query its nearest images of the reference, nearest first.

    `index` int64 and `distance` float32 [n queries, n nearest]. Where too few are allowed the index is NO_IMAGE and
    the distance infinite.
    """

    index: NDArray[np.int64]
    distance: NDArray[np.float32]


def nearest(
    queries: Features, reference: Features, *, n_nearest: int = 1, groups: tuple[Groups, Groups] | None = None
) -> Nearest:
    """`groups`, of queries and of the reference: an image is never compared with one of its own group.

    Raises BadInputError for features that are not numbers or an empty reference.
    """
    _check(queries, reference)
    n_nearest = min(n_nearest, len(reference))
    index = np.empty((len(queries), n_nearest), np.int64)
    distance = np.empty((len(queries), n_nearest), np.float32)
    forbids = groups is not None and np.isin(groups[0], groups[1]).any()
    searched = _searched(reference)
    for rows in _blocks(len(queries), len(reference)):
        near = _nearness(queries[rows], searched)
        if groups is not None and forbids:
            near[groups[0][rows, None] == groups[1][None]] = -np.inf
        index[rows] = _greatest(near, n_nearest)
        forbidden = np.isneginf(np.take_along_axis(near, index[rows], 1))
        distance[rows] = np.where(forbidden, np.inf, _distances(queries[rows], reference, index[rows]))
        index[rows] = np.where(forbidden, NO_IMAGE, index[rows])
    return _sorted(index, distance)


def near_duplicates(features: Features, limit: float) -> NDArray[np.int64]:
    """For each image the first one of the set that it is nearer to than `limit`; NO_IMAGE for those that stay.

    Of images that are alike the first stays, and only images that stay have duplicates: discarding all duplicates
    leaves one of each kind.
    """
    _check(features, features)
    searched = _searched(features)
    duplicate_of = np.full(len(features), NO_IMAGE, np.int64)
    staying = np.empty(0, np.int64)
    for rows in _blocks(len(features), len(features)):
        positions = np.arange(len(features))[rows]
        duplicate_of[rows] = _first_within(features[rows], searched[staying], staying, limit)
        new = positions[duplicate_of[rows] == NO_IMAGE]
        alike = _nearness(features[new], searched[new]) > _least_nearness(features[new], limit)
        duplicate_of[new] = _first_inside(alike, new)
        staying = np.concatenate([staying, new[duplicate_of[new] == NO_IMAGE]])
    return duplicate_of


def _first_within(
    queries: Features, searched: Features, staying: NDArray[np.int64], limit: float
) -> NDArray[np.int64]:
    found = np.full(len(queries), NO_IMAGE, np.int64)
    if len(staying):
        near, least = _nearness(queries, searched), _least_nearness(queries, limit)
        for place in np.flatnonzero(near.max(1, keepdims=True) > least):
            found[place] = staying[(near[place] > least[place]).argmax()]
    return found


def _first_inside(alike: NDArray[np.bool_], positions: NDArray[np.int64]) -> NDArray[np.int64]:
    """The same among images of one block, of which nobody knows yet who stays."""
    found = np.full(len(positions), NO_IMAGE, np.int64)
    stays = np.zeros(len(positions), np.bool_)
    for place in range(len(positions)):
        earlier = np.flatnonzero(alike[place, :place] & stays[:place])
        if len(earlier):
            found[place] = positions[earlier[0]]
        stays[place] = not len(earlier)
    return found


def _blocks(n_queries: int, n_reference: int) -> list[slice]:
    at_once = max(1, MOST_DISTANCES_AT_ONCE // max(n_reference, 1))
    return [slice(start, min(start + at_once, n_queries)) for start in range(0, n_queries, at_once)]


def _searched(reference: Features) -> Features:
    """With one feature more, so that `_nearness` is one matrix product and no other pass over its result."""
    return np.column_stack([reference, -0.5 * (reference**2).sum(1)])


def _nearness(queries: Features, searched: Features) -> NDArray[np.float32]:
    """[n queries, n searched]: a.b - b.b / 2, greatest for the nearest; to 1e-7 or so of the squared lengths."""
    near: NDArray[np.float32] = np.column_stack([queries, np.ones(len(queries), np.float32)]) @ searched.T
    return near


def _least_nearness(queries: Features, limit: float) -> NDArray[np.float32]:
    """[n queries, 1]: what is nearer than `limit` has more: |a - b|^2 = a.a - 2 (a.b - b.b / 2)."""
    return np.asarray(0.5 * ((queries**2).sum(1, keepdims=True) - limit**2), np.float32)


def _greatest(near: NDArray[np.float32], n_greatest: int) -> NDArray[np.int64]:
    if n_greatest == 1:
        return np.asarray(near.argmax(1)[:, None], np.int64)
    return np.asarray(np.argpartition(near, -n_greatest, axis=1)[:, -n_greatest:], np.int64)


def _distances(queries: Features, reference: Features, index: NDArray[np.int64]) -> NDArray[np.float32]:
    """Of the few that were found: a copy is at distance 0, which a difference of large squares would not give."""
    columns = [np.linalg.norm(queries - reference[column], axis=1) for column in index.T]
    return np.stack(columns, 1)


def _sorted(index: NDArray[np.int64], distance: NDArray[np.float32]) -> Nearest:
    order = np.argsort(distance, axis=1, kind="stable")
    return Nearest(index=np.take_along_axis(index, order, 1), distance=np.take_along_axis(distance, order, 1))


def _check(queries: Features, reference: Features) -> None:
    if not len(reference):
        raise BadInputError("There are no images to compare with.", "Take a set that has some.")
    for features in (queries, reference):
        check_numbers(features)


def check_numbers(features: Features) -> None:
    """Raises BadInputError for features that are no numbers, and says of how many images."""
    if not np.isfinite(features).all():
        raise BadInputError(
            f"{int((~np.isfinite(features)).any(1).sum())} of {len(features)} images have features that are no "
            "numbers.",
            "Compute the features again.",
        )
