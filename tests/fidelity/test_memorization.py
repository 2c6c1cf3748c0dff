"""Copies of training images are caught, few among many too; images of new patients are not."""

import cv2
import numpy as np
import pytest

from core.embedding.features import PrincipalComponents, pixel_rows
from core.errors import BadInputError
from core.fidelity.memorization import Memorization, memorization
from core.fidelity.nearest import nearest

N_SLICES = 10  # of each patient


def patient(number: int) -> np.ndarray:
    """Slices of a head of its own, alike but not the same: uint8 [10, 128, 128]."""
    rng = np.random.default_rng(number)
    ends = [cv2.GaussianBlur(rng.normal(size=(128, 128)), (0, 0), 7) for _ in range(2)]
    between = np.linspace(0, 1, N_SLICES)[:, None, None]
    mixed = (1 - between) * ends[0] + between * ends[1]
    return np.clip(120 + 50 * mixed / mixed.std(), 0, 255).astype(np.uint8)


def patients(first: int, n: int) -> np.ndarray:
    return np.concatenate([patient(number) for number in range(first, first + n)])


def one_slice_each(first: int, n: int) -> np.ndarray:
    """What a generator that has learned patients in general would make."""
    return np.stack([patient(number)[number % N_SLICES] for number in range(first, first + n)])


def shifted(images: np.ndarray, px: int) -> np.ndarray:
    return np.roll(images, (px, px), axis=(1, 2))


TRAINING, HELD_OUT = patients(0, 12), patients(100, 12)
FEATURES = PrincipalComponents.fit(pixel_rows(TRAINING))
OF_TRAINING = FEATURES.of(pixel_rows(TRAINING))


def distances(images: np.ndarray) -> np.ndarray:
    return nearest(FEATURES.of(pixel_rows(images)), OF_TRAINING).distance[:, 0]


def found(synthetic: np.ndarray, held_out: np.ndarray = HELD_OUT) -> Memorization:
    return memorization(distances(synthetic), distances(held_out), np.arange(len(held_out)) // N_SLICES, seed=0)


@pytest.mark.parametrize("shift_px", [0, 1, 2])
def test_training_images_copied_with_a_small_shift_are_caught(shift_px: int) -> None:
    copies = found(shifted(TRAINING, shift_px))
    assert copies.has_copies
    assert copies.is_nearer
    assert copies.nearer.estimate > 0.95
    assert copies.n_near_copies > 0.9 * len(TRAINING)


def test_a_few_copies_among_many_new_images_are_caught_as_copies() -> None:
    few = found(np.concatenate([one_slice_each(200, 90), shifted(TRAINING[::12], 1)]))
    assert few.has_copies
    assert not few.is_nearer
    assert few.n_near_copies >= 10


def test_new_patients_are_no_copies() -> None:
    new = found(one_slice_each(300, 100))
    assert not new.has_copies
    assert not new.is_nearer
    low, high = new.nearer.ci95
    assert low < 0.5 < high
    assert (new.n_held_out, new.n_held_out_patients) == (120, 12)


def test_the_p_values_of_new_images_are_as_often_small_as_they_say() -> None:
    rng = np.random.default_rng(0)
    p, copies_p = [], []
    for seed in range(60):
        ours, theirs = rng.normal(5, 1, 60).astype(np.float32), rng.normal(5, 1, 60).astype(np.float32)
        one = memorization(ours, theirs, np.arange(60), seed=seed)
        p.append(one.p)
        copies_p.append(one.near_copies_p)
    assert np.mean(np.array(p) < 0.2) == pytest.approx(0.2, abs=0.13)
    assert np.mean(np.array(copies_p) < 0.2) < 0.33


def test_images_of_two_patients_weigh_as_two() -> None:
    """All images of two held-out patients are far away: two draws, not two hundred."""
    many = memorization(
        np.random.default_rng(0).uniform(1, 6, 100).astype(np.float32),
        np.full(200, 5, np.float32),
        np.repeat([0, 1], 100),
        seed=0,
    )
    assert many.nearer.estimate > 0.7
    assert many.p > 0.05


def test_what_cannot_be_told_is_said() -> None:
    near = np.ones(50, np.float32)
    with pytest.raises(BadInputError, match="50 synthetic and 9 held-out images are too few"):
        memorization(near, near[:9], np.arange(9), seed=0)
    with pytest.raises(BadInputError, match="0 synthetic"):
        memorization(near[:0], near, np.arange(50), seed=0)
    with pytest.raises(BadInputError, match="no numbers"):
        memorization(np.full(50, np.nan, np.float32), near, np.arange(50), seed=0)
