"""The training loop of the detector: epochs, early stopping, and what is kept so that it can go on."""

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from core.detection.checkpoint import LoadedCheckpoint, TrainingState, load_checkpoint, load_detector, restore
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
        state = TrainingState.initial(config, detector, compute.device)
        if resume:
            restore(state, _last_checkpoint(folder), config, images.fingerprint)
        elif workers.writes:
            _check_new(folder)
        recorder = Recorder(folder, config, images.validation, images.fingerprint, compute=compute, clock=clock)
        n_steps = config.steps_per_epoch(len(images.training))
        ending: RunState | None = RunState.FINISHED if _is_over(config, state) else None

        def batch(step: int) -> Batch:
            positions = range(step * config.batch, (step + 1) * config.batch)[share]
            return training_batch(images.training, positions, px=config.image_px, seed=config.seed)

        with (
            failure_recorded(folder, workers, when_memory_lacks="Start a run with a smaller --batch."),
            made_ahead(batch) as batch_at,
        ):
            if workers.writes:
                recorder.begin(state, resume=resume)
            state.detector.train()
            while ending is None:
                step = state.progress.shown_images // config.batch
                with recorder.loading():
                    now = batch_at(step)
                loss, n_right = training_step(state, now, config, compute, workers, share)
                state.progress.shown_images += config.batch
                recorder.add(loss, n_right)

                # The first process decides for all.
                asked = workers.agreed(should_stop() if workers.writes else None)
                is_epoch = (step + 1) % n_steps == 0
                if is_epoch:
                    workers.average_buffers(state.detector)
                    state.progress.epochs += 1
                if is_epoch or asked or (step + 1) % max(1, n_steps // 10) == 0:
                    seconds_per_epoch = n_steps * recorder.seconds_per_step()
                    if workers.writes:
                        on_tick(recorder.tick(state, (step + 1) / n_steps, seconds_per_epoch, is_epoch=is_epoch))
                    state.progress = workers.agreed(state.progress)
                    recorder.count_from_here()
                if asked or _is_over(config, state):
                    ending = RunState.FINISHED if _is_over(config, state) else RunState(str(asked))
                if workers.writes and (ending or recorder.is_due()):
                    recorder.save(state)
            outcome = _outcome(ending, state)
            if workers.writes:
                if ending is RunState.FINISHED:
                    write_predictions(config, images, folder, compute=compute)
                folder.write_outcome(outcome)
    return outcome


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


def _check_new(folder: RunFolder) -> None:
    if folder.last_checkpoint.exists():
        raise RefusedError(f"The run {folder.name} has been trained already.", "Resume it, or name another run.")


def _last_checkpoint(folder: RunFolder) -> LoadedCheckpoint:
    if not folder.last_checkpoint.exists():
        raise BadInputError(f"The run {folder.name} has no checkpoint yet.", "Delete it and start it again.")
    return load_checkpoint(folder.last_checkpoint)


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
