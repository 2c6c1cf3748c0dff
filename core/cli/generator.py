"""`mrturing generator ...`"""

from enum import StrEnum
from typing import Annotated

import typer

from core.cli.output import WORKSPACE, Json, Workspace, show
from core.identifiers import CohortName, ImageSetName, RunName
from core.imageset.record import TumorStatus
from core.settings import WorkspacePaths
from core.workflows.generators import all_generators, sample_generator, train_eigenimages

app = typer.Typer(no_args_is_help=True, help="Train generators and draw images from them.")


class Recipe(StrEnum):
    EIGENIMAGE = "eigenimage"


@app.command()
def train(
    cohort: Annotated[str, typer.Option(help="Whose training partition to learn from.")],
    tumor_status: Annotated[TumorStatus, typer.Option(help="Which images to learn.")],
    recipe: Annotated[Recipe, typer.Option(help="What to train.")] = Recipe.EIGENIMAGE,  # noqa: ARG001
    seed: Annotated[int, typer.Option(min=0, help="Decides everything random.")] = 0,
    workspace: Workspace = WORKSPACE,
    json: Json = False,
) -> None:
    """Learn one tumor status from a cohort's training partition."""
    run = train_eigenimages(WorkspacePaths(workspace), CohortName(cohort), tumor_status, seed=seed)
    content = {
        "run": run.name,
        "kimg": run.kimg,
        "resolution": run.resolution,
        "checkpoint": str(run.checkpoint),
    }
    show(
        content,
        [f"Run {run.name}.", f"Next: mrturing generator sample {run.name} -n 100 --name NAME"],
        as_json=json,
    )


@app.command()
def sample(
    run: Annotated[str, typer.Argument(help="The run's name.")],
    name: Annotated[str, typer.Option("--name", help="What the image set shall be called.")],
    n: Annotated[int, typer.Option("-n", help="How many images.")] = 100,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the first image; the next ones follow.")] = 0,
    workspace: Workspace = WORKSPACE,
    json: Json = False,
) -> None:
    """Make a synthetic image set from a run's checkpoint."""
    image_set = sample_generator(WorkspacePaths(workspace), RunName(run), ImageSetName(name), n_images=n, seed=seed)
    show(
        {"image_set": name, "images": image_set.n_images},
        [f"{name}: {image_set.n_images} images"],
        as_json=json,
    )


@app.command("list")
def list_command(workspace: Workspace = WORKSPACE, json: Json = False) -> None:
    """List the runs."""
    runs = all_generators(WorkspacePaths(workspace))
    content = {"runs": [{"run": run.name, "trained_on": str(run.trained_on)} for run in runs]}
    lines = [f"{run.name}: {run.tumor_status}, trained on {run.trained_on}" for run in runs]
    show(content, lines or ["There are no runs yet. `mrturing generator train` makes one."], as_json=json)
