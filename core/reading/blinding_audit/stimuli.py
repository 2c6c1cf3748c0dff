"""What the audit looks at: the exact bytes and pixels that readers are sent, with their truth beside them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.identifiers import SubjectId


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AuditedStimuli:
    """N stimuli in parallel: pixels uint8 [N, 256, 256], synthetic bool [N], resampling_factors float [N].

    `names` are what a researcher finds an image by (`SET/IMAGE`), `pngs` what goes over the wire.
    """

    names: Sequence[str]
    pixels: NDArray[np.uint8]
    pngs: Sequence[bytes]
    synthetic: NDArray[np.bool_]
    subjects: Sequence[SubjectId | None]
    resampling_factors: NDArray[np.float64]

    def __post_init__(self) -> None:
        lengths = {len(part) for part in (self.names, self.pixels, self.pngs, self.synthetic, self.subjects)}
        if lengths != {len(self.resampling_factors)}:
            raise ValueError(f"parallel parts of {sorted(lengths | {len(self.resampling_factors)})} stimuli")

    @property
    def groups(self) -> list[int]:
        """A number per patient, real and synthetic images apart; an image without a patient is one of its own."""
        numbers: dict[object, int] = {}
        keys = [
            (bool(synthetic), index if subject is None else subject)
            for index, (subject, synthetic) in enumerate(zip(self.subjects, self.synthetic, strict=True))
        ]
        return [numbers.setdefault(key, len(numbers)) for key in keys]
