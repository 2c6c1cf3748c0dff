"""Curating an image set: decisions of one person or several, each on disk before it is acknowledged."""

from collections.abc import Sequence

from core.access.person import Person, Role
from core.curation.decision import CurationAct, check_act_id
from core.curation.reasons import BUILT_IN, ExclusionReason, reason_coded
from core.curation.standing import Acts, row_of
from core.curation.state import ActReceipt, CurationState, curation_state, receipt
from core.errors import AccessDeniedError, BadInputError, NotFoundError, RefusedError
from core.identifiers import ActId, ImageSetName
from core.imageset.record import ImageKind, ImageSet
from core.provenance import utc_now
from core.settings import WorkspacePaths
from core.storage import curation, people
from core.storage.database import Database, opened, writing
from core.workflows.image_sets import image_set_named


def curation_gallery(paths: WorkspacePaths, image_set: ImageSetName, curator: Person) -> CurationState:
    """How a set stands for a curator. Raises NotFoundError, AccessDeniedError."""
    check_may_curate(curator)
    with opened(paths.database) as db:
        found = image_set_named(db, image_set)
        acts = Acts.of(curation.act_rows(db, image_set))
        return curation_state(
            found,
            acts,
            recorded=curation.recorded_statuses(db, image_set),
            known_reasons=known_reasons(db, found.kind),
            curator=curator.person_id,
            names=people.names_of(db, acts.people),
            undoable=curation.last_undoable(db, image_set, curator.person_id),
        )


def record_act(paths: WorkspacePaths, act: CurationAct, *, curator: Person) -> ActReceipt:
    """Save a decision; it is on disk when this returns. An act that was saved before returns its first receipt.

    Raises NotFoundError for a set that is not there (any more), BadInputError for images or a reason that it has
    not, RefusedError for an id that another act has.
    """
    check_may_curate(curator)
    if act.curator != curator.person_id or act.undoes is not None:
        raise AccessDeniedError("This decision is not yours.", "Reload the page.")
    with opened(paths.database) as db:
        with writing(db):
            image_set = image_set_named(db, act.image_set)
            if not saved_before(db, act.act_id, image_set, curator):
                check_act(db, act, image_set)
                curation.add_act(db, act, received_at=utc_now())
        return receipt_of(db, act.act_id, image_set)


def undo_last(
    paths: WorkspacePaths, image_set: ImageSetName, curator: Person, *, act_id: ActId
) -> ActReceipt | None:
    """Take back the curator's last act on a set that was not undone, by an act of its own; None: there is none.

    The receipt says what stands again. Sent again with the same `act_id`, it undoes nothing more.
    """
    check_may_curate(curator)
    check_act_id(act_id)
    with opened(paths.database) as db:
        with writing(db):
            found = image_set_named(db, image_set)
            if not saved_before(db, act_id, found, curator):
                last = curation.last_undoable(db, image_set, curator.person_id)
                undone = curation.act(db, last.act_id) if last else None
                if undone is None:
                    return None
                curation.add_act(db, _undoing(undone, act_id), received_at=utc_now())
        return receipt_of(db, act_id, found)


def known_reasons(db: Database, kind: ImageKind) -> tuple[ExclusionReason, ...]:
    """The reasons in the order of their keys."""
    return BUILT_IN[kind] + curation.added_reasons(db, kind)


def check_act(db: Database, act: CurationAct, image_set: ImageSet) -> None:
    """Whether the set has these images, and its workspace this reason."""
    if act.reason is not None:
        reason_coded(known_reasons(db, image_set.kind), act.reason)
    lowest, highest = min(act.image_indices), max(act.image_indices)
    if lowest < 0 or highest >= image_set.n_images:
        raise BadInputError(
            f"The image set {image_set.name} has no image {lowest if lowest < 0 else highest}.",
            f"Its images are 0 to {image_set.n_images - 1}.",
        )


def image_positions(paths: WorkspacePaths, image_set: ImageSetName, image_ids: Sequence[str]) -> tuple[int, ...]:
    """Where images of these ids are in their set. Raises NotFoundError, which names the first that it has not."""
    with opened(paths.database) as db:
        image_set_named(db, image_set)
        position_of = curation.positions(db, image_set)
    unknown = [image_id for image_id in image_ids if image_id not in position_of]
    if unknown:
        others = f" and {len(unknown) - 1} more" if len(unknown) > 1 else ""
        raise NotFoundError(
            f"The image set {image_set} has no image {unknown[0]!r}{others}; nothing was decided.",
            f"`mrturing images show {image_set}` lists them.",
        )
    return tuple(position_of[image_id] for image_id in image_ids)


def all_reasons(paths: WorkspacePaths, kind: ImageKind) -> Sequence[ExclusionReason]:
    with opened(paths.database) as db:
        return known_reasons(db, kind)


def add_reason(paths: WorkspacePaths, kind: ImageKind, reason: ExclusionReason) -> None:
    """Add a reason to a workspace, behind the others. Raises RefusedError for a code that there is already."""
    with opened(paths.database) as db, writing(db):
        if any(known.code == reason.code for known in known_reasons(db, kind)):
            raise RefusedError(f"There is a reason {reason.code!r} already.", "Choose another code.")
        curation.add_reason(db, kind, reason, added_at=utc_now())


def check_may_curate(person: Person) -> None:
    if person.role not in {Role.CURATOR, Role.RESEARCHER}:
        raise AccessDeniedError(f"A {person.role} does not curate.", "Open a curator's link.")


def saved_before(db: Database, act_id: ActId, image_set: ImageSet, curator: Person) -> bool:
    """Whether this act is known. Raises RefusedError where the id is another curator's or another set's."""
    saved = curation.act(db, act_id)
    if saved is not None and (saved.image_set, saved.curator) != (image_set.name, curator.person_id):
        raise RefusedError(f"Another decision has the id {act_id}.", "Reload the page, and decide again.")
    return saved is not None


def _undoing(undone: CurationAct, act_id: ActId) -> CurationAct:
    return CurationAct(
        act_id=act_id,
        image_set=undone.image_set,
        curator=undone.curator,
        verdict=None,
        image_indices=undone.image_indices,
        decided_at=utc_now(),
        undoes=undone.act_id,
    )


def receipt_of(db: Database, act_id: ActId, image_set: ImageSet) -> ActReceipt:
    """What stood right after an act that was saved."""
    act = curation.act(db, act_id)
    assert act is not None  # saved a moment ago; a set that was deleted since has raised before
    # What an act says stands for its own images; only what an undone one hid must be looked up.
    rows = curation.act_rows(db, image_set.name, curator=act.curator, until=act_id) if act.undoes else [row_of(act)]
    acts = Acts.of(rows)
    return receipt(act, acts, known_reasons(db, image_set.kind), n_images=image_set.n_images)
