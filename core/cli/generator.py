"""`mrturing generator ...`"""

from pathlib import Path
from typing import Annotated, Any

import typer

from core.cli.output import WORKSPACE, Json, Workspace, progress, show
from core.cli.trainings import Precision, duration, signals
from core.errors import BadInputError
from core.identifiers import CohortName, ImageSetName, RunName
from core.imageset.record import TumorStatus
from core.runs.order import LARGEST_SEED
from core.runs.run_folder import RunState
from core.settings import WorkspacePaths
from core.synthesis.run_folder import Tick
from core.workflows.generator_processes import pause_generator, stop_generator
from core.workflows.generators import Run, WhichCheckpoint, all_generators, delete_run, unreadable_runs
from core.workflows.probing import probe
from core.workflows.sampling import (
    PictureFormat,
    SamplingRequest,
    draw_interpolation,
    draw_sheet,
    sample_generator,
)
from core.workflows.training import Recipe, TrainingRequest, resume, train

app = typer.Typer(no_args_is_help=True, help="Train generators and draw images from them.")


RunArgument = Annotated[str, typer.Argument(help="The run's name.")]
Checkpoint = Annotated[
    WhichCheckpoint, typer.Option(help="The smoothed generator at its smallest distance, or where training stands.")
]
Truncation = Annotated[
    float | None, typer.Option(help="Above 0 and at most 1: less variety, fewer odd images. Recorded with the set.")
]
FirstSeed = Annotated[int, typer.Option(min=0, help="Seed of the first image; the next ones follow.")]
Cohort = Annotated[str | None, typer.Option(help="Whose training partition to learn from.")]
Status = Annotated[TumorStatus | None, typer.Option(help="Which images to learn.")]
RecipeOption = Annotated[Recipe | None, typer.Option(help="What to train; light unless told otherwise.")]
Kimg = Annotated[float | None, typer.Option(help="Length: thousands of real images shown. Stretches the recipe's.")]
Resolution = Annotated[int | None, typer.Option(help="Pixels that the images grow to; the recipe knows which.")]
Batch = Annotated[int | None, typer.Option(min=1, help="Images per step, a multiple of 4.")]
PrecisionOption = Annotated[Precision | None, typer.Option(help="bf16 where the machine is fast in it, else fp32.")]
Flip = Annotated[bool, typer.Option("--horizontal-flip", help="Also learn from mirrored images.")]
Seed = Annotated[int, typer.Option(min=0, max=LARGEST_SEED, help="Decides everything random.")]


@app.command("train")
def train_command(
    cohort: Cohort = None,
    tumor_status: Status = None,
    recipe: RecipeOption = None,
    kimg: Kimg = None,
    resolution: Resolution = None,
    batch: Batch = None,
    precision: PrecisionOption = None,
    horizontal_flip: Flip = False,
    seed: Seed = 0,
    name: Annotated[str | None, typer.Option("--name", help="What the run shall be called.")] = None,
    resume_run: Annotated[
        str | None, typer.Option("--resume", help="Go on with this run; --resolution adds the stages up to there.")
    ] = None,
    workspace: Workspace = WORKSPACE,
    json: Json = False,
) -> None:
    """Learn one tumor status from a cohort's training partition. Ctrl-C saves and stops, SIGTERM pauses."""
    paths = WorkspacePaths(workspace)
    asked: dict[str, Any] = {
        "kimg": kimg,
        "batch": batch,
        "precision": precision.value if precision else None,
        "horizontal_flip": horizontal_flip,
        "seed": seed,
        "name": RunName(name) if name else None,
    }
    say = (lambda _: None) if json else _say_tick
    with signals() as should_stop:
        if resume_run is None:
            request = _request(cohort, tumor_status, recipe, {**asked, "resolution": resolution})
            run = train(paths, request, should_stop=should_stop, on_tick=say)
        else:
            _refuse_new_wishes({"cohort": cohort, "tumor_status": tumor_status, **asked})
            run = resume(
                paths,
                RunName(resume_run),
                recipe=recipe,
                resolution=resolution,
                should_stop=should_stop,
                on_tick=say,
            )
    if run is not None:
        _show_trained(run, as_json=json)


@app.command("probe")
def probe_command(
    cohort: Cohort = None,
    tumor_status: Status = None,
    recipe: RecipeOption = None,
    kimg: Kimg = None,
    resolution: Resolution = None,
    batch: Batch = None,
    precision: PrecisionOption = None,
    horizontal_flip: Flip = False,
    seed: Seed = 0,
    workspace: Workspace = WORKSPACE,
    json: Json = False,
) -> None:
    """Say how long the same `generator train` will take on this machine, from about 20 seconds of it."""
    asked = {
        "kimg": kimg,
        "resolution": resolution,
        "batch": batch,
        "precision": precision.value if precision else None,
        "horizontal_flip": horizontal_flip,
        "seed": seed,
    }
    found = probe(WorkspacePaths(workspace), _request(cohort, tumor_status, recipe, asked))
    content = {
        "seconds": found.seconds,
        "images_per_s": found.images_per_s,
        "kimg_by_resolution": found.kimg,
        "measured": found.measured,
        "device": found.device,
        "precision": found.precision,
        "training_images": found.n_training_images,
    }
    speeds = [
        f"  {size} px: {found.kimg[size]:g} kimg at {speed:.0f} images/s"
        + ("" if size in found.measured else " (reckoned)")
        for size, speed in found.images_per_s.items()
    ]
    lines = [f"About {duration(found.seconds)} on {found.device} in {found.precision}.", *speeds]
    show(content, lines, as_json=json)


@app.command()
def sample(
    run: RunArgument,
    name: Annotated[str, typer.Option("--name", help="What the image set shall be called.")],
    n: Annotated[int, typer.Option("-n", help="How many images.")] = 100,
    seed: FirstSeed = 0,
    checkpoint: Checkpoint = WhichCheckpoint.BEST,
    truncation: Truncation = None,
    workspace: Workspace = WORKSPACE,
    json: Json = False,
) -> None:
    """Make a synthetic image set from a run's checkpoint. The same command again finishes one that was killed."""
    request = SamplingRequest(
        run=RunName(run),
        name=ImageSetName(name),
        n_images=n,
        seed=seed,
        checkpoint=checkpoint,
        truncation=truncation,
    )
    with progress(f"Draw {name}") as on_progress:
        image_set = sample_generator(WorkspacePaths(workspace), request, on_progress=on_progress)
    show(
        {"image_set": name, "images": image_set.n_images},
        [f"{name}: {image_set.n_images} images"],
        as_json=json,
    )


@app.command("show")
def show_command(
    run: RunArgument,
    sheet: Annotated[Path, typer.Option(help="The PNG file to write.")],
    n: Annotated[int, typer.Option("-n", help="How many images.")] = 16,
    seed: FirstSeed = 0,
    checkpoint: Checkpoint = WhichCheckpoint.BEST,
    truncation: Truncation = None,
    workspace: Workspace = WORKSPACE,
    json: Json = False,
) -> None:
    """Draw the images of some seeds on one sheet, without making a set of them."""
    png = draw_sheet(
        WorkspacePaths(workspace),
        RunName(run),
        n_images=n,
        seed=seed,
        checkpoint=checkpoint,
        truncation=truncation,
    )
    sheet.write_bytes(png)
    show({"run": run, "images": n, "file": str(sheet)}, [f"{n} images in {sheet}."], as_json=json)


@app.command()
def interpolate(
    run: RunArgument,
    seeds: Annotated[list[int], typer.Option(min=0, help="Where the way goes along; repeat it.")],
    frames: Annotated[Path, typer.Option(help="FILE.png: a strip; FILE.gif: an animation.")],
    checkpoint: Checkpoint = WhichCheckpoint.BEST,
    workspace: Workspace = WORKSPACE,
    json: Json = False,
) -> None:
    """Show the way from seed to seed along the hypersphere of latents."""
    suffix = frames.suffix.lower().removeprefix(".")
    if suffix not in set(PictureFormat):
        raise BadInputError(f"{frames} is neither a PNG nor a GIF.", "End the file's name in .png or .gif.")
    picture = draw_interpolation(
        WorkspacePaths(workspace), RunName(run), seeds, picture=PictureFormat(suffix), checkpoint=checkpoint
    )
    frames.write_bytes(picture)
    show({"run": run, "seeds": seeds, "file": str(frames)}, [f"The way is in {frames}."], as_json=json)


@app.command("list")
def list_command(workspace: Workspace = WORKSPACE, json: Json = False) -> None:
    """List the runs, with how far each has come."""
    runs, problems = all_generators(WorkspacePaths(workspace)), unreadable_runs(WorkspacePaths(workspace))
    content = {
        "unreadable": [{"what": problem.what, "next_step": problem.next_step} for problem in problems],
        "runs": [
            {
                "run": run.name,
                "recipe": run.recipe,
                "tumor_status": run.tumor_status,
                "trained_on": str(run.trained_on),
                "state": run.state,
                "kimg": run.kimg,
                "planned_kimg": run.planned_kimg,
                "resolution": run.resolution,
                "problem": run.problem,
            }
            for run in runs
        ],
    }
    lines = [
        f"{run.name}: {run.tumor_status}, trained on {run.trained_on}, {run.state}, "
        f"{run.kimg:g} of {run.planned_kimg:g} kimg, {run.resolution} px{f': {run.problem}' if run.problem else ''}"
        for run in runs
    ] + [f"{problem.what} {problem.next_step}" for problem in problems]
    show(content, lines or ["There are no runs yet. `mrturing generator train` makes one."], as_json=json)


@app.command()
def pause(run: RunArgument, workspace: Workspace = WORKSPACE, json: Json = False) -> None:
    """Ask a run that trains to save and end; `generator train --resume` goes on with it."""
    pause_generator(WorkspacePaths(workspace), RunName(run))
    show({"run": run, "asked": "pause"}, [f"{run} saves and ends after its step."], as_json=json)


@app.command()
def stop(run: RunArgument, workspace: Workspace = WORKSPACE, json: Json = False) -> None:
    """Ask a run that trains to save and end for good, or mark one that waits as stopped."""
    stop_generator(WorkspacePaths(workspace), RunName(run))
    show({"run": run, "asked": "stop"}, [f"{run} is stopped."], as_json=json)


@app.command()
def delete(run: RunArgument, workspace: Workspace = WORKSPACE, json: Json = False) -> None:
    """Delete a run with its checkpoints; images drawn from it stay."""
    delete_run(WorkspacePaths(workspace), RunName(run))
    show({"run": run, "deleted": True}, [f"Deleted {run}."], as_json=json)


def _request(
    cohort: str | None, tumor_status: TumorStatus | None, recipe: Recipe | None, asked: dict[str, Any]
) -> TrainingRequest:
    if cohort is None or tumor_status is None:
        raise typer.BadParameter("needed, unless a run is resumed", param_hint="--cohort and --tumor-status")
    return TrainingRequest(
        cohort=CohortName(cohort), tumor_status=tumor_status, recipe=recipe or Recipe.LIGHT, **asked
    )


def _refuse_new_wishes(asked: dict[str, Any]) -> None:
    given = ", ".join(f"--{word.replace('_', '-')}" for word, value in asked.items() if value)
    if given:
        raise BadInputError(
            f"{given} cannot be changed when a run is resumed.", "Leave it out, or start a run of its own."
        )


def _say_tick(tick: Tick) -> None:
    """A line on stderr: for who watches, and for the log of a run that the app started."""
    distance = f", distance {sum(tick.swd.values()) / len(tick.swd):.1f}" if tick.swd else ""
    typer.echo(
        f"{tick.kimg:g} kimg, {tick.resolution} px, {tick.images_per_s:.0f} images/s{distance}, "
        f"{duration(tick.seconds_left)} left",
        err=True,
    )


def _show_trained(run: Run, *, as_json: bool) -> None:
    content = {
        "run": run.name,
        "kimg": run.kimg,
        "resolution": run.resolution,
        "checkpoint": str(run.checkpoint),
        "state": run.state,
    }
    if run.state in {RunState.PAUSED, RunState.STOPPED}:
        next_step = f"mrturing generator train --resume {run.name}"
    else:
        next_step = f"mrturing generator sample {run.name} -n 100 --name NAME"
    show(content, [f"Run {run.name}: {run.state} at {run.kimg:g} kimg.", f"Next: {next_step}"], as_json=as_json)
