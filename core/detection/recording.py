"""What a detector's training leaves in its folder: ticks, the last checkpoint, and the best one."""

import contextlib
import math
from collections.abc import Callable, Iterator
from statistics import fmean

import numpy as np
from torch import Tensor

from core.detection.checkpoint import TrainingState, save_detector, save_training
from core.detection.performance import area_under_roc
from core.detection.prediction import predicted
from core.detection.recipes import DetectorConfig
from core.detection.run_folder import RunFolder, Tick, Validation
from core.detection.training_images import LabeledImages
from core.errors import RefusedError
from core.imageset.contact_sheet import evenly_chosen
from core.runs.devices import Compute, memory_mb


class Recorder:
    """Counts steps since the last tick, measures on the validation partition, and keeps what is worth it."""

    def __init__(
        self,
        folder: RunFolder,
        config: DetectorConfig,
        validation: LabeledImages,
        images_fingerprint: str,
        *,
        compute: Compute,
        clock: Callable[[], float],
    ) -> None:
        self._folder = folder
        self._config = config
        self._fingerprint = images_fingerprint
        self._compute = compute
        self._clock = clock
        chosen = evenly_chosen(len(validation), config.most_validated or len(validation))
        self._validation = validation
        self._validated = np.array(chosen, np.int64)
        self._begun_at = self._saved_at = clock()
        self._validation_s = 0.0  # what the last one took
        self.count_from_here()

    def begin(self, state: TrainingState, *, resume: bool) -> None:
        """Go back to where the state stands; a new run gets a checkpoint at once: is there space?"""
        self._begun_at = self._clock() - state.progress.seconds
        self._folder.rewind(state.progress.shown_images)
        self._folder.forget_outcome()
        if not resume:
            self.save(state)

    def count_from_here(self) -> None:
        """What was done since the last tick was no training."""
        self._since = self._clock()
        self._waited_s = 0.0
        self._losses: list[Tensor] = []
        self._right: list[Tensor] = []

    @contextlib.contextmanager
    def loading(self) -> Iterator[None]:
        begun_at = self._clock()
        yield
        self._waited_s += self._clock() - begun_at

    def add(self, loss: Tensor, share_right: Tensor) -> None:
        """Kept on their device, so that no step waits for a number to be read."""
        self._losses.append(loss)
        self._right.append(share_right)

    def seconds_per_step(self) -> float:
        return max(self._clock() - self._since, 1e-9) / max(1, len(self._losses))

    def tick(self, state: TrainingState, epoch: float, seconds_per_epoch: float, *, is_epoch: bool) -> Tick:
        """Keep a tick; at the end of an epoch validate, and keep the detector where it is the best so far.

        Raises RefusedError where training came to numbers that are none.
        """
        loss = fmean(one.item() for one in self._losses)
        if not math.isfinite(loss):
            raise RefusedError(
                f"Training came to numbers that are none (NaN or infinite) in epoch {math.ceil(epoch)}.",
                "Start a run with another --seed or a smaller --batch: a resume would repeat it.",
            )
        took = max(self._clock() - self._since, 1e-9)
        validation = self._validate(state) if is_epoch else None
        tick = Tick(
            epoch=epoch,
            shown_images=state.progress.shown_images,
            loss=loss,
            accuracy=fmean(one.item() for one in self._right),
            images_per_s=len(self._losses) * self._config.batch / took,
            loader_share=self._waited_s / took,
            memory_mb=memory_mb(self._compute.device),
            seconds=self._clock() - self._begun_at,
            seconds_left=self._seconds_left(epoch, seconds_per_epoch),
            validation=validation,
        )
        self._folder.append_tick(tick)
        return tick

    def is_due(self) -> bool:
        return self._clock() - self._saved_at > 60 * self._config.checkpoint_minutes

    def save(self, state: TrainingState) -> None:
        """Write the last checkpoint."""
        state.progress.seconds = self._clock() - self._begun_at
        save_training(self._folder.last_checkpoint, self._config, state, images_fingerprint=self._fingerprint)
        self._saved_at = self._clock()

    def _seconds_left(self, epoch: float, seconds_per_epoch: float) -> float:
        """Each epoch that has not ended yet will be followed by a validation."""
        epochs_left = max(0.0, self._config.most_epochs - epoch)
        return epochs_left * seconds_per_epoch + math.ceil(epochs_left) * self._validation_s

    def _validate(self, state: TrainingState) -> Validation:
        begun_at = self._clock()
        is_tumor = self._validation.truths(self._validated) == 1
        said = predicted(
            state.detector, self._validation, self._validated, px=self._config.image_px, compute=self._compute
        ).astype(np.float64)
        loss = float(np.logaddexp(0, np.where(is_tumor, -said, said)).mean())
        is_best = loss < state.progress.best_loss
        if is_best:
            state.progress.best_loss, state.progress.best_epoch = loss, state.progress.epochs
            save_detector(self._folder.best_checkpoint, self._config, state, images_fingerprint=self._fingerprint)
        auc = area_under_roc(is_tumor, said)
        accuracy = float(((said > 0) == is_tumor).mean())
        self._validation_s = self._clock() - begun_at
        return Validation(loss=loss, accuracy=accuracy, auc=auc, is_best=is_best)
