"""A transformation: one matrix that all steps come to, one resampling, exact where nothing is between pixels."""

import math

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from core.augmentation.sampling import PAPER, transformations
from core.augmentation.transformation import Transformation, transformed
from tests.phantoms import phantom_images

SHIFT_TO_CENTER = np.array([[1, 0, 127.5], [0, 1, 127.5], [0, 0, 1]])


@pytest.fixture
def image() -> NDArray[np.uint8]:
    """A letter F of blocks, unlike each of its mirror images and rotations, with texture."""
    pixels = np.zeros((256, 256), np.uint8)
    pixels[60:200, 80:110] = 180
    pixels[60:90, 80:180] = 220
    pixels[120:150, 80:150] = 90
    pixels[pixels > 0] += np.random.default_rng(0).integers(0, 30, (pixels > 0).sum()).astype(np.uint8)
    return pixels


def smooth_image() -> NDArray[np.uint8]:
    """Off center and smooth, so that where it lies can be told to a fraction of a pixel."""
    y, x = np.mgrid[:256, :256]
    blob = 200 * np.exp(-((x - 100) ** 2 / 800 + (y - 150) ** 2 / 300)) + 90 * np.exp(
        -((x - 160) ** 2 + (y - 90) ** 2) / 500
    )
    return blob.astype(np.uint8)


def step_by_step(one: Transformation) -> NDArray[np.float64]:
    """The product of the steps' own matrices [3, 3]."""
    c, s = math.cos(math.radians(one.rotation_deg)), math.sin(math.radians(one.rotation_deg))
    steps = [
        np.diag([-1.0 if one.horizontal_flip else 1.0, -1.0 if one.vertical_flip else 1.0, 1.0]),
        np.diag([one.zoom, one.zoom, 1.0]),
        np.array([[1, one.shear, 0], [0, 1, 0], [0, 0, 1]]),
        np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]),
        np.array([[1, 0, one.shift_x * 256], [0, 1, one.shift_y * 256], [0, 0, 1]]),
    ]
    product = np.linalg.inv(SHIFT_TO_CENTER)
    for step in steps:
        product = step @ product
    return np.asarray(SHIFT_TO_CENTER @ product)


def test_without_parameters_nothing_changes(image: NDArray[np.uint8]) -> None:
    np.testing.assert_array_equal(transformed(image, Transformation()), image)


def test_flips_are_exact(image: NDArray[np.uint8]) -> None:
    np.testing.assert_array_equal(transformed(image, Transformation(horizontal_flip=True)), image[:, ::-1])
    np.testing.assert_array_equal(transformed(image, Transformation(vertical_flip=True)), image[::-1])
    both = Transformation(horizontal_flip=True, vertical_flip=True)
    np.testing.assert_array_equal(transformed(image, both), image[::-1, ::-1])


def test_shifts_go_right_and_down_and_bring_air_in(image: NDArray[np.uint8]) -> None:
    moved = transformed(image + 1, Transformation(shift_x=20 / 256, shift_y=8 / 256))
    np.testing.assert_array_equal(moved[8:, 20:], (image + 1)[:-8, :-20])
    assert not moved[:8].any()
    assert not moved[:, :20].any()


def test_a_quarter_turn_is_clockwise(image: NDArray[np.uint8]) -> None:
    turned = transformed(image, Transformation(rotation_deg=90))
    np.testing.assert_array_equal(turned, np.rot90(image, -1))


def test_a_zoom_above_one_enlarges_and_shear_moves_lower_rows_to_the_right() -> None:
    dot = np.zeros((256, 256), np.uint8)
    dot[177:179, 127:129] = 255  # 50 rows below the center
    zoomed = np.argwhere(transformed(dot, Transformation(zoom=1.5))).mean(axis=0)
    np.testing.assert_allclose(zoomed, [127.5 + 75, 127.5], atol=0.51)
    sheared = np.argwhere(transformed(dot, Transformation(shear=0.4)) > 60).mean(axis=0)
    np.testing.assert_allclose(sheared, [177.5, 127.5 + 20], atol=0.51)


ALL_AT_ONCE = Transformation(
    horizontal_flip=True, vertical_flip=True, rotation_deg=-7.5, shift_x=0.06, shift_y=-0.03, shear=0.08, zoom=0.93
)


@pytest.mark.parametrize(
    "one",
    [
        ALL_AT_ONCE,
        Transformation(rotation_deg=10, shift_y=0.08, shear=-0.08, zoom=1.08),
        Transformation(vertical_flip=True, rotation_deg=3, shear=0.05),
    ],
)
def test_the_matrix_is_the_product_of_its_steps(one: Transformation) -> None:
    np.testing.assert_allclose(one.matrix(), step_by_step(one)[:2], atol=1e-10)


def test_each_pixel_is_interpolated_between_the_four_around_where_it_comes_from() -> None:
    image = smooth_image()
    y, x = np.mgrid[:256, :256]
    back = np.linalg.inv(step_by_step(ALL_AT_ONCE))
    from_x, from_y, _ = np.tensordot(back, np.stack([x, y, np.ones_like(x)]), 1)
    padded = np.pad(image.astype(float), 300)
    left, top = np.floor(from_x).astype(int), np.floor(from_y).astype(int)
    dx, dy = from_x - left, from_y - top
    corners = [padded[top + 300 + down, left + 300 + right] for down in (0, 1) for right in (0, 1)]
    weights = [(1 - dy) * (1 - dx), (1 - dy) * dx, dy * (1 - dx), dy * dx]
    expected = sum(weight * corner for weight, corner in zip(weights, corners, strict=True))
    assert np.abs(transformed(image, ALL_AT_ONCE) - expected).max() < 1


def test_one_resampling_is_sharper_than_one_for_each_step(image: NDArray[np.uint8]) -> None:
    rotated = transformed(image, Transformation(rotation_deg=6))
    twice = transformed(rotated, Transformation(shift_x=0.5 / 256, shift_y=0.5 / 256))
    once = transformed(image, Transformation(rotation_deg=6, shift_x=0.5 / 256, shift_y=0.5 / 256))
    assert np.diff(once.astype(float)).std() > 1.02 * np.diff(twice.astype(float)).std()


def test_the_image_goes_where_it_is_wanted(image: NDArray[np.uint8]) -> None:
    room = np.full((3, 256, 256), 7, np.uint8)
    transformed(image, ALL_AT_ONCE, out=room[1])
    np.testing.assert_array_equal(room[1], transformed(image, ALL_AT_ONCE))
    assert (room[[0, 2]] == 7).all()


def resampled_whole(image: NDArray[np.uint8], one: Transformation) -> NDArray[np.uint8]:
    return np.asarray(cv2.warpAffine(image, one.matrix(), (256, 256)), np.uint8)


def test_resampling_the_head_alone_gives_the_image_resampled_whole() -> None:
    image = next(iter(phantom_images(1, seed=0)))
    corner = np.zeros((256, 256), np.uint8)
    corner[-40:, :90] = image[100:140, 80:170]  # at two sides of the image, and pushed out of it
    for one in [
        *transformations(PAPER, np.arange(200), key=3),
        ALL_AT_ONCE,
        Transformation(rotation_deg=45, zoom=2),
    ]:
        for head in (image, corner, np.maximum(image, 1)):
            apart = transformed(head, one).astype(int) - resampled_whole(head, one)
            assert np.abs(apart).max() <= 1  # where a coordinate rounds to another 32nd of a pixel
            assert np.count_nonzero(apart) < 100


def test_nothing_is_left_of_an_image_without_a_head_or_with_it_shifted_out() -> None:
    assert not transformed(np.zeros((256, 256), np.uint8), ALL_AT_ONCE).any()
    corner = np.zeros((256, 256), np.uint8)
    corner[:20, :20] = 200
    assert not transformed(corner, Transformation(shift_x=-0.2, shift_y=-0.2)).any()
