"""The blinding audit of 200 stimuli as a command: where nothing leaks, where remedies are tried, at the lock."""

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.identifiers import ImageId, ImageSetName, StudyName
from core.imageset.record import ImageKind, ImageRecord, TumorStatus
from core.settings import WorkspacePaths
from core.workflows.image_sets import NewImageSet, add_image_set
from core.workflows.studies import create_study
from tests.benchmarks.commands import figures_of, timed_command
from tests.benchmarks.figures import Figure
from tests.phantoms import phantom_images, plan, workspace_with_four_sets

PER_ARM = 50
N_RUNS = 3


def measure_audit() -> list[Figure]:
    """Each run is a process of its own, from its start to its end."""
    with tempfile.TemporaryDirectory() as folder:
        paths = workspace_with_four_sets(Path(folder), n=PER_ARM)
        create_study(paths, plan("sound", per_arm=PER_ARM))
        _create_leaky_study(paths)
        lock = timed_command("study", "lock", "sound", workspace=paths.root)
        return [
            *_figures(paths, "sound", "the blinding audit of 200 stimuli, p50"),
            *_figures(paths, "leaky", "the same with leaks, eight remedies tried, p50"),
            *figures_of("the lock, which audits them", [lock], at_most_s=30),
        ]


def _figures(paths: WorkspacePaths, study: str, name: str) -> list[Figure]:
    runs = [timed_command("study", "audit", study, workspace=paths.root) for _ in range(N_RUNS)]
    return figures_of(name, runs, at_most_s=30)


def _create_leaky_study(paths: WorkspacePaths) -> None:
    """Its synthetic images have no exact black."""
    sets = []
    for seed, status in enumerate((TumorStatus.TUMOR, TumorStatus.NONTUMOR), start=30):
        sets.append(ImageSetName(f"hazy-{status}"))
        records = [ImageRecord(image_id=ImageId(f"h{n}"), tumor_status=status) for n in range(PER_ARM)]
        new = NewImageSet(name=sets[-1], kind=ImageKind.SYNTHETIC, tumor_status=status)
        add_image_set(paths, new, records, (np.maximum(image, 3) for image in phantom_images(PER_ARM, seed)))
    create_study(paths, replace(plan(per_arm=PER_ARM), name=StudyName("leaky"), synthetic_sets=sets))
