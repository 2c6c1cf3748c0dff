"""What a training leaves in its run folder: ticks, snapshots, checkpoints, and never a bad one over a good one."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from statistics import fmean

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.errors import BadInputError, RefusedError
from core.imaging.png import encode_png
from core.runs.order import derived_seed
from core.synthesis.checkpoint import (
    BestSnapshot,
    TrainingState,
    load_checkpoint,
    save_generator,
    save_training,
)
from core.synthesis.growth import Growth
from core.synthesis.health import MOST_COMPARED, Health, Trouble
from core.synthesis.latents import latents_of_seeds
from core.synthesis.networks import GeneratorNetwork
from core.synthesis.recipes import TrainingConfig
from core.synthesis.run_folder import GRID_COLUMNS, GRID_ROWS, RunFolder, Tick
from core.synthesis.training_images import TrainingImages, as_pixels

SMALLEST_MEASURED_PX = 8  # below, no patch of the sliced Wasserstein distance fits into an image
SMALLEST_CELL_PX = 64  # of a grid: smaller images are enlarged by whole numbers, so that a person sees something
PIXELS_AT_ONCE = 1 << 19  # when samples are drawn: memory stays flat as the resolution grows

Quality = Callable[[NDArray[np.uint8]], Mapping[int, float]]


class Recorder:
    """Of the one process that writes. `saved_images`: how many had been shown at the last checkpoint."""

    def __init__(
        self,
        folder: RunFolder,
        config: TrainingConfig,
        images: TrainingImages,
        quality: Quality | None,
        on_tick: Callable[[Tick], None],
    ) -> None:
        self._folder = folder
        self._config = config
        self._images = images
        self._quality = quality
        self._on_tick = on_tick
        self._health = Health()
        self.saved_images = 0

    def begin(self, state: TrainingState, *, resume: bool) -> None:
        """Go back to where the state stands; a new run gets a checkpoint at once: is there space?"""
        self._folder.rewind(state.kimg)
        self._folder.forget_outcome()
        self.saved_images = state.shown_images
        if not resume:
            self.save(state)

    def tick(self, tick: Tick, state: TrainingState, growth: Growth, *, is_snapshot: bool) -> Trouble | None:
        """Keep and tell a tick; at a snapshot draw and measure samples first. Trouble is not kept but returned."""
        trouble = self._health.of_tick(tick)
        if trouble is None and is_snapshot:
            tick, trouble = self._snapshot(tick, state, growth)
        if trouble is None:
            self._folder.append_tick(tick)
            self._on_tick(tick)
        return trouble

    def save(self, state: TrainingState) -> None:
        """Write the last checkpoint, unless something looks wrong: then the one before stays."""
        if self._health.may_save and is_finite(state):
            save_training(
                self._folder.last_checkpoint,
                self._config,
                state,
                images_fingerprint=self._images.fingerprint,
            )
            self.saved_images = state.shown_images

    def _snapshot(self, tick: Tick, state: TrainingState, growth: Growth) -> tuple[Tick, Trouble | None]:
        latent_size = self._config.network.latent_size
        shown = samples(
            state.moving_average, latents_of_seeds(range(GRID_COLUMNS * GRID_ROWS), latent_size), growth
        )
        tick = replace(tick, grid=self._folder.write_grid(tick.kimg, encode_png(grid(shown))))
        measured = samples(state.moving_average, self._measured_latents(), growth)
        trouble = self._health.of_snapshot(tick, measured, self._some_reals(growth.resolution))
        if self._quality is None or growth.resolution < SMALLEST_MEASURED_PX or trouble is not None:
            return tick, trouble
        swd = dict(self._quality(measured))
        self._keep_if_best(state, growth, fmean(swd.values()))
        return replace(tick, swd=swd), None

    def _keep_if_best(self, state: TrainingState, growth: Growth, distance: float) -> None:
        found = BestSnapshot(resolution=growth.resolution, faded_in=growth.fade_in_alpha >= 1, distance=distance)
        if self._health.may_save and found.beats(state.best) and is_finite(state):
            state.best = found
            save_generator(
                self._folder.best_checkpoint,
                self._config,
                state,
                images_fingerprint=self._images.fingerprint,
            )

    def _measured_latents(self) -> Tensor:
        rng = torch.Generator().manual_seed(derived_seed(self._config.seed, "quality"))
        return torch.randn(self._config.quality_images, self._config.network.latent_size, generator=rng)

    def _some_reals(self, resolution: int) -> NDArray[np.uint8]:
        n = len(self._images)
        chosen = np.random.default_rng(derived_seed(self._config.seed, "reals")).permutation(n)[:MOST_COMPARED]
        return self._images.pixels_at(resolution, np.sort(chosen))


@torch.no_grad()
def samples(network: GeneratorNetwork, latents: Tensor, growth: Growth) -> NDArray[np.uint8]:
    """One image per row of `latents`, uint8 [n, r, r], in fp32 as images are drawn from a finished run."""
    device = next(network.parameters()).device
    alpha = torch.tensor(growth.fade_in_alpha, device=device) if growth.fade_in_alpha < 1 else None
    at_once = max(1, min(len(latents), PIXELS_AT_ONCE // growth.resolution**2))
    parts = [
        as_pixels(network(part.to(device), resolution=growth.resolution, fade_in_alpha=alpha))
        for part in torch.split(latents, at_once)
    ]
    return np.concatenate(parts)


def grid(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """GRID_COLUMNS x GRID_ROWS images [n, r, r] edge to edge, row by row, so that all grids of a run line up."""
    factor = max(1, SMALLEST_CELL_PX // images.shape[1])
    cells = images.repeat(factor, 1).repeat(factor, 2)
    size = cells.shape[1]
    rows = cells.reshape(GRID_ROWS, GRID_COLUMNS, size, size).swapaxes(1, 2)
    return rows.reshape(GRID_ROWS * size, GRID_COLUMNS * size)


def is_finite(state: TrainingState) -> bool:
    return all(bool(torch.isfinite(tensor).all()) for tensor in state.tensors().values())


def state_to_begin_with(
    config: TrainingConfig, images: TrainingImages, folder: RunFolder, device: str, *, resume: bool
) -> TrainingState:
    """A new state, or that of the last checkpoint. Raises RefusedError where either does not fit the folder."""
    state = TrainingState.initial(config, device)
    if not resume:
        if folder.last_checkpoint.exists():
            raise RefusedError(
                f"The run {folder.name} has been trained already.", "Resume it, or name another run."
            )
        return state
    if not folder.last_checkpoint.exists():
        raise BadInputError(f"The run {folder.name} has no checkpoint yet.", "Delete it and start it again.")
    loaded = load_checkpoint(folder.last_checkpoint)
    difference = difference_on_resume(loaded.config, config)
    if difference is not None:
        raise RefusedError(
            f"The run {folder.name} was trained with {difference}.", "Resume it as it was, or start a new run."
        )
    if loaded.images_fingerprint != images.fingerprint:
        raise RefusedError(
            f"The run {folder.name} was trained on other images than these {len(images)}.",
            "Resume it with its own cohort and tumor status, or start a new run.",
        )
    state.restore(loaded)
    return state


FREE_ON_RESUME = {"tick_kimg", "snapshot_kimg", "quality_images", "checkpoint_minutes", "precision"}


def difference_on_resume(trained: TrainingConfig, asked: TrainingConfig) -> str | None:
    """What keeps a training from going on, in words; stages may follow after those that were trained.

    The cooldown then is that of the new end.
    """
    before, now = trained.as_json(), asked.as_json()
    free = FREE_ON_RESUME | ({"cooldown_kimg"} if len(asked.stages) > len(trained.stages) else set())
    for name in before.keys() - free - {"stages"}:
        if before[name] != now[name]:
            return f"{name} {before[name]}, not {now[name]}"
    if asked.stages[: len(trained.stages)] != trained.stages:
        return "another schedule: " + ", ".join(f"{s.resolution} px {s.kimg:g} kimg" for s in trained.stages)
    return None
