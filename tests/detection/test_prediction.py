"""Showing a detector many images: faster than in training, and the same in what it says."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.detection import inference, prediction
from core.detection.grad_cam import decisive_places
from core.detection.network import Detector, log_odds
from core.detection.prediction import predicted
from core.detection.recipes import light, smoke
from core.detection.training_images import LabeledImages, StoredImages, cropped
from core.runs.devices import Precision
from tests.detection.tiny_detector import COMPUTE, labeled


def used(detector: Detector) -> Detector:
    """With running statistics that are not those of a new network."""
    rng = torch.Generator().manual_seed(3)
    for name, buffer in detector.body.named_buffers():
        if name.endswith("running_mean"):
            buffer.normal_(0, 0.1, generator=rng)
        elif name.endswith("running_var"):
            buffer.uniform_(0.5, 1.5, generator=rng)
    return detector


@pytest.mark.parametrize("precision", Precision)
def test_folded_networks_say_what_they_said_before(precision: Precision) -> None:
    detector = used(Detector.initial(light())).eval()
    images = labeled(4, seed=0)
    said = predicted(detector, images, px=112, compute=replace(COMPUTE, precision=precision))
    with torch.no_grad():
        plain = log_odds(detector(torch.from_numpy(images.cropped(range(8), 112))[:, None])).numpy()
    tolerance = 1e-4 if precision is Precision.FP32 else 0.05
    np.testing.assert_allclose(said, plain, atol=tolerance * (1 + np.abs(plain).max()))


def test_predicting_leaves_a_detector_in_training_as_it_was() -> None:
    detector = used(Detector.initial(smoke())).train()
    before = {name: tensor.clone() for name, tensor in detector.state_dict().items()}
    predicted(detector, labeled(3, seed=0), px=28, compute=COMPUTE)
    assert detector.training
    assert all(torch.equal(before[name], tensor) for name, tensor in detector.state_dict().items())


def test_images_are_the_same_in_any_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    detector, images = used(Detector.initial(smoke())), labeled(10, seed=0)
    whole = predicted(detector, images, px=28, compute=COMPUTE)
    some = predicted(detector, images, np.array([13, 2]), px=28, compute=COMPUTE)
    np.testing.assert_allclose(some, whole[[13, 2]], atol=1e-5)
    monkeypatch.setattr(prediction, "AT_ONCE", 3)
    np.testing.assert_allclose(predicted(detector, images, px=28, compute=COMPUTE), whole, atol=1e-5)


def test_where_the_compiler_fails_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> object:
        def fails(_images: torch.Tensor) -> torch.Tensor:
            raise RuntimeError("no compiler today")

        return fails

    detector, images = used(Detector.initial(smoke())), labeled(3, seed=0)
    whole = predicted(detector, images, px=28, compute=COMPUTE)
    monkeypatch.setattr(inference.torch, "compile", broken)
    monkeypatch.setattr(prediction, "WORTH_IT_FROM", 1)
    found = predicted(detector, images, px=28, compute=replace(COMPUTE, compiled=True))
    np.testing.assert_array_equal(found, whole)


def test_the_crop_takes_8_of_240_pixels_at_each_side() -> None:
    """240 pixels stand 8 from the edge of a canonical image: the crop begins 16 from it."""
    image = np.arange(256 * 256, dtype=np.uint32).astype(np.uint8).reshape(256, 256)
    np.testing.assert_array_equal(cropped(image, 224), image[16:240, 16:240])
    blocks = image[16:240, 16:240].reshape(112, 2, 112, 2).mean((1, 3))
    assert np.abs(cropped(image, 112) - blocks).max() <= 0.5


def test_images_of_all_sources_are_found_by_number() -> None:
    pixels = np.stack([np.full((256, 256), value, np.uint8) for value in range(7)])
    sources = [StoredImages(pixels=pixels, positions=np.array(p)) for p in ([6, 1], [2], [5, 4, 3])]
    images = LabeledImages(sources=sources, is_tumor=[False, True, False])
    numbers = [5, 0, 2, 3, 1, 4]
    assert images.cropped(numbers, 28)[:, 0, 0].tolist() == [3, 6, 2, 5, 1, 4]
    assert images.truths(numbers).tolist() == [0, 0, 1, 0, 0, 0]
    assert len(images) == 6


def test_decisive_places_are_shares_over_the_middle_of_the_image() -> None:
    places = decisive_places(used(Detector.initial(smoke())).eval(), labeled(2, seed=0), np.array([0, 3]), px=28)
    assert places.shape == (2, 224, 224)
    assert places.min() >= 0
    assert places.max() <= 1 + 1e-6
