"""Scores say how far an image is out of what is usual among real ones; orders put what matters first."""

import numpy as np
import pytest

from core.curation.oddities import Oddity
from core.curation.triage import (
    NO_IMAGE,
    TriageReference,
    TriageScores,
    clusters,
    in_common,
    oddest,
    spreads,
    unrealism,
)
from core.identifiers import CohortName, ImageSetName

N_WAYS = len(Oddity)


def real(n: int = 400, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(50, 10, (n, N_WAYS)).astype(np.float32)


def scores(**arrays: object) -> TriageScores:
    n = len(next(iter(arrays.values())))  # type: ignore[arg-type]
    zeros, none = np.zeros(n, np.float32), np.full(n, NO_IMAGE)
    reference = TriageReference(
        cohort=CohortName("c"),
        image_sets=[("c-tumor", "0" * 64)],
        n_real=9,
        n_seen=6,
        n_held_out=3,
        compared_at_px=64,
        features="pixels",
        features_key="2" * 64,
        images_sha256="3" * 64,
    )
    given = {
        "unrealism": zeros,
        "nearest_distance": zeros,
        "near_duplicate_of": none,
        "cluster": np.zeros(n, np.int64),
        "representative": np.zeros(n, bool),
    } | arrays
    return TriageScores(
        image_set=ImageSetName("set"),
        image_set_sha256="1" * 64,
        reference=reference,
        computed_at="2026-01-01T00:00:00.000+00:00",
        near_copy_limit=10.0,
        near_duplicate_limit=1.0,
        in_common=(),
        oddest=np.zeros(n, np.int64),
        nearest_set=np.zeros(n, np.int64),
        nearest_index=np.arange(n),
        nearest_mirrored=np.zeros(n, bool),
        real_unrealism=np.linspace(0, 1, 101, dtype=np.float32),
        real_distance=zeros,
        **{name: np.asarray(value) for name, value in given.items()},
    )


def test_real_images_are_a_spread_from_their_median_and_not_odd() -> None:
    found = spreads(real(), real(seed=1))
    two_sided = found[:, [oddity is Oddity.DETAIL for oddity in Oddity]]
    assert np.mean(two_sided < 1.96) == pytest.approx(0.95, abs=0.04)
    assert np.median(unrealism(found)) < 0.5


def test_too_little_counts_only_where_little_is_odd() -> None:
    low = np.zeros((1, N_WAYS), np.float32)
    found = dict(zip(Oddity, spreads(low, real())[0], strict=True))
    assert found[Oddity.DETAIL] > 4
    assert found[Oddity.DISTANCE] < 0


def test_one_great_oddity_does_not_drown_several() -> None:
    one, several = np.zeros((2, N_WAYS), np.float32)
    one[0], several[:3] = 1e6, 7
    assert unrealism(several[None])[0] > unrealism(one[None])[0] > 0


def test_what_real_images_never_vary_in_has_a_least_spread() -> None:
    same = np.full((9, N_WAYS), 3.0, np.float32)
    assert np.isfinite(spreads(same + 1, same)).all()


def test_the_oddest_is_what_tells_an_image_from_its_set() -> None:
    odd = np.ones((5, N_WAYS), np.float32)
    odd[:, 0] = 8  # what all have in common
    odd[2, 4] = 5
    assert oddest(odd)[2] == 4
    assert in_common(odd) == (Oddity.GRAY_AIR,)


def test_clusters_are_found_and_each_has_one_representative_near_its_middle() -> None:
    rng = np.random.default_rng(0)
    middles = np.array([[0, 0], [100, 0], [0, 100]], np.float32)
    planted = np.repeat([0, 1, 2], 3)
    features = (middles[planted] + rng.normal(0, 1, (9, 2))).astype(np.float32)
    odd = np.array([0.1, 2.0, 1.0], np.float32)[planted]
    cluster, representative = clusters(features, odd, seed=0)
    np.testing.assert_array_equal(cluster, np.array([2, 0, 1])[planted])  # least realistic first
    assert sorted(cluster[representative]) == [0, 1, 2]


@pytest.mark.parametrize("n", [1, 2, 30])
def test_images_that_are_all_the_same_are_one_cluster(n: int) -> None:
    cluster, representative = clusters(np.ones((n, 3), np.float32), np.zeros(n, np.float32), seed=0)
    assert set(cluster) == {0}
    assert representative.sum() == 1


def test_orders_put_first_what_they_are_named_for() -> None:
    found = scores(
        unrealism=np.array([0.1, 0.9, 0.5, 0.2], np.float32),
        nearest_distance=np.array([20, 30, 5, 9], np.float32),
        cluster=[1, 0, 1, 0],
        representative=[True, False, False, True],
        near_duplicate_of=[NO_IMAGE, NO_IMAGE, NO_IMAGE, 0],
    )
    assert {name: list(order) for name, order in found.orders().items()} == {
        "least realistic first": [1, 2, 3, 0],
        "near-copies first": [2, 3, 0, 1],
        "by cluster": [3, 1, 0, 2],
        "near-duplicates first": [0, 3, 1, 2],
    }
    np.testing.assert_array_equal(found.near_copy, [False, False, True, True])
    assert found.odd.sum() == 0


def test_groups_of_duplicates_stay_together_behind_the_image_that_stays() -> None:
    found = scores(near_duplicate_of=[-1, -1, 0, 1, 0, -1])
    assert list(found.orders()["near-duplicates first"]) == [0, 2, 4, 1, 3, 5]
