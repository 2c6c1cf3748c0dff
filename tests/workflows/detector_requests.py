"""Small detectors of the five patients, and releases of synthetic images to learn from."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from core.curation.decision import Verdict
from core.detection.condition import Condition
from core.detection.network import Detector
from core.detection.run_folder import Tick
from core.identifiers import ImageSetName, ReleaseName
from core.settings import WorkspacePaths
from core.workflows.detector_training import DetectorRequest, Recipe, config_of, run_detector
from core.workflows.releases import release
from tests.curating import decide
from tests.small_trainings import GLIOMA

RELEASES = (ReleaseName("good-tumor"), ReleaseName("good-nontumor"))


def request(condition: Condition = Condition.NONE, **changes: Any) -> DetectorRequest:
    releases = RELEASES if condition.has_synthetic else ()
    made = DetectorRequest(
        cohort=GLIOMA, condition=condition, releases=releases, recipe=Recipe.SMOKE, epochs=1, precision="fp32"
    )
    return replace(made, **changes)


def run(paths: WorkspacePaths, asked: DetectorRequest, stop_after: int | None = None) -> Any:
    ticks: list[Tick] = []
    steps = iter(range(1, 10**9))
    return run_detector(
        paths,
        asked,
        should_stop=lambda: "paused" if next(steps) == stop_after else None,
        on_tick=ticks.append,
    )


def keep_all(paths: WorkspacePaths, image_set: str, name: str) -> None:
    decide(paths, Verdict.KEEP, *range(6), image_set=ImageSetName(image_set))
    release(paths, ImageSetName(image_set), ReleaseName(name))


def first_weights(file: Path) -> Path:
    torch.save(Detector.initial(config_of(request(seed=9))).body.state_dict(), file)
    return file
