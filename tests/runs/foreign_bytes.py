"""Files that anyone may have written: whole, broken, of other programs, and by chance."""

import io
import pickle
import zipfile

import numpy as np
import torch
from safetensors.torch import save

SOME_TENSORS = {"conv1.weight": torch.ones(3), "bn1.bias": torch.ones(2, 2)}


def saved(content: object, *, legacy: bool = False) -> bytes:
    """As torch does it; `legacy`: before its files were zip archives."""
    file = io.BytesIO()
    torch.save(content, file, _use_new_zipfile_serialization=not legacy)
    return file.getvalue()


def zipped(content: bytes, name: str = "notes.txt") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, content)
    return file.getvalue()


FOREIGN = {
    "text": b"hello world",
    "empty": b"",
    "two_bytes": b"\x80\x04",
    "dots": b".....",
    "zip": zipped(b"hello world"),
    "zip_as_torchs": zipped(b"hello world", "archive/data.pkl"),
    "list": pickle.dumps([1, 2]),
    "saved_list": saved([1, 2]),
    "names_that_are_numbers": saved({1: torch.ones(1)}),
    "truncated": saved(SOME_TENSORS)[:-100],
    "truncated_legacy": saved(SOME_TENSORS, legacy=True)[:-10],
    "beginning_of_legacy": saved(SOME_TENSORS, legacy=True)[:60],
    "truncated_safetensors": save(SOME_TENSORS)[:-10],
    "beginning_of_safetensors": save(SOME_TENSORS)[:40],
    "bf16": save({"mean": torch.ones(3).bfloat16(), "scaled_components": torch.ones(1, 3).bfloat16()}),
    "noise": np.random.default_rng(0).bytes(1_000),
    **{f"noise_{seed}": np.random.default_rng(seed).bytes(5 * seed) for seed in range(1, 40)},
    **{f"pickled_noise_{seed}": b"\x80\x02" + np.random.default_rng(seed).bytes(5 * seed) for seed in range(1, 40)},
}
