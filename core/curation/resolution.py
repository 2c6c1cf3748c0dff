"""What several curators' decisions come to: kept, discarded, undecided, or disagreed on until it is settled."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.curation.decision import STATUSES, VERDICTS, Verdict
from core.curation.standing import NOTHING, Acts

# An outcome is the code of the tumor status that an image is kept with, or one of these.
DISCARDED = len(STATUSES)
OPEN = -1
DISAGREED = -2
_KEEP, _DISCARD, _DEFER, _CORRECT = (VERDICTS.index(verdict) for verdict in Verdict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """For each image [N] its outcome, whether it waits deferred, and the entry of `Acts` that discarded it."""

    outcomes: NDArray[np.int8]
    deferred: NDArray[np.bool_]
    discarded_by: NDArray[np.int32]

    @property
    def kept(self) -> NDArray[np.bool_]:
        return np.asarray((self.outcomes >= 0) & (self.outcomes < DISCARDED))

    @property
    def discarded(self) -> NDArray[np.bool_]:
        return np.asarray(self.outcomes == DISCARDED)

    @property
    def open(self) -> NDArray[np.bool_]:
        """Nobody decided; some of these were deferred."""
        return np.asarray(self.outcomes == OPEN)

    @property
    def disagreed(self) -> NDArray[np.bool_]:
        return np.asarray(self.outcomes == DISAGREED)


def outcomes(acts: Acts, standing: NDArray[np.int32], recorded: NDArray[np.int8]) -> NDArray[np.int8]:
    """What one person's standing decisions [N] come to; `recorded` [N] are the codes of the recorded statuses."""
    verdicts = acts.verdicts[standing]
    found = np.where(verdicts == _KEEP, recorded, np.int8(OPEN))
    found[verdicts == _CORRECT] = acts.tumor_statuses[standing[verdicts == _CORRECT]]
    found[verdicts == _DISCARD] = DISCARDED
    return found


def resolve(acts: Acts, recorded: NDArray[np.int8]) -> Resolution:
    """A settlement counts; else what all who decided agree on. Who defers leaves an image to the others.

    An image that several discarded has the reason that was given last.
    """
    n_images = len(recorded)
    lowest, highest = np.full(n_images, DISCARDED + 1, np.int8), np.full(n_images, OPEN, np.int8)
    deferred, discarded_by = np.zeros(n_images, bool), np.full(n_images, NOTHING, np.int32)
    for curator in acts.people:
        standing = acts.standing_of(curator, n_images)
        found = outcomes(acts, standing, recorded)
        lowest = np.where(found == OPEN, lowest, np.minimum(lowest, found))
        highest = np.maximum(highest, found)
        deferred |= acts.verdicts[standing] == _DEFER
        discarded_by = np.maximum(discarded_by, np.where(found == DISCARDED, standing, NOTHING))
    resolved = np.where(highest == OPEN, OPEN, np.where(lowest == highest, highest, DISAGREED)).astype(np.int8)
    settled_by = acts.settled(n_images)
    settled = outcomes(acts, settled_by, recorded)
    is_settled = settled != OPEN
    resolved = np.where(is_settled, settled, resolved)
    return Resolution(
        outcomes=resolved,
        deferred=deferred & (resolved == OPEN),
        discarded_by=np.where(resolved == DISCARDED, np.where(is_settled, settled_by, discarded_by), NOTHING),
    )
