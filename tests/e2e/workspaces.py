"""Workspaces that tests read from: real arms, and folders of PNGs made by a generator elsewhere."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from core.identifiers import CohortName, ImageSetName, StudyName
from core.imageset.record import ImageKind, TumorStatus
from core.imaging.nifti import write_segmentation, write_volume
from core.imaging.png import encode_png
from core.imaging.volume import Segmentation, Volume
from core.reading.study import Study
from core.settings import WorkspacePaths
from core.storage.database import opened
from core.workflows.cohorts import CohortRequest, import_cohort
from core.workflows.image_sets import ImagesRequest, import_images
from core.workflows.studies import StudyPlan, create_study, lock_study
from tests.phantoms import add_phantom_set, phantom_images

PER_ARM = 10
SPACING_MM = (1.0, 1.0, 1.0)
STATUSES = (TumorStatus.TUMOR, TumorStatus.NONTUMOR)
_RESPONSES = """
SELECT * FROM responses JOIN trials USING (trial_id) JOIN cases USING (case_id) ORDER BY responses.rowid"""


def unseen(_done: int, _total: int) -> None:
    """Nobody watches the progress."""


def write_patients(folder: Path, n: int) -> None:
    """Small volumes in the BraTS layout: noise in a block for a brain, and a tumor in five of its slices."""
    for index in range(n):
        name = f"BraTS-phantom-{index:05d}-000"
        rng = np.random.default_rng(index)
        voxels = np.zeros((240, 240, 31), np.float32)
        voxels[40:200, 30:210] = rng.uniform(0.5, 1.0, (160, 180, 31))
        labels = np.zeros(voxels.shape, np.uint8)
        labels[100:130, 100:130, 10:15] = 1
        (folder / name).mkdir(parents=True)
        image = Volume(voxels=voxels + labels, spacing_mm=SPACING_MM)
        write_volume(folder / name / f"{name}-t1c.nii.gz", image)
        segmentation = Segmentation(labels=labels, spacing_mm=SPACING_MM)
        write_segmentation(folder / name / f"{name}-seg.nii.gz", segmentation)


def import_synthetic_pngs(paths: WorkspacePaths, folder: Path) -> list[ImageSetName]:
    """Import one folder of PNGs per tumor status, as another program's output would come in."""
    names = []
    for seed, status in enumerate(STATUSES, start=50):
        (folder / status).mkdir(parents=True)
        for index, image in enumerate(phantom_images(PER_ARM + 2, seed)):
            (folder / status / f"sample-{index:03d}.png").write_bytes(encode_png(image))
        names.append(ImageSetName(f"gan-{status}"))
        request = ImagesRequest(
            name=names[-1], folder=folder / status, kind=ImageKind.SYNTHETIC, tumor_status=status
        )
        import_images(paths, request, on_progress=unseen)
    return names


def add_real_phantoms(paths: WorkspacePaths) -> list[ImageSetName]:
    with opened(paths.database, create=True):
        pass
    for seed, status in enumerate(STATUSES):
        add_phantom_set(paths, f"real-{status}", ImageKind.REAL, status, seed=seed)
    return [ImageSetName(f"real-{status}") for status in STATUSES]


def import_brats(paths: WorkspacePaths, folder: Path) -> list[ImageSetName]:
    summary = import_cohort(paths, CohortRequest(name=CohortName("brats"), folder=folder), on_progress=unseen)
    return list(summary.image_sets)


def lock_new_study(
    paths: WorkspacePaths, real_sets: list[ImageSetName], synthetic_sets: list[ImageSetName], **design: object
) -> Study:
    name = StudyName("study")
    plan = StudyPlan(
        name=name, real_sets=real_sets, synthetic_sets=synthetic_sets, per_arm=PER_ARM, seed=3, **design
    )
    create_study(paths, plan)
    return lock_study(paths, name, override_leaks="A test: phantoms beside patients.")[0]


def saved_responses(paths: WorkspacePaths) -> list[Mapping[str, Any]]:
    """Every response with its trial and its case's truth, in the order in which the server received them."""
    with closing(sqlite3.connect(paths.database)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(_RESPONSES)]


def trial_of_ticket(paths: WorkspacePaths) -> dict[str, str]:
    with closing(sqlite3.connect(paths.database)) as connection:
        return dict(connection.execute("SELECT ticket, trial_id FROM tickets"))
