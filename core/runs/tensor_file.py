"""Checkpoints as safetensors: written whole or not at all, verified by a SHA-256 of all that they hold.

Beside its tensors each has a record of its format's own, in one line of text. None can run code when it is loaded.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save
from torch import Tensor, nn

from core.errors import BadInputError
from core.runs.run_folder import write_whole

ADAM_STATE = ("exp_avg", "exp_avg_sq", "step")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TensorFile:
    """What a verified checkpoint holds, its tensors on the processor by name."""

    path: Path
    record: str
    sha256: str
    tensors: Mapping[str, Tensor]

    def part(self, name: str) -> dict[str, Tensor]:
        """The tensors of one network or optimizer, by their names in it."""
        prefix = f"{name}."
        return {key.removeprefix(prefix): t for key, t in self.tensors.items() if key.startswith(prefix)}


def write_tensors(path: Path, tensors: Mapping[str, Tensor], record: str, *, file_format: str) -> None:
    """Raises WorkspaceError; what stood there before is then still whole."""
    on_processor = {name: tensor.cpu().contiguous() for name, tensor in tensors.items()}
    metadata = {"format": file_format, "training": record, "sha256": _digest(on_processor, record)}
    write_whole(path, save(on_processor, metadata))


def read_tensors(path: Path, *, file_format: str) -> TensorFile:
    """Raises BadInputError for a file that is missing, truncated, changed or of another format."""
    try:
        with safe_open(path, framework="pt") as file:
            metadata: dict[str, str] = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
    except Exception as error:  # torch may not even know the kind of numbers in a foreign file
        raise unusable(path, str(error)) from error
    if metadata.get("format") != file_format:
        raise unusable(path, "it was written by another program")
    record = metadata.get("training", "")
    if metadata.get("sha256") != _digest(tensors, record):
        raise unusable(path, "its content does not have the hash that it names")
    return TensorFile(path=path, record=record, sha256=metadata["sha256"], tensors=tensors)


def adam_tensors(network: nn.Module, optimizer: torch.optim.Adam) -> dict[str, Tensor]:
    """The state of the parameters that have taken part so far, by their names in the network."""
    return {
        f"{name}.{key}": optimizer.state[parameter][key]
        for name, parameter in network.named_parameters()
        for key in (ADAM_STATE if parameter in optimizer.state else ())
    }


def restore_adam(network: nn.Module, optimizer: torch.optim.Adam, tensors: Mapping[str, Tensor]) -> None:
    """The inverse of `adam_tensors`. Raises KeyError where some are missing."""
    for name, parameter in network.named_parameters():
        if f"{name}.step" in tensors:
            state = {key: tensors[f"{name}.{key}"].to(parameter.device, copy=True) for key in ADAM_STATE}
            # Fused Adam goes through memory: a moment must lie in it as its parameter does.
            optimizer.state[parameter] = {
                key: tensor if tensor.ndim == 0 else torch.empty_like(parameter).copy_(tensor)
                for key, tensor in state.items()
            }


def unusable(path: Path, why: str) -> BadInputError:
    return BadInputError(
        f"The checkpoint {path} cannot be used ({why}).",
        "Restore it from a copy, use the run's other checkpoint, or train again.",
    )


def _digest(tensors: Mapping[str, Tensor], record: str) -> str:
    digest = hashlib.sha256(record.encode())
    for name, tensor in sorted(tensors.items()):
        digest.update(f"{name} {tensor.dtype} {list(tensor.shape)}\n".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data if tensor.numel() else b"")
    return digest.hexdigest()
