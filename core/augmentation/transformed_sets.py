"""Transformed images of several sets as those of one: what was corrected lies in another set than the rest."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.augmentation.transformation import Transformation
from core.augmentation.transformed_images import AT_ONCE, Places, TransformedImages


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TransformedSets:
    """`n_images` made of the sources of all sets, one set behind the other, each in its turn.

    Each image is the one that `TransformedImages` of its own set makes: a version of an image is the same whichever
    sets it is taken with.
    """

    sets: Sequence[TransformedImages]
    n_images: int

    def __len__(self) -> int:
        return self.n_images

    @property
    def n_sources(self) -> int:
        return sum(len(one.positions) for one in self.sets)

    def sources(self, places: Places) -> NDArray[np.int64]:
        """Which source stands at each place, counted over all sets."""
        return np.asarray(np.asarray(places) % self.n_sources, np.int64)

    def versions(self, places: Places) -> NDArray[np.int64]:
        """The how manieth transformed image of its source stands at each place, counted from 0."""
        return np.asarray(np.asarray(places) // self.n_sources, np.int64)

    def transformations(self, places: Places) -> Iterator[Transformation]:
        for one, place in self._by_set(places):
            yield from one.transformations([place])

    def images(self, places: Places) -> NDArray[np.uint8]:
        """uint8 [len(places), 256, 256]. Of the sets' files only the sources are read."""
        if len(self.sets) == 1:
            return self.sets[0].images(places)
        return np.concatenate([one.images([place]) for one, place in self._by_set(places)])

    def images_from(self, first: int) -> Iterator[NDArray[np.uint8]]:
        """All images from a place on, in order, with a few in memory at a time."""
        for start in range(first, self.n_images, AT_ONCE):
            yield from self.images(range(start, min(start + AT_ONCE, self.n_images)))

    def _by_set(self, places: Places) -> Iterator[tuple[TransformedImages, int]]:
        """The set that makes the image of each place, and the place that it has there."""
        ends = np.cumsum([len(one.positions) for one in self.sets])
        numbers = self.sources(places)
        for number, version, which in zip(
            numbers.tolist(), self.versions(places).tolist(), np.searchsorted(ends, numbers, "right"), strict=True
        ):
            one = self.sets[which]
            in_set = number - int(ends[which]) + len(one.positions)
            yield one, version * len(one.positions) + in_set
