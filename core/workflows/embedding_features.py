"""What the points of an embedding are compared by: features of just these images, each computed once and kept.

A file per image set and kind of features has a row per image, zeros where nothing was computed yet, and behind the
features a 1 that is written last: the process may end at any time.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.detection.training_images import Source, StoredImages, made_ahead
from core.embedding.embedding import Features, PointKind
from core.errors import BadInputError, from_os_error
from core.identifiers import RunName
from core.imageset.pixels import open_pixels
from core.imageset.record import IMAGE_SIZE
from core.provenance import sha256_of_json
from core.settings import WorkspacePaths
from core.workflows.detectors import detector_named
from core.workflows.embedding_plan import EmbeddingPlan, Part
from core.workflows.features import OnDone, pixel_features

Rows = NDArray[np.float32]  # [images, features]
_PIXELS_AT_ONCE = 64
_SAME = 1e-5  # of the largest feature: what rounding makes of equal images


@dataclass(frozen=True, slots=True, kw_only=True)
class Extractor:
    """`of` makes rows of images, uint8 [b, 256, 256], `at_once` at a time."""

    n_features: int
    at_once: int
    of: Callable[[NDArray[np.uint8]], Rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFile:
    """Rows of features of a set of `n_images`, of which some are known."""

    path: Path
    n_images: int
    n_features: int

    def read(self, numbers: NDArray[np.int64]) -> tuple[Rows, NDArray[np.bool_]]:
        """The rows of these images, and which of them are known."""
        if not self._is_whole():
            return np.zeros((len(numbers), self.n_features), np.float32), np.zeros(len(numbers), np.bool_)
        stored = np.memmap(self.path, np.float32, "r", shape=(self.n_images, self.n_features + 1))[numbers]
        return np.ascontiguousarray(stored[:, :-1]), np.asarray(stored[:, -1] == 1)

    def write(self, numbers: NDArray[np.int64], rows: Rows) -> None:
        """Raises WorkspaceError."""
        marked = np.column_stack([rows, np.ones(len(rows), np.float32)])
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("r+b" if self._is_whole() else "wb") as file:
                file.truncate(self._n_bytes)
                for number, row in zip(numbers.tolist(), marked, strict=True):
                    file.seek(number * row.nbytes)
                    file.write(row.tobytes())
        except OSError as error:
            raise from_os_error(error, self.path) from error

    @property
    def _n_bytes(self) -> int:
        return self.n_images * (self.n_features + 1) * np.dtype(np.float32).itemsize

    def _is_whole(self) -> bool:
        return self.path.is_file() and self.path.stat().st_size == self._n_bytes


def point_features(paths: WorkspacePaths, plan: EmbeddingPlan, on_done: OnDone) -> Rows:
    """Of all points, part by part. `on_done` gets how many were just dealt with, as they come.

    Raises BadInputError for weights that cannot be used or give no numbers, and where all images of a category are
    the same.
    """
    extractor = _extractor(paths, plan)
    found = [_of_part(paths, plan, part, extractor, on_done) for part in plan.parts]
    for category in dict.fromkeys(part.category for part in plan.parts):
        own = [rows for part, rows in zip(plan.parts, found, strict=True) if part.category == category]
        _check_differ(category, np.concatenate(own))
    return np.concatenate(found)


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


def _of_part(paths: WorkspacePaths, plan: EmbeddingPlan, part: Part, extractor: Extractor, on_done: OnDone) -> Rows:
    is_transformed = part.kind is PointKind.TRANSFORMED
    seed = plan.request.seed if is_transformed else None
    key = sha256_of_json([plan.features_key, part.image_set.sha256, seed])
    file = RowFile(
        path=paths.features / part.image_set.name / f"{key}.rows",
        n_images=part.image_set.n_images,
        n_features=extractor.n_features,
    )
    rows, known = file.read(part.positions)
    on_done(int(known.sum()))
    places = np.flatnonzero(~known)
    for chunk, new in computed(_source(paths, plan, part), places, extractor):
        _check_numbers(new, plan, part)
        rows[places[chunk]] = new
        file.write(part.positions[places[chunk]], new)
        on_done(len(new))
    return rows


def _source(paths: WorkspacePaths, plan: EmbeddingPlan, part: Part) -> Source:
    if part.kind is PointKind.TRANSFORMED:
        return part.transformed(paths, plan.request.seed)
    return StoredImages(pixels=open_pixels(paths.image_set(part.image_set.name)), positions=part.positions)


def _extractor(paths: WorkspacePaths, plan: EmbeddingPlan) -> Extractor:
    if plan.request.features is not Features.PIXELS:
        return _network(paths, plan)
    fitted = pixel_features(paths, plan.training, side_px=IMAGE_SIZE)
    return Extractor(n_features=len(fitted.components), at_once=_PIXELS_AT_ONCE, of=fitted.of)


def _network(paths: WorkspacePaths, plan: EmbeddingPlan) -> Extractor:
    """A network before its last layer; compiled where the images are enough to pay for that."""
    from core.detection.checkpoint import load_checkpoint, load_detector
    from core.detection.features import feature_maker
    from core.detection.inference import AT_ONCE, WORTH_IT_FROM
    from core.detection.network import Detector
    from core.detection.recipes import paper
    from core.detection.weights import IMAGENET, begin_with

    request, config = plan.request, paper()
    if request.detector_run is not None:
        file = detector_named(paths, RunName(request.detector_run)).checkpoint
        config, network = load_checkpoint(file).config, load_detector(file)
    else:
        network = Detector.initial(config)
        try:
            begin_with(network, config.architecture, str(request.weights or IMAGENET))
        except BadInputError as error:
            remedy = "Name a file of torchvision's ResNet-50 with --weights FILE, or take the features pixels."
            raise BadInputError(error.what, remedy) from error
    of = feature_maker(network, px=config.image_px, compiled=plan.n_points >= WORTH_IT_FROM)
    return Extractor(n_features=network.n_features, at_once=AT_ONCE, of=of)


def _check_numbers(rows: Rows, plan: EmbeddingPlan, part: Part) -> None:
    n_broken = int((~np.isfinite(rows)).any(1).sum())
    if n_broken:
        raise BadInputError(
            f"The features of {n_broken} images of {part.image_set.name} are no numbers ({plan.features_from}).",
            "Take other weights, or the features pixels.",
        )


def _check_differ(category: str, rows: Rows) -> None:
    if len(rows) > 1 and np.abs(rows - rows[0]).max() <= _SAME * np.abs(rows).max():
        raise BadInputError(
            f"All {len(rows)} {category} images are the same: nothing tells them apart.",
            "Look at them with `mrturing images show`, and leave their set out or import it again.",
        )
