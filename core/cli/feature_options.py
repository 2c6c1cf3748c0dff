"""The options of every command that compares images."""

from pathlib import Path
from typing import Annotated

import typer

from core.embedding.features import Features
from core.identifiers import RunName
from core.workflows.feature_choice import FeatureChoice

FeaturesOption = Annotated[Features, typer.Option("--features", help="What images are compared by.")]
DetectorOption = Annotated[
    str | None, typer.Option("--detector", help="The detector run whose features are taken.")
]
WeightsOption = Annotated[Path | None, typer.Option("--weights", help="A file of ResNet-50's ImageNet weights.")]


def feature_choice(features: Features, detector: str | None, weights: Path | None) -> FeatureChoice:
    """Raises BadInputError for options that do not go together."""
    return FeatureChoice(features=features, detector_run=RunName(detector) if detector else None, weights=weights)
