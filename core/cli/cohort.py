"""`mrturing cohort ...`"""

from pathlib import Path
from typing import Annotated

import typer

from core.cli.output import WORKSPACE, Json, Workspace, progress, show
from core.identifiers import CohortName
from core.settings import WorkspacePaths
from core.workflows.cohorts import (
    CohortRequest,
    CohortSummary,
    all_cohorts,
    delete_cohort,
    import_cohort,
    simulate_cohort,
)

app = typer.Typer(no_args_is_help=True, help="Import, simulate, list and delete cohorts of patients.")
Name = Annotated[str, typer.Option("--name", help="What the cohort shall be called.")]
Seed = Annotated[int, typer.Option(min=0, help="Decides the patients and the partition.")]


@app.command("import")
def import_command(
    folder: Annotated[Path, typer.Argument(help="A folder of patients, as BraTS releases are.")],
    name: Name,
    image_glob: Annotated[str | None, typer.Option(help="Where images lie, e.g. '*/Post_Scan_T1.nii.gz'.")] = None,
    segmentation_glob: Annotated[str | None, typer.Option(help="Where segmentations lie.")] = None,
    seed: Seed = 0,
    workspace: Workspace = WORKSPACE,
    json: Json = False,
) -> None:
    """Bring T1c volumes into the workspace as canonical axial images, partitioned by patient."""
    request = CohortRequest(
        name=CohortName(name),
        folder=folder,
        image_glob=image_glob,
        segmentation_glob=segmentation_glob,
        seed=seed,
    )
    with progress(f"Import {name}") as on_progress:
        summary = import_cohort(WorkspacePaths(workspace), request, on_progress=on_progress)
    show(summary.to_json(), _lines(summary), as_json=json)


@app.command()
def simulate(
    name: Name,
    patients: Annotated[int, typer.Option(help="How many patients.")] = 20,
    seed: Seed = 0,
    nifti_dir: Annotated[Path | None, typer.Option(help="Keep the volumes here, in the BraTS layout.")] = None,
    workspace: Workspace = WORKSPACE,
    json: Json = False,
) -> None:
    """Make patients who never lived, and import them like any others."""
    with progress(f"Simulate {name}") as on_progress:
        summary = simulate_cohort(
            WorkspacePaths(workspace),
            CohortName(name),
            n_patients=patients,
            seed=seed,
            nifti_dir=nifti_dir,
            on_progress=on_progress,
        )
    show(summary.to_json(), _lines(summary), as_json=json)


@app.command("list")
def list_command(workspace: Workspace = WORKSPACE, json: Json = False) -> None:
    """List the cohorts."""
    found = all_cohorts(WorkspacePaths(workspace))
    content = {"cohorts": [{"name": row.name, "subjects": row.n_subjects} for row in found]}
    lines = [f"{row.name}: {row.n_subjects} subjects, since {row.created_at[:10]}" for row in found]
    show(content, lines or ["There are no cohorts yet. `mrturing cohort import` brings one in."], as_json=json)


@app.command()
def delete(
    name: Annotated[str, typer.Argument(help="The cohort's name.")],
    workspace: Workspace = WORKSPACE,
    json: Json = False,
) -> None:
    """Delete a cohort with its image sets; refused while a study uses them."""
    image_sets = delete_cohort(WorkspacePaths(workspace), CohortName(name))
    content = {"cohort": name, "deleted": True, "image_sets": image_sets}
    show(content, [f"Deleted {name} and {len(image_sets)} image sets."], as_json=json)


def _lines(summary: CohortSummary) -> list[str]:
    content = summary.images
    lines = [f"{summary.name}: {summary.n_subjects} subjects"]
    lines += [f"  {n:5d} {status} images" for status, n in content.items()]
    lines += [f"  {n:5d} slices screened out: {rule}" for rule, n in summary.screened_out.items() if n]
    lines += [f"  skipped {entry.line}" for entry in summary.skipped]
    return [*lines, f"Image sets: {', '.join(summary.image_sets)}"]
