"""Deciding on images in tests, as a curator would: by position, in one line."""

import uuid

from core.access.person import Person
from core.curation.decision import CurationAct, Verdict
from core.curation.state import ActReceipt
from core.identifiers import ActId, ImageSetName
from core.settings import WorkspacePaths
from core.workflows.access import curator_known_as
from core.workflows.curation import curation_gallery, record_act, undo_last

SYNTHETIC = ImageSetName("synthetic-tumor")
REAL = ImageSetName("real-nontumor")
NOON = "2026-01-01T12:00:00.000Z"


def new_id() -> ActId:
    return ActId(str(uuid.uuid4()))


def act(curator: Person, verdict: Verdict | None, *images: int, **details: object) -> CurationAct:
    """A discard is for a gray contour, unless `details` say otherwise."""
    reason = "gray_contour" if verdict is Verdict.DISCARD else None
    fields = {"act_id": new_id(), "image_set": SYNTHETIC, "decided_at": NOON, "reason": reason} | details
    return CurationAct(curator=curator.person_id, verdict=verdict, image_indices=images, **fields)


def decide(
    paths: WorkspacePaths, verdict: Verdict | None, *images: int, curator: Person | None = None, **details: object
) -> ActReceipt:
    """Record a decision of the researcher, unless another curator is named."""
    who = curator or curator_known_as(paths, None)
    return record_act(paths, act(who, verdict, *images, **details), curator=who)


def undo(paths: WorkspacePaths, curator: Person, image_set: ImageSetName = SYNTHETIC) -> ActReceipt | None:
    return undo_last(paths, image_set, curator, act_id=new_id())


def verdicts(paths: WorkspacePaths, curator: Person, image_set: ImageSetName = SYNTHETIC) -> list[int]:
    return curation_gallery(paths, image_set, curator).verdicts.tolist()
