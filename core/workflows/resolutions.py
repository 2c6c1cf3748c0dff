"""What all curators' decisions on a set come to, and settling where they disagree."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.access.person import Person, Role
from core.curation.decision import CurationAct, Verdict
from core.curation.disagreement import (
    Disagreement,
    decisions_on,
    outcome_counts,
    outcomes_of_all,
    pair_counts,
)
from core.curation.release import discards_by_reason
from core.curation.resolution import Resolution, resolve
from core.curation.standing import Acts
from core.curation.state import ActReceipt
from core.errors import AccessDeniedError, BadInputError, RefusedError
from core.identifiers import ImageSetName
from core.imageset.record import ImageSet
from core.provenance import utc_now
from core.settings import WorkspacePaths
from core.storage import curation, image_sets, people
from core.storage.database import Database, opened, writing
from core.workflows.curation import check_act, receipt_of, saved_before
from core.workflows.image_sets import image_set_named


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ResolvedSet:
    """A set with its decisions: `recorded` [N] are the codes of the tumor statuses as they were recorded."""

    image_set: ImageSet
    acts: Acts
    recorded: NDArray[np.int8]
    resolution: Resolution

    @property
    def usable(self) -> NDArray[np.bool_]:
        """Which images may go on without a release: none that was discarded or is disagreed on."""
        return ~(self.resolution.discarded | self.resolution.disagreed)

    @property
    def tumor_statuses(self) -> NDArray[np.int8]:
        """The codes of the tumor statuses, corrected where curators did."""
        return np.where(self.resolution.kept, self.resolution.outcomes, self.recorded)

    def to_json(self) -> dict[str, object]:
        """Counts of images."""
        found = self.resolution
        return {
            "image_set": self.image_set.name,
            "images": self.image_set.n_images,
            "kept": int(found.kept.sum()),
            "corrected": int((found.kept & (found.outcomes != self.recorded)).sum()),
            "discarded": int(found.discarded.sum()),
            "deferred": int(found.deferred.sum()),
            "undecided": int((found.open & ~found.deferred).sum()),
            "disagreed": int(found.disagreed.sum()),
            "reasons": discards_by_reason(self.acts, found),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class CuratorPair:
    """Cohen's kappa of two curators over the outcomes of the `n` images that both decided; None: not estimable."""

    curators: tuple[str, str]
    n: int
    kappa: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CuratorAgreement:
    """Over images that two or more decided; outcomes are discarded, or kept with a tumor status."""

    pairs: Sequence[CuratorPair]
    krippendorff_alpha: float | None

    def to_json(self) -> dict[str, object]:
        pairs = [{"curators": list(pair.curators), "n": pair.n, "kappa": pair.kappa} for pair in self.pairs]
        return {"pairs": pairs, "krippendorff_alpha": self.krippendorff_alpha}


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreements:
    """The images to be settled, in order, and how far the curators agree on all that two or more decided."""

    images: Sequence[Disagreement]
    agreement: CuratorAgreement


def resolved(paths: WorkspacePaths, image_set: ImageSetName) -> ResolvedSet:
    """Raises NotFoundError."""
    with opened(paths.database) as db:
        return resolved_set(db, image_set)


def resolved_set(db: Database, name: ImageSetName) -> ResolvedSet:
    """As `resolved`, on an open database."""
    image_set = image_set_named(db, name)
    acts = Acts.of(curation.act_rows(db, name))
    recorded = curation.recorded_statuses(db, name)
    return ResolvedSet(image_set=image_set, acts=acts, recorded=recorded, resolution=resolve(acts, recorded))


def disagreements(paths: WorkspacePaths, image_set: ImageSetName) -> Disagreements:
    """Where curators came to different outcomes and nobody settled it; how often they agree. NotFoundError."""
    with opened(paths.database) as db:
        found = resolved_set(db, image_set)
        names = people.names_of(db, found.acts.people)
        records = image_sets.image_records(db, image_set)
    standing = np.array([found.acts.standing_of(one, len(records)) for one in found.acts.people])
    return Disagreements(
        images=[
            Disagreement(
                image_index=index,
                image_id=records[index].image_id,
                decisions=decisions_on(index, found.acts, standing, names),
            )
            for index in np.flatnonzero(found.resolution.disagreed).tolist()
        ],
        agreement=agreement_of(found, names),
    )


def agreement_of(found: ResolvedSet, names: Sequence[str]) -> CuratorAgreement:
    """`names`: what the people of the acts are called, in their order."""
    if len(names) < 2:
        return CuratorAgreement(pairs=[], krippendorff_alpha=None)
    # Loaded here: its statistics packages take a second and 50 MB, which galleries and trainings need not wait for.
    from core.observer_performance.agreement import cohen_kappa, krippendorff_alpha

    def kappa(counts: NDArray[np.int_]) -> float | None:
        used = (counts.sum(0) + counts.sum(1)) > 0
        estimated = cohen_kappa(counts[np.ix_(used, used)])
        return estimated.estimate if estimated else None

    outcomes = outcomes_of_all(found.acts, found.recorded)
    name_of = dict(zip(found.acts.people, names, strict=True))
    return CuratorAgreement(
        pairs=[
            CuratorPair(curators=(name_of[one], name_of[other]), n=int(counts.sum()), kappa=kappa(counts))
            for (one, other), counts in pair_counts(outcomes, found.acts.people).items()
        ],
        krippendorff_alpha=krippendorff_alpha(outcome_counts(outcomes)),
    )


def settle(paths: WorkspacePaths, act: CurationAct, *, researcher: Person) -> ActReceipt:
    """Decide for all on images that curators disagree on, or take such a decision back (a verdict of None).

    What each curator decided stays beside it. Raises AccessDeniedError for anybody but the researcher, RefusedError
    for images that nobody disagrees on, and what `record_act` raises.
    """
    if researcher.role is not Role.RESEARCHER or act.curator != researcher.person_id:
        raise AccessDeniedError("Only the researcher settles disagreements.", "Open the researcher's link.")
    if act.verdict is Verdict.DEFER:
        raise BadInputError("To defer settles nothing.", "Keep, discard or correct.")
    with opened(paths.database) as db:
        with writing(db):
            image_set = image_set_named(db, act.image_set)
            if not saved_before(db, act.act_id, image_set, researcher):
                check_act(db, act, image_set)
                _check_disputed(db, act)
                curation.add_act(db, act, received_at=utc_now(), settles=True)
        return receipt_of(db, act.act_id, image_set)


def _check_disputed(db: Database, act: CurationAct) -> None:
    found = resolved_set(db, act.image_set)
    settled = found.acts.verdicts[found.acts.settled(len(found.recorded))] > 0
    agreed = [index for index in act.image_indices if not (found.resolution.disagreed | settled)[index]]
    if agreed:
        raise RefusedError(
            f"Nobody disagrees on {len(agreed)} of these images of {act.image_set}, image {agreed[0]} for one.",
            "Settle those that `mrturing curation disagreements` lists.",
        )
