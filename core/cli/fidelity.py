"""`mrturing fidelity ...`"""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from core.cli.feature_options import DetectorOption, FeaturesOption, WeightsOption, feature_choice
from core.cli.output import WORKSPACE, Json, Workspace, progress, show
from core.embedding.features import Features
from core.identifiers import CohortName, ImageSetName
from core.settings import WorkspacePaths
from core.workflows.compared_figures import TITLES
from core.workflows.fidelity_sources import FidelityRequest
from core.workflows.stored_fidelity import fidelity as measured_or_kept

Content = Mapping[str, Any]


def fidelity(
    image_set: Annotated[str, typer.Argument(metavar="SET", help="The image set to be measured.")],
    cohort: Annotated[str, typer.Option(help="Whose training images it is compared with.")],
    resolution: Annotated[
        int | None, typer.Option(help="Compare at so many pixels; the generator's own unless told otherwise.")
    ] = None,
    features: FeaturesOption = Features.PIXELS,
    detector: DetectorOption = None,
    weights: WeightsOption = None,
    workspace: Workspace = WORKSPACE,
    json: Json = False,
) -> None:
    """Measure how far a set of synthetic images is from the real ones of a cohort."""
    asked = FidelityRequest(
        image_set=ImageSetName(image_set),
        cohort=CohortName(cohort),
        resolution=resolution,
        features=feature_choice(features, detector, weights),
    )
    with progress("Compare") as on_progress:
        found = measured_or_kept(WorkspacePaths(workspace), asked, on_progress=on_progress)
    show(found, _lines(found), as_json=json)


def _lines(found: Content) -> list[str]:
    return [
        f"{found['images']} images of {found['image_set']} against {found['training_images']} training images "
        f"of {found['cohort']}, at {found['resolution']} px. Features: {found['features']}.",
        "The set against the training images [95 % interval]; then like for like, against half of the training "
        "images: as many of the set, of the other half, and of other patients.",
        *(_line(title, found[name]) for name, title in TITLES.items()),
        *(f"  {level} px: {_interval(one)}" for level, one in found["swd"]["levels"].items()),
        *_memorization_lines(found["memorization"]),
        *_agreement_lines(found["tumor_status_agreement"], found["image_set"]),
    ]


def _line(title: str, one: Content) -> str:
    if one["estimate"] is None:
        return f"{title:36}{one['problem']}"
    beside = [_number(one.get(name)) for name in ("same_size", "real_reference", "other_patients")]
    return f"{title:36}{_interval(one):30}{' '.join(f'{number:>9}' for number in beside)}"


def _interval(one: Content) -> str:
    return f"{_number(one['estimate'])} [{', '.join(map(_number, one['ci95']))}]"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}" if abs(value) < 10 else f"{value:.1f}"


def _memorization_lines(found: Content) -> list[str]:
    if found["estimate"] is None:
        return [f"Memorization: {found['problem']}"]
    copies = found["near_copies"]
    return [
        f"Memorization: nearer to a training image than a new patient's in {_interval(found)} of pairs "
        f"(0.5 remembers nothing; p = {found['p']:.3g}; {found['held_out_patients']} new patients).",
        f"  {_share(copies)} nearer than 99 % of new patients' images are (p = {copies['p']:.3g})"
        + (": it has near-copies of training images." if found["has_copies"] else "."),
    ]


def _agreement_lines(found: Content | None, image_set: str) -> list[str]:
    if found is None:
        return []
    return [
        f"A classifier sees the tumor status of {image_set} in {_share(found)}; it is right on "
        f"{_share(found['real_reference'])} of other patients' images."
    ]


def _share(share: Content) -> str:
    low, high = share["ci95"]
    return f"{share['k']} of {share['n']} ({share['estimate']:.0%}, {low:.0%} to {high:.0%})"
