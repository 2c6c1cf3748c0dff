"""What images are compared by, as a person chose it: pixels, ResNet-50, or a detector trained here."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.detection.recipes import IMAGENET
from core.embedding.features import SIDE_PX, Features, pixel_rows
from core.errors import BadInputError, RefusedError
from core.identifiers import RunName
from core.provenance import sha256_of_file, sha256_of_json
from core.settings import WorkspacePaths
from core.workflows.detectors import detector_named

Rows = NDArray[np.float32]  # [images, features]
PIXELS = f"pixels at {SIDE_PX} x {SIDE_PX}"
_PIXELS_AT_ONCE = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureChoice:
    """`detector_run` for the features of a detector; `weights`: a file of ResNet-50's, downloaded unless named."""

    features: Features = Features.PIXELS
    detector_run: RunName | None = None
    weights: Path | None = None

    def __post_init__(self) -> None:
        if (self.features is Features.DETECTOR) != (self.detector_run is not None):
            raise BadInputError(
                f"The features {self.features} were asked for, with the detector run {self.detector_run}.",
                "Name a detector run with the features detector, and with no others.",
            )
        if self.weights is not None and self.features is not Features.RESNET50:
            raise BadInputError(
                f"The features {self.features} take no weights.", "Take resnet50, or leave them out."
            )

    def options(self) -> list[str]:
        """Those of a command that makes the same choice."""
        given = {
            "--features": self.features,
            "--detector": self.detector_run,
            "--weights": self.weights and self.weights.absolute(),
        }
        return [word for option, value in given.items() if value is not None for word in (option, str(value))]


BY_PIXELS = FeatureChoice()


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedFeatures:
    """`name` says in words and `key` by a hash what the features follow from: other weights have another."""

    choice: FeatureChoice
    name: str
    key: str

    @property
    def have_unit(self) -> bool:
        """Distances of pixels are in gray values, those of networks in nothing that has a name."""
        return self.choice.features is Features.PIXELS


@dataclass(frozen=True, slots=True, kw_only=True)
class Extractor:
    """`of` makes rows of images, uint8 [b, 256, 256], `at_once` at a time."""

    named: NamedFeatures
    n_features: int
    at_once: int
    of: Callable[[NDArray[np.uint8]], Rows]


def named_features(paths: WorkspacePaths, choice: FeatureChoice) -> NamedFeatures:
    """Raises NotFoundError, RefusedError and BadInputError for a run or weights that are not there. No torch."""
    match choice.features:
        case Features.PIXELS:
            name, follows_from = PIXELS, ""
        case Features.RESNET50:
            weights = choice.weights
            name = f"ResNet-50 with {weights.name if weights else 'ImageNet weights'}"
            follows_from = _hash_of(weights) if weights else IMAGENET
        case Features.DETECTOR:
            run = detector_named(paths, choice.detector_run or RunName(""))
            if not run.checkpoint.is_file():
                raise RefusedError(f"The run {run.name} has no checkpoint yet.", "Wait for its first one.")
            name, follows_from = f"detector run {run.name}", sha256_of_file(run.checkpoint)
    return NamedFeatures(choice=choice, name=name, key=sha256_of_json([choice.features, follows_from]))


def extractor(paths: WorkspacePaths, named: NamedFeatures, n_images: int) -> Extractor:
    """A network is compiled where `n_images` pay for that.

    Raises BadInputError for weights that cannot be used, and RefusedError for others than those that were named.
    """
    if named.choice.features is Features.PIXELS:
        return Extractor(named=named, n_features=SIDE_PX**2, at_once=_PIXELS_AT_ONCE, of=pixel_rows)

    from core.detection.checkpoint import load_checkpoint, load_detector
    from core.detection.features import feature_maker
    from core.detection.inference import AT_ONCE, WORTH_IT_FROM
    from core.detection.network import Detector
    from core.detection.recipes import paper
    from core.detection.weights import begin_with

    choice, config = named.choice, paper()
    if choice.detector_run is not None:
        file = detector_named(paths, choice.detector_run).checkpoint
        network, config = load_detector(file), load_checkpoint(file).config
    else:
        network = Detector.initial(config)
        try:
            begin_with(network, config.architecture, str(choice.weights or IMAGENET))
        except BadInputError as error:
            remedy = "Name a file of torchvision's ResNet-50 with --weights FILE, or take the features pixels."
            raise BadInputError(error.what, remedy) from error
    if named_features(paths, choice).key != named.key:
        raise RefusedError(f"The weights of {named.name} became other ones.", "Start it again.")
    of = feature_maker(network, px=config.image_px, compiled=n_images >= WORTH_IT_FROM)
    return Extractor(named=named, n_features=network.n_features, at_once=AT_ONCE, of=of)


def _hash_of(weights: Path) -> str:
    try:
        return sha256_of_file(weights)
    except OSError as error:
        raise BadInputError(
            f"The weights {weights} cannot be read ({error.strerror}).", "Name another file."
        ) from error
