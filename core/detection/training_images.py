"""What a detector learns from and is measured on: images of several sources, cropped, and made one batch ahead."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from core.detection.recipes import CROP_PX
from core.imageset.record import IMAGE_SIZE
from core.imaging.canonical import averaged
from core.runs.order import shown_at

_EDGE = (IMAGE_SIZE - CROP_PX) // 2
Places = Sequence[int] | NDArray[np.int64]
T = TypeVar("T")


class Source(Protocol):
    """Images that are read or made when they are asked for, such as transformed ones."""

    def __len__(self) -> int: ...

    def images(self, places: Places) -> NDArray[np.uint8]:
        """uint8 [len(places), 256, 256]."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StoredImages:
    """Those at `positions` of a set: `pixels` uint8 [N, 256, 256], memory-mapped."""

    pixels: NDArray[np.uint8]
    positions: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.positions)

    def images(self, places: Places) -> NDArray[np.uint8]:
        return np.asarray(self.pixels[self.positions[np.asarray(places, np.int64)]])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LabeledImages:
    """Images of sources one behind the other; all of `sources[n]` are tumor images or none is, as `is_tumor[n]`.

    Memory stays the same whatever their number: nothing but a few bytes is kept of each.
    """

    sources: Sequence[Source]
    is_tumor: Sequence[bool]
    _ends: NDArray[np.int64] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        ends = np.cumsum([len(source) for source in self.sources], dtype=np.int64)
        object.__setattr__(self, "_ends", ends)

    def __len__(self) -> int:
        return int(self._ends[-1]) if len(self._ends) else 0

    def truths(self, numbers: Places) -> NDArray[np.int64]:
        """1 for tumor, 0 for nontumor."""
        found = np.searchsorted(self._ends, np.asarray(numbers, np.int64), side="right")
        return np.asarray(self.is_tumor, np.int64)[found]

    def cropped(self, numbers: Places, px: int) -> NDArray[np.uint8]:
        """The middle 224 pixels, averaged to `px`: uint8 [len(numbers), px, px]."""
        numbers = np.asarray(numbers, np.int64)
        found = np.empty((len(numbers), px, px), np.uint8)
        of_source = np.searchsorted(self._ends, numbers, side="right")
        for one in np.unique(of_source).tolist():
            places = np.flatnonzero(of_source == one)
            source = self.sources[one]
            images = source.images(numbers[places] - (self._ends[one] - len(source)))
            for place, image in zip(places.tolist(), images, strict=True):
                found[place] = cropped(image, px)
        return found


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Batch:
    """`images` uint8 [b, px, px] and `truths` int64 [b], 1 for tumor."""

    images: NDArray[np.uint8]
    truths: NDArray[np.int64]


def training_batch(images: LabeledImages, positions: range, *, px: int, seed: int) -> Batch:
    """What training shows at these positions since its start: each image once per round, in an order by seed."""
    numbers = shown_at(positions, len(images), seed)
    return Batch(images=images.cropped(numbers, px), truths=images.truths(numbers))


def cropped(image: NDArray[np.uint8], px: int) -> NDArray[np.uint8]:
    """Of a canonical image; what fills 240 pixels loses 8 at each side, as in the paper."""
    middle = image[_EDGE : IMAGE_SIZE - _EDGE, _EDGE : IMAGE_SIZE - _EDGE]
    return averaged(middle, px)


@contextmanager
def made_ahead(make: Callable[[int], T]) -> Iterator[Callable[[int], T]]:
    """`make`, of which the next number is at work in a thread of its own while one is used."""
    with ThreadPoolExecutor(1) as thread:
        waiting: dict[int, Future[T]] = {}

        def made(number: int) -> T:
            future = waiting.pop(number, None)
            found = future.result() if future else make(number)
            waiting[number + 1] = thread.submit(make, number + 1)
            return found

        yield made
