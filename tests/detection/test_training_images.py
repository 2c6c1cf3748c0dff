"""What a detector is shown costs a few bytes of memory per image, however many there are."""

import gc
import tracemalloc

import numpy as np

from core.augmentation.transformed_images import TransformedImages
from core.detection.training_images import LabeledImages, training_batch

BYTES_PER_IMAGE = 2 * 8  # the order in which they are shown, made once and kept


def peak_of_batches(n_images: int) -> int:
    """In bytes, for some batches out of `n_images` transformed ones of ten."""
    pixels = np.random.default_rng(0).integers(0, 256, (10, 256, 256), dtype=np.uint8)
    gc.collect()
    tracemalloc.start()
    source = TransformedImages(
        pixels=pixels, sha256="0" * 64, positions=np.arange(10), n_images=n_images, seed=n_images
    )
    images = LabeledImages(sources=[source], is_tumor=[True])
    for step in range(3):
        training_batch(images, range(step * 32, (step + 1) * 32), px=112, seed=n_images)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_memory_hardly_grows_with_the_augmented_set() -> None:
    few, many = peak_of_batches(2_000), peak_of_batches(200_000)
    assert many - few <= BYTES_PER_IMAGE * 198_000 + 500_000
    assert many < 20_000_000  # all of them would be 13 GB
