"""Which decision stands for each image: the last act that was not undone, found for all images at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.curation.decision import STATUSES, VERDICTS, CurationAct
from core.identifiers import PersonId

NOTHING = 0  # the entry of `Acts` that stands where nobody decided
AS_RECORDED = -1  # the tumor status of an image that was not corrected
_VERDICT_CODE = {verdict: code for code, verdict in enumerate(VERDICTS)}
_STATUS_CODE: dict[str | None, int] = {None: AS_RECORDED} | {status: code for code, status in enumerate(STATUSES)}

ActRow = tuple[str, str | None, str | None, str | None, int, bytes]
"""curator, verdict, reason, tumor status, settles, images: as `packed` writes them"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acts:
    """Acts of one image set in the order in which they were recorded, as columns [1 + A].

    Entry 0 stands for no act at all. `verdicts` and `tumor_statuses` hold codes; `images` [M] are the positions of
    all acts one after the other, `act_of_image` [M] the entry that each belongs to.
    """

    curators: tuple[PersonId, ...]
    verdicts: NDArray[np.uint8]
    reasons: tuple[str | None, ...]
    tumor_statuses: NDArray[np.int8]
    settles: NDArray[np.bool_]
    images: NDArray[np.uint32]
    act_of_image: NDArray[np.int32]

    @classmethod
    def of(cls, rows: Sequence[ActRow]) -> "Acts":
        """From rows in order of recording, without those that were undone or that undo."""
        entries: list[ActRow] = [("", None, None, None, 0, b""), *rows]
        curators, verdicts, reasons, statuses, settles, images = zip(*entries, strict=True)
        lengths = [len(each) // 4 for each in images]
        return cls(
            curators=curators,
            verdicts=np.array([_VERDICT_CODE[verdict] for verdict in verdicts], np.uint8),
            reasons=reasons,
            tumor_statuses=np.array([_STATUS_CODE[status] for status in statuses], np.int8),
            settles=np.array(settles, bool),
            images=unpacked(b"".join(images)),
            act_of_image=np.repeat(np.arange(len(entries), dtype=np.int32), lengths),
        )

    @property
    def people(self) -> tuple[PersonId, ...]:
        """Who decided on images of this set, settlements left out; in order of their first act."""
        ordinary = (curator for curator, settles in zip(self.curators, self.settles, strict=True) if not settles)
        return tuple(dict.fromkeys(ordinary))[1:]

    def standing_of(self, curator: PersonId, n_images: int) -> NDArray[np.int32]:
        """Return the entry of this curator's act that stands for each image [N]."""
        own = np.array([one == curator for one in self.curators]) & ~self.settles
        return self._standing(own, n_images)

    def settled(self, n_images: int) -> NDArray[np.int32]:
        """Return the entry of the settlement that stands for each image [N]."""
        return self._standing(self.settles, n_images)

    def _standing(self, chosen: NDArray[np.bool_], n_images: int) -> NDArray[np.int32]:
        standing = np.full(n_images, NOTHING, np.int32)
        taken = chosen[self.act_of_image]
        np.maximum.at(standing, self.images[taken], self.act_of_image[taken])
        return standing


def row_of(act: CurationAct) -> ActRow:
    """The row of an act that is no settlement."""
    return act.curator, act.verdict, act.reason, act.tumor_status, 0, packed(act.image_indices)


def packed(image_indices: Sequence[int] | NDArray[np.integer]) -> bytes:
    """Positions as they are kept: ascending, each once, uint32 little-endian."""
    return np.unique(np.asarray(image_indices, dtype=np.int64)).astype("<u4").tobytes()


def unpacked(images: bytes) -> NDArray[np.uint32]:
    return np.frombuffer(images, dtype="<u4").astype(np.uint32, copy=False)
