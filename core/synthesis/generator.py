"""What every generator is to the rest of the house: a checkpoint that turns a seed into an image."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Generator(Protocol):
    """The same seed gives the same image, alone or among others."""

    def images(self, seeds: Sequence[int]) -> NDArray[np.uint8]:
        """Return canonical images, uint8 [len(seeds), 256, 256]."""
        ...
