"""What training computes on: found once per process, recorded with the run."""

import ctypes
import platform
import resource
import shutil
import sys
from dataclasses import dataclass
from enum import StrEnum

import torch

from core.errors import BadInputError

_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4  # of malloc.h


class Precision(StrEnum):
    """Of activations and gradients inside the networks; weights and optimizer are always fp32."""

    FP32 = "fp32"
    BF16 = "bf16"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compute:
    """`device` as torch names it. `compiled`: whether a compiler is there for the stages that gain from it."""

    device: str
    precision: Precision
    compiled: bool


def detect_compute(*, precision: Precision | None = None, device: str | None = None) -> Compute:
    """The GPU if there is one, else the processor; bf16 where it has units for it; compiled where that can work."""
    if device is None:
        device = "cuda" if torch.cuda.is_available() else "cpu"
    kind = torch.device(device).type
    if kind not in ("cpu", "cuda"):
        raise BadInputError(f"Training on {device!r} is not known.", "Take cpu or cuda.")
    if kind == "cuda" and not torch.cuda.is_available():
        raise BadInputError("There is no CUDA device that torch can use.", "Take cpu, or install its driver.")
    if precision is None:
        precision = Precision.BF16 if _has_bf16_units(kind) else Precision.FP32
    return Compute(device=device, precision=precision, compiled=has_compiler(kind))


def keep_freed_memory() -> None:
    """From now on, let the C library of this process keep what it frees for what it allocates next.

    Features of some 10 MB and more would else go back to the system and come anew, page by page, in every layer:
    a tenth of a training step. Where the library is not glibc, nothing happens.
    """
    if sys.platform == "linux" and platform.libc_ver()[0] == "glibc":
        library = ctypes.CDLL(None)
        library.mallopt(_M_MMAP_MAX, 0)
        library.mallopt(_M_TRIM_THRESHOLD, -1)


def memory_mb(device: str) -> float:
    """The most that was used so far, of the GPU or of this process."""
    if device.startswith("cuda"):
        return torch.cuda.max_memory_allocated(device) / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


def _has_bf16_units(kind: str) -> bool:
    if kind == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    found = getattr(torch.cpu, "_is_avx512_bf16_supported", None)  # has no public name up to torch 2.15
    return bool(found and found())


def has_compiler(kind: str) -> bool:
    """What torch.compile needs on a kind of device, cpu or cuda."""
    if kind == "cuda":
        import importlib.util

        return importlib.util.find_spec("triton") is not None
    return any(shutil.which(name) for name in ("g++", "clang++"))
