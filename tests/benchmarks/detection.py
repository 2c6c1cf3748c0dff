"""The detector: a training step and inference of ResNet-50 against stock fp32, in turn, and whether images wait."""

import statistics
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
import torchvision
from torch import Tensor
from torch.nn.functional import cross_entropy

from core.augmentation.transformed_images import TransformedImages
from core.detection.checkpoint import TrainingState
from core.detection.inference import frozen
from core.detection.network import Detector
from core.detection.prediction import said_of
from core.detection.recipes import light, paper
from core.detection.training_images import Batch, LabeledImages, training_batch
from core.detection.training_loop import training_step
from core.runs.devices import Compute, Precision, detect_compute, keep_freed_memory
from core.runs.distributed import Workers
from tests.benchmarks.figures import Figure

BATCH = 16
N_STEPS = 5
N_WARM_UP = 2


def measure_detection() -> list[Figure]:
    """On the processor. The targets hold where it has bf16 units."""
    keep_freed_memory()
    compute = detect_compute(device="cpu")
    print(f"  {compute}, {torch.get_num_threads()} threads", flush=True)
    has_targets = compute.precision is Precision.BF16
    images = torch.randint(0, 256, (BATCH, 1, 224, 224), dtype=torch.uint8)
    truths = torch.arange(BATCH) % 2
    stock_step, our_step = _in_turn(_stock_step(images, truths), _our_step(images, truths, compute))
    stock, ours = _in_turn(_stock_inference(images), _our_inference(images, compute))
    return [
        Figure(
            name="ResNet-50 training step, stock fp32 / ours",
            value=stock_step / our_step,
            unit="x",
            n=N_STEPS,
            at_least=2.2 if has_targets else None,
        ),
        Figure(name="ResNet-50 training, images", value=BATCH / our_step, unit="1/s", n=N_STEPS),
        Figure(
            name="ResNet-50 inference, stock fp32 / ours",
            value=stock / ours,
            unit="x",
            n=N_STEPS,
            at_least=4.5 if has_targets else None,
        ),
        Figure(name="ResNet-50 inference, images", value=BATCH / ours, unit="1/s", n=N_STEPS),
        *_feeding(compute),
    ]


def _in_turn(one: Callable[[], object], other: Callable[[], object]) -> tuple[float, float]:
    """Median seconds of each."""
    took: dict[int, list[float]] = {0: [], 1: []}
    for number in range(N_WARM_UP + N_STEPS):
        for which, work in enumerate((one, other)):
            begun = time.perf_counter()
            work()
            if number >= N_WARM_UP:
                took[which].append(time.perf_counter() - begun)
    return statistics.median(took[0]), statistics.median(took[1])


def _stock_network() -> torch.nn.Module:
    network = torchvision.models.resnet50()
    network.fc = torch.nn.Sequential(torch.nn.Dropout(0.5), torch.nn.Linear(2048, 2))
    return network


def _stock_step(images: Tensor, truths: Tensor) -> Callable[[], object]:
    network = _stock_network()
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    shown = images.expand(-1, 3, -1, -1).float() / 255

    def step() -> None:
        optimizer.zero_grad()
        cross_entropy(network(shown), truths).backward()
        optimizer.step()

    return step


def _our_step(images: Tensor, truths: Tensor, compute: Compute) -> Callable[[], object]:
    config = replace(paper(), batch=BATCH)
    state = TrainingState.initial(config, Detector.initial(config), compute.device)
    batch = Batch(images=images[:, 0].numpy(), truths=truths.numpy())
    return lambda: training_step(state, batch, config, compute, Workers(), slice(None))


def _stock_inference(images: Tensor) -> Callable[[], object]:
    network = _stock_network().eval()
    shown = images.expand(-1, 3, -1, -1).float() / 255

    def infer() -> Tensor:
        with torch.no_grad():
            found: Tensor = network(shown)
        return found

    return infer


def _our_inference(images: Tensor, compute: Compute) -> Callable[[], object]:
    config = paper()
    detector = TrainingState.initial(config, Detector.initial(config), compute.device).detector
    apply = frozen(detector, compute, said_of)
    return lambda: apply(images)


def _feeding(compute: Compute) -> list[Figure]:
    """How long a batch of transformed images takes to make, in one thread, against the step that it feeds."""
    config = light()
    pixels = np.random.default_rng(0).integers(0, 256, (200, 256, 256), dtype=np.uint8)
    source = TransformedImages(pixels=pixels, sha256="0" * 64, positions=np.arange(200), n_images=200_000, seed=0)
    images = LabeledImages(sources=[source, source], is_tumor=[False, True])
    state = TrainingState.initial(config, Detector.initial(config), compute.device)
    size = config.batch

    def make() -> Batch:
        return training_batch(images, range(size), px=config.image_px, seed=0)

    batch = make()
    making, step = _in_turn(make, lambda: training_step(state, batch, config, compute, Workers(), slice(None)))
    name = "light: making a batch of transformed images / training on it"
    return [Figure(name=name, value=making / step, unit="x", n=N_STEPS, at_most=0.5)]
