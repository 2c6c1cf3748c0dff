"""What is found of the machine, and what is refused."""

import pytest
import torch

from core.errors import BadInputError
from core.runs import devices
from core.runs.devices import Precision, detect_compute


def test_a_chosen_precision_is_kept():
    assert detect_compute(precision=Precision.FP32, device="cpu").precision is Precision.FP32


@pytest.mark.parametrize(("has_units", "expected"), [(True, Precision.BF16), (False, Precision.FP32)])
def test_bf16_is_chosen_where_the_processor_has_units_for_it(monkeypatch, has_units, expected):
    monkeypatch.setattr(devices, "_has_bf16_units", lambda _kind: has_units)
    assert detect_compute(device="cpu").precision is expected


def test_nothing_is_compiled_where_there_is_no_compiler(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert not detect_compute(device="cpu").compiled


def test_an_unknown_device_is_refused():
    with pytest.raises(BadInputError, match="'meta' is not known"):
        detect_compute(device="meta")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_cuda_is_refused_where_there_is_none():
    with pytest.raises(BadInputError, match="no CUDA device"):
        detect_compute(device="cuda")
