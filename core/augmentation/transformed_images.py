"""Transformed images of a set as a set that nobody has to write down: each is made when it is asked for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.augmentation.sampling import PAPER, Ranges, key_of, transformations
from core.augmentation.transformation import Transformation, transformed
from core.errors import BadInputError

Places = Sequence[int] | NDArray[np.int64]
AT_ONCE = 64


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TransformedImages:
    """`n_images` made of those at `positions` of a set: `pixels` uint8 [N, 256, 256], `sha256` that of its file.

    Each source has its turn before one comes again: at place p it is source p mod len(positions), in version
    p // len(positions). A transformed image has the number version * N + position in the set, and follows from the
    set's pixels, this number and the seed: it is the same whichever other images are taken.
    """

    pixels: NDArray[np.uint8]
    sha256: str
    positions: NDArray[np.int64]
    n_images: int
    seed: int
    ranges: Ranges = PAPER
    _key: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise BadInputError(f"{self.seed} is no seed.", "Seeds are whole numbers from 0 on.")
        if self.n_images < 1 or not len(self.positions):
            raise BadInputError(
                f"{self.n_images} images cannot be made of {len(self.positions)}.", "Ask for 1, of 1 at least."
            )
        object.__setattr__(self, "_key", key_of(self.sha256, self.seed))

    def __len__(self) -> int:
        return self.n_images

    def sources(self, places: Places) -> NDArray[np.int64]:
        """Which image of the set stands at each place, by its position."""
        return np.asarray(self.positions[np.asarray(places) % len(self.positions)], np.int64)

    def versions(self, places: Places) -> NDArray[np.int64]:
        """The how manieth transformed image of its source stands at each place, counted from 0."""
        return np.asarray(np.asarray(places) // len(self.positions), np.int64)

    def transformations(self, places: Places) -> Iterator[Transformation]:
        numbers = self.versions(places) * len(self.pixels) + self.sources(places)
        return transformations(self.ranges, numbers, key=self._key)

    def images(self, places: Places) -> NDArray[np.uint8]:
        """uint8 [len(places), 256, 256]. Of the set's file only the sources are read."""
        found = np.empty((len(places), *self.pixels.shape[1:]), np.uint8)
        drawn = zip(self.sources(places).tolist(), self.transformations(places), strict=True)
        for image, (source, transformation) in zip(found, drawn, strict=True):
            transformed(np.asarray(self.pixels[source]), transformation, out=image)
        return found
