"""The training loop of the PGGAN: one step after the other, and what is told and kept between them."""

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from core.errors import BadInputError
from core.runs.devices import Compute
from core.runs.distributed import Workers, joined
from core.runs.failure import failure_recorded
from core.runs.run_folder import Outcome, RunState
from core.synthesis.checkpoint import TrainingState
from core.synthesis.growth import Growth, faded_reals, growth_at, is_due, learning_rate_factor, stage_ends
from core.synthesis.health import Trouble
from core.synthesis.latents import StepDraws, draws_of_step
from core.synthesis.meter import Meter
from core.synthesis.optimizer import scale_learning_rate
from core.synthesis.recipes import TrainingConfig
from core.synthesis.recording import Quality, Recorder, state_to_begin_with
from core.synthesis.run_folder import RunFolder, Tick
from core.synthesis.step import TrainingStep
from core.synthesis.training_images import TrainingImages, as_network_input


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingResult:
    """`kimg` and `resolution` are those of `checkpoint`, to which a failed training goes back."""

    kimg: float
    resolution: int
    checkpoint: Path
    outcome: Outcome


def train(
    config: TrainingConfig,
    images: TrainingImages,
    folder: RunFolder,
    *,
    compute: Compute,
    quality: Quality | None,
    should_stop: Callable[[], str | None],
    on_tick: Callable[[Tick], None],
    resume: bool,
    clock: Callable[[], float] = time.monotonic,
) -> TrainingResult:
    """Train to the end of the schedule, or until `should_stop` names the state to end in (paused or stopped).

    `quality` measures samples, uint8 [n, r, r], against real images. Resuming goes on from the last checkpoint,
    bit for bit on the same machine. Raises BadInputError or RefusedError before anything is changed, and
    WorkspaceError when the disk fails; a training that goes wrong is no error but an outcome.
    """
    with joined(compute.device) as workers, folder.locked() if workers.writes else contextlib.nullcontext():
        shares = _shares(config, images, workers)
        state = state_to_begin_with(config, images, folder, compute.device, resume=resume)
        workers.meet()  # nobody looks into the folder any more when the first process begins to write
        recorder = Recorder(folder, config, images, quality, on_tick) if workers.writes else None
        with failure_recorded(
            folder, workers, when_memory_lacks="Start a run with a smaller --batch or --resolution."
        ):
            loop = _Loop(
                config=config,
                images=images,
                state=state,
                shares=shares,
                recorder=recorder,
                meter=Meter(workers, config.stages, clock=clock, seconds_before=state.seconds),
                compute=compute,
                workers=workers,
                should_stop=should_stop,
                clock=clock,
            )
            if recorder:
                recorder.begin(state, resume=resume)
            ending = loop.run()
            saved_images = recorder.saved_images if recorder else state.shown_images
            outcome = _outcome(ending, saved_images)
            if recorder:
                folder.write_outcome(outcome)
        workers.meet()  # nobody looks for what the first process has not written yet
    growth = growth_at(config.stages, max(0, saved_images - 1))
    return TrainingResult(
        kimg=saved_images / 1000, resolution=growth.resolution, checkpoint=folder.last_checkpoint, outcome=outcome
    )


class _Loop:
    def __init__(
        self,
        *,
        config: TrainingConfig,
        images: TrainingImages,
        state: TrainingState,
        shares: dict[int, slice],
        recorder: Recorder | None,
        meter: Meter,
        compute: Compute,
        workers: Workers,
        should_stop: Callable[[], str | None],
        clock: Callable[[], float],
    ) -> None:
        self._config = config
        self._images = images
        self._state = state
        self._shares = shares
        self._recorder = recorder
        self._meter = meter
        self._compute = compute
        self._workers = workers
        self._should_stop = should_stop
        self._clock = clock
        self._saved_at = clock()
        self._ends = stage_ends(config.stages)

    def run(self) -> RunState | Trouble:
        """Step until the schedule ends, somebody asks for its end, or something goes wrong."""
        state = self._state
        ending: RunState | Trouble | None = None
        stage_index = -1
        while state.shown_images < self._ends[-1] and ending is None:
            growth = growth_at(self._config.stages, state.shown_images)
            if growth.stage_index != stage_index:
                stage_index = growth.stage_index
                self._images.prepare(growth.resolution)
                step = self._step_of(growth)
                self._meter.begin()
            with self._meter.loading():
                draws, reals = self._batch(growth)
            for optimizer in (state.generator_optimizer, state.discriminator_optimizer):
                scale_learning_rate(optimizer, learning_rate_factor(self._config, state.shown_images))
            statistics = step(
                reals, draws.latents_discriminator, draws.latents_generator, draws.mixing, growth.fade_in_alpha
            )
            state.shown_images += growth.batch
            self._meter.add(statistics, growth.batch)
            ending = self._tell_and_keep(growth)
        return ending or RunState.FINISHED

    def _step_of(self, growth: Growth) -> TrainingStep:
        state, workers = self._state, self._workers
        return TrainingStep(
            generator=state.generator,
            discriminator=state.discriminator,
            moving_average=state.moving_average,
            generator_optimizer=state.generator_optimizer,
            discriminator_optimizer=state.discriminator_optimizer,
            loss=self._config.loss,
            resolution=growth.resolution,
            compute=self._compute,
            moving_average_decay=self._config.moving_average_decay(growth.batch),
            average_gradients=workers.average_gradients if workers.count > 1 else None,
        )

    def _batch(self, growth: Growth) -> tuple[StepDraws, Tensor]:
        """This process's share of random numbers and real images: functions of the images shown so far."""
        config, shown = self._config, self._state.shown_images
        share = self._shares[growth.batch]
        draws = draws_of_step(
            seed=config.seed, shown_images=shown, batch=growth.batch, latent_size=config.network.latent_size
        ).of(share, self._compute.device)
        positions = range(shown, shown + growth.batch)[share]
        flips = draws.flips if config.horizontal_flip else None
        reals = self._images.batch(growth.resolution, positions, seed=config.seed, flips=flips)
        return draws, faded_reals(as_network_input(reals.to(self._compute.device)), growth.fade_in_alpha)

    def _tell_and_keep(self, growth: Growth) -> RunState | Trouble | None:
        """After a step: a tick, a snapshot, a checkpoint where one is due. Returns what training ends with."""
        state, shown = self._state, self._state.shown_images
        asked = self._workers.agreed(self._should_stop() if self._recorder else None)  # the first decides for all
        ending: RunState | Trouble | None = None
        if asked or shown == self._ends[-1]:
            ending = RunState(asked or RunState.FINISHED)
        is_first = shown - growth.batch in self._ends  # whose last step was a tick, just now
        is_snapshot = shown in self._ends or (
            not is_first and is_due(shown, growth.batch, self._config.snapshot_kimg)
        )
        is_tick = not is_first and is_due(shown, growth.batch, self._config.tick_kimg)
        if is_tick or is_snapshot or ending:
            tick = self._meter.tick(shown, growth)
            trouble = self._recorder.tick(tick, state, growth, is_snapshot=is_snapshot) if self._recorder else None
            ending = self._workers.agreed(trouble) or ending
            self._meter.begin()
        self._save_if_due(ending)
        return ending

    def _save_if_due(self, ending: RunState | Trouble | None) -> None:
        is_due_now = ending is None and self._clock() - self._saved_at > 60 * self._config.checkpoint_minutes
        if self._recorder and (isinstance(ending, RunState) or is_due_now):
            if self._meter.is_finite():
                self._state.seconds = self._meter.seconds
                self._recorder.save(self._state)
            self._saved_at = self._clock()


def _shares(config: TrainingConfig, images: TrainingImages, workers: Workers) -> dict[int, slice]:
    """The part of each batch size that this process takes. Raises BadInputError where it cannot be."""
    sizes = {stage.batch for stage in config.stages}
    if len(images) < max(sizes):
        raise BadInputError(
            f"{len(images)} training images are too few for batches of {max(sizes)}.",
            "Import more patients, or take a smaller --batch.",
        )
    return {size: workers.share(size, config.network.minibatch_std_group) for size in sizes}


def _outcome(ending: RunState | Trouble, saved_images: int) -> Outcome:
    saved = f"{saved_images / 1000:g} kimg"
    match ending:
        case Trouble():
            kept = f"Training went back to its checkpoint at {saved}, from which images can be drawn."
            return Outcome(state=RunState.FAILED, what=f"{ending.what} {kept}", next_step=ending.next_step)
        case RunState.FINISHED:
            return Outcome(state=ending, what=f"Finished at {saved}.", next_step="Draw images from it.")
        case _:
            return Outcome(
                state=ending,
                what=f"{ending.capitalize()}; the last checkpoint is at {saved}.",
                next_step="Resume it to go on, or draw images from it.",
            )
