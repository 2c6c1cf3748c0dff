"""One step of exact t-SNE as compiled code in a file of its own: made once per machine, loaded in a moment.

All pairs of points are passed over once, and what each contributes is summed up while it is in the registers of the
processor. One program does for any number of points.
"""

import logging
import os
import platform
import shutil
import tempfile
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from core.provenance import sha256_of_bytes, sha256_of_json

if TYPE_CHECKING:
    from core.embedding.exact_tsne import MakesStep

VERSION = 1
FEWEST_POINTS, MOST_POINTS = 8, 40_000  # pairs of more do not fit into the memory of most machines
_EXAMPLE = 1800  # as the paper has: the compiler decides for such sizes
_log = logging.getLogger(__name__)


def step_file(folder: Path, dimensions: int) -> Path:
    """Where the step for this machine, its processors and this torch is, or would be. Loads no torch."""
    made_for = [VERSION, version("torch"), platform.machine(), _processor(), os.cpu_count()]
    return folder / f"tsne-{dimensions}d-{sha256_of_json(made_for)[:16]}.pt2"


def compiled_step(folder: Path, dimensions: int) -> Path | None:
    """Compile the step unless it is there: half a minute. None, and one line in the log, where that fails."""
    file = step_file(folder, dimensions)
    if file.is_file():
        return file
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=folder))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the compiler's, about itself
            _compile(unfinished / file.name, dimensions)
        (unfinished / file.name).replace(file)
    except Exception as error:  # noqa: BLE001 - whatever breaks in a compiler, there is scikit-learn
        _log.warning("t-SNE could not be compiled: %s", next(iter(str(error).strip().splitlines()), repr(error)))
        return None
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return file


def loaded_step(file: Path) -> "MakesStep | None":
    """None, and one line, where the file cannot be used; it is then removed, to be made anew."""
    from torch._inductor import aoti_load_package

    try:
        step: MakesStep = aoti_load_package(str(file))
    except Exception as error:  # noqa: BLE001 - a file of whatever content, and there is scikit-learn
        _log.warning("%s could not be loaded: %s", file, next(iter(str(error).strip().splitlines()), repr(error)))
        file.unlink(missing_ok=True)
        return None
    return step


def _compile(file: Path, dimensions: int) -> None:
    import torch
    from torch._inductor import aoti_compile_and_package
    from torch.export import Dim, export

    from core.embedding.exact_tsne import Step

    n = Dim("n", min=FEWEST_POINTS, max=MOST_POINTS)
    # Each a tensor of its own: those that are the same in the example would be taken for the same ever after.
    moving, numbers = (torch.rand(dimensions, _EXAMPLE) for _ in range(3)), (torch.tensor(1.0) for _ in range(3))
    example = (torch.rand(_EXAMPLE, _EXAMPLE), *moving, *numbers)
    sizes = ({0: n, 1: n}, {1: n}, {1: n}, {1: n}, None, None, None)
    aoti_compile_and_package(export(Step(), example, dynamic_shapes=sizes), package_path=str(file))


def _processor() -> str:
    """What tells apart processors that do not understand each other's code."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return sha256_of_bytes(next(line for line in lines if line.startswith(("flags", "Features"))).encode())
    except (OSError, StopIteration):
        return platform.processor()
