"""t-SNE (van der Maaten and Hinton 2008) by the engine that is fastest on so many points.

All engines begin with the principal components, exaggerate for the first 250 iterations, and use the learning rate
of Belkina et al. 2019, as scikit-learn does; openTSNE, by its own defaults, steps farther after these.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.embedding.embedding import Engine
from core.errors import BadInputError

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

EXAGGERATION = 12.0
EXAGGERATED_ITERATIONS = 250
MOST_EXACT_POINTS = 20_000  # beyond, all pairs of points cost more than approximating them
NEIGHBORHOOD = 2.5  # perplexities, of very many points
_INITIAL_DEVIATION = 1e-4
_TOLD_EVERY = 50

Points = NDArray[np.float32]  # [n, 2 or 3]
OnIteration = Callable[[int], None]  # how many are done
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class TsneSettings:
    """The paper's where not said otherwise."""

    perplexity: float = 100
    iterations: int = 1000
    dimensions: int = 2
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TsneResult:
    """`kl_divergence` is what `engine` minimized: openTSNE's and scikit-learn's look at near points only."""

    coordinates: Points
    kl_divergence: float
    engine: Engine


def check_perplexity(n_points: int, perplexity: float) -> None:
    """Raises BadInputError where a neighborhood three times the perplexity is not there, and says what would do."""
    if n_points <= 3 * perplexity:
        most = (n_points - 1) // 3
        remedy = f"Take a perplexity of {most} or less, or more images." if most else "Take more images."
        raise BadInputError(
            f"{n_points} images are too few for a perplexity of {perplexity:g}: it needs more than three times as "
            "many.",
            remedy,
        )


def tsne(
    features: NDArray[np.float32],
    settings: TsneSettings,
    engine: Engine = Engine.AUTO,
    *,
    compiled: Path | None = None,
    on_iteration: OnIteration = lambda _: None,
) -> TsneResult:
    """Points near to each other where the features [n, k] are. The same again for the same on one machine.

    `compiled`: the file of `compiled_step`; without it, and for AUTO where nothing is compiled yet, scikit-learn is
    taken in the place of it. Raises BadInputError for features that are all the same or too few.
    """
    check_perplexity(len(features), settings.perplexity)
    start = _initial(features, settings.dimensions)
    chosen = fastest(len(features), settings.dimensions, compiled) if engine is Engine.AUTO else engine
    if chosen is Engine.COMPILED:
        found = _exact(features, start, settings, compiled, on_iteration)
        if found is not None:
            return found
    if chosen is Engine.OPENTSNE:
        return _by_opentsne(features, start, settings, on_iteration)
    return _by_scikit_learn(features, start, settings, on_iteration)


def fastest(n_points: int, dimensions: int, compiled: Path | None) -> Engine:
    """openTSNE interpolates in two dimensions only."""
    if n_points > MOST_EXACT_POINTS:
        return Engine.OPENTSNE if dimensions == 2 else Engine.SCIKIT_LEARN
    return Engine.COMPILED if compiled is not None and compiled.is_file() else Engine.SCIKIT_LEARN


def _initial(features: NDArray[np.float32], dimensions: int) -> Points:
    """The first principal components, so small that nothing is apart yet; their signs are settled."""
    from scipy.linalg import eigh

    centered = features.astype(np.float64) - features.mean(0, dtype=np.float64)
    n_features = centered.shape[1]
    if n_features < dimensions or not centered.any():
        raise BadInputError("The images are all the same: nothing tells them apart.", "Take other images.")
    _, components = eigh(centered.T @ centered, subset_by_index=[n_features - dimensions, n_features - 1])
    components = components[:, ::-1]
    components *= np.sign(np.take_along_axis(components, np.abs(components).argmax(0)[None], 0))
    projected = centered @ components
    return np.asarray(projected * (_INITIAL_DEVIATION / projected[:, 0].std()), np.float32)


def _exact(
    features: NDArray[np.float32],
    start: Points,
    settings: TsneSettings,
    compiled: Path | None,
    on_iteration: OnIteration,
) -> TsneResult | None:
    """None where there is no compiler, or what was compiled cannot be used."""
    from core.embedding.exact_tsne import affinities, divergence, minimized
    from core.embedding.tsne_step import loaded_step

    step = None if compiled is None else loaded_step(compiled)
    if step is None:
        _log.warning("Nothing was compiled for this machine: scikit-learn is used, which is slower.")
        return None
    joint = affinities(features, settings.perplexity)
    coordinates = minimized(step, joint, start, settings.iterations, on_iteration)
    return TsneResult(coordinates=coordinates, kl_divergence=divergence(joint, coordinates), engine=Engine.COMPILED)


def _by_scikit_learn(
    features: NDArray[np.float32], start: Points, settings: TsneSettings, on_iteration: OnIteration
) -> TsneResult:
    from sklearn.manifold import TSNE

    estimator = TSNE(
        n_components=settings.dimensions,
        perplexity=settings.perplexity,
        early_exaggeration=EXAGGERATION,
        max_iter=max(settings.iterations, EXAGGERATED_ITERATIONS + 1),  # before, it tells no divergence
        init=start,
        random_state=settings.seed,
        n_jobs=-1,
    )
    coordinates = np.asarray(estimator.fit_transform(features), np.float32)
    on_iteration(settings.iterations)
    return TsneResult(
        coordinates=coordinates, kl_divergence=float(estimator.kl_divergence_), engine=Engine.SCIKIT_LEARN
    )


def _by_opentsne(
    features: NDArray[np.float32], start: Points, settings: TsneSettings, on_iteration: OnIteration
) -> TsneResult:
    from openTSNE import TSNE
    from openTSNE.affinity import PerplexityBasedNN
    from openTSNE.nearest_neighbors import PrecomputedNeighbors

    from core.embedding.neighbors import nearest_neighbors
    from core.runs.devices import keep_freed_memory

    # The neighbors are exact: found by products of matrices, they come sooner than by openTSNE's approximation.
    keep_freed_memory()
    order = np.argsort(start[:, 0])  # so that near points are near in memory
    near = PrecomputedNeighbors(*nearest_neighbors(features[order], int(NEIGHBORHOOD * settings.perplexity)))
    n_done = 0

    def tell(*_: object) -> bool:
        nonlocal n_done
        n_done += _TOLD_EVERY
        on_iteration(min(n_done, settings.iterations))
        return False  # go on

    found = TSNE(
        n_components=settings.dimensions,
        early_exaggeration=EXAGGERATION,
        early_exaggeration_iter=EXAGGERATED_ITERATIONS,
        n_iter=settings.iterations - EXAGGERATED_ITERATIONS,
        initialization=start[order].astype(np.float64),
        random_state=settings.seed,
        n_jobs=-1,
        negative_gradient_method=_divergence_and_gradient if settings.dimensions == 2 else "bh",
        callbacks=tell,
        callbacks_every_iters=_TOLD_EVERY,
    ).fit(affinities=PerplexityBasedNN(perplexity=settings.perplexity, knn_index=near, n_jobs=-1))
    coordinates = np.empty_like(start)
    coordinates[order] = found
    return TsneResult(coordinates=coordinates, kl_divergence=float(found.kl_divergence), engine=Engine.OPENTSNE)


def _divergence_and_gradient(
    embedding: NDArray[np.float64], P: csr_matrix, *, n_jobs: int, should_eval_error: bool, **_: object
) -> tuple[float, NDArray[np.float64]]:
    """As openTSNE asks for it, for the plane: what it has of its own for repulsion takes one core only."""
    from openTSNE._tsne import estimate_positive_gradient_nn

    from core.embedding.repulsion import repulsion

    points = np.asarray(embedding)
    force, normalization = repulsion(points)
    gradient = -force / normalization
    of_pairs, divergence = estimate_positive_gradient_nn(
        P.indices,
        P.indptr,
        P.data,
        points,
        points,
        gradient,
        1,
        num_threads=n_jobs,
        should_eval_error=should_eval_error,
    )
    if should_eval_error:
        divergence += of_pairs * np.log(normalization)
    return divergence, gradient
