"""What images are compared by: one field, and another one for a network."""

import os
from pathlib import Path

from streamlit.delta_generator import DeltaGenerator

from core.embedding.features import Features
from core.identifiers import RunName
from core.settings import WorkspacePaths
from core.workflows.detectors import all_detectors
from core.workflows.feature_choice import BY_PIXELS, FeatureChoice

FEATURES = {
    Features.PIXELS: "Pixels: coarse look, no network",
    Features.RESNET50: "ResNet-50: trained on photographs",
    Features.DETECTOR: "A detector trained here",
}


def feature_choice(paths: WorkspacePaths, field: DeltaGenerator, below: DeltaGenerator) -> FeatureChoice | None:
    """None while a run is still to be chosen."""
    match field.selectbox("Compared by", [*FEATURES], format_func=FEATURES.get):
        case Features.DETECTOR:
            runs = [run.name for run in all_detectors(paths) if run.is_finished]
            placeholder = "Choose a run" if runs else "None is finished: train one on the Detectors page"
            run = below.selectbox("Detector run", runs, index=None, placeholder=placeholder)
            return FeatureChoice(features=Features.DETECTOR, detector_run=RunName(run)) if run else None
        case Features.RESNET50:
            named = below.text_input("File of ImageNet weights", placeholder="Downloaded unless a file is named")
            file = os.path.expanduser(named.strip())  # noqa: PTH111 - Path's refuses who is not there
            return FeatureChoice(features=Features.RESNET50, weights=Path(file) if file else None)
        case _:
            return BY_PIXELS
