"""How a set stands for one curator: what the gallery needs to begin, and what an act changed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.curation.decision import CurationAct
from core.curation.reasons import ExclusionReason
from core.curation.resolution import OPEN, outcomes
from core.curation.standing import Acts
from core.identifiers import ActId, ImageSetName, PersonId
from core.imageset.record import ImageKind, ImageSet, TumorStatus

NO_REASON = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoableAct:
    """The curator's last act on the set that was not undone."""

    act_id: ActId
    verdict: str | None
    n_images: int
    decided_at: str

    def to_json(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class CurationState:
    """Arrays have one entry per image [N].

    `verdicts` hold 0 undecided, 1 keep, 2 discard, 3 defer, 4 correct; `reasons` index `known_reasons` (-1: none);
    `recorded` is the tumor status of the record, `tumor_statuses` that with this curator's corrections (0 tumor,
    1 nontumor, 2 unknown). `n_others` other curators decided; `disagrees` where one of them came to something else
    and nobody settled it. `settled` holds verdicts as above (0: not settled).
    """

    image_set: ImageSetName
    kind: ImageKind
    tumor_status: TumorStatus
    n_images: int
    known_reasons: tuple[ExclusionReason, ...]
    verdicts: NDArray[np.uint8]
    reasons: NDArray[np.int16]
    recorded: NDArray[np.int8]
    tumor_statuses: NDArray[np.int8]
    n_others: NDArray[np.uint8]
    disagrees: NDArray[np.bool_]
    settled: NDArray[np.uint8]
    curators: tuple[str, ...]
    undoable: UndoableAct | None

    def to_json(self) -> dict[str, object]:
        return {
            "image_set": self.image_set,
            "kind": self.kind,
            "tumor_status": self.tumor_status,
            "n_images": self.n_images,
            "known_reasons": [[reason.code, reason.title] for reason in self.known_reasons],
            "verdicts": self.verdicts.tolist(),
            "reasons": self.reasons.tolist(),
            "recorded": self.recorded.tolist(),
            "tumor_statuses": self.tumor_statuses.tolist(),
            "n_others": self.n_others.tolist(),
            "disagrees": self.disagrees.astype(int).tolist(),
            "settled": self.settled.tolist(),
            "curators": list(self.curators),
            "undoable": self.undoable.to_json() if self.undoable else None,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ActReceipt:
    """What stands for the images of an act right after it, coded as in `CurationState`; written to disk.

    `tumor_statuses` are corrections, -1 where the record's holds.
    """

    act_id: ActId
    images: Sequence[int]
    verdicts: Sequence[int]
    reasons: Sequence[int]
    tumor_statuses: Sequence[int]
    undoes: ActId | None = None

    @property
    def n_images(self) -> int:
        return len(self.images)

    def to_json(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in self.__slots__} | {"n_images": self.n_images}


def curation_state(
    image_set: ImageSet,
    acts: Acts,
    *,
    recorded: NDArray[np.int8],
    known_reasons: tuple[ExclusionReason, ...],
    curator: PersonId,
    names: Sequence[str],
    undoable: UndoableAct | None,
) -> CurationState:
    """The set as `curator` decided, with what the others did beside it; `recorded` [N] are status codes."""
    standing = acts.standing_of(curator, image_set.n_images)
    corrected = acts.tumor_statuses[standing]
    settled = acts.verdicts[acts.settled(image_set.n_images)]
    n_others, disagrees = _others(acts, curator, recorded, own=outcomes(acts, standing, recorded))
    return CurationState(
        image_set=image_set.name,
        kind=image_set.kind,
        tumor_status=image_set.tumor_status,
        n_images=image_set.n_images,
        known_reasons=known_reasons,
        verdicts=acts.verdicts[standing],
        reasons=reason_indices(acts, known_reasons)[standing],
        recorded=recorded,
        tumor_statuses=np.where(corrected < 0, recorded, corrected),
        n_others=n_others,
        disagrees=disagrees & (settled == 0),
        settled=settled,
        curators=tuple(names),
        undoable=undoable,
    )


def receipt(act: CurationAct, acts: Acts, known_reasons: Sequence[ExclusionReason], *, n_images: int) -> ActReceipt:
    """What stands for the images of `act` by `acts`, of which it is the last that its curator did."""
    images = np.unique(np.array(act.image_indices))
    standing = acts.standing_of(act.curator, n_images)[images]
    return ActReceipt(
        act_id=act.act_id,
        images=images.tolist(),
        verdicts=acts.verdicts[standing].tolist(),
        reasons=reason_indices(acts, known_reasons)[standing].tolist(),
        tumor_statuses=acts.tumor_statuses[standing].tolist(),
        undoes=act.undoes,
    )


def reason_indices(acts: Acts, known_reasons: Sequence[ExclusionReason]) -> NDArray[np.int16]:
    """For each entry of `acts` the index of its reason."""
    index_of = {reason.code: index for index, reason in enumerate(known_reasons)}
    return np.array([NO_REASON if code is None else index_of[code] for code in acts.reasons], np.int16)


def _others(
    acts: Acts, curator: PersonId, recorded: NDArray[np.int8], *, own: NDArray[np.int8]
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    n_others, disagrees = np.zeros(len(own), np.uint8), np.zeros(len(own), bool)
    for other in acts.people:
        if other != curator:
            found = outcomes(acts, acts.standing_of(other, len(own)), recorded)
            n_others += found != OPEN
            disagrees |= (found != OPEN) & (own != OPEN) & (found != own)
    return n_others, disagrees
