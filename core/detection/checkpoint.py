"""Checkpoints of a detector's training: `last` goes on, `best` is what is used. Neither runs code when loaded."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import torch

from core.detection.network import Detector
from core.detection.recipes import DetectorConfig, config_from_json
from core.errors import RefusedError
from core.provenance import canonical_json
from core.runs.tensor_file import (
    TensorFile,
    adam_tensors,
    read_tensors,
    restore_adam,
    unusable,
    write_tensors,
)

FORMAT = "mr-turing detector 1"
FREE_ON_RESUME = {"checkpoint_minutes"}


@dataclass(slots=True, kw_only=True)
class Progress:
    """How far a training is; `best_loss` is that of the epoch `best_epoch`, counted from 1."""

    shown_images: int = 0
    epochs: int = 0
    best_epoch: int = 0
    best_loss: float = float("inf")
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        return {
            "shown_images": self.shown_images,
            "epochs": self.epochs,
            "best_epoch": self.best_epoch,
            "best_loss": self.best_loss if self.best_epoch else None,
            "seconds": self.seconds,
        }

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> Self:
        return cls(**record | ({"best_loss": float("inf")} if record["best_loss"] is None else {}))


@dataclass(slots=True, kw_only=True)
class TrainingState:
    """All that training changes."""

    detector: Detector
    optimizer: torch.optim.Adam
    progress: Progress

    @classmethod
    def initial(cls, config: DetectorConfig, detector: Detector, device: str) -> Self:
        detector = detector.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        optimizer = torch.optim.Adam(detector.parameters(), lr=config.learning_rate, fused=True)
        return cls(detector=detector, optimizer=optimizer, progress=Progress())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LoadedCheckpoint:
    """`images_fingerprint`: of all images that the training saw or sees."""

    file: TensorFile
    config: DetectorConfig
    progress: Progress
    images_fingerprint: str


def save_training(path: Path, config: DetectorConfig, state: TrainingState, *, images_fingerprint: str) -> None:
    """Write all that is needed to go on. Raises WorkspaceError; what stood there before is then still whole."""
    tensors = {f"detector.{name}": tensor for name, tensor in state.detector.state_dict().items()}
    tensors |= {f"adam.{name}": tensor for name, tensor in adam_tensors(state.detector, state.optimizer).items()}
    write_tensors(path, tensors, _record(config, state.progress, images_fingerprint), file_format=FORMAT)


def save_detector(path: Path, config: DetectorConfig, state: TrainingState, *, images_fingerprint: str) -> None:
    """Write the network alone, otherwise like `save_training`."""
    tensors = {f"detector.{name}": tensor for name, tensor in state.detector.state_dict().items()}
    write_tensors(path, tensors, _record(config, state.progress, images_fingerprint), file_format=FORMAT)


def load_checkpoint(path: Path) -> LoadedCheckpoint:
    """Raises BadInputError for a file that is missing, truncated, changed or of another program."""
    file = read_tensors(path, file_format=FORMAT)
    try:
        record: dict[str, Any] = json.loads(file.record)
        return LoadedCheckpoint(
            file=file,
            config=config_from_json(record["config"]),
            progress=Progress.from_json(record["progress"]),
            images_fingerprint=record["images_fingerprint"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise unusable(path, f"it is of another version: {error}") from error


def load_detector(path: Path) -> Detector:
    """The network of either kind of checkpoint, on the processor, to be used. Raises BadInputError."""
    loaded = load_checkpoint(path)
    detector = Detector(loaded.config)
    _put_in(detector, loaded)
    return detector.requires_grad_(False).eval()


def restore(state: TrainingState, loaded: LoadedCheckpoint, config: DetectorConfig, fingerprint: str) -> None:
    """Go back to where the checkpoint stands. Raises RefusedError for one of another training, BadInputError."""
    before, now = loaded.config.as_json(), config.as_json()
    for name in before.keys() - FREE_ON_RESUME:
        if before[name] != now[name]:
            raise RefusedError(
                f"The run was trained with {name} {before[name]}, not {now[name]}.",
                "Resume it as it was, or start a new run.",
            )
    if loaded.images_fingerprint != fingerprint:
        raise RefusedError(
            "The images that the run was begun with are not those of now.",
            "Start a run of its own on the new ones.",
        )
    _put_in(state.detector, loaded)
    try:
        restore_adam(state.detector, state.optimizer, loaded.file.part("adam"))
    except KeyError as error:
        raise unusable(loaded.file.path, f"it has no {error} of its optimizer") from error
    state.progress = loaded.progress


def _put_in(detector: Detector, loaded: LoadedCheckpoint) -> None:
    try:
        detector.load_state_dict(loaded.file.part("detector"))
    except RuntimeError as error:
        raise unusable(loaded.file.path, str(error).splitlines()[-1].strip()) from error


def _record(config: DetectorConfig, progress: Progress, images_fingerprint: str) -> str:
    return canonical_json(
        {
            "config": config.as_json(),
            "progress": progress.as_json(),
            "images_fingerprint": images_fingerprint,
        }
    )
