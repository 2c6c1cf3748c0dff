"""Drawing the parameters of transformations: those of number n follow from a key and n, alone or among others."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.augmentation.transformation import Transformation
from core.provenance import sha256_of_json

_DRAWS = 7  # per transformation, in the order in which `transformations` takes them


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranges:
    """How far parameters go, either way, where 0 leaves them alone: the paper's, unless told otherwise.

    Shifts are fractions of the image's side, `shear` is one of its height, a zoom of 0.08 is 0.92 to 1.08. An
    image is flipped with these probabilities; all else is uniform over its range.
    """

    horizontal_flip: float = 0.5
    vertical_flip: float = 0.5
    rotation_deg: float = 10.0
    shift: float = 0.08
    shear: float = 0.08
    zoom: float = 0.08


PAPER = Ranges()


def transformations(
    ranges: Ranges, numbers: Sequence[int] | NDArray[np.int64], *, key: int
) -> Iterator[Transformation]:
    """The transformations of these numbers, each by its own number and the key only."""
    for one in _uniforms(key, np.asarray(numbers, np.uint64)).tolist():
        either_way = [2 * draw - 1 for draw in one]
        yield Transformation(
            horizontal_flip=one[0] < ranges.horizontal_flip,
            vertical_flip=one[1] < ranges.vertical_flip,
            rotation_deg=either_way[2] * ranges.rotation_deg,
            shift_x=either_way[3] * ranges.shift,
            shift_y=either_way[4] * ranges.shift,
            shear=either_way[5] * ranges.shear,
            zoom=1 + either_way[6] * ranges.zoom,
        )


def key_of(image_set_sha256: str, seed: int) -> int:
    """64 bits that a set's pixels and a seed give."""
    return int(sha256_of_json([image_set_sha256, "transformations", seed])[:16], 16)


def _uniforms(key: int, numbers: NDArray[np.uint64]) -> NDArray[np.float64]:
    """[len(numbers), 7] in [0, 1): SplitMix64 (Steele, Lea and Flood 2014) begun at the key, read at any place.

    NumPy's own generators would need 20 microseconds to be set up for each number.
    """
    draws = np.arange(1, _DRAWS + 1).astype(np.uint64)
    places = numbers[:, None] * np.uint64(_DRAWS) + draws
    mixed = places * np.uint64(0x9E3779B97F4A7C15) + np.uint64(key)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return np.asarray((mixed >> np.uint64(11)) * 2.0**-53)
