"""Small embeddings of the five patients, and synthetic images to stand beside them."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.embedding.embedding import Embedding
from core.identifiers import ImageId, ImageSetName
from core.imageset.record import ImageKind, ImageRecord, TumorStatus
from core.settings import WorkspacePaths
from core.workflows.embedding import embed
from core.workflows.embedding_request import EmbeddingRequest
from core.workflows.image_sets import NewImageSet, add_image_set
from tests.small_trainings import GLIOMA

DRAWN = ImageSetName("drawn")
PIXELS_OF = ImageSetName("glioma-tumor")


def request(**changes: Any) -> EmbeddingRequest:
    return EmbeddingRequest(**{"cohort": GLIOMA, "perplexity": 5, "iterations": 250, **changes})


def embedded(paths: WorkspacePaths, **changes: Any) -> Embedding:
    return embed(paths, request(**changes), on_progress=lambda *_: None)


def add_synthetic(
    paths: WorkspacePaths,
    images: Iterable[NDArray[np.uint8]] | None = None,
    *,
    name: ImageSetName = DRAWN,
    tumor_status: TumorStatus = TumorStatus.TUMOR,
    n: int = 20,
) -> None:
    """Heads of another shape than any patient's, unless other `images` are given."""
    records = [
        ImageRecord(image_id=ImageId(f"{name}-{number}"), tumor_status=tumor_status, seed=number)
        for number in range(n)
    ]
    new = NewImageSet(name=name, kind=ImageKind.SYNTHETIC, tumor_status=tumor_status)
    add_image_set(paths, new, records, disks(n) if images is None else images)


def disks(n: int) -> Iterator[NDArray[np.uint8]]:
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:256, :256] - 127.5
    for radius in np.linspace(30, 60, n):
        yield np.asarray((x**2 + y**2 < radius**2) * rng.integers(200, 250, (256, 256)), np.uint8)
