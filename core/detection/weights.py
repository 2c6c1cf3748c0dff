"""What a detector begins with: ImageNet weights, those of a local file, or none."""

import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torchvision
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from core.detection.network import Detector
from core.detection.recipes import Architecture
from core.errors import BadInputError
from core.provenance import sha256_of_file

IMAGENET, NO_WEIGHTS = "imagenet", "none"
_HEAD = ("fc.", "classifier.")


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstWeights:
    """`name`: imagenet, none, or the name of a file whose hash is `sha256`."""

    name: str
    sha256: str | None = None


def begin_with(detector: Detector, architecture: Architecture, weights: str) -> FirstWeights:
    """Give a new detector its first weights: `imagenet`, `none` or the path of a file. Raises BadInputError."""
    if weights == NO_WEIGHTS:
        return FirstWeights(name=NO_WEIGHTS)
    if weights == IMAGENET:
        _put_in(detector, _downloaded(architecture), f"torchvision's weights of {architecture}")
        return FirstWeights(name=IMAGENET)
    file = Path(weights)
    _put_in(detector, _of_file(file), str(file))
    return FirstWeights(name=file.name, sha256=sha256_of_file(file))


def _downloaded(architecture: Architecture) -> Mapping[str, Any]:
    known = {
        Architecture.RESNET50: torchvision.models.ResNet50_Weights.IMAGENET1K_V1,
        Architecture.RESNET18: torchvision.models.ResNet18_Weights.IMAGENET1K_V1,
    }
    if architecture not in known:
        raise BadInputError(f"There are no ImageNet weights of {architecture}.", "Use --weights none.")
    try:
        tensors: Mapping[str, Any] = known[architecture].get_state_dict(progress=False, check_hash=True)
    except (OSError, RuntimeError) as error:  # URLError is an OSError; a wrong hash a RuntimeError
        raise BadInputError(
            f"The ImageNet weights of {architecture} could not be downloaded from {known[architecture].url} "
            f"({error}).",
            "Download that file elsewhere and name it with --weights FILE, or begin without with --weights none.",
        ) from error
    return tensors


def _of_file(file: Path) -> Mapping[str, Any]:
    try:
        if file.suffix == ".safetensors":
            return load_file(file)
        tensors = torch.load(file, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, ValueError, pickle.UnpicklingError, SafetensorError) as error:
        raise _unusable(str(file), str(error).splitlines()[0] if str(error) else type(error).__name__) from error
    if not isinstance(tensors, Mapping):
        raise _unusable(str(file), f"it holds a {type(tensors).__name__}, not tensors by name")
    return tensors


def _put_in(detector: Detector, tensors: Mapping[str, Any], where: str) -> None:
    """All but the last layer, which knows other classes."""
    body = {name: tensor for name, tensor in tensors.items() if not name.startswith(_HEAD)}
    wanted = detector.body.state_dict()
    missing = sorted(name for name in wanted.keys() - body.keys() if not name.endswith("num_batches_tracked"))
    if missing or not all(isinstance(tensor, Tensor) for tensor in body.values()):
        raise _unusable(where, f"it has no {missing[0]}" if missing else "it holds more than tensors")
    try:
        detector.body.load_state_dict(body, strict=not wanted.keys() - body.keys())
    except RuntimeError as error:
        raise _unusable(where, str(error).splitlines()[-1].strip()) from error


def _unusable(where: str, why: str) -> BadInputError:
    return BadInputError(
        f"The weights in {where} cannot be used ({why}).",
        "Name a state_dict of torchvision's network with --weights FILE, or begin without with --weights none.",
    )
