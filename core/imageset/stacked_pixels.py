"""The images of several sets as those of one, each read from its own file when it is asked for."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Pixels(Protocol):
    """Images uint8 [N, 256, 256] by their positions: an array, or what is read like one."""

    @property
    def dtype(self) -> np.dtype[np.uint8]: ...

    @property
    def shape(self) -> tuple[int, ...]: ...

    def __len__(self) -> int: ...

    def __getitem__(self, index: int | NDArray[np.int64], /) -> NDArray[np.uint8]: ...


class StackedPixels:
    """Memory-mapped sets one behind the other; nothing but the images that are asked for is read."""

    def __init__(self, sets: Sequence[NDArray[np.uint8]]) -> None:
        self._sets = list(sets)
        self._starts = np.cumsum([0, *(len(one) for one in sets[:-1])]).tolist()
        self.dtype = np.dtype(np.uint8)
        self.shape: tuple[int, ...] = (sum(len(one) for one in sets), *sets[0].shape[1:])

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: int | NDArray[np.int64], /) -> NDArray[np.uint8]:
        """One image [256, 256], or at positions [n] images [n, 256, 256], copied."""
        if isinstance(index, np.ndarray) and index.ndim:
            found = np.empty((len(index), *self.shape[1:]), np.uint8)
            for place, one in enumerate(index.tolist()):
                found[place] = self[one]
            return found
        if not 0 <= index < len(self):
            raise IndexError(f"no image {index} of {len(self)}")
        number = bisect_right(self._starts, index) - 1
        return np.asarray(self._sets[number][index - self._starts[number]])


def stacked(sets: Sequence[NDArray[np.uint8]]) -> Pixels:
    """One set stays the array that it is."""
    return sets[0] if len(sets) == 1 else StackedPixels(sets)
