"""Features of images of sets, each computed once and kept in the workspace by what it follows from.

A file per image set, kind of features and way to take the images has a row per image, zeros where nothing was
computed yet, and behind the features a 1 that is written last: the process may end at any time.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.detection.training_images import Places, Source, made_ahead
from core.embedding.features import PrincipalComponents
from core.errors import BadInputError, RefusedError, from_os_error
from core.imageset.contact_sheet import evenly_chosen
from core.imageset.pixels import open_pixels
from core.imageset.record import IMAGE_SIZE, ImageSet
from core.imaging.canonical import drawn_at
from core.provenance import sha256_of_json
from core.settings import WorkspacePaths
from core.workflows.feature_choice import Extractor, Rows

SomeImages = tuple[ImageSet, NDArray[np.int64]]  # a set and the positions of some of its images
OnDone = Callable[[int], None]  # how many images were just dealt with
VERSION = 1  # of what is computed: rows that another one kept are not found
_PROJECTED_AT_ONCE = 4096


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DrawnImages:
    """Images as a generator of `side_px` pixels would have drawn them, at 256 as they are; or their mirror images.

    `pixels` uint8 [N, 256, 256] of a set, memory-mapped, and `positions` of some of its images.
    """

    pixels: NDArray[np.uint8]
    positions: NDArray[np.int64]
    side_px: int = IMAGE_SIZE
    mirrored: bool = False

    def __len__(self) -> int:
        return len(self.positions)

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        return (self._drawn(position) for position in self.positions)

    def images(self, places: Places) -> NDArray[np.uint8]:
        drawn = [self._drawn(position) for position in self.positions[np.asarray(places, np.int64)]]
        return np.asarray(drawn, np.uint8).reshape(len(drawn), IMAGE_SIZE, IMAGE_SIZE)

    def _drawn(self, position: np.int64) -> NDArray[np.uint8]:
        image = drawn_at(np.asarray(self.pixels[position]), self.side_px)
        return image[:, ::-1] if self.mirrored else image


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFile:
    """Rows of features of a set of `n_images`, of which some are known."""

    path: Path
    n_images: int
    n_features: int

    def known(self, numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of these images' rows are there."""
        if not self._is_whole():
            return np.zeros(len(numbers), np.bool_)
        return np.asarray(self._stored()[numbers, -1] == 1)

    def read(self, numbers: NDArray[np.int64]) -> Rows:
        """Rows that are known. Raises RefusedError where they are gone since."""
        if not self.known(numbers).all():
            raise RefusedError(f"Features in {self.path} went while they were read.", "Start it again.")
        if not len(numbers):
            return np.zeros((0, self.n_features), np.float32)
        return np.ascontiguousarray(self._stored()[numbers, :-1])

    def write(self, numbers: NDArray[np.int64], rows: Rows) -> None:
        """Raises WorkspaceError."""
        marked = np.column_stack([rows, np.ones(len(rows), np.float32)])
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)  # another process may be at it, too
            with os.fdopen(descriptor, "r+b") as file:
                file.truncate(self._n_bytes)
                for number, row in zip(numbers.tolist(), marked, strict=True):
                    file.seek(number * row.nbytes)
                    file.write(row.tobytes())
        except OSError as error:
            raise from_os_error(error, self.path) from error

    def _stored(self) -> NDArray[np.float32]:
        return np.memmap(self.path, np.float32, "r", shape=(self.n_images, self.n_features + 1))

    @property
    def _n_bytes(self) -> int:
        return self.n_images * (self.n_features + 1) * np.dtype(np.float32).itemsize

    def _is_whole(self) -> bool:
        return self.path.is_file() and self.path.stat().st_size == self._n_bytes


def drawn_images(paths: WorkspacePaths, chosen: SomeImages, *, side_px: int, mirrored: bool = False) -> DrawnImages:
    image_set, positions = chosen
    pixels = open_pixels(paths.image_set(image_set.name))
    return DrawnImages(pixels=pixels, positions=positions, side_px=side_px, mirrored=mirrored)


def drawn_features(
    paths: WorkspacePaths,
    chosen: Sequence[SomeImages],
    extractor: Extractor,
    *,
    side_px: int,
    mirrored: bool = False,
    components: PrincipalComponents | None = None,
    on_done: OnDone = lambda _: None,
) -> Rows:
    """Of images of sets, one set behind the other, as `features_of` has them."""
    found = [
        features_of(
            paths,
            one,
            drawn_images(paths, one, side_px=side_px, mirrored=mirrored),
            extractor,
            taken=(side_px, mirrored),
            components=components,
            on_done=on_done,
        )
        for one in chosen
    ]
    return np.concatenate(found)


def features_of(
    paths: WorkspacePaths,
    chosen: SomeImages,
    source: Source,
    extractor: Extractor,
    *,
    taken: Sequence[object],
    components: PrincipalComponents | None = None,
    on_done: OnDone = lambda _: None,
) -> Rows:
    """float32 [n, f] of n images of a set, or [n, k] along `components`.

    `source`: the images, in the order of their positions; `taken` names how it takes them from the set.
    Raises WorkspaceError, and BadInputError where the features are no numbers.
    """
    image_set, positions = chosen
    key = sha256_of_json([VERSION, extractor.named.key, image_set.sha256, *taken])
    file = RowFile(
        path=paths.features / image_set.name / f"{key}.rows",
        n_images=image_set.n_images,
        n_features=extractor.n_features,
    )
    known = file.known(positions)
    on_done(int(known.sum()))
    places = np.flatnonzero(~known)
    for chunk, new in computed(source, places, extractor):
        _check_numbers(new, extractor, image_set)
        file.write(positions[places[chunk]], new)
        on_done(len(new))
    if components is None:
        return file.read(positions)
    found = np.empty((len(positions), len(components.components)), np.float32)
    for start in range(0, len(positions), _PROJECTED_AT_ONCE):
        some = slice(start, start + _PROJECTED_AT_ONCE)
        found[some] = components.of(file.read(positions[some]))
    return found


def computed(source: Source, numbers: NDArray[np.int64], extractor: Extractor) -> Iterator[tuple[slice, Rows]]:
    """Rows for these images of a source, some at a time, while the images of the next are read or made.

    As many at each time, the last ones filled up: an image then has the same features whoever it comes with.
    """
    size = extractor.at_once
    with made_ahead(lambda n: source.images(numbers[n * size : (n + 1) * size])) as images_at:
        for n in range(-(-len(numbers) // size)):
            images = images_at(n)
            filled = images[np.minimum(np.arange(size), len(images) - 1)]
            yield slice(n * size, (n + 1) * size), extractor.of(filled)[: len(images)]


def components_of(rows: Rows, extractor: Extractor) -> PrincipalComponents:
    """Of features of training images, of which MOST_FITTED say enough. Raises BadInputError below two."""
    return PrincipalComponents.fit(rows, has_unit=extractor.named.have_unit)


def n_images_of(images: Sequence[SomeImages]) -> int:
    return sum(len(positions) for _, positions in images)


def thinned(chosen: Sequence[SomeImages], most: int) -> list[SomeImages]:
    """At most `most` of the images, evenly chosen over all sets."""
    ends = np.cumsum([len(positions) for _, positions in chosen])
    kept = np.array(evenly_chosen(int(ends[-1]), most), np.int64)
    parts = np.split(kept, np.searchsorted(kept, ends[:-1]))
    starts = ends - [len(positions) for _, positions in chosen]
    return [
        (image_set, positions[part - start])
        for (image_set, positions), part, start in zip(chosen, parts, starts, strict=True)
    ]


def _check_numbers(rows: Rows, extractor: Extractor, image_set: ImageSet) -> None:
    n_broken = int((~np.isfinite(rows)).any(1).sum())
    if n_broken:
        raise BadInputError(
            f"The features of {n_broken} images of {image_set.name} are no numbers ({extractor.named.name}).",
            "Take other weights, or the features pixels.",
        )
