"""Which images a detector's run learns from and is measured on: recorded with it, checked again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from core.augmentation.transformed_images import TransformedImages
from core.cohort.record import Cohort
from core.curation.decision import STATUSES
from core.detection.condition import Condition
from core.detection.partitions import check_generator, check_partition, check_patients
from core.detection.run_folder import TestImage
from core.detection.training_images import LabeledImages, Source, StoredImages
from core.errors import BadInputError, RefusedError
from core.identifiers import CohortName, ImageSetName, ReleaseName
from core.imageset.pixels import open_pixels
from core.imageset.record import Partition, TumorStatus
from core.provenance import sha256_of_json
from core.runs.order import derived_seed, drawn_over
from core.settings import WorkspacePaths
from core.storage import cohorts, image_sets, releases
from core.storage.database import Database, opened
from core.workflows.image_sets import cohort_named, image_set_named
from core.workflows.releases import release_named
from core.workflows.resolved_images import cohort_images

FEWEST_OF_EITHER = 0.1  # of the synthetic images of the other class
_CODES = {
    truth: STATUSES.index(status) for truth, status in ((True, TumorStatus.TUMOR), (False, TumorStatus.NONTUMOR))
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Chosen:
    """Images of one set that show a tumor, or that show none. Synthetic ones have a release and no partition."""

    image_set: ImageSetName
    sha256: str
    is_tumor: bool
    positions: NDArray[np.int64]
    partition: Partition | None = None
    release: ReleaseName | None = None

    def to_json(self) -> dict[str, object]:
        return {
            "image_set": self.image_set,
            "sha256": self.sha256,
            "is_tumor": self.is_tumor,
            "positions": self.positions.tolist(),
            "partition": self.partition,
            "release": self.release,
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Self:
        partition = record["partition"]
        return cls(
            **{
                **record,
                "positions": np.array(record["positions"], np.int64),
                "partition": Partition(partition) if partition else None,
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ExperimentImages:
    """All images of one condition. `n_classical` per class; each source of a class has its part of them."""

    cohort: CohortName
    real: Sequence[Chosen]
    synthetic: Sequence[Chosen]
    n_classical: int
    seed: int

    def of(self, partition: Partition) -> list[Chosen]:
        return [chosen for chosen in self.real if chosen.partition is partition]

    @property
    def fingerprint(self) -> str:
        return sha256_of_json(self.to_json())

    @property
    def test_fingerprint(self) -> str:
        """Runs are compared on the same test images with the same truths."""
        return sha256_of_json([chosen.to_json() for chosen in self.of(Partition.TEST)])

    def to_json(self) -> dict[str, object]:
        return {
            "cohort": self.cohort,
            "real": [chosen.to_json() for chosen in self.real],
            "synthetic": [chosen.to_json() for chosen in self.synthetic],
            "n_classical": self.n_classical,
            "seed": self.seed,
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Self:
        parts = {key: [Chosen.from_json(one) for one in record[key]] for key in ("real", "synthetic")}
        return cls(**{**record, **parts})


def chosen_images(
    paths: WorkspacePaths,
    cohort: CohortName,
    condition: Condition,
    released: Sequence[ReleaseName],
    *,
    extra_per_class: int,
    seed: int,
) -> ExperimentImages:
    """What curators left of a cohort, and of releases at most `extra_per_class` images of each class.

    Raises NotFoundError, BadInputError where a partition has no patient or lacks a class, RefusedError for images
    of a generator that may have seen others than the training patients, and for synthetic images of one class.
    """
    if bool(released) != condition.has_synthetic:
        what = "needs a release of synthetic images" if condition.has_synthetic else "takes no synthetic images"
        raise BadInputError(
            f"The condition {condition} {what}.", "Give --synthetic RELEASE with synthetic and both."
        )
    with opened(paths.database) as db:
        found = cohort_named(db, cohort)
        real = _real(db, found)
        synthetic = [chosen for name in dict.fromkeys(released) for chosen in _released(db, name, found)]
    synthetic = _thinned(synthetic, extra_per_class, seed)
    if synthetic:
        _check_both_classes(synthetic)
    return ExperimentImages(
        cohort=cohort,
        real=real,
        synthetic=synthetic,
        n_classical=extra_per_class if condition.has_classical else 0,
        seed=seed,
    )


def checked_test_images(paths: WorkspacePaths, images: ExperimentImages) -> tuple[TestImage, ...]:
    """What stands in each place of the test images, after a check of everything against the workspace as it is.

    Raises RefusedError where a set has other pixels by now, an image is not of its partition, or a generator may
    have seen others than the training patients: whatever a run recorded, nothing leaks.
    """
    with opened(paths.database) as db:
        cohort = cohort_named(db, images.cohort)
        for one in images.synthetic:
            check_generator(image_set_named(db, one.image_set), cohort)
        check_same_images(db, (*images.real, *images.synthetic))
        found = []
        for one in images.real:
            records = image_sets.image_records(db, one.image_set)
            chosen = [records[position] for position in one.positions.tolist()]
            check_patients(images.cohort, chosen, cohorts.partitions(db, images.cohort))
            check_partition(one.image_set, chosen, one.partition or Partition.TRAINING)
            if one.partition is Partition.TEST:
                found += [
                    TestImage(
                        image_set=one.image_set,
                        position=position,
                        subject=str(record.subject_id),
                        is_tumor=one.is_tumor,
                    )
                    for position, record in zip(one.positions.tolist(), chosen, strict=True)
                ]
    return tuple(found)


def check_same_images(db: Database, chosen: Iterable[Chosen]) -> None:
    """Raises NotFoundError or RefusedError where a set that a run was begun with is not there any more."""
    for one in chosen:
        if image_set_named(db, one.image_set).sha256 != one.sha256:
            raise RefusedError(f"The images of {one.image_set} are other ones by now.", "Start a run of its own.")


def labeled(paths: WorkspacePaths, chosen: Iterable[Chosen]) -> LabeledImages:
    """Images as they are."""
    chosen = list(chosen)
    return LabeledImages(sources=[_stored(paths, one) for one in chosen], is_tumor=[one.is_tumor for one in chosen])


def training_images(paths: WorkspacePaths, images: ExperimentImages) -> LabeledImages:
    """Real, transformed and synthetic ones; the transformed are made when they are asked for."""
    real = images.of(Partition.TRAINING)
    plain: list[tuple[Source, bool]] = [(_stored(paths, one), one.is_tumor) for one in (*real, *images.synthetic)]
    transformed = [
        (_transformed(paths, images, one, n), one.is_tumor) for one, n in _parts(real, images.n_classical)
    ]
    sources = [*plain, *transformed]
    return LabeledImages(sources=[source for source, _ in sources], is_tumor=[truth for _, truth in sources])


def _real(db: Database, cohort: Cohort) -> list[Chosen]:
    patients = cohorts.partitions(db, cohort.name)
    missing = [partition for partition in Partition if partition not in patients.values()]
    if missing:
        raise BadInputError(
            f"{cohort.name} has {len(patients)} patients, none of them for {' and '.join(missing)}.",
            "Import a cohort of at least 3 patients.",
        )
    found: list[Chosen] = []
    for truth, code in _CODES.items():
        for one in cohort_images(db, cohort.name, STATUSES[code]):
            check_patients(cohort.name, one.records, patients)
            found += [
                Chosen(
                    image_set=one.image_set.name,
                    sha256=one.image_set.sha256,
                    is_tumor=truth,
                    partition=partition,
                    positions=one.of(partition),
                )
                for partition in Partition
            ]
    used = sorted((chosen for chosen in found if len(chosen.positions)), key=_place)
    for partition in Partition:
        for truth, code in _CODES.items():
            if not any(one.partition is partition and one.is_tumor == truth for one in used):
                raise BadInputError(
                    f"The {partition} partition of {cohort.name} has no {STATUSES[code]} images.",
                    "A detector needs both classes in every partition: import a cohort with more patients.",
                )
    return used


def _place(chosen: Chosen) -> tuple[str, list[bool], bool]:
    """Where real images stand in a run, whose fingerprint and order of images follow from it."""
    return chosen.image_set, [chosen.partition is not one for one in Partition], not chosen.is_tumor


def _released(db: Database, name: ReleaseName, cohort: Cohort) -> list[Chosen]:
    release = release_named(db, name)
    image_set = image_set_named(db, release.image_set)
    check_generator(image_set, cohort)
    selection = releases.selection(db, release)
    if selection.sha256(image_set.sha256) != release.sha256:
        raise RefusedError(
            f"The images of the release {name} are not those that were frozen.", "Release them again."
        )
    chosen = [
        Chosen(
            image_set=image_set.name,
            sha256=image_set.sha256,
            is_tumor=truth,
            positions=selection.image_indices[selection.tumor_statuses == code],
            release=name,
        )
        for truth, code in _CODES.items()
    ]
    return [one for one in chosen if len(one.positions)]


def _check_both_classes(synthetic: Sequence[Chosen]) -> None:
    """Nothing but synthetic images of one class would teach to tell synthetic from real in place of tumors."""
    n_of = {truth: sum(len(one.positions) for one in synthetic if one.is_tumor == truth) for truth in _CODES}
    if min(n_of.values()) < FEWEST_OF_EITHER * max(n_of.values()):
        mostly = TumorStatus.TUMOR if n_of[True] > n_of[False] else TumorStatus.NONTUMOR
        raise RefusedError(
            f"These releases give {n_of[True]:,} tumor and {n_of[False]:,} nontumor images: a detector could learn "
            f"that whatever is synthetic is {mostly}.",
            "Name releases of both, with at least one image of either for ten of the other.",
        )


def _thinned(chosen: Sequence[Chosen], most_per_class: int, seed: int) -> list[Chosen]:
    """At most so many images of each class over all releases, drawn by the seed."""
    found: list[Chosen] = []
    for truth in (False, True):
        of_class = [one for one in chosen if one.is_tumor == truth]
        positions = [one.positions for one in of_class]
        kept = drawn_over(positions, most_per_class, derived_seed(seed, "synthetic", int(truth)))
        found += [replace(one, positions=own) for one, own in zip(of_class, kept, strict=True) if len(own)]
    return found


def _parts(real: Sequence[Chosen], n_classical: int) -> list[tuple[Chosen, int]]:
    """How many transformed images each source gives: per class in proportion to its images."""
    found: list[tuple[Chosen, int]] = []
    for truth in (False, True):
        of_class = [one for one in real if one.is_tumor == truth]
        ends = np.cumsum([len(one.positions) for one in of_class])
        shares = np.diff(ends * n_classical // ends[-1], prepend=0)
        found += [(one, n) for one, n in zip(of_class, shares.tolist(), strict=True) if n]
    return found


def _stored(paths: WorkspacePaths, chosen: Chosen) -> StoredImages:
    return StoredImages(pixels=open_pixels(paths.image_set(chosen.image_set)), positions=chosen.positions)


def _transformed(paths: WorkspacePaths, images: ExperimentImages, chosen: Chosen, n: int) -> TransformedImages:
    return TransformedImages(
        pixels=open_pixels(paths.image_set(chosen.image_set)),
        sha256=chosen.sha256,
        positions=chosen.positions,
        n_images=n,
        seed=images.seed,
    )
