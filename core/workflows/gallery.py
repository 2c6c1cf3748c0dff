"""What the gallery shows of an image set: thumbnails on demand, single images, what is known of one."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from core.access.person import Person, Role
from core.errors import AccessDeniedError, BadInputError
from core.identifiers import ImageSetName, keyed_id
from core.imageset.pixels import open_pixels
from core.imageset.record import ImageRecord
from core.imageset.thumbnails import thumbnail_sprite
from core.imaging.png import encode_png
from core.settings import WorkspacePaths
from core.storage import image_sets, people
from core.storage.connections import Connections
from core.storage.database import Database, opened
from core.workflows.access import sign_in_from
from core.workflows.image_sets import image_set_named

GALLERY_ROLES = (Role.RESEARCHER, Role.CURATOR)  # in one browser with both links, the researcher's counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Gallery:
    """One person at the images of a workspace, on an open database."""

    db: Database
    person: Person
    paths: WorkspacePaths


@contextmanager
def opened_gallery(
    paths: WorkspacePaths, cookies: Mapping[Role, str | None], *, connections: Connections
) -> Iterator[Gallery]:
    """Open the gallery for the person whom these cookies name. Raises AccessDeniedError for anybody else."""
    if not any(cookies.get(role) for role in GALLERY_ROLES) or not paths.database.is_file():
        raise AccessDeniedError("You are not signed in.", "Open your personal link again.")
    with connections.lent() as db:
        yield Gallery(db=db, person=_person(db, cookies), paths=paths)


def thumbnails_png(gallery: Gallery, name: ImageSetName, positions: Sequence[int], *, size: int) -> bytes:
    """One PNG of these images, made now and kept nowhere."""
    image_set_named(gallery.db, name)
    return encode_png(thumbnail_sprite(open_pixels(gallery.paths.image_set(name)), positions, size=size))


def image_png(gallery: Gallery, name: ImageSetName, position: int) -> bytes:
    """One canonical image."""
    _check_position(gallery.db, name, position)
    return encode_png(open_pixels(gallery.paths.image_set(name))[position])


def image_record(gallery: Gallery, name: ImageSetName, position: int) -> ImageRecord:
    """What is known of one image."""
    _check_position(gallery.db, name, position)
    return image_sets.image_record(gallery.db, name, position)


def gallery_id(paths: WorkspacePaths, name: ImageSetName, person: Person | None = None) -> str:
    """An opaque id of one person's work on one set; a set made anew under an old name has another one.

    Raises NotFoundError, and WorkspaceError for pixels that cannot be read.
    """
    with opened(paths.database) as db:
        image_set = image_set_named(db, name)
        open_pixels(paths.image_set(name))  # raises here, on the page, what every thumbnail would raise
        whose = "" if person is None else person.person_id
        return keyed_id(people.secret_key(db), "gallery", whose, name, image_set.sha256, image_set.created_at)


def _person(db: Database, cookies: Mapping[Role, str | None]) -> Person:
    for role in GALLERY_ROLES:
        signed_in = sign_in_from(db, cookies.get(role) or "", role)
        if signed_in is not None:
            return signed_in.person
    raise AccessDeniedError(
        "Your link has ended, or another one replaced it.", "Ask the person who invited you for a new link."
    )


def _check_position(db: Database, name: ImageSetName, position: int) -> None:
    n_images = image_set_named(db, name).n_images
    if not 0 <= position < n_images:
        raise BadInputError(f"There is no image {position}.", f"The images of {name} are 0 to {n_images - 1}.")
