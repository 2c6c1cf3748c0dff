"""Making an embedding in this process, as `mrturing embed run` does."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.embedding.embedding import (
    KINDS,
    NO_IMAGE,
    STATUSES,
    Embedding,
    EmbeddingAbout,
    Engine,
    PointKind,
)
from core.embedding.quality import quality
from core.embedding.tsne import MOST_EXACT_POINTS, OnIteration, TsneResult, TsneSettings, tsne
from core.embedding.tsne_step import compiled_step, step_file
from core.errors import MrTuringError
from core.fidelity.nearest import nearest
from core.identifiers import EmbeddingName
from core.provenance import utc_now
from core.settings import WorkspacePaths
from core.storage.database import opened
from core.workflows.embedding_features import point_features
from core.workflows.embedding_plan import EmbeddingPlan, embedding_plan
from core.workflows.embedding_request import EmbeddingRequest
from core.workflows.image_sets import OnProgress, image_set_named
from core.workflows.stored_embedding import embedding_work, kept_embedding, store_embedding

WORTH_COMPILING_FROM = 1000  # points: fewer take scikit-learn a second or two


def embed(paths: WorkspacePaths, request: EmbeddingRequest, *, on_progress: OnProgress) -> Embedding:
    """Compute an embedding and keep it; one that was kept of the same images and settings is only read.

    Raises what `embedding_plan` and `point_features` raise, RefusedError for a name that another one has and while
    another process is at it.
    """
    plan = embedding_plan(paths, request)
    kept = kept_embedding(paths, plan)
    if kept is not None:
        on_progress(1, 1)
        return kept
    began = time.monotonic()
    work = embedding_work(paths, plan.name)
    with work.at_work(on_progress) as tell, _gone_where_its_end_was_seen(paths, plan.name):
        n_steps, n_done = plan.n_points + request.iterations, 0

        def on_done(n: int) -> None:
            nonlocal n_done
            n_done += n
            tell(n_done, n_steps)

        features = point_features(paths, plan, on_done)
        found = _tsne(paths, plan, features, lambda n: tell(plan.n_points + n, n_steps))
        embedding = _embedding(plan, features, found, seconds=time.monotonic() - began)
        with opened(paths.database) as db:
            for name, _ in plan.image_sets:
                image_set_named(db, name)  # unless it was deleted meanwhile
        store_embedding(paths, embedding)
    return embedding


def compile_for(paths: WorkspacePaths, dimensions: int) -> Path | None:
    """Compile t-SNE for this workspace and machine, unless it is. None where that cannot be done."""
    return compiled_step(paths.compiled, dimensions)


def would_gain_from_compiling(paths: WorkspacePaths, about: EmbeddingAbout, asked: Engine) -> bool:
    """Whether the next embedding like this one would be faster than this one was."""
    from core.runs.devices import has_compiler

    return (
        asked is Engine.AUTO
        and about.engine is Engine.SCIKIT_LEARN
        and WORTH_COMPILING_FROM <= about.n_points <= MOST_EXACT_POINTS
        and not step_file(paths.compiled, about.dimensions).is_file()
        and has_compiler("cpu")
    )


@contextmanager
def _gone_where_its_end_was_seen(paths: WorkspacePaths, name: EmbeddingName) -> Iterator[None]:
    """By whoever pressed Ctrl-C, or typed the command that is refused; what the app started leaves its log."""
    try:
        yield
    except (KeyboardInterrupt, MrTuringError) as error:
        if isinstance(error, KeyboardInterrupt) or not embedding_work(paths, name).log.exists():
            shutil.rmtree(paths.embedding(name), ignore_errors=True)
        raise


def _tsne(
    paths: WorkspacePaths, plan: EmbeddingPlan, features: NDArray[np.float32], on_iteration: OnIteration
) -> TsneResult:
    request = plan.request
    settings = TsneSettings(
        perplexity=request.perplexity,
        iterations=request.iterations,
        dimensions=request.dimensions,
        seed=request.seed,
    )
    file: Path | None = step_file(paths.compiled, request.dimensions)
    if request.engine is Engine.COMPILED:
        file = compile_for(paths, request.dimensions)
    return tsne(features, settings, request.engine, compiled=file, on_iteration=on_iteration)


def _embedding(
    plan: EmbeddingPlan, features: NDArray[np.float32], found: TsneResult, *, seconds: float
) -> Embedding:
    request, shown = plan.request, quality(features, found.coordinates)
    lengths = [len(part.positions) for part in plan.parts]
    names = [name for name, _ in plan.image_sets]
    kinds = np.repeat(np.array([KINDS.index(part.kind) for part in plan.parts], np.uint8), lengths)
    positions = np.concatenate([part.positions for part in plan.parts])
    about = EmbeddingAbout(
        name=plan.name,
        cohort=request.cohort,
        image_sets=plan.image_sets,
        features=request.features.features,
        features_from=plan.features_from,
        features_key=plan.features_key,
        key=plan.key,
        n_points=plan.n_points,
        per_category=request.per_category,
        missing=plan.missing,
        perplexity=request.perplexity,
        iterations=request.iterations,
        dimensions=request.dimensions,
        seed=request.seed,
        engine=found.engine,
        kl_divergence=found.kl_divergence,
        trustworthiness=shown.trustworthiness,
        neighborhood_preservation=shown.neighborhood_preservation,
        n_neighbors=shown.n_neighbors,
        computed_at=utc_now(),
        seconds=seconds,
    )
    return Embedding(
        about=about,
        coordinates=found.coordinates,
        kinds=kinds,
        tumor_statuses=np.repeat(
            np.array([STATUSES.index(part.tumor_status) for part in plan.parts], np.uint8), lengths
        ),
        set_indices=np.repeat(
            np.array([names.index(part.image_set.name) for part in plan.parts], np.int32), lengths
        ),
        positions=positions,
        transformed=np.where(kinds == KINDS.index(PointKind.TRANSFORMED), positions, NO_IMAGE),
        nearest_real=_nearest_real(features, kinds),
    )


def _nearest_real(features: NDArray[np.float32], kinds: NDArray[np.uint8]) -> NDArray[np.int64]:
    real = np.flatnonzero(kinds == KINDS.index(PointKind.REAL))
    if not len(real):
        return np.full(len(kinds), NO_IMAGE, np.int64)
    found = nearest(features, features[real], groups=(np.arange(len(kinds)), real)).index[:, 0]
    return np.where(found == NO_IMAGE, NO_IMAGE, real[found])
