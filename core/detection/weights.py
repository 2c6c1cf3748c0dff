"""What a detector begins with: ImageNet weights, those of a local file, or none."""

import contextlib
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import torch
import torchvision
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from core.detection.network import Detector
from core.detection.recipes import IMAGENET, NO_WEIGHTS, Architecture
from core.errors import BadInputError
from core.provenance import sha256_of_file

_HEAD = ("fc.", "classifier.")
_NAME_ANOTHER = "Name a state_dict of torchvision's network with --weights FILE, or begin with --weights none."
_DELETE_IT = "Delete it, which has it downloaded again, or begin with --weights FILE or --weights none."


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstWeights:
    """`name`: imagenet, none, or the name of a file whose hash is `sha256`."""

    name: str
    sha256: str | None = None


def begin_with(detector: Detector, architecture: Architecture, weights: str) -> FirstWeights:
    """Give a new detector its first weights: `imagenet`, `none` or the path of a file. Raises BadInputError.

    Of a file only tensors are loaded, nothing in it is run, also where somebody has put it among torch's downloads.
    """
    if weights == NO_WEIGHTS:
        return FirstWeights(name=NO_WEIGHTS)
    if weights == IMAGENET:
        known = _known(architecture)
        _put_in(detector, _downloaded(known), _download_of(known), next_step=_DELETE_IT)
        return FirstWeights(name=IMAGENET)
    file = Path(weights)
    _put_in(detector, _of_file(file), file, next_step=_NAME_ANOTHER)
    return FirstWeights(name=file.name, sha256=sha256_of_file(file))


def _known(architecture: Architecture) -> torchvision.models.WeightsEnum:
    known = {
        Architecture.RESNET50: torchvision.models.ResNet50_Weights.IMAGENET1K_V1,
        Architecture.RESNET18: torchvision.models.ResNet18_Weights.IMAGENET1K_V1,
    }
    if architecture not in known:
        raise BadInputError(f"There are no ImageNet weights of {architecture}.", "Use --weights none.")
    return known[architecture]


def _download_of(known: torchvision.models.WeightsEnum) -> Path:
    """Where torch keeps it; it comes there once it is whole and has the right hash, and is not checked again."""
    return Path(torch.hub.get_dir()) / "checkpoints" / PurePosixPath(known.url).name


def _downloaded(known: torchvision.models.WeightsEnum) -> object:
    file = _download_of(known)
    try:
        with _no_warnings():
            return known.get_state_dict(progress=False, check_hash=True, map_location="cpu", weights_only=True)
    except Exception as error:
        if file.exists():
            raise _unusable(file, _why(error), _DELETE_IT) from error
        raise BadInputError(
            f"The ImageNet weights could not be downloaded from {known.url} ({error}).",
            "Download that file elsewhere and name it with --weights FILE, or begin without with --weights none.",
        ) from error


def _of_file(file: Path) -> object:
    try:
        if file.suffix == ".safetensors":
            return load_file(file)
        with _no_warnings():
            return torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # parsers stumble over foreign bytes in every way there is
        raise _unusable(file, _why(error), _NAME_ANOTHER) from error


def _put_in(detector: Detector, tensors: object, file: Path, *, next_step: str) -> None:
    """All but the last layer, which knows other classes."""
    if not isinstance(tensors, Mapping) or not all(isinstance(name, str) for name in tensors):
        raise _unusable(file, f"it holds a {type(tensors).__name__}, not tensors by name", next_step)
    body = {name: tensor for name, tensor in tensors.items() if not name.startswith(_HEAD)}
    wanted = detector.body.state_dict()
    missing = sorted(name for name in wanted.keys() - body.keys() if not name.endswith("num_batches_tracked"))
    if missing or not all(isinstance(tensor, Tensor) for tensor in body.values()):
        raise _unusable(file, f"it has no {missing[0]}" if missing else "it holds more than tensors", next_step)
    try:
        detector.body.load_state_dict(body, strict=not wanted.keys() - body.keys())
    except RuntimeError as error:
        raise _unusable(file, str(error).splitlines()[-1].strip(), next_step) from error


@contextlib.contextmanager
def _no_warnings() -> Iterator[None]:
    """Torch's about old and foreign formats: what is not loaded is refused in one line."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _why(error: Exception) -> str:
    """In one line; not what a parser stumbled over, nor torch's advice of how to load such a file all the same."""
    told = str(error).splitlines() if isinstance(error, OSError | SafetensorError) else []
    return told[0] if told else "it is damaged, or holds more than tensors"


def _unusable(file: Path, why: str, next_step: str) -> BadInputError:
    return BadInputError(f"The weights in {file} cannot be used ({why}).", next_step)
