"""The detector as fast as many images can be shown to it: compiled, its weights frozen into the code."""

import warnings
from collections.abc import Callable

import torch
from torch import Tensor

from core.detection.network import Detector
from core.detection.prediction import autocast
from core.runs.devices import Compute

WORTH_IT_FROM = 5_000  # images: compiling takes up to a minute


def frozen(
    detector: Detector, compute: Compute, of: Callable[[Detector, Tensor], Tensor]
) -> Callable[[Detector, Tensor], Tensor]:
    """`of` as it is called with this detector and batches of one size; later changes of weights do not count.

    Where there is no compiler, or it fails, `of` itself.
    """
    if not compute.compiled:
        return of
    detector.eval()

    def apply(images: Tensor) -> Tensor:
        return of(detector, images)

    compiled = torch.compile(apply, dynamic=False, options={"freezing": True})
    usable = True

    def apply_compiled(_detector: Detector, images: Tensor) -> Tensor:
        nonlocal usable
        if usable:
            try:
                with torch.no_grad(), autocast(compute), warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # the compiler's, about itself
                    return compiled(images)
            except Exception:  # noqa: BLE001 - whatever breaks in a compiler, the plain way is right
                usable = False
        return of(detector, images)

    return apply_compiled
