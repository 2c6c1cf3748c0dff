"""Where in an image a detector found what it decided on: Grad-CAM (Selvaraju et al. 2017)."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import interpolate

from core.detection.network import Detector, log_odds
from core.detection.recipes import CROP_PX
from core.detection.training_images import LabeledImages


def decisive_places(
    detector: Detector, images: LabeledImages, numbers: NDArray[np.int64], *, px: int
) -> NDArray[np.float32]:
    """float32 [n, 224, 224] in 0..1, over the middle of each image: what spoke for the decision that was made."""
    shown = torch.from_numpy(images.cropped(numbers, px))[:, None]
    with torch.enable_grad():
        maps = detector.maps(shown).detach().requires_grad_()
        said = log_odds(detector.classifier(maps.mean((2, 3))))
        (slopes,) = torch.autograd.grad((said * said.sign()).sum(), maps)
    for_it = (slopes.mean((2, 3), keepdim=True) * maps.detach()).sum(1, keepdim=True).relu()
    places = interpolate(for_it, size=(CROP_PX, CROP_PX), mode="bilinear", align_corners=False)[:, 0]
    largest = places.amax((1, 2), keepdim=True)
    return np.asarray((places / torch.where(largest > 0, largest, 1)).numpy(), np.float32)
