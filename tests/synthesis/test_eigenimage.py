"""The eigenimage baseline: a seed gives an image, the same in any company and after a reload."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import BadInputError
from core.synthesis.eigenimage import MOST_COMPONENTS, EigenimageGenerator


@pytest.fixture(scope="module")
def real() -> NDArray[np.uint8]:
    """Smooth blobs of differing width and place: few degrees of freedom, as brains have."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:256, :256] - 127.5
    widths = rng.uniform(30, 60, 40)
    return np.stack([(200 * np.exp(-((x / w) ** 2) - (y / 50) ** 2)).astype(np.uint8) for w in widths])


@pytest.fixture(scope="module")
def generator(real: NDArray[np.uint8]) -> EigenimageGenerator:
    return EigenimageGenerator.fit(real, seed=0)


def test_a_seed_gives_the_same_image_alone_and_among_others(generator: EigenimageGenerator) -> None:
    assert np.array_equal(generator.images([3, 7, 5])[1], generator.images([7])[0])


def test_seeds_give_different_images(generator: EigenimageGenerator) -> None:
    assert len({image.tobytes() for image in generator.images(range(20))}) == 20


def test_a_checkpoint_gives_the_same_images_again(generator: EigenimageGenerator, tmp_path: Path) -> None:
    generator.save(tmp_path / "checkpoint.safetensors")
    again = EigenimageGenerator.load(tmp_path / "checkpoint.safetensors")
    assert np.array_equal(again.images(range(5)), generator.images(range(5)))


def test_samples_have_the_mean_and_the_spread_of_the_real_images(
    generator: EigenimageGenerator, real: NDArray[np.uint8]
) -> None:
    samples = generator.images(range(400)).astype(float)
    inside = real.mean(axis=0) > 40
    assert np.abs(samples.mean(axis=0) - real.mean(axis=0))[inside].mean() < 2
    assert samples.std(axis=0)[inside].mean() == pytest.approx(real.std(axis=0)[inside].mean(), rel=0.15)


def test_samples_are_as_smooth_as_the_real_images(generator: EigenimageGenerator, real: NDArray[np.uint8]) -> None:
    def roughness(images: NDArray[np.uint8]) -> float:
        return float(np.abs(np.diff(images.astype(float), axis=2)).mean())

    assert roughness(generator.images(range(40))) < 1.5 * roughness(real)


def test_there_are_never_more_components_than_images_allow(real: NDArray[np.uint8]) -> None:
    assert len(EigenimageGenerator.fit(real[:5], seed=0).scaled_components) == 4
    assert len(real) <= MOST_COMPONENTS


def test_one_image_is_too_few(real: NDArray[np.uint8]) -> None:
    with pytest.raises(BadInputError, match="1 training images are too few"):
        EigenimageGenerator.fit(real[:1], seed=0)


@pytest.mark.parametrize("content", [None, b"", b"not a checkpoint"])
def test_a_checkpoint_that_is_none_is_named(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "checkpoint.safetensors"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(BadInputError, match="is not an eigenimage checkpoint"):
        EigenimageGenerator.load(file)
