"""Where curators came to different outcomes, and how often they agree."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from core.curation.decision import STATUSES, VERDICTS, Verdict
from core.curation.resolution import DISCARDED, OPEN, outcomes
from core.curation.standing import NOTHING, Acts
from core.identifiers import PersonId
from core.imageset.record import TumorStatus

N_OUTCOMES = DISCARDED + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class OneDecision:
    """What one curator decided on one image."""

    curator: str
    verdict: Verdict
    reason: str | None
    tumor_status: TumorStatus | None

    def to_json(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """One image on which curators came to different outcomes, and what each of them decided."""

    image_index: int
    image_id: str
    decisions: Sequence[OneDecision]

    def to_json(self) -> dict[str, object]:
        decisions = [decision.to_json() for decision in self.decisions]
        return {"image": self.image_index, "id": self.image_id, "decisions": decisions}


def decisions_on(
    image_index: int, acts: Acts, standing: NDArray[np.int32], names: Sequence[str]
) -> list[OneDecision]:
    """What stands for an image; `standing` [people of `acts`, N], `names` of these people."""
    return [
        OneDecision(
            curator=name,
            verdict=Verdict(str(VERDICTS[acts.verdicts[entry]])),
            reason=acts.reasons[entry],
            tumor_status=None if acts.tumor_statuses[entry] < 0 else STATUSES[acts.tumor_statuses[entry]],
        )
        for name, entry in zip(names, standing[:, image_index].tolist(), strict=True)
        if entry != NOTHING and VERDICTS[acts.verdicts[entry]] is not None
    ]


def outcome_counts(found: NDArray[np.int8]) -> NDArray[np.int_]:
    """How many curators came to each outcome, [N, outcomes], of outcomes [curators, N]."""
    return np.stack([(found == outcome).sum(0) for outcome in range(N_OUTCOMES)], axis=1)


def pair_counts(
    found: NDArray[np.int8], people: Sequence[PersonId]
) -> dict[tuple[PersonId, PersonId], NDArray[np.int_]]:
    """For each two curators the table of their outcomes [outcomes, outcomes] over the images that both decided."""
    tables = {}
    for one, other in combinations(range(len(people)), 2):
        both = (found[one] != OPEN) & (found[other] != OPEN)
        pairs = found[one][both].astype(np.int_) * N_OUTCOMES + found[other][both]
        tables[people[one], people[other]] = np.bincount(pairs, minlength=N_OUTCOMES**2).reshape(N_OUTCOMES, -1)
    return tables


def outcomes_of_all(acts: Acts, recorded: NDArray[np.int8]) -> NDArray[np.int8]:
    """What each of the people of `acts` came to, [people, N]."""
    standing = [acts.standing_of(curator, len(recorded)) for curator in acts.people]
    return np.array([outcomes(acts, each, recorded) for each in standing], np.int8).reshape(-1, len(recorded))
