"""A detector before its last layer: what it has learned to look at, as features of images."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from core.detection.inference import frozen
from core.detection.network import Detector
from core.detection.training_images import cropped
from core.runs.devices import detect_compute


def feature_maker(
    detector: Detector, *, px: int, compiled: bool
) -> Callable[[NDArray[np.uint8]], NDArray[np.float32]]:
    """From images uint8 [b, 256, 256] to features [b, n_features]; `compiled` where a compiler is there, too."""
    compute = detect_compute()
    apply = frozen(
        detector.to(compute.device), replace(compute, compiled=compiled and compute.compiled), Detector.features
    )

    def features(images: NDArray[np.uint8]) -> NDArray[np.float32]:
        batch = torch.from_numpy(np.stack([cropped(image, px) for image in images]))[:, None]
        return np.asarray(apply(batch.to(compute.device)).float().cpu().numpy())

    return features
