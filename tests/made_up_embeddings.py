"""Embeddings that nobody computed: where each point lies is planted."""

import numpy as np

from core.embedding.embedding import (
    KINDS,
    NO_IMAGE,
    STATUSES,
    Embedding,
    EmbeddingAbout,
    Engine,
    Features,
    PointKind,
)
from core.identifiers import CohortName, EmbeddingName
from core.imageset.record import TumorStatus
from core.settings import WorkspacePaths
from core.workflows.image_sets import all_image_sets
from core.workflows.stored_embedding import store_embedding

NAME = EmbeddingName("planted")
APART = 40.0  # between the corners in which the kinds lie


def planted_embedding(paths: WorkspacePaths, *, per_category: int = 12, dimensions: int = 2) -> Embedding:
    """Keep one of the four sets of phantoms: each kind in a corner of its own, tumor left of nontumor.

    The points come by kind, then tumor status, then position; transformed images are the first versions.
    """
    sets = {one.name: one for one in all_image_sets(paths)}
    statuses = (TumorStatus.TUMOR, TumorStatus.NONTUMOR)
    categories = [(kind, status) for kind in PointKind for status in statuses]
    sources = [f"{'synthetic' if kind is PointKind.SYNTHETIC else 'real'}-{status}" for kind, status in categories]
    names = [*dict.fromkeys(sources)]
    kinds = np.repeat([KINDS.index(kind) for kind, _ in categories], per_category)
    codes = np.repeat([STATUSES.index(status) for _, status in categories], per_category)
    positions = np.tile(np.arange(per_category), len(categories))
    axes = [kinds * APART + positions, codes * APART / 2 + positions % 3, positions]
    n_points = len(kinds)
    about = EmbeddingAbout(
        name=NAME,
        cohort=CohortName("phantoms"),
        image_sets=[(sets[name].name, sets[name].sha256) for name in names],
        features=Features.PIXELS,
        features_from="training images of phantoms",
        features_key="pixels",
        key="planted",
        n_points=n_points,
        per_category=per_category,
        missing=[],
        perplexity=5,
        iterations=1000,
        dimensions=dimensions,
        seed=0,
        engine=Engine.SCIKIT_LEARN,
        kl_divergence=0.5,
        trustworthiness=0.987,
        neighborhood_preservation=0.654,
        n_neighbors=15,
        computed_at="2026-01-01T12:00:00Z",
        seconds=1.5,
    )
    embedding = Embedding(
        about=about,
        coordinates=np.stack(axes[:dimensions], 1).astype(np.float32),
        kinds=kinds.astype(np.uint8),
        tumor_statuses=codes.astype(np.uint8),
        set_indices=np.repeat([names.index(source) for source in sources], per_category).astype(np.int32),
        positions=positions,
        transformed=np.where(kinds == KINDS.index(PointKind.TRANSFORMED), positions, NO_IMAGE),
        nearest_real=(np.arange(n_points) + 1) % (2 * per_category),
    )
    store_embedding(paths, embedding)
    return embedding
