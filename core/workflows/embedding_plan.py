"""Which images an embedding shows, and what its coordinates follow from. Loads no torch."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.augmentation.transformed_images import TransformedImages
from core.embedding.embedding import STATUSES, Engine, PointKind
from core.embedding.features import Features
from core.embedding.tsne import check_perplexity
from core.embedding.tsne_step import MOST_POINTS
from core.errors import BadInputError, RefusedError
from core.identifiers import CohortName, EmbeddingName, ImageSetName, ReleaseName
from core.imageset.pixels import open_pixels
from core.imageset.record import ImageKind, ImageSet, Partition, TumorStatus
from core.provenance import sha256_of_bytes, sha256_of_json
from core.runs.order import derived_seed, drawn_over
from core.settings import WorkspacePaths
from core.storage import cohorts, image_sets, releases
from core.storage.database import Database, opened
from core.workflows.embedding_request import EmbeddingRequest
from core.workflows.feature_choice import NamedFeatures, named_features
from core.workflows.features import SomeImages
from core.workflows.image_sets import cohort_named, image_set_named
from core.workflows.resolutions import resolved_set

VERSION = 1
_NAME_CHARACTERS = 40
Positions = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """The images of one category that are of one set."""

    kind: PointKind
    tumor_status: TumorStatus
    image_set: ImageSet
    positions: Positions

    @property
    def category(self) -> str:
        return f"{self.kind} {self.tumor_status}"

    def to_json(self) -> list[str]:
        return [
            self.category,
            self.image_set.name,
            self.image_set.sha256,
            sha256_of_bytes(self.positions.tobytes()),
        ]

    def transformed(self, paths: WorkspacePaths, seed: int) -> TransformedImages:
        """The first version of each: its number among all is the position of its source."""
        return TransformedImages(
            pixels=open_pixels(paths.image_set(self.image_set.name)),
            sha256=self.image_set.sha256,
            positions=self.positions,
            n_images=len(self.positions),
            seed=seed,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EmbeddingPlan:
    """`training`: real images that principal components are taken from. `missing`: categories without images."""

    request: EmbeddingRequest
    parts: Sequence[Part]
    training: Sequence[SomeImages]
    missing: Sequence[str]
    features: NamedFeatures

    @property
    def n_points(self) -> int:
        return sum(len(part.positions) for part in self.parts)

    @property
    def features_from(self) -> str:
        """In words: what the features follow from."""
        if self.features.choice.features is not Features.PIXELS:
            return self.features.name
        return f"{self.features.name} after PCA of training images of {self.request.cohort}"

    @property
    def features_key(self) -> str:
        """Other weights have another, and pixels after PCA of other images."""
        if self.features.choice.features is not Features.PIXELS:
            return self.features.key
        seen = [[one.sha256, sha256_of_bytes(positions.tobytes())] for one, positions in self.training]
        return sha256_of_json([self.features.key, seen])

    @property
    def image_sets(self) -> list[tuple[ImageSetName, str]]:
        """Of all points, with their hashes."""
        return list(dict.fromkeys((part.image_set.name, part.image_set.sha256) for part in self.parts))

    @property
    def key(self) -> str:
        """The same where the coordinates are."""
        asked = self.request
        settings = [float(asked.perplexity), asked.iterations, asked.dimensions, asked.seed, asked.engine]
        parts = [part.to_json() for part in self.parts]
        return sha256_of_json([VERSION, parts, self.features_key, settings])

    @property
    def name(self) -> EmbeddingName:
        """The one asked for, else one that says what it is of; the same for the same images and settings."""
        of_content = f"{self.request.cohort[:_NAME_CHARACTERS]}-{self.request.features.features}-{self.key[:8]}"
        return self.request.name or EmbeddingName(of_content)


def embedding_plan(paths: WorkspacePaths, request: EmbeddingRequest) -> EmbeddingPlan:
    """Raises NotFoundError, RefusedError for sets that have no place in it, BadInputError for too few images."""
    with opened(paths.database) as db:
        real = _cohort_images(db, request.cohort)
        named = [_synthetic(db, name) for name in request.image_sets]
    usable = [part for part in real if part.kind is PointKind.TRANSFORMED]
    synthetic = _each_once(part for parts in named for part in parts)
    parts = list(_drawn([*real, *synthetic], request))
    kinds = list(PointKind) if request.image_sets else [PointKind.REAL, PointKind.TRANSFORMED]
    wanted = [f"{kind} {status}" for kind in kinds for status in (TumorStatus.TUMOR, TumorStatus.NONTUMOR)]
    there = {part.category for part in parts}
    training = [(part.image_set, part.positions) for part in usable or real]
    plan = EmbeddingPlan(
        request=request,
        parts=parts,
        training=training,
        missing=[category for category in wanted if category not in there],
        features=named_features(paths, request.features),
    )
    check_perplexity(plan.n_points, request.perplexity)
    if request.engine is Engine.COMPILED and plan.n_points > MOST_POINTS:
        raise BadInputError(
            f"{plan.n_points:,} images are too many to compare all with all.",
            f"Take the engine opentsne, or {MOST_POINTS:,} images at most.",
        )
    return plan


def _cohort_images(db: Database, cohort: CohortName) -> list[Part]:
    """All real images as curators see them, and those that can be transformed: training images that may go on."""
    cohort_named(db, cohort)
    found = []
    for name in cohorts.scanned_sets_of(db, cohort):
        resolved = resolved_set(db, name)
        partitions = np.array([record.partition for record in image_sets.image_records(db, name)])
        learned = resolved.usable & (partitions == Partition.TRAINING)
        found += _by_status(PointKind.REAL, resolved.image_set, resolved.tumor_statuses, np.ones_like(learned))
        found += _by_status(PointKind.TRANSFORMED, resolved.image_set, resolved.tumor_statuses, learned)
    if not found:
        raise RefusedError(f"The cohort {cohort} has no images.", "Import one that has.")
    return found


def _synthetic(db: Database, name: ImageSetName) -> list[Part]:
    """Of an image set, or of a release of one."""
    release = releases.release(db, ReleaseName(name))
    image_set = image_set_named(db, name if release is None else release.image_set)
    if image_set.kind is not ImageKind.SYNTHETIC:
        raise RefusedError(
            f"{name} is a set of real images, and those shown are the cohort's.", "Name sets of synthetic images."
        )
    statuses, chosen = resolved_set(db, image_set.name).tumor_statuses, np.ones(image_set.n_images, bool)
    if release is not None:
        selection = releases.selection(db, release)
        chosen[:] = False
        chosen[selection.image_indices] = True
        statuses[selection.image_indices] = selection.tumor_statuses
    return _by_status(PointKind.SYNTHETIC, image_set, statuses, chosen)


def _by_status(
    kind: PointKind, image_set: ImageSet, statuses: NDArray[np.int8], chosen: NDArray[np.bool_]
) -> list[Part]:
    found = [
        Part(
            kind=kind,
            tumor_status=status,
            image_set=image_set,
            positions=np.flatnonzero(chosen & (statuses == code)),
        )
        for code, status in enumerate(STATUSES)
    ]
    return [part for part in found if len(part.positions)]


def _each_once(parts: Iterable[Part]) -> list[Part]:
    """Images that several names lead to, a set's and its release's, are shown once."""
    found: dict[tuple[str, ImageSetName], Part] = {}
    for part in parts:
        place = (part.category, part.image_set.name)
        before = found[place].positions if place in found else part.positions
        found[place] = replace(part, positions=np.union1d(before, part.positions))
    return list(found.values())


def _drawn(parts: Sequence[Part], request: EmbeddingRequest) -> Iterator[Part]:
    """At most so many images of each category, by the seed, over all sets that have some."""
    for category in dict.fromkeys(part.category for part in sorted(parts, key=_order)):
        own = [part for part in parts if part.category == category]
        positions = [part.positions for part in own]
        kept = drawn_over(positions, request.per_category, derived_seed(request.seed, category))
        yield from (replace(part, positions=mine) for part, mine in zip(own, kept, strict=True) if len(mine))


def _order(part: Part) -> tuple[int, int]:
    return list(PointKind).index(part.kind), STATUSES.index(part.tumor_status)
