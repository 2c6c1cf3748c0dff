"""Embeddings as processes of their own: t-SNE never runs in the server."""

import shutil
from collections.abc import Sequence

from core.identifiers import EmbeddingName, checked_name
from core.settings import WorkspacePaths
from core.workflows.detached import detached
from core.workflows.embedding_plan import embedding_plan
from core.workflows.embedding_request import EmbeddingRequest
from core.workflows.stored_embedding import embedding_work, is_embedding, kept_embedding

COMPILING_LOG = "compiling.log"


def start_embedding(paths: WorkspacePaths, request: EmbeddingRequest) -> EmbeddingName:
    """Start `mrturing embed run`, which goes on when the app ends; returns when it is at work or done.

    What was computed of the same images and settings is there at once. Raises what the command refuses.
    """
    plan = embedding_plan(paths, request)
    kept = kept_embedding(paths, plan)
    if kept is not None:
        return kept.about.name
    embedding_work(paths, plan.name).start(paths, ["embed", "run", *_options(request)])
    return plan.name


def cancel_embedding(paths: WorkspacePaths, name: EmbeddingName) -> None:
    """End the making of an embedding; nothing stays of it. Does nothing to one that is there."""
    work = embedding_work(paths, EmbeddingName(checked_name(name, "embedding")))
    work.cancel()
    if not is_embedding(paths, name):
        shutil.rmtree(paths.embedding(name), ignore_errors=True)


def start_compiling(paths: WorkspacePaths, dimensions: int) -> None:
    """Compile t-SNE for the next time, in a process that nobody waits for."""
    paths.compiled.mkdir(parents=True, exist_ok=True)
    detached(paths, ["embed", "compile", "--dimensions", str(dimensions)], paths.compiled / COMPILING_LOG)


def _options(request: EmbeddingRequest) -> Sequence[str]:
    given = {
        "--cohort": request.cohort,
        "--per-category": request.per_category,
        "--perplexity": request.perplexity,
        "--iterations": request.iterations,
        "--dimensions": request.dimensions,
        "--seed": request.seed,
        "--engine": request.engine,
    }
    words = [word for option, value in given.items() for word in (option, str(value))]
    named = [] if request.name is None else ["--name", request.name]
    synthetic = [word for name in request.image_sets for word in ("--synthetic", name)]
    return [*words, *request.features.options(), *synthetic, *named]
