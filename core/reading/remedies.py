"""What a study does to all its stimuli alike, so that the way to a picture shows in none of them.

The pixels of image sets stay as they are: the protocol says which remedies a study takes, and they are applied
wherever its stimuli are made, hashed or audited.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInputError

WIDEST_BORDER = 64
HIGHEST_FLOOR = 64
LARGEST_STEP = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedies:
    """`border`: pixels at each side that become black. `background_floor`: gray values up to it become 0.

    `gray_step`: the others become its multiples, rounded down; 255 stays, so that clipping is still seen by the
    audit. The defaults change nothing.
    """

    border: int = 0
    background_floor: int = 0
    gray_step: int = 1

    def __post_init__(self) -> None:
        for value, low, high, what in (
            (self.border, 0, WIDEST_BORDER, "common border"),
            (self.background_floor, 0, HIGHEST_FLOOR, "common background floor"),
            (self.gray_step, 1, LARGEST_STEP, "common gray step"),
        ):
            if not low <= value <= high:
                raise BadInputError(f"A {what} of {value} is not possible.", f"Choose {low} to {high}.")

    def applied(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The stimulus of one stored image, uint8 [H, W]. Applying it twice changes nothing."""
        if self == Remedies():
            return image
        step = np.uint8(self.gray_step)
        quantized = np.where(image == 255, image, image // step * step)
        shown = np.where(quantized <= self.background_floor, np.uint8(0), quantized)
        if self.border:
            kept = np.zeros_like(shown)
            inside = slice(self.border, -self.border)
            kept[inside, inside] = shown[inside, inside]
            return kept
        return shown

    def __str__(self) -> str:
        names = {"border": "border", "background_floor": "background floor", "gray_step": "gray step"}
        untouched = Remedies()
        parts = [
            f"{words} {getattr(self, name)}"
            for name, words in names.items()
            if getattr(self, name) != getattr(untouched, name)
        ]
        return ", ".join(parts) or "none"
