"""Training: one whole step against a textbook's, in turn, at the stages that take most of the time."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from math import log2

import torch
from torch import Tensor
from torch.nn import functional

from core.runs.devices import Compute, Precision, detect_compute
from core.synthesis.losses import LossConfig
from core.synthesis.networks import DiscriminatorNetwork, GeneratorNetwork, NetworkConfig
from core.synthesis.optimizer import equalized_adam
from core.synthesis.recipes import LIGHT_CHANNELS, PAPER_CHANNELS
from core.synthesis.step import TrainingStep
from tests.benchmarks.figures import Figure
from tests.benchmarks.flops import FlopCount
from tests.benchmarks.textbook_step import LATENT_SIZE, TextbookStep

N_STEPS = 5
N_WARM_UP = 2

Batch = tuple[Tensor, Tensor, Tensor, Tensor]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`bf16_at_least` and `fp32_at_least`: the target for textbook / ours, with bf16 units and without."""

    name: str
    channels: tuple[int, ...]
    resolution: int
    batch: int
    bf16_at_least: float
    fp32_at_least: float

    @property
    def label(self) -> str:
        return f"{self.name}, {self.resolution} px, batch {self.batch}"


ROWS = (
    Row(name="light", channels=LIGHT_CHANNELS, resolution=16, batch=16, bf16_at_least=2.2, fp32_at_least=1.7),
    Row(name="light", channels=LIGHT_CHANNELS, resolution=64, batch=16, bf16_at_least=3.5, fp32_at_least=2.2),
    Row(name="light", channels=LIGHT_CHANNELS, resolution=128, batch=16, bf16_at_least=5.0, fp32_at_least=2.45),
    Row(name="light", channels=LIGHT_CHANNELS, resolution=256, batch=8, bf16_at_least=5.0, fp32_at_least=2.4),
    Row(name="paper", channels=PAPER_CHANNELS, resolution=16, batch=16, bf16_at_least=2.2, fp32_at_least=1.4),
    Row(name="paper", channels=PAPER_CHANNELS, resolution=64, batch=8, bf16_at_least=3.3, fp32_at_least=2.05),
)


def measure_training() -> list[Figure]:
    """On the processor, where the textbook step's figures come from; compiled where a compiler is there."""
    compute = detect_compute(device="cpu")
    peak = convolution_peak_gflops(compute.precision)
    print(f"  {compute}, {torch.get_num_threads()} threads", flush=True)
    figures = [Figure(name=f"convolution peak, {compute.precision}", value=peak, unit="GFLOP/s", n=N_STEPS)]
    for row in ROWS:
        figures += _measure(row, compute, peak)
    return figures


def made_up_batch(*, resolution: int, n: int) -> Batch:
    """Real images, both latents and the mixing factors, all noise: a step takes as long as with brains."""
    image = torch.randn(n, 1, resolution, resolution)
    return image, torch.randn(n, LATENT_SIZE), torch.randn(n, LATENT_SIZE), torch.rand(n, 1, 1, 1)


def convolution_peak_gflops(precision: Precision) -> float:
    """The best of the 3x3 convolutions that the networks are made of, forward, in the fastest memory order."""
    return max(_convolution_gflops(n_channels, size, precision) for n_channels, size in ((64, 64), (128, 32)))


def _convolution_gflops(n_channels: int, size: int, precision: Precision) -> float:
    dtype = torch.bfloat16 if precision is Precision.BF16 else torch.float32
    x = torch.randn(16, n_channels, size, size, dtype=dtype).contiguous(memory_format=torch.channels_last)
    weight = torch.randn(n_channels, n_channels, 3, 3, dtype=dtype).contiguous(memory_format=torch.channels_last)
    with torch.no_grad():
        (seconds,) = _medians_s(lambda: functional.conv2d(x, weight, padding=1), n=4 * N_STEPS)
    return 2 * 9 * n_channels * x.numel() / seconds / 1e9


def _measure(row: Row, compute: Compute, peak_gflops: float) -> list[Figure]:
    torch.manual_seed(0)
    batch = made_up_batch(resolution=row.resolution, n=row.batch)
    gflop = _gflop(row, batch)
    ours, textbook = _our_step(row, compute), TextbookStep(row.channels[: _stage(row) + 1])
    our_s, textbook_s = _medians_s(lambda: ours(*batch, 1.0), lambda: textbook(*batch), n=N_STEPS)
    must = row.bf16_at_least if compute.precision is Precision.BF16 else row.fp32_at_least
    label, n = row.label, N_STEPS
    return [
        Figure(name=f"{label}: textbook / ours", value=textbook_s / our_s, unit="times", n=n, at_least=must),
        Figure(name=f"{label}: ours", value=row.batch / our_s, unit="images/s", n=n),
        Figure(name=f"{label}: work", value=gflop / row.batch, unit="GFLOP/image", n=1),
        Figure(name=f"{label}: ours", value=gflop / our_s, unit="GFLOP/s", n=n),
        Figure(name=f"{label}: share of the peak", value=100 * gflop / our_s / peak_gflops, unit="%", n=n),
    ]


def _medians_s(*functions: Callable[[], object], n: int) -> list[float]:
    """Of `n` calls each, the functions in turn, so that what slows the machine slows them alike."""
    for function in functions * N_WARM_UP:
        function()
    times: list[list[float]] = [[] for _ in functions]
    for _ in range(n):
        for function, seconds in zip(functions, times, strict=True):
            started_at = time.perf_counter()
            function()
            seconds.append(time.perf_counter() - started_at)
    return [statistics.median(seconds) for seconds in times]


def _gflop(row: Row, batch: Batch) -> float:
    """Of one step of ours that is not compiled: compiled, it asks for the same in a way that cannot be counted."""
    step = _our_step(row, Compute(device="cpu", precision=Precision.FP32, compiled=False))
    with FlopCount() as count:
        step(*batch, 1.0)
    return count.total / 1e9


def _our_step(row: Row, compute: Compute) -> TrainingStep:
    config = NetworkConfig(channels=row.channels, latent_size=LATENT_SIZE)
    generator = GeneratorNetwork(config, seed=0)
    discriminator = DiscriminatorNetwork(config, seed=1)
    return TrainingStep(
        generator=generator,
        discriminator=discriminator,
        moving_average=GeneratorNetwork(config, seed=0).requires_grad_(False),
        generator_optimizer=equalized_adam(generator),
        discriminator_optimizer=equalized_adam(discriminator),
        loss=LossConfig(),
        resolution=row.resolution,
        compute=compute,
        moving_average_decay=0.999,
    )


def _stage(row: Row) -> int:
    return int(log2(row.resolution)) - 2
