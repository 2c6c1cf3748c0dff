"""Functions of tensors, compiled where that works and as they are where it does not."""

import logging
from collections.abc import Callable

import torch
from torch import Tensor

_log = logging.getLogger(__name__)

Losses = tuple[Tensor, ...]
"""0-d each; the first is what is minimized, the others are figures."""


class Objective:
    """A function of tensors to losses, called together with its backward pass.

    Compiled, each new shape costs 10 to 60 seconds at its first call. A compiler that fails is said in one line,
    and the function runs as it is from then on.
    """

    def __init__(self, function: Callable[..., Losses], *, compiled: bool) -> None:
        self._plain = function
        self._compiled = torch.compile(function, dynamic=False, fullgraph=True) if compiled else None

    def backward(self, *arguments: Tensor | None) -> Losses:
        """Return the losses, detached; adds the gradients of the first to the parameters that it depends on."""
        if self._compiled is not None:
            from torch._dynamo.exc import TorchDynamoException  # slow to load

            try:
                return _backward(self._compiled, arguments)
            except TorchDynamoException as error:  # nothing was added yet: one graph has one backward pass
                reason = str(error).strip().splitlines()[0]
                _log.warning("Training goes on without compilation, more slowly: %s", reason)
                self._compiled = None
        return _backward(self._plain, arguments)


def _backward(function: Callable[..., Losses], arguments: tuple[Tensor | None, ...]) -> Losses:
    losses = function(*arguments)
    losses[0].backward()  # type: ignore[no-untyped-call]
    return tuple(loss.detach() for loss in losses)
