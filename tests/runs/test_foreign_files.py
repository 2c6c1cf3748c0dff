"""No checkpoint is loaded, and nothing but one line is said, of a file that is none."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from core.detection.checkpoint import FORMAT as DETECTOR_FORMAT
from core.detection.checkpoint import load_checkpoint as load_detectors_checkpoint
from core.detection.checkpoint import load_detector
from core.errors import BadInputError
from core.runs.tensor_file import read_tensors, write_tensors
from core.synthesis.checkpoint import FORMAT as GENERATOR_FORMAT
from core.synthesis.checkpoint import load_checkpoint as load_generators_checkpoint
from core.synthesis.checkpoint import load_generator
from core.synthesis.eigenimage import EigenimageGenerator
from tests.runs.foreign_bytes import FOREIGN

LOADERS = [
    load_detectors_checkpoint,
    load_detector,
    load_generators_checkpoint,
    load_generator,
    EigenimageGenerator.load,
]


@pytest.mark.parametrize("load", LOADERS)
def test_foreign_files_are_named_in_one_line(tmp_path: Path, load: Callable[[Path], object]) -> None:
    for name, content in FOREIGN.items():
        file = tmp_path / f"{name}.safetensors"
        file.write_bytes(content)
        with pytest.raises(BadInputError, match=rf"/{name}\.safetensors ") as raised:
            load(file)
        assert "\n" not in str(raised.value)


@pytest.mark.parametrize("file_format", [DETECTOR_FORMAT, GENERATOR_FORMAT])
@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float8_e4m3fn, torch.bool, torch.complex64])
def test_whatever_numbers_a_file_is_of_its_hash_is_checked(
    tmp_path: Path, file_format: str, kind: torch.dtype
) -> None:
    tensors = {"some": torch.ones(2, 3).to(kind), "one": torch.ones(()).to(kind), "none": torch.ones(0).to(kind)}
    save_file(tensors, tmp_path / "changed", {"format": file_format})
    for load in LOADERS[:4]:
        with pytest.raises(BadInputError, match="cannot be used"):
            load(tmp_path / "changed")
    write_tensors(tmp_path / "whole", tensors, "", file_format=file_format)
    found = read_tensors(tmp_path / "whole", file_format=file_format).tensors
    assert all(torch.equal(found[name], tensor) for name, tensor in tensors.items())
