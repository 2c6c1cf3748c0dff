"""Drawing images into an image set, against the bare forward passes of the same network on the same latents."""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch

from core.imageset.pixels import PixelWriter
from core.synthesis.latents import latents_of_seeds
from core.synthesis.networks import GeneratorNetwork
from core.synthesis.recipes import light
from core.synthesis.sampling import BATCH, PgganGenerator
from tests.benchmarks.figures import Figure

ROUNDS = 7
N_IMAGES = {64: 512, 256: 128}  # enough that the end of a set weighs little, as it does in practice
AT_ONCE = 64


def measure_sampling() -> list[Figure]:
    """The light recipe's networks, untrained: it makes no difference to the time."""
    return [figure for resolution, n_images in N_IMAGES.items() for figure in _at(resolution, n_images)]


def _at(resolution: int, n_images: int) -> list[Figure]:
    network = GeneratorNetwork(light(resolution=256).network, seed=0).eval().requires_grad_(False)
    generator = PgganGenerator(network, resolution=resolution, fade_in_alpha=1.0)
    latents = latents_of_seeds(range(n_images), network.config.latent_size)

    def bare() -> None:
        with torch.inference_mode():
            for batch in torch.split(latents, BATCH):
                network(batch, resolution=resolution)

    with tempfile.TemporaryDirectory() as scratch:

        def drawn() -> None:
            with PixelWriter(Path(scratch, "drawn.npy")) as writer:
                for start in range(0, n_images, AT_ONCE):
                    for image in generator.images(range(start, start + AT_ONCE)):
                        writer.append(image)
                writer.commit()

        drawn_s, bare_s = _interleaved(drawn, bare)
    ratio = statistics.median(one / other for one, other in zip(bare_s, drawn_s, strict=True))
    speed = n_images / statistics.median(drawn_s)
    return [
        Figure(name=f"images into a set, {resolution} px, light", value=speed, unit="images/s", n=ROUNDS),
        Figure(name="  speed against bare forward passes", value=ratio, unit="times", n=ROUNDS, at_least=0.95),
    ]


def _interleaved(*jobs: Callable[[], None]) -> list[list[float]]:
    """Seconds of each job in each round, after one that does not count."""
    seconds: list[list[float]] = [[] for _ in jobs]
    for round_number in range(ROUNDS + 1):
        for job, taken in zip(jobs, seconds, strict=True):
            began = time.perf_counter()
            job()
            if round_number:
                taken.append(time.perf_counter() - began)
    return seconds
