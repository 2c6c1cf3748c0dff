"""t-SNE against scikit-learn's, in turn and in the same run: once compiled, in fresh processes, and of many points.

The divergence of both is computed by the same function from the same affinities over all pairs.
"""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.manifold import TSNE

from core.detection.features import feature_maker
from core.detection.inference import AT_ONCE, frozen
from core.detection.network import Detector
from core.detection.recipes import paper
from core.detection.training_images import StoredImages
from core.embedding.embedding import Engine
from core.embedding.exact_tsne import affinities, divergence
from core.embedding.quality import quality
from core.embedding.tsne import TsneSettings, tsne
from core.embedding.tsne_step import compiled_step
from core.runs.devices import detect_compute
from core.workflows.feature_choice import BY_PIXELS, Extractor, NamedFeatures
from core.workflows.features import computed
from tests.benchmarks.figures import Figure

PAPER = TsneSettings()
N_PAPER, N_MANY = 1800, 50_000
N_FEATURES = 256
N_ROUNDS = 3
N_EXTRACTED = 20 * AT_ONCE
ROOT = Path(__file__).parents[2]

PLAIN = """
import numpy as np
from sklearn.manifold import TSNE
TSNE(perplexity=100, max_iter=1000, init="pca", random_state=0).fit_transform(np.load({features!r}))"""
OURS = """
import numpy as np
from pathlib import Path
from core.embedding.tsne import TsneSettings, tsne
from core.embedding.tsne_step import step_file
tsne(np.load({features!r}), TsneSettings(), compiled=step_file(Path({folder!r}), 2))"""


def measure_embedding() -> list[Figure]:
    with TemporaryDirectory(prefix="mrturing-bench-") as folder:
        began = time.perf_counter()
        step = compiled_step(Path(folder), 2)
        compiling = Figure(name="compiling, once", value=time.perf_counter() - began, unit="s", n=1)
        if step is None:
            return []
        return [compiling, *_paper_sized(step), *_fresh(Path(folder)), *_many(), *_extraction()]


def _paper_sized(step: Path) -> list[Figure]:
    features = _features(N_PAPER)
    found: dict[Engine, NDArray[np.float32]] = {}

    def by(engine: Engine) -> None:
        found[engine] = tsne(features, PAPER, engine, compiled=step).coordinates

    def by_scikit_learn() -> None:
        estimator = TSNE(perplexity=100, max_iter=1000, init="pca", random_state=0)
        found[Engine.SCIKIT_LEARN] = np.asarray(estimator.fit_transform(features), np.float32)

    by(Engine.COMPILED)  # loads what was compiled
    plain, ours = _in_turn(by_scikit_learn, lambda: by(Engine.COMPILED))
    joint = affinities(features, PAPER.perplexity)
    cost = {engine: divergence(joint, points) for engine, points in found.items()}
    kept = {engine: quality(features, points).neighborhood_preservation for engine, points in found.items()}
    return [
        Figure(name="1,800 points, ours", value=ours, unit="s", n=N_ROUNDS),
        Figure(name="1,800 points, scikit-learn / ours", value=plain / ours, unit="x", n=N_ROUNDS, at_least=4),
        _ratio("  KL divergence, ours / scikit-learn", cost, at_most=1.0),
        _ratio("  neighborhood preservation, ours / scikit-learn", kept, at_least=0.98),
    ]


def _ratio(name: str, of: dict[Engine, float], **target: float) -> Figure:
    return Figure(name=name, value=of[Engine.COMPILED] / of[Engine.SCIKIT_LEARN], unit="x", n=1, **target)


def _fresh(compiled: Path) -> list[Figure]:
    """Whole processes from their start to their end: nothing compiled yet, and once it is."""
    with TemporaryDirectory(prefix="mrturing-bench-") as folder:
        file = Path(folder, "features.npy")
        np.save(file, _features(N_PAPER))
        scripts = [
            PLAIN.format(features=str(file)),
            OURS.format(features=str(file), folder=folder),
            OURS.format(features=str(file), folder=str(compiled)),
        ]
        plain, cold, warm = _in_turn(*(_running(script) for script in scripts))
    name = "1,800 points in a fresh process, scikit-learn / ours"
    return [
        Figure(name=f"{name}, nothing compiled", value=plain / cold, unit="x", n=N_ROUNDS, at_least=0.95),
        Figure(name=f"{name}, compiled before", value=plain / warm, unit="x", n=N_ROUNDS),
    ]


def _running(script: str) -> Callable[[], object]:
    return lambda: subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)


def _many() -> list[Figure]:
    """Once each, to the end: minutes, but early iterations do not tell what later ones take."""
    features = _features(N_MANY)
    (ours, by_us), (plain, by_them) = (
        _timed(lambda e=engine: tsne(features, PAPER, e)) for engine in (Engine.OPENTSNE, Engine.SCIKIT_LEARN)
    )
    shown, usual = (quality(features, one.coordinates) for one in (by_us, by_them))
    return [
        Figure(name="50,000 points, ours", value=ours, unit="s", n=1),
        Figure(name="50,000 points, scikit-learn / ours", value=plain / ours, unit="x", n=1, at_least=3),
        Figure(
            name="  neighborhood preservation, ours / scikit-learn",
            value=shown.neighborhood_preservation / usual.neighborhood_preservation,
            unit="x",
            n=1,
            at_least=0.98,
        ),
    ]


def _extraction() -> list[Figure]:
    """Images of a set through ResNet-50, read and cropped, against the network alone on a batch that is there."""
    compute, config = detect_compute(), paper()
    network = Detector.initial(config)
    pixels = np.random.default_rng(0).integers(0, 256, (N_EXTRACTED, 256, 256), dtype=np.uint8)
    numbers = np.arange(N_EXTRACTED)
    source = StoredImages(pixels=pixels, positions=numbers)
    of = feature_maker(network, px=config.image_px, compiled=False)
    named = NamedFeatures(choice=BY_PIXELS, name="", key="")
    extractor = Extractor(named=named, n_features=network.n_features, at_once=AT_ONCE, of=of)
    bare = frozen(network, replace(compute, compiled=False), Detector.features)
    batch = torch.randint(0, 256, (AT_ONCE, 1, config.image_px, config.image_px), dtype=torch.uint8)
    batch = batch.to(compute.device)
    alone, ours = _in_turn(
        lambda: [bare(batch).float().cpu() for _ in range(N_EXTRACTED // AT_ONCE)],
        lambda: list(computed(source, numbers, extractor)),
    )
    name = "ResNet-50 features of a set, share of the bare network's throughput"
    return [Figure(name=name, value=alone / ours, unit="x", n=N_ROUNDS, at_least=0.85)]


def _features(n: int) -> NDArray[np.float32]:
    """Six kinds that overlap, along components that get weaker as those of images do."""
    rng = np.random.default_rng(0)
    strength = 1 / np.sqrt(1 + np.arange(N_FEATURES))
    kinds = rng.normal(size=(6, N_FEATURES)) * 1.5
    return np.asarray((kinds[np.arange(n) % 6] + rng.normal(size=(n, N_FEATURES))) * strength, np.float32)


def _in_turn(*works: Callable[[], object]) -> tuple[float, ...]:
    """Median seconds of each."""
    took = [[_timed(work)[0] for work in works] for _ in range(N_ROUNDS)]
    return tuple(statistics.median(column) for column in zip(*took, strict=True))


def _timed(work: Callable[[], object]) -> tuple[float, object]:
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result
