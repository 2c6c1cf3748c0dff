"""The recipe of the paper (Han et al. 2018, section 3.3), and what the light one has in its place."""

import numpy as np
import pytest
import torch
import torchvision
from numpy.testing import assert_array_equal

from core.detection.checkpoint import TrainingState
from core.detection.network import Detector
from core.detection.recipes import Architecture, DetectorConfig, light, paper
from core.detection.training_images import cropped
from tests.detection.tiny_detector import SMALL, run_training


def test_the_paper_recipe_is_the_papers() -> None:
    config = paper()
    assert config.architecture is Architecture.RESNET50
    assert config.image_px == 224
    assert config.learning_rate == 1e-3
    assert config.batch == 192
    assert config.dropout == 0.5
    assert config.patience_epochs == 10
    assert config.extra_per_class == 100_000
    assert config.epoch_images is None  # an epoch is all images,
    assert config.most_validated is None  # and all validate
    assert not config.frozen_batch_norm


def test_the_light_recipe_is_smaller() -> None:
    config = light()
    assert config.architecture is Architecture.RESNET18
    assert config.image_px == 112
    assert config.extra_per_class == 2_000
    assert config.learning_rate == 1e-3
    assert config.dropout == 0.5


@pytest.mark.parametrize(
    ("config", "theirs", "n_features"),
    [(paper(), torchvision.models.resnet50, 2048), (light(), torchvision.models.resnet18, 512)],
    ids=["paper", "light"],
)
def test_the_network_is_torchvisions_but_for_its_last_layer(
    config: DetectorConfig, theirs: object, n_features: int
) -> None:
    detector = Detector.initial(config)
    expected = {name: t.shape for name, t in theirs().state_dict().items() if not name.startswith("fc.")}
    assert {name: t.shape for name, t in detector.body.state_dict().items()} == expected
    assert detector.classifier.weight.shape == (2, n_features)


@pytest.mark.parametrize("config", [paper(), light()], ids=["paper", "light"])
def test_adam_learns_all_parameters_at_the_papers_rate(config: DetectorConfig) -> None:
    optimizer = TrainingState.initial(config, detector := Detector.initial(config), "cpu").optimizer
    assert type(optimizer) is torch.optim.Adam
    (group,) = optimizer.param_groups
    assert group["lr"] == 1e-3
    assert (group["betas"], group["weight_decay"]) == ((0.9, 0.999), 0)
    assert {id(one) for one in group["params"]} == {id(one) for one in detector.parameters()}


def test_images_lose_8_of_240_pixels_at_each_side_and_nothing_else() -> None:
    image = np.random.default_rng(0).integers(0, 256, (256, 256), np.uint8)
    assert_array_equal(cropped(image, paper().image_px), image[16:240, 16:240])


def test_dropout_takes_half_of_the_features_before_the_last_layer() -> None:
    detector = Detector.initial(SMALL).eval()
    images = torch.randint(0, 256, (3, 1, 28, 28), dtype=torch.uint8)
    kept = torch.rand(3, detector.n_features) >= 0.5
    features = torch.where(kept, 2 * detector.features(images), 0.0)  # their expectation stays
    torch.testing.assert_close(detector(images, kept), detector.classifier(features))
    torch.testing.assert_close(detector(images), detector.classifier(detector.features(images)))


def test_dropout_acts_in_training_and_not_in_what_a_detector_says(tmp_path) -> None:
    shown: list[tuple[bool, torch.Tensor | None]] = []

    class Watched(Detector):
        def forward(self, images: torch.Tensor, kept: torch.Tensor | None = None) -> torch.Tensor:
            shown.append((self.training, kept))
            return super().forward(images, kept)

    assert SMALL.dropout == paper().dropout == 0.5
    run_training(tmp_path / "run", detector=Watched.initial(SMALL))
    steps = [kept for in_training, kept in shown if in_training]
    assert len(steps) == 15
    assert all(kept.shape == (SMALL.batch, 64) for kept in steps)
    assert torch.cat(steps).float().mean().item() == pytest.approx(0.5, abs=0.03)
    assert len({kept.numpy().tobytes() for kept in steps}) == 15
    validations = [kept for in_training, kept in shown if not in_training]
    assert len(validations) == 3
    assert validations == [None] * 3
