"""The training loop of the PGGAN: one step after the other, and what is told and kept between them."""

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.errors import BadInputError
from core.runs.devices import Compute
from core.runs.distributed import Workers, joined
from core.runs.failure import failure_recorded
from core.runs.run_folder import Outcome, RunState
from core.synthesis.growth import faded_reals, growth_at, is_due, learning_rate_factor, stage_ends
from core.synthesis.health import Trouble
from core.synthesis.latents import draws_of_step
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
        ends = stage_ends(config.stages)
        ending: RunState | Trouble | None = None
        stage_index, saved_at = -1, clock()
        with failure_recorded(
            folder, workers, when_memory_lacks="Start a run with a smaller --batch or --resolution."
        ):
            meter = Meter(workers, config.stages, clock=clock, seconds_before=state.seconds)
            if recorder:
                recorder.begin(state, resume=resume)
            while state.shown_images < ends[-1] and ending is None:
                growth = growth_at(config.stages, state.shown_images)
                if growth.stage_index != stage_index:
                    stage_index = growth.stage_index
                    images.prepare(growth.resolution)
                    step = TrainingStep(
                        generator=state.generator,
                        discriminator=state.discriminator,
                        moving_average=state.moving_average,
                        generator_optimizer=state.generator_optimizer,
                        discriminator_optimizer=state.discriminator_optimizer,
                        loss=config.loss,
                        resolution=growth.resolution,
                        compute=compute,
                        moving_average_decay=config.moving_average_decay(growth.batch),
                        average_gradients=workers.average_gradients if workers.count > 1 else None,
                    )
                    meter.begin()

                # Real images and random numbers are functions of the images shown so far.
                share = shares[growth.batch]
                with meter.loading():
                    draws = draws_of_step(
                        seed=config.seed,
                        shown_images=state.shown_images,
                        batch=growth.batch,
                        latent_size=config.network.latent_size,
                    )
                    positions = range(state.shown_images, state.shown_images + growth.batch)[share]
                    flips = draws.flips[share] if config.horizontal_flip else None
                    reals = images.batch(growth.resolution, positions, seed=config.seed, flips=flips)
                    reals = faded_reals(as_network_input(reals.to(compute.device)), growth.fade_in_alpha)
                for optimizer in (state.generator_optimizer, state.discriminator_optimizer):
                    scale_learning_rate(optimizer, learning_rate_factor(config, state.shown_images))
                statistics = step(
                    reals,
                    draws.latents_discriminator[share].to(compute.device),
                    draws.latents_generator[share].to(compute.device),
                    draws.mixing[share].to(compute.device),
                    growth.fade_in_alpha,
                )
                state.shown_images += growth.batch
                meter.add(statistics, growth.batch)

                # The first process decides for all.
                asked = workers.agreed(should_stop() if workers.writes else None)
                if asked or state.shown_images == ends[-1]:
                    ending = RunState(asked or RunState.FINISHED)
                is_first = state.shown_images - growth.batch in ends  # whose last step was a tick, just now
                is_snapshot = state.shown_images in ends or (
                    not is_first and is_due(state.shown_images, growth.batch, config.snapshot_kimg)
                )
                is_tick = not is_first and is_due(state.shown_images, growth.batch, config.tick_kimg)
                if is_tick or is_snapshot or ending:
                    tick = meter.tick(state.shown_images, growth)
                    trouble = recorder.tick(tick, state, growth, is_snapshot=is_snapshot) if recorder else None
                    ending = workers.agreed(trouble) or ending
                    meter.begin()
                is_over = isinstance(ending, RunState)
                if recorder and (
                    is_over or (ending is None and clock() - saved_at > 60 * config.checkpoint_minutes)
                ):
                    if meter.is_finite():
                        state.seconds = meter.seconds
                        recorder.save(state)
                    saved_at = clock()
            saved_images = recorder.saved_images if recorder else state.shown_images
            outcome = _outcome(ending or RunState.FINISHED, saved_images)
            if recorder:
                folder.write_outcome(outcome)
        workers.meet()  # nobody looks for what the first process has not written yet
    growth = growth_at(config.stages, max(0, saved_images - 1))
    return TrainingResult(
        kimg=saved_images / 1000, resolution=growth.resolution, checkpoint=folder.last_checkpoint, outcome=outcome
    )


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
