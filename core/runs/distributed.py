"""Several processes, each with its share of every batch: what torchrun starts, and one process alone.

Every process holds the same networks, draws the same random numbers for the whole batch and takes its part of
them; gradients are averaged before each optimizer step, those of the gradient penalty among them. (Torch's
DistributedDataParallel cannot do the penalty's double backward.) The first process alone writes.
"""

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn

from core.errors import BadInputError, RefusedError

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Workers:
    """This process, `rank`, among `count`."""

    rank: int = 0
    count: int = 1
    device: str = "cpu"

    @property
    def writes(self) -> bool:
        return self.rank == 0

    def share(self, batch: int, group: int = 1) -> slice:
        """Which images of a batch are this process's. Raises BadInputError unless it is whole groups."""
        if batch % (self.count * group):
            in_groups = f" in groups of {group}, which are compared" if group > 1 else ""
            raise BadInputError(
                f"A batch of {batch} images cannot be shared by {self.count} processes{in_groups}.",
                f"Take a batch that is a multiple of {self.count * group}, or fewer processes.",
            )
        size = batch // self.count
        return slice(self.rank * size, (self.rank + 1) * size)

    def average_gradients(self, gradients: Iterable[Tensor]) -> None:
        """In place, over the processes: one message for all."""
        parts = list(gradients)
        whole = torch.cat([part.reshape(-1) for part in parts])
        self.average(whole)
        for part, averaged in zip(parts, torch.split(whole, [part.numel() for part in parts]), strict=True):
            part.copy_(averaged.view_as(part))

    def average(self, values: Tensor) -> None:
        """In place, over the processes."""
        if self.count > 1:
            dist.all_reduce(values)
            values /= self.count

    def average_buffers(self, network: nn.Module) -> None:
        """In place, over the processes: running statistics, each of its own share of the images."""
        if self.count > 1:
            for buffer in network.buffers():
                if buffer.is_floating_point():
                    self.average(buffer)

    def agreed(self, word: T) -> T:
        """What the first process says. It goes over the network, never through the GPU: no step waits for it."""
        if self.count == 1:
            return word
        told = [word]
        dist.broadcast_object_list(told, src=0, device=torch.device("cpu"))
        return told[0]

    def meet(self) -> None:
        """Wait until every process has come here."""
        if self.count > 1:
            dist.barrier()


@contextlib.contextmanager
def joined(device: str) -> Iterator[Workers]:
    """This process among those that torchrun started with it, by torchrun's environment; else alone.

    Raises RefusedError when the others cannot be reached.
    """
    if dist.is_initialized():
        yield Workers(rank=dist.get_rank(), count=dist.get_world_size(), device=device)
        return
    if not dist.is_torchelastic_launched():
        yield Workers(device=device)
        return
    try:
        if device.startswith("cuda"):
            torch.cuda.set_device(dist.get_node_local_rank())
        dist.init_process_group("cpu:gloo,cuda:nccl" if device.startswith("cuda") else "gloo")
    except (RuntimeError, ValueError) as error:
        raise RefusedError(
            f"The processes of this training do not reach each other ({error}).",
            "Check torchrun's --nnodes and --rdzv-endpoint, and that the machines see each other.",
        ) from error
    try:
        yield Workers(rank=dist.get_rank(), count=dist.get_world_size(), device=device)
    finally:
        dist.destroy_process_group()
