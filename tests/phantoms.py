"""Small made-up workspaces for tests: distinct phantom images, a locked study, an invited reader."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.access.person import Role
from core.identifiers import ImageId, ImageSetName, StudyName, SubjectId
from core.imageset.record import ImageKind, ImageRecord, Partition, TumorStatus
from core.reading.study import ReaderProfile
from core.settings import WorkspacePaths
from core.storage.database import opened
from core.workflows.access import accept_invitation, invite_reader, sign_in
from core.workflows.image_sets import NewImageSet, add_image_set
from core.workflows.reading import begin_reading
from core.workflows.studies import StudyPlan, create_study, lock_study

BASE_URL = "http://localhost:8501"
PROFILE = ReaderProfile(
    years_of_experience=12,
    specialty="Neuroradiology",
    board_certified=True,
    seen_synthetic_before=False,
    gray_ramp_steps=8,
)


def phantom_images(n: int, seed: int) -> Iterator[NDArray[np.uint8]]:
    """Noise inside a disk, each image another one."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:256, :256] - 127.5
    disk = (x**2 + y**2) < 90**2
    for _ in range(n):
        yield (disk * rng.integers(30, 220, (256, 256))).astype(np.uint8)


def add_phantom_set(
    paths: WorkspacePaths, name: str, kind: ImageKind, status: TumorStatus, *, n: int = 12, seed: int = 0
) -> None:
    records = [
        ImageRecord(
            image_id=ImageId(f"{name}-{index}"),
            tumor_status=status,
            subject_id=SubjectId(f"p{index % 4}") if kind is ImageKind.REAL else None,
            partition=Partition.TRAINING if kind is ImageKind.REAL else None,
            slice_index=30 + index if kind is ImageKind.REAL else None,
            seed=index if kind is ImageKind.SYNTHETIC else None,
        )
        for index in range(n)
    ]
    new = NewImageSet(name=ImageSetName(name), kind=kind, tumor_status=status, provenance={"source": "phantom"})
    add_image_set(paths, new, records, phantom_images(n, seed))


def workspace_with_four_sets(root: Path, n: int = 12) -> WorkspacePaths:
    """Sets named real-tumor, real-nontumor, synthetic-tumor, synthetic-nontumor."""
    paths = WorkspacePaths(root)
    with opened(paths.database, create=True):
        pass
    kinds = [(kind, status) for kind in ImageKind for status in (TumorStatus.TUMOR, TumorStatus.NONTUMOR)]
    for seed, (kind, status) in enumerate(kinds):
        add_phantom_set(paths, f"{kind}-{status}", kind, status, n=n, seed=seed)
    return paths


def plan(name: str = "study", per_arm: int = 10, **settings: object) -> StudyPlan:
    return StudyPlan(
        name=StudyName(name),
        real_sets=[ImageSetName("real-tumor"), ImageSetName("real-nontumor")],
        synthetic_sets=[ImageSetName("synthetic-tumor"), ImageSetName("synthetic-nontumor")],
        per_arm=per_arm,
        **settings,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedStudy:
    paths: WorkspacePaths
    name: StudyName

    def link(self, reader: str = "reader", *, again: bool = False) -> str:
        return invite_reader(self.paths, self.name, reader, again=again, base_url=BASE_URL)

    def cookie(self, reader: str = "reader", *, consent: bool = True, again: bool = False) -> str:
        """Invite a reader, use the link, agree to take part."""
        _, cookie = accept_invitation(self.paths, self.link(reader, again=again).rsplit("/", 1)[1])
        signed_in = sign_in(self.paths, cookie, Role.READER)
        if consent and signed_in is not None:
            begin_reading(self.paths, signed_in, PROFILE)
        return cookie


def locked_study(root: Path, *, per_arm: int = 10, **settings: object) -> LockedStudy:
    paths = workspace_with_four_sets(root)
    study = create_study(paths, plan(per_arm=per_arm, **settings))
    lock_study(paths, study.name)
    return LockedStudy(paths=paths, name=study.name)


def response(trial: str, **changes: object) -> dict[str, object]:
    """What a browser sends for one trial."""
    return {
        "response_id": str(uuid.uuid4()),
        "trial": trial,
        "cannot_judge": False,
        "decision": "real",
        "confidence": None,
        "response_time_ms": 1200.5,
        "tumor_decision": "tumor",
        "tumor_confidence": None,
        "tumor_response_time_ms": 2100.0,
        "painted_at": "2026-01-01T10:00:00.000Z",
        "answered_at": "2026-01-01T10:00:02.100Z",
        "window_center": 127.5,
        "window_width": 255,
        "zoom": 1,
        "pan_x": 0,
        "pan_y": 0,
        "inverted": False,
        "interpolation": "smooth",
        "viewport_width": 1440,
        "viewport_height": 900,
        "device_pixel_ratio": 1,
        "device_pixels_per_pixel": 3,
        "paused_ms": 0,
        "longest_idle_ms": 800,
        "interrupted": False,
    } | changes
