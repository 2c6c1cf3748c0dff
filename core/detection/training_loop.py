"""The training loop of the detector: epochs, early stopping, and what is kept so that it can go on."""

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from core.detection.checkpoint import TrainingState, load_checkpoint, load_detector, restore
from core.detection.network import Detector
from core.detection.prediction import autocast, predicted
from core.detection.recipes import DetectorConfig
from core.detection.recording import Recorder
from core.detection.run_folder import Prediction, RunFolder, TestImage, Tick
from core.detection.training_images import Batch, LabeledImages, made_ahead, training_batch
from core.errors import BadInputError, RefusedError
from core.runs.devices import Compute
from core.runs.distributed import Workers, joined
from core.runs.failure import failure_recorded
from core.runs.order import derived_seed
from core.runs.run_folder import Outcome, RunState


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DetectorImages:
    """`test_images` tells of each of `test` what it is. `fingerprint`: of all of them and their truths."""

    training: LabeledImages
    validation: LabeledImages
    test: LabeledImages
    test_images: tuple[TestImage, ...]
    fingerprint: str


def train(
    config: DetectorConfig,
    images: DetectorImages,
    folder: RunFolder,
    *,
    detector: Detector,
    compute: Compute,
    should_stop: Callable[[], str | None],
    on_tick: Callable[[Tick], None],
    resume: bool,
    clock: Callable[[], float] = time.monotonic,
) -> Outcome:
    """Train until nothing gets better, or until `should_stop` names the state to end in (paused or stopped).

    `detector` is what a new run begins with. A training that comes to its end writes what its best detector says
    of the test images. Resuming goes on from the last checkpoint, bit for bit on the same machine. Raises
    BadInputError or RefusedError before anything is changed, WorkspaceError when the disk fails.
    """
    with joined(compute.device) as workers, folder.locked() if workers.writes else contextlib.nullcontext():
        share = workers.share(config.batch)
        state = _state_to_begin_with(config, images, folder, detector, compute.device, resume=resume)
        workers.meet()  # nobody looks into the folder any more when the first process begins to write
        recorder = Recorder(folder, config, images.validation, images.fingerprint, compute=compute, clock=clock)
        loop = _Loop(
            config=config,
            images=images.training,
            state=state,
            recorder=recorder,
            compute=compute,
            workers=workers,
            share=share,
            should_stop=should_stop,
            on_tick=on_tick,
        )
        with (
            failure_recorded(folder, workers, when_memory_lacks="Start a run with a smaller --batch."),
            made_ahead(loop.batch) as batch_at,
        ):
            if workers.writes:
                recorder.begin(state, resume=resume)
            ending = loop.run(batch_at)
            outcome = _outcome(ending, state)
            if workers.writes:
                if ending is RunState.FINISHED:
                    write_predictions(config, images, folder, compute=compute)
                folder.write_outcome(outcome)
        workers.meet()  # nobody looks for what the first process has not written yet
    return outcome


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Loop:
    config: DetectorConfig
    images: LabeledImages
    state: TrainingState
    recorder: Recorder
    compute: Compute
    workers: Workers
    share: slice
    should_stop: Callable[[], str | None]
    on_tick: Callable[[Tick], None]

    @property
    def n_steps(self) -> int:
        """In an epoch."""
        return self.config.steps_per_epoch(len(self.images))

    def batch(self, step: int) -> Batch:
        """This process's share of it: a function of the seed and the step alone."""
        positions = range(step * self.config.batch, (step + 1) * self.config.batch)[self.share]
        return training_batch(self.images, positions, px=self.config.image_px, seed=self.config.seed)

    def run(self, batch_at: Callable[[int], Batch]) -> RunState:
        """Step until training is over or somebody asks for its end."""
        config, state, workers = self.config, self.state, self.workers
        state.detector.train()
        asked: str | None = None
        while asked is None and not _is_over(config, state):
            step = state.progress.shown_images // config.batch
            with self.recorder.loading():
                batch = batch_at(step)
            loss, share_right = training_step(state, batch, config, self.compute, workers, self.share)
            state.progress.shown_images += config.batch
            self.recorder.add(loss, share_right)
            asked = workers.agreed(self.should_stop() if workers.writes else None)  # the first decides for all
            self._tell_and_keep(step + 1, asked=asked is not None)
        return RunState.FINISHED if _is_over(config, state) else RunState(str(asked))

    def _tell_and_keep(self, n_done: int, *, asked: bool) -> None:
        """After step `n_done`, counted from 1: a tick ten times an epoch, a checkpoint when one is due."""
        state, recorder, workers = self.state, self.recorder, self.workers
        is_epoch = n_done % self.n_steps == 0
        if is_epoch:
            workers.average_buffers(state.detector)
            state.progress.epochs += 1
        if is_epoch or asked or n_done % max(1, self.n_steps // 10) == 0:
            seconds_per_epoch = self.n_steps * recorder.seconds_per_step()
            if workers.writes:
                self.on_tick(recorder.tick(state, n_done / self.n_steps, seconds_per_epoch, is_epoch=is_epoch))
            state.progress = workers.agreed(state.progress)
            recorder.count_from_here()
        if workers.writes and (asked or _is_over(self.config, state) or recorder.is_due()):
            recorder.save(state)


def write_predictions(
    config: DetectorConfig, images: DetectorImages, folder: RunFolder, *, compute: Compute
) -> None:
    """What the best detector says of the test images."""
    best = load_detector(folder.best_checkpoint).to(compute.device)
    said = predicted(best, images.test, px=config.image_px, compute=compute)
    folder.write_predictions(
        [
            Prediction(image=image, log_odds=float(one))
            for image, one in zip(images.test_images, said.tolist(), strict=True)
        ]
    )


def training_step(
    state: TrainingState, batch: Batch, config: DetectorConfig, compute: Compute, workers: Workers, share: slice
) -> tuple[Tensor, Tensor]:
    """Learn from this process's share of a batch; returns its mean loss and how many it had right."""
    kept = None
    if config.dropout:  # drawn for the whole batch, whoever takes part of it
        rng = torch.Generator().manual_seed(derived_seed(config.seed, "dropout", state.progress.shown_images))
        kept = torch.rand(config.batch, state.detector.n_features, generator=rng)[share] >= config.dropout
        kept = kept.to(compute.device)
    truths = torch.from_numpy(batch.truths).to(compute.device)
    shown = torch.from_numpy(batch.images)[:, None].to(compute.device)
    state.optimizer.zero_grad(set_to_none=True)
    with autocast(compute):
        logits = state.detector(shown, kept)
    loss = cross_entropy(logits.float(), truths)
    loss.backward()  # type: ignore[no-untyped-call]
    if workers.count > 1:
        workers.average_gradients([p.grad for p in state.detector.parameters() if p.grad is not None])
    state.optimizer.step()
    return loss.detach(), (logits.detach().argmax(1) == truths).float().mean()


def _state_to_begin_with(
    config: DetectorConfig,
    images: DetectorImages,
    folder: RunFolder,
    detector: Detector,
    device: str,
    *,
    resume: bool,
) -> TrainingState:
    """A new state, or that of the last checkpoint. Raises RefusedError where either does not fit the folder."""
    state = TrainingState.initial(config, detector, device)
    if resume:
        if not folder.last_checkpoint.exists():
            raise BadInputError(f"The run {folder.name} has no checkpoint yet.", "Delete it and start it again.")
        restore(state, load_checkpoint(folder.last_checkpoint), config, images.fingerprint)
    elif folder.last_checkpoint.exists():
        raise RefusedError(f"The run {folder.name} has been trained already.", "Resume it, or name another run.")
    return state


def _is_over(config: DetectorConfig, state: TrainingState) -> bool:
    progress = state.progress
    nothing_better = progress.epochs - progress.best_epoch >= config.patience_epochs
    return progress.epochs > 0 and (nothing_better or progress.epochs >= config.most_epochs)


def _outcome(ending: RunState, state: TrainingState) -> Outcome:
    where = f"{state.progress.epochs} epochs ({state.progress.shown_images} images shown)"
    if ending is RunState.FINISHED:
        return Outcome(
            state=ending,
            what=f"Finished after {where}; the best was epoch {state.progress.best_epoch}.",
            next_step="See the table of all conditions.",
        )
    return Outcome(
        state=ending, what=f"{ending.capitalize()} after {where}.", next_step="Resume it to go on from there."
    )
