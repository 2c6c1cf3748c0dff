"""`mrturing fidelity ...`"""

from typing import Annotated

import typer

from core.cli.output import WORKSPACE, Json, Workspace, progress, show
from core.identifiers import CohortName, ImageSetName
from core.observer_performance.proportions import Proportion
from core.settings import WorkspacePaths
from core.workflows.fidelity import Fidelity, measure_fidelity


def fidelity(
    image_set: Annotated[str, typer.Argument(metavar="SET", help="The image set to be measured.")],
    cohort: Annotated[str, typer.Option(help="Whose training images it is compared with.")],
    resolution: Annotated[
        int | None, typer.Option(help="Compare at so many pixels; the generator's own unless told otherwise.")
    ] = None,
    workspace: Workspace = WORKSPACE,
    json: Json = False,
) -> None:
    """Measure how far a set of synthetic images is from the real ones of a cohort."""
    with progress("Compare") as on_progress:
        found = measure_fidelity(
            WorkspacePaths(workspace),
            ImageSetName(image_set),
            CohortName(cohort),
            resolution=resolution,
            on_progress=on_progress,
        )
    show(found.to_json(), _lines(found), as_json=json)


def _lines(found: Fidelity) -> list[str]:
    lines = [
        f"{found.n_images} images of {found.image_set.name} against {found.n_training_images} training images "
        f"of {found.cohort}, at {found.resolution} px.",
        "Sliced Wasserstein distance x 1000 (the training images' halves to each other; other patients to them):",
    ]
    for level, distance in found.swd.levels.items():
        other = found.swd_other_patients
        references = [f"{found.swd_training_halves.levels[level].estimate:.1f}"]
        references += [f"{other.levels[level].estimate:.1f}"] if other else []
        low, high = distance.ci95
        lines.append(f"  {level:>3} px  {distance.estimate:.1f} [{low:.1f}, {high:.1f}]  ({'; '.join(references)})")
    if found.agreement is not None and found.agreement_other_patients is not None:
        lines.append(
            f"A classifier sees {found.image_set.tumor_status} in {_share(found.agreement)} of them; "
            f"it is right on {_share(found.agreement_other_patients)} of other patients' images."
        )
    return lines


def _share(share: Proportion) -> str:
    low, high = share.wilson95 or (0.0, 1.0)
    return f"{share.k} of {share.n} ({share.k / share.n:.0%}, {low:.0%} to {high:.0%})"
