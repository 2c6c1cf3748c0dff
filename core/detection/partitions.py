"""What keeps patients apart: no image crosses partitions, no generator that saw other patients feeds any."""

from collections.abc import Iterable, Mapping

from core.cohort.record import Cohort
from core.errors import RefusedError, WorkspaceError
from core.identifiers import SubjectId
from core.imageset.record import ATTESTED_AT, TRAINED_AT, ImageKind, ImageRecord, ImageSet, Partition


def check_patients(cohort: str, records: Iterable[ImageRecord], partitions: Mapping[SubjectId, Partition]) -> None:
    """Raises WorkspaceError where an image is not in the partition of its patient. `partitions`: of the cohort."""
    for record in records:
        drawn = partitions.get(record.subject_id) if record.subject_id is not None else None
        if drawn is None or record.partition is not drawn:
            raise WorkspaceError(
                f"The image {record.image_id} of {cohort} counts as {record.partition}, its patient "
                f"{record.subject_id} as {drawn}.",
                "Images of a patient belong to one partition: import the cohort again.",
            )


def check_partition(image_set: str, records: Iterable[ImageRecord], partition: Partition) -> None:
    """Raises RefusedError where one of these images is not of the partition that it is taken for."""
    for record in records:
        if record.partition is not partition:
            raise RefusedError(
                f"The image {record.image_id} of {image_set} is not of the {partition} partition.",
                "Start a run of its own: this one would let patients cross partitions.",
            )


def check_generator(image_set: ImageSet, cohort: Cohort) -> None:
    """Raises RefusedError unless a synthetic set was made by what saw the cohort's training patients only.

    That is known of our own generators and attested of imported sets; of both, that it was this cohort and not a
    deleted one of its name. Transformed copies of synthetic images are for no condition: each transforms its own.
    """
    name, trained_on = image_set.name, image_set.trained_on
    if image_set.kind is not ImageKind.SYNTHETIC:
        raise RefusedError(f"{name} is not synthetic.", "Name a release of synthetic images.")
    if image_set.is_transformed:
        raise RefusedError(
            f"{name} holds transformed images.", "Name a release of the images that they were made of."
        )
    if trained_on is None:
        raise RefusedError(
            f"Nobody knows which patients the generator of {name} saw.",
            f"Import its images again with --trained-on {cohort.name}:{Partition.TRAINING} if you can attest it.",
        )
    if trained_on.cohort != cohort.name or trained_on.partition is not Partition.TRAINING:
        raise RefusedError(
            f"The generator of {name} was trained on {trained_on}, not on {cohort.name}:{Partition.TRAINING}.",
            "Its images would show the detector other patients than those it may learn from: name another release.",
        )
    known = image_set.provenance.get(ATTESTED_AT if trained_on.attested else TRAINED_AT, image_set.created_at)
    if str(known) < cohort.created_at:
        raise RefusedError(
            f"The generator of {name} was trained before the cohort {cohort.name} was imported: on one that had "
            "its name before, with other partitions.",
            f"Import its images again with --trained-on {trained_on} if you can attest it of this cohort."
            if trained_on.attested
            else "Train a generator on this cohort, and release its images.",
        )
