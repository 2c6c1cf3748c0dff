"""What training costs and achieves between two ticks."""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields

import torch
from torch import Tensor

from core.runs.devices import memory_mb
from core.runs.distributed import Workers
from core.synthesis.growth import Growth, images_in, stage_ends
from core.synthesis.recipes import Stage
from core.synthesis.run_folder import Tick
from core.synthesis.step import StepStatistics

COST_OF_DOUBLING = 2.0  # of an image, when the resolution doubles; measured 1.3 to 3, so that a run goes by its own
STATISTICS = tuple(field.name for field in fields(StepStatistics))


class Meter:
    """Sums the statistics of steps on their device, so that no step waits for a number to be read."""

    def __init__(
        self, workers: Workers, stages: Sequence[Stage], *, clock: Callable[[], float], seconds_before: float
    ) -> None:
        self._workers = workers
        self._stages = stages
        self._clock = clock
        self._speeds: dict[int, float] = {}
        self._started_at = clock() - seconds_before
        self.begin()

    def begin(self) -> None:
        """Count from here: what was done since the last tick was no training."""
        self._since = self._clock()
        self._loading_s = 0.0
        self._n_images = 0
        self._n_steps = 0
        self._sums = torch.zeros(len(STATISTICS), device=self._workers.device)

    @property
    def seconds(self) -> float:
        """Spent on this run, also before a resume."""
        return self._clock() - self._started_at

    @contextlib.contextmanager
    def loading(self) -> Iterator[None]:
        begun_at = self._clock()
        yield
        self._loading_s += self._clock() - begun_at

    def add(self, statistics: StepStatistics, batch: int) -> None:
        self._sums += torch.stack([getattr(statistics, name) for name in STATISTICS])
        self._n_images += batch
        self._n_steps += 1

    def is_finite(self) -> bool:
        """Whether every number since the last tick is one."""
        return bool(torch.isfinite(self._sums).all())

    def tick(self, shown_images: int, growth: Growth) -> Tick:
        """Means since `begin`. Every process must ask for it at the same step."""
        means: Tensor = self._sums / max(1, self._n_steps)
        self._workers.average(means)
        values = dict(zip(STATISTICS, means.tolist(), strict=True))  # waits until the device is done
        took = max(self._clock() - self._since, 1e-9)
        self._speeds[growth.resolution] = images_per_s = self._n_images / took
        return Tick(
            kimg=shown_images / 1000,
            resolution=growth.resolution,
            fade_in_alpha=growth.fade_in_alpha,
            batch=growth.batch,
            images_per_s=images_per_s,
            loader_share=self._loading_s / took,
            memory_mb=memory_mb(self._workers.device),
            seconds=self.seconds,
            seconds_left=seconds_left(self._stages, shown_images, growth, self._speeds),
            **values,
        )


def seconds_left(stages: Sequence[Stage], shown_images: int, growth: Growth, speeds: Mapping[int, float]) -> float:
    """From the images per second by resolution so far, and what higher resolutions are likely to cost more."""
    if speeds[growth.resolution] <= 0:
        return 0.0
    per_doubling = cost_of_doubling(speeds)
    cost = float(max(0, stage_ends(stages)[growth.stage_index] - shown_images))
    for doublings, stage in enumerate(stages[growth.stage_index + 1 :], start=1):
        cost += images_in(stage) * per_doubling**doublings
    return cost / speeds[growth.resolution]


def cost_of_doubling(speeds: Mapping[int, float]) -> float:
    """As the highest two resolutions of this run had it, as far as it has come."""
    *_, lower, higher = (0.0, 0.0, *(speeds[resolution] for resolution in sorted(speeds)))
    return max(1.0, lower / higher) if lower > 0 and higher > 0 else COST_OF_DOUBLING
