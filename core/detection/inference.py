"""The detector as fast as many images can be shown to it: compiled, its weights frozen into the code."""

import copy
import warnings
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.fx.experimental.optimization import fuse

from core.detection.network import Detector
from core.runs.devices import Compute, Precision

AT_ONCE = 32
WORTH_IT_FROM = 5_000  # images: compiling takes up to a minute
Apply = Callable[[Detector, Tensor], Tensor]


def frozen(detector: Detector, compute: Compute, of: Apply) -> Callable[[Tensor], Tensor]:
    """`of` this detector and batches, as it stands: later changes of its weights do not count.

    Batch norm goes into the convolutions before they become bf16. The first batch decides on the size that is
    compiled for; others, and all where nothing is to be compiled or the compiler fails, are computed as they come.
    """
    ready = copy.deepcopy(detector).eval().requires_grad_(False)
    ready.body = nn.Sequential(fuse(ready.body))
    if compute.precision is Precision.BF16:
        ready.body.to(torch.bfloat16)
    ready.body.to(memory_format=torch.channels_last)
    compiled = torch.compile(lambda images: of(ready, images), dynamic=False, options={"freezing": True})
    size: int | None = None
    usable = compute.compiled

    def apply(images: Tensor) -> Tensor:
        nonlocal size, usable
        size = size or len(images)
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the compiler's, about itself
            if usable and len(images) == size:
                try:
                    found: Tensor = compiled(images)
                    return found
                except Exception:  # noqa: BLE001 - whatever breaks in a compiler, the plain way is right
                    usable = False
            return of(ready, images)

    return apply
