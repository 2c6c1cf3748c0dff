"""`mrturing curation triage`: where to look first."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray

from core.cli.feature_options import DetectorOption, FeaturesOption, WeightsOption, feature_choice
from core.cli.output import WORKSPACE, Json, Workspace, progress, show
from core.curation.oddities import Oddity
from core.curation.triage import NO_IMAGE, TriageScores
from core.embedding.features import Features
from core.identifiers import CohortName, ImageSetName
from core.imageset.record import ImageRecord
from core.settings import WorkspacePaths
from core.workflows.image_sets import image_set_records
from core.workflows.triage import triage

MOST_LISTED = 10
Records = Mapping[ImageSetName, Sequence[ImageRecord]]


class Wanted(StrEnum):
    """Which images to list alone, to be decided on together."""

    ODD = "odd"
    NEAR_COPIES = "near-copies"
    NEAR_DUPLICATES = "near-duplicates"
    REPRESENTATIVES = "representatives"


def triage_command(
    image_set: Annotated[str, typer.Argument(metavar="SET", help="The image set's name.")],
    cohort: Annotated[
        str | None,
        typer.Option(help="Whose real images it is compared with; those that it came from unless named."),
    ] = None,
    only: Annotated[
        Wanted | None,
        typer.Option(help="Print the ids of these images alone, as `curation discard --list -` reads."),
    ] = None,
    features: FeaturesOption = Features.PIXELS,
    detector: DetectorOption = None,
    weights: WeightsOption = None,
    workspace: Workspace = WORKSPACE,
    json: Json = False,
) -> None:
    """Find the least realistic images, near-copies of patients, near-duplicates and clusters of a set."""
    paths, name = WorkspacePaths(workspace), ImageSetName(image_set)
    of_cohort, choice = CohortName(cohort) if cohort else None, feature_choice(features, detector, weights)
    with progress(f"Triage {image_set}") as on_progress:
        scores = triage(paths, name, cohort=of_cohort, features=choice, on_progress=on_progress)
    known = {name, *(one for one, _ in scores.reference.image_sets)}
    records = {one: image_set_records(paths, one) for one in known}
    listed = {wanted: _ids(records[name], _positions(scores, wanted)) for wanted in Wanted}
    content = _content(scores, records) | {str(wanted): ids for wanted, ids in listed.items()}
    show(content, _lines(scores, records) if only is None else listed[only], as_json=json)


def _positions(scores: TriageScores, wanted: Wanted) -> NDArray[np.int64]:
    """Those that matter most first."""
    orders = scores.orders()
    order, chosen = {
        Wanted.ODD: (orders["least realistic first"], scores.odd),
        Wanted.NEAR_COPIES: (orders["near-copies first"], scores.near_copy),
        Wanted.NEAR_DUPLICATES: (orders["near-duplicates first"], scores.near_duplicate_of != NO_IMAGE),
        Wanted.REPRESENTATIVES: (orders["by cluster"], scores.representative),
    }[wanted]
    return np.asarray(order[chosen[order]])


def _ids(records: Sequence[ImageRecord], positions: NDArray[np.int64]) -> list[str]:
    return [records[position].image_id for position in positions]


def _content(scores: TriageScores, records: Records) -> dict[str, object]:
    reference, own = scores.reference, records[scores.image_set]
    return {
        "image_set": scores.image_set,
        "images": len(own),
        "cohort": reference.cohort,
        "training_images": reference.n_seen,
        "held_out_images": reference.n_held_out,
        "compared_at_px": reference.compared_at_px,
        "features": reference.features,
        "in_common": list(scores.in_common),
        "near_copy_limit": scores.near_copy_limit,
        "near_duplicate_limit": scores.near_duplicate_limit,
        "clusters": int(scores.cluster.max()) + 1,
        "scores": [
            {
                "id": record.image_id,
                "unrealism": float(scores.unrealism[position]),
                "oddest": list(Oddity)[scores.oddest[position]],
                "nearest": _nearest(scores, records, position),
                "near_duplicate_of": _id_or_none(own, int(scores.near_duplicate_of[position])),
                "cluster": int(scores.cluster[position]),
            }
            for position, record in enumerate(own)
        ],
    }


def _nearest(scores: TriageScores, records: Records, position: int) -> dict[str, object]:
    image_set, index = scores.nearest_image(position)
    return {
        "image_set": image_set,
        "id": records[image_set][index].image_id,
        "mirrored": bool(scores.nearest_mirrored[position]),
        "distance": float(scores.nearest_distance[position]),
    }


def _id_or_none(records: Sequence[ImageRecord], position: int) -> str | None:
    return None if position == NO_IMAGE else records[position].image_id


def _lines(scores: TriageScores, records: Records) -> list[str]:
    reference, own = scores.reference, records[scores.image_set]
    n_odd, n_copies = int(scores.odd.sum()), int(scores.near_copy.sum())
    usual = "other patients'" if reference.n_held_out else "patients'"
    lines = [
        f"{len(own)} images of {scores.image_set} against {reference.n_real} real images of {reference.cohort}, "
        f"{reference.n_seen} of them for training, at {reference.compared_at_px} px, by {reference.features}.",
        *(f"Most of them have {oddity}." for oddity in scores.in_common),
        f"{n_odd} are odder than 95 % of real images. The least realistic:",
    ]
    for position in scores.orders()["least realistic first"][:MOST_LISTED]:
        why = list(Oddity)[scores.oddest[position]]
        lines.append(f"  {own[position].image_id}  {scores.unrealism[position]:.2f}  {why}")
    lines.append(f"{n_copies} are nearer to a training image than 99 % of {usual} images are. The nearest:")
    for position in scores.orders()["near-copies first"][:MOST_LISTED]:
        found = _nearest(scores, records, position)
        mirrored = ", mirrored" if found["mirrored"] else ""
        distance = f"{scores.nearest_distance[position]:.0f}"
        lines.append(f"  {own[position].image_id}  {distance}  {found['image_set']} {found['id']}{mirrored}")
    n_duplicates = int((scores.near_duplicate_of != NO_IMAGE).sum())
    lines.append(f"{n_duplicates} are near-duplicates; {int(scores.cluster.max()) + 1} clusters.")
    return lines
