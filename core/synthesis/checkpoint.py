"""Checkpoints of a generator's training.

`last` holds three networks and the state of two optimizers; with the images shown so far that is all training
needs to go on exactly. `best` holds the smoothed generator alone.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor, nn

from core.errors import BadInputError
from core.provenance import canonical_json
from core.runs.order import derived_seed
from core.runs.tensor_file import (
    TensorFile,
    adam_tensors,
    read_tensors,
    restore_adam,
    unusable,
    write_tensors,
)
from core.synthesis.growth import growth_at
from core.synthesis.networks import DiscriminatorNetwork, GeneratorNetwork
from core.synthesis.optimizer import equalized_adam
from core.synthesis.recipes import TrainingConfig, config_from_json

FORMAT = "mr-turing pggan 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class BestSnapshot:
    """`distance`: mean over the levels of the sliced Wasserstein distance times 1000. `faded_in`: completely."""

    resolution: int
    faded_in: bool
    distance: float

    def beats(self, other: "BestSnapshot | None") -> bool:
        """Distances of two resolutions say nothing about each other: a higher one wins once it has faded in."""
        if other is None or self.faded_in != other.faded_in:
            return other is None or self.faded_in
        if self.resolution != other.resolution:
            return self.faded_in and self.resolution > other.resolution
        return self.distance < other.distance


@dataclass(slots=True, kw_only=True)
class TrainingState:
    """All that training changes; `seconds` and `best` are for people, the rest decides what comes next."""

    generator: GeneratorNetwork
    discriminator: DiscriminatorNetwork
    moving_average: GeneratorNetwork
    generator_optimizer: torch.optim.Adam
    discriminator_optimizer: torch.optim.Adam
    shown_images: int = 0
    seconds: float = 0.0
    best: BestSnapshot | None = None

    @classmethod
    def initial(cls, config: TrainingConfig, device: str) -> Self:
        seed = derived_seed(config.seed, "generator")
        generator = GeneratorNetwork(config.network, seed=seed).to(device)
        moving_average = GeneratorNetwork(config.network, seed=seed).to(device).requires_grad_(False)
        discriminator_seed = derived_seed(config.seed, "discriminator")
        discriminator = DiscriminatorNetwork(config.network, seed=discriminator_seed).to(device)
        return cls(
            generator=generator,
            discriminator=discriminator,
            moving_average=moving_average,
            generator_optimizer=equalized_adam(generator, learning_rate=config.learning_rate),
            discriminator_optimizer=equalized_adam(discriminator, learning_rate=config.learning_rate),
        )

    @property
    def kimg(self) -> float:
        return self.shown_images / 1000

    def tensors(self) -> dict[str, Tensor]:
        """By name, on the device: what a checkpoint keeps."""
        kept: dict[str, Tensor] = {}
        for name, network in self._networks.items():
            kept |= {f"{name}.{key}": tensor.detach() for key, tensor in network.state_dict().items()}
        for name, network, optimizer in self._optimized:
            kept |= {f"{name}.{key}": tensor for key, tensor in adam_tensors(network, optimizer).items()}
        return kept

    def restore(self, loaded: "LoadedCheckpoint") -> None:
        """Raises BadInputError when the checkpoint holds other networks."""
        try:
            for name, network in self._networks.items():
                network.load_state_dict(loaded.file.part(name))
            for name, network, optimizer in self._optimized:
                restore_adam(network, optimizer, loaded.file.part(name))
        except (RuntimeError, KeyError) as error:
            raise BadInputError(
                f"{loaded.file.path} does not hold all of a training ({str(error).splitlines()[0]}).",
                "Resume from the last checkpoint of the run itself.",
            ) from error
        self.shown_images, self.seconds, self.best = loaded.shown_images, loaded.seconds, loaded.best

    @property
    def _networks(self) -> dict[str, nn.Module]:
        return {
            "generator": self.generator,
            "discriminator": self.discriminator,
            "moving_average": self.moving_average,
        }

    @property
    def _optimized(self) -> list[tuple[str, nn.Module, torch.optim.Adam]]:
        return [
            ("generator_optimizer", self.generator, self.generator_optimizer),
            ("discriminator_optimizer", self.discriminator, self.discriminator_optimizer),
        ]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LoadedCheckpoint:
    """A verified checkpoint. `images_fingerprint`: of the training images."""

    file: TensorFile
    config: TrainingConfig
    shown_images: int
    seconds: float
    best: BestSnapshot | None
    images_fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LoadedGenerator:
    """The smoothed generator of a checkpoint, and the growth at which it makes images.

    `sha256` is that of the checkpoint's content, the identity of the images drawn from it.
    """

    network: GeneratorNetwork
    config: TrainingConfig
    kimg: float
    resolution: int
    fade_in_alpha: float
    sha256: str


def save_training(path: Path, config: TrainingConfig, state: TrainingState, *, images_fingerprint: str) -> None:
    """Write all that is needed to go on. Raises WorkspaceError; what stood there before is then still whole."""
    write_tensors(path, state.tensors(), _record(config, state, images_fingerprint), file_format=FORMAT)


def save_generator(path: Path, config: TrainingConfig, state: TrainingState, *, images_fingerprint: str) -> None:
    """Write the smoothed generator alone, otherwise like `save_training`."""
    tensors = {name: t for name, t in state.tensors().items() if name.startswith("moving_average.")}
    write_tensors(path, tensors, _record(config, state, images_fingerprint), file_format=FORMAT)


def load_checkpoint(path: Path) -> LoadedCheckpoint:
    """Raises BadInputError for a file that is missing, truncated, changed or of another program."""
    return _loaded(read_tensors(path, file_format=FORMAT))


def load_generator(path: Path) -> LoadedGenerator:
    """The smoothed generator of either kind of checkpoint, on the processor. Raises BadInputError."""
    loaded = load_checkpoint(path)
    network = GeneratorNetwork(loaded.config.network, seed=0).requires_grad_(False).eval()
    try:
        network.load_state_dict(loaded.file.part("moving_average"))
    except RuntimeError as error:
        raise unusable(path, str(error).splitlines()[0]) from error
    growth = growth_at(loaded.config.stages, max(0, loaded.shown_images - 1))  # of its last step, not of the next
    return LoadedGenerator(
        network=network,
        config=loaded.config,
        kimg=loaded.shown_images / 1000,
        resolution=growth.resolution,
        fade_in_alpha=growth.fade_in_alpha,
        sha256=loaded.file.sha256,
    )


def _record(config: TrainingConfig, state: TrainingState, images_fingerprint: str) -> str:
    best = state.best
    return canonical_json(
        {
            "config": config.as_json(),
            "shown_images": state.shown_images,
            "seconds": state.seconds,
            "images_fingerprint": images_fingerprint,
            "best": {"resolution": best.resolution, "faded_in": best.faded_in, "distance": best.distance}
            if best
            else None,
        }
    )


def _loaded(file: TensorFile) -> LoadedCheckpoint:
    try:
        record: dict[str, Any] = json.loads(file.record)
        return LoadedCheckpoint(
            file=file,
            config=config_from_json(record["config"]),
            shown_images=record["shown_images"],
            seconds=record["seconds"],
            best=BestSnapshot(**record["best"]) if record["best"] else None,
            images_fingerprint=record["images_fingerprint"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise unusable(file.path, f"it is of another version: {error}") from error
