"""Checkpoints as safetensors: written whole or not at all, and verified by a SHA-256 of all that they hold.

`last` holds three networks and the state of two optimizers; with the images shown so far that is all training
needs to go on exactly. `best` holds the smoothed generator alone. Neither can run code when it is loaded.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from core.errors import BadInputError
from core.provenance import canonical_json
from core.synthesis.growth import growth_at
from core.synthesis.latents import derived_seed
from core.synthesis.networks import DiscriminatorNetwork, GeneratorNetwork
from core.synthesis.optimizer import equalized_adam
from core.synthesis.recipes import TrainingConfig, config_from_json
from core.synthesis.run_folder import write_whole

FORMAT = "mr-turing pggan 1"
OPTIMIZER_STATE = ("exp_avg", "exp_avg_sq", "step")


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
            kept |= {f"{name}.{key}": tensor for key, tensor in _optimizer_tensors(network, optimizer)}
        return kept

    def restore(self, loaded: "LoadedCheckpoint") -> None:
        """Raises BadInputError when the checkpoint holds other networks."""
        try:
            for name, network in self._networks.items():
                network.load_state_dict(loaded.part(name))
            for name, network, optimizer in self._optimized:
                _restore_optimizer(network, optimizer, loaded.part(name))
        except (RuntimeError, KeyError) as error:
            raise BadInputError(
                f"{loaded.path} does not hold all of a training ({str(error).splitlines()[0]}).",
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
    """A verified checkpoint, its tensors on the processor by name. `images_fingerprint`: of the training images."""

    path: Path
    config: TrainingConfig
    shown_images: int
    seconds: float
    best: BestSnapshot | None
    images_fingerprint: str
    sha256: str
    tensors: Mapping[str, Tensor]

    def part(self, name: str) -> dict[str, Tensor]:
        """The tensors of one network or optimizer, by their names in it."""
        prefix = f"{name}."
        return {key.removeprefix(prefix): t for key, t in self.tensors.items() if key.startswith(prefix)}


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
    _write(path, state.tensors(), _record(config, state, images_fingerprint))


def save_generator(path: Path, config: TrainingConfig, state: TrainingState, *, images_fingerprint: str) -> None:
    """Write the smoothed generator alone, otherwise like `save_training`."""
    tensors = {name: t for name, t in state.tensors().items() if name.startswith("moving_average.")}
    _write(path, tensors, _record(config, state, images_fingerprint))


def load_checkpoint(path: Path) -> LoadedCheckpoint:
    """Raises BadInputError for a file that is missing, truncated, changed or of another program."""
    try:
        with safe_open(path, framework="pt") as file:
            metadata: dict[str, str] = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
    except (OSError, SafetensorError) as error:
        raise _unusable(path, str(error)) from error
    if metadata.get("format") != FORMAT:
        raise _unusable(path, "it was written by another program")
    if metadata.get("sha256") != _digest(tensors, metadata.get("training", "")):
        raise _unusable(path, "its content does not have the hash that it names")
    return _loaded(path, metadata, tensors)


def load_generator(path: Path) -> LoadedGenerator:
    """The smoothed generator of either kind of checkpoint, on the processor. Raises BadInputError."""
    loaded = load_checkpoint(path)
    network = GeneratorNetwork(loaded.config.network, seed=0).requires_grad_(False).eval()
    try:
        network.load_state_dict(loaded.part("moving_average"))
    except RuntimeError as error:
        raise _unusable(path, str(error).splitlines()[0]) from error
    growth = growth_at(loaded.config.stages, max(0, loaded.shown_images - 1))  # of its last step, not of the next
    return LoadedGenerator(
        network=network,
        config=loaded.config,
        kimg=loaded.shown_images / 1000,
        resolution=growth.resolution,
        fade_in_alpha=growth.fade_in_alpha,
        sha256=loaded.sha256,
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


def _loaded(path: Path, metadata: dict[str, str], tensors: dict[str, Tensor]) -> LoadedCheckpoint:
    try:
        record: dict[str, Any] = json.loads(metadata["training"])
        return LoadedCheckpoint(
            path=path,
            config=config_from_json(record["config"]),
            shown_images=record["shown_images"],
            seconds=record["seconds"],
            best=BestSnapshot(**record["best"]) if record["best"] else None,
            images_fingerprint=record["images_fingerprint"],
            sha256=metadata["sha256"],
            tensors=tensors,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _unusable(path, f"it is of another version: {error}") from error


def _write(path: Path, tensors: Mapping[str, Tensor], record: str) -> None:
    on_processor = {name: tensor.cpu().contiguous() for name, tensor in tensors.items()}
    metadata = {"format": FORMAT, "training": record, "sha256": _digest(on_processor, record)}
    write_whole(path, save(on_processor, metadata))


def _digest(tensors: Mapping[str, Tensor], record: str) -> str:
    digest = hashlib.sha256(record.encode())
    for name, tensor in sorted(tensors.items()):
        digest.update(f"{name} {tensor.dtype} {list(tensor.shape)}\n".encode())
        digest.update(tensor.numpy().data if tensor.numel() else b"")
    return digest.hexdigest()


def _optimizer_tensors(network: nn.Module, optimizer: torch.optim.Adam) -> Iterator[tuple[str, Tensor]]:
    """Of the parameters that have taken part so far; those of higher stages have no state yet."""
    for name, parameter in network.named_parameters():
        for key in OPTIMIZER_STATE if parameter in optimizer.state else ():
            yield f"{name}.{key}", optimizer.state[parameter][key]


def _restore_optimizer(network: nn.Module, optimizer: torch.optim.Adam, tensors: dict[str, Tensor]) -> None:
    for name, parameter in network.named_parameters():
        if f"{name}.step" in tensors:
            optimizer.state[parameter] = {
                key: tensors[f"{name}.{key}"].to(parameter.device, copy=True) for key in OPTIMIZER_STATE
            }


def _unusable(path: Path, why: str) -> BadInputError:
    return BadInputError(
        f"The checkpoint {path} cannot be used ({why}).",
        "Restore it from a copy, use the run's other checkpoint, or train again.",
    )
