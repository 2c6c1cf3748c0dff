"""The detector: a ResNet's maps, their mean, dropout, and the log-odds of a tumor."""

from collections import OrderedDict

import torch
import torchvision
from torch import Tensor, nn

from core.detection.recipes import Architecture, DetectorConfig

# Of ImageNet's pixels in 0..1, by which torchvision's weights want their input; gray stands in all three channels.
_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_TINY_CHANNELS = (16, 32, 64, 64)


class Detector(nn.Module):
    """`body` makes maps [b, c, h, w] of images [b, 3, r, r]; parameters are called as by torchvision."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, config: DetectorConfig) -> None:
        super().__init__()
        self.body, self.n_features = _body(config.architecture)
        self.dropout = config.dropout
        self.classifier = nn.Linear(self.n_features, 2)  # nontumor, tumor
        self.register_buffer("mean", 255 * torch.tensor(_MEAN)[:, None, None], persistent=False)
        self.register_buffer("deviation", 255 * torch.tensor(_DEVIATION)[:, None, None], persistent=False)
        self._frozen_batch_norm = config.frozen_batch_norm

    @classmethod
    def initial(cls, config: DetectorConfig) -> "Detector":
        """With random weights that follow from the seed."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            return cls(config)

    def forward(self, images: Tensor, kept: Tensor | None = None) -> Tensor:
        """Logits [b, 2] of images, uint8 [b, 1, r, r]. `kept`, bool [b, n_features]: what dropout leaves."""
        features = self.features(images)
        if kept is not None:
            features = features * kept / (1 - self.dropout)
        logits: Tensor = self.classifier(features)
        return logits

    def features(self, images: Tensor) -> Tensor:
        """[b, n_features], before the last layer."""
        return self.maps(images).mean((2, 3)).float()

    def maps(self, images: Tensor) -> Tensor:
        """[b, n_features, h, w]: the last ones that still have places."""
        normalized = (images.float().expand(-1, 3, -1, -1) - self.mean) / self.deviation
        dtype = next(self.body.parameters()).dtype
        maps: Tensor = self.body(normalized.to(dtype, memory_format=torch.channels_last))
        return maps

    def train(self, mode: bool = True) -> "Detector":
        super().train(mode)
        if self._frozen_batch_norm:
            for module in self.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.eval()
        return self


def log_odds(logits: Tensor) -> Tensor:
    """[b] of logits [b, 2]: above 0 is tumor."""
    return logits[:, 1].float() - logits[:, 0].float()


def _body(architecture: Architecture) -> tuple[nn.Sequential, int]:
    match architecture:
        case Architecture.RESNET50:
            return _without_head(torchvision.models.resnet50())
        case Architecture.RESNET18:
            return _without_head(torchvision.models.resnet18())
        case Architecture.TINY:
            return _tiny_body()


def _without_head(network: torchvision.models.ResNet) -> tuple[nn.Sequential, int]:
    parts = OrderedDict((name, part) for name, part in network.named_children() if name not in ("avgpool", "fc"))
    return nn.Sequential(parts), network.fc.in_features


def _tiny_body() -> tuple[nn.Sequential, int]:
    layers: list[nn.Module] = []
    for n_in, n_out in zip((3, *_TINY_CHANNELS), _TINY_CHANNELS, strict=False):
        layers += [nn.Conv2d(n_in, n_out, 3, stride=2, padding=1), nn.BatchNorm2d(n_out), nn.ReLU()]
    return nn.Sequential(*layers), _TINY_CHANNELS[-1]
