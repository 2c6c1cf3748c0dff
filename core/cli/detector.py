"""`mrturing detector ...`"""

import csv
import io
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from core.cli.output import WORKSPACE, Json, Workspace, show
from core.cli.trainings import Precision, duration, signals
from core.detection.condition import Condition
from core.detection.performance import Estimate, Measure
from core.detection.run_folder import Tick
from core.errors import BadInputError
from core.identifiers import CohortName, ReleaseName, RunName
from core.runs.order import LARGEST_SEED
from core.runs.run_folder import RunState
from core.settings import WorkspacePaths
from core.workflows.detector_experiment import ExperimentRequest, run_experiment
from core.workflows.detector_pictures import MOST_SHOWN, draw_wrong
from core.workflows.detector_processes import pause_detector, stop_detector
from core.workflows.detector_table import DetectorTable, detector_table, run_measures
from core.workflows.detector_training import DetectorRequest, Recipe, resume_detector, run_detector
from core.workflows.detectors import (
    DetectorRun,
    all_detectors,
    delete_detector,
    detector_predictions,
    unreadable_detectors,
)

app = typer.Typer(no_args_is_help=True, help="Train tumor detectors and compare what augmentation does to them.")


class TableFormat(StrEnum):
    TEXT = "text"
    CSV = "csv"


RunArgument = Annotated[str, typer.Argument(help="The run's name.")]


Cohort = Annotated[str | None, typer.Option(help="Whose patients are learned from and tested on.")]
Synthetic = Annotated[
    list[str] | None,
    typer.Option(help="A release of synthetic images; needed of both tumor and nontumor ones."),
]
RecipeOption = Annotated[Recipe | None, typer.Option("--recipe", help="How; light unless told otherwise.")]
Weights = Annotated[
    str | None, typer.Option(help="First weights: imagenet, none or a FILE. paper takes imagenet, others none.")
]
Seed = Annotated[int, typer.Option(min=0, max=LARGEST_SEED, help="Decides everything random.")]
Batch = Annotated[int | None, typer.Option(min=1, help="Images per step.")]
Epochs = Annotated[int | None, typer.Option(min=1, help="How many at most.")]
PrecisionOption = Annotated[
    Precision | None, typer.Option("--precision", help="bf16 where the machine is fast in it.")
]


@app.command("run")
def run_command(
    cohort: Cohort = None,
    condition: Annotated[Condition | None, typer.Option(help="What is learned from beside real images.")] = None,
    synthetic: Synthetic = None,
    recipe: RecipeOption = None,
    weights: Weights = None,
    seed: Seed = 0,
    batch: Batch = None,
    epochs: Epochs = None,
    precision: PrecisionOption = None,
    name: Annotated[str | None, typer.Option("--name", help="What the run shall be called.")] = None,
    resume: Annotated[str | None, typer.Option("--resume", help="Go on with this run.")] = None,
    workspace: Workspace = WORKSPACE,
    json: Json = False,
) -> None:
    """Train one detector and measure it on the test partition. Ctrl-C saves and stops, SIGTERM pauses."""
    paths = WorkspacePaths(workspace)
    wishes = (cohort, condition, synthetic, recipe, weights, seed, batch, epochs, precision, name)
    say = (lambda _: None) if json else _say_tick
    with signals() as should_stop:
        if resume is not None:
            if any(wishes):
                raise BadInputError("A run is resumed as it was begun.", "Give --resume RUN alone.")
            run = resume_detector(paths, RunName(resume), should_stop=should_stop, on_tick=say)
        else:
            if cohort is None or condition is None:
                raise typer.BadParameter("needed, unless a run is resumed", param_hint="--cohort and --condition")
            request = _request(cohort, condition, synthetic, recipe, weights, seed, batch, epochs, precision)
            request = replace(request, name=RunName(name) if name else None)
            run = run_detector(paths, request, should_stop=should_stop, on_tick=say)
    if run is not None:
        _show_run(paths, run, as_json=json)


@app.command("experiment")
def experiment_command(
    cohort: Annotated[str, typer.Option(help="Whose patients are learned from and tested on.")],
    condition: Annotated[
        list[Condition] | None,
        typer.Option(help="Which; all that there are images for unless told otherwise."),
    ] = None,
    synthetic: Synthetic = None,
    seeds: Annotated[int, typer.Option(min=1, help="How many, from --seed on.")] = 1,
    recipe: RecipeOption = None,
    weights: Weights = None,
    seed: Seed = 0,
    batch: Batch = None,
    epochs: Epochs = None,
    precision: PrecisionOption = None,
    workspace: Workspace = WORKSPACE,
    json: Json = False,
) -> None:
    """Train a detector for each condition and seed, and put the paper's table 1 beside them.

    Ctrl-C saves and ends; the same command goes on. What was trained before is not trained again.
    """
    paths = WorkspacePaths(workspace)
    like = _request(cohort, Condition.NONE, synthetic, recipe, weights, seed, batch, epochs, precision)
    request = ExperimentRequest(like=like, conditions=tuple(condition or ()), seeds=seeds)
    is_watched = not json and sys.stderr.isatty()  # in a log, ticks would only hide what went wrong
    with signals() as should_stop:
        runs = run_experiment(
            paths,
            request,
            should_stop=should_stop,
            on_run=_say_run if is_watched else lambda *_: None,
            on_tick=_say_tick if is_watched else lambda _: None,
        )
    _show_experiment(paths, runs, len(request.runs()), as_json=json)


@app.command("table")
def table_command(
    cohort: Annotated[str | None, typer.Option(help="That of the last finished run unless told otherwise.")] = None,
    recipe: Annotated[Recipe | None, typer.Option(help="That of the last finished run.")] = None,
    table_format: Annotated[TableFormat, typer.Option("--format", help="For a person or a spreadsheet.")] = (
        TableFormat.TEXT
    ),
    workspace: Workspace = WORKSPACE,
    json: Json = False,
) -> None:
    """Put the paper's table 1 beside ours: all finished runs of a cohort and recipe, by condition."""
    table = detector_table(WorkspacePaths(workspace), cohort=CohortName(cohort) if cohort else None, recipe=recipe)
    lines = _csv(table) if table_format is TableFormat.CSV else _lines(table)
    show(table.to_json(), lines, as_json=json)


@app.command("list")
def list_command(workspace: Workspace = WORKSPACE, json: Json = False) -> None:
    """List the detector runs, with how far each has come."""
    paths = WorkspacePaths(workspace)
    runs, problems = all_detectors(paths), unreadable_detectors(paths)
    lines = [_run_line(run) for run in runs] + [f"{problem.what} {problem.next_step}" for problem in problems]
    content = {
        "unreadable": [{"what": problem.what, "next_step": problem.next_step} for problem in problems],
        "runs": [
            {
                "run": run.name,
                "cohort": run.cohort,
                "condition": run.condition,
                "recipe": run.recipe,
                "releases": list(run.releases),
                "attested": list(run.attested),
                "weights": run.weights,
                "seed": run.seed,
                "state": run.state,
                "epoch": run.epoch,
                "most_epochs": run.most_epochs,
                "problem": run.problem,
            }
            for run in runs
        ],
    }
    show(content, lines or ["There are no runs yet. `mrturing detector run` makes one."], as_json=json)


@app.command("show")
def show_command(
    run: RunArgument,
    sheet: Annotated[Path, typer.Option(help="The PNG file to write.")],
    n: Annotated[int, typer.Option("-n", min=1, help="How many images.")] = MOST_SHOWN,
    workspace: Workspace = WORKSPACE,
    json: Json = False,
) -> None:
    """Draw the test images that a run got wrong, each beside what its decision came from (Grad-CAM)."""
    png = draw_wrong(WorkspacePaths(workspace), RunName(run), n_images=n)
    sheet.write_bytes(png)
    show({"run": run, "file": str(sheet)}, [f"The surest wrong decisions are in {sheet}."], as_json=json)


@app.command()
def pause(run: RunArgument, workspace: Workspace = WORKSPACE, json: Json = False) -> None:
    """Ask a run that trains to save and end; `detector run --resume` goes on with it."""
    pause_detector(WorkspacePaths(workspace), RunName(run))
    show({"run": run, "asked": "pause"}, [f"{run} saves and ends after its step."], as_json=json)


@app.command()
def stop(run: RunArgument, workspace: Workspace = WORKSPACE, json: Json = False) -> None:
    """Ask a run that trains to save and end for good, or mark one that waits as stopped."""
    stop_detector(WorkspacePaths(workspace), RunName(run))
    show({"run": run, "asked": "stop"}, [f"{run} is stopped."], as_json=json)


@app.command()
def delete(run: RunArgument, workspace: Workspace = WORKSPACE, json: Json = False) -> None:
    """Delete a run with its checkpoints and predictions."""
    delete_detector(WorkspacePaths(workspace), RunName(run))
    show({"run": run, "deleted": True}, [f"Deleted {run}."], as_json=json)


def _say_tick(tick: Tick) -> None:
    """A line on stderr: for who watches, and for the log of a run that the app started."""
    found = tick.validation
    auc = f", AUC {found.auc:.3f}" if found and found.auc is not None else ""
    validation = f", validation loss {found.loss:.3f}, accuracy {found.accuracy:.1%}{auc}" if found else ""
    typer.echo(
        f"epoch {tick.epoch:.3g}, loss {tick.loss:.3f}{validation}, {tick.images_per_s:.0f} images/s, "
        f"at most {duration(tick.seconds_left)} left",
        err=True,
    )


def _request(
    cohort: str,
    condition: Condition,
    synthetic: Sequence[str] | None,
    recipe: Recipe | None,
    weights: str | None,
    seed: int,
    batch: int | None,
    epochs: int | None,
    precision: Precision | None,
) -> DetectorRequest:
    """What was typed, in the order of the options."""
    return DetectorRequest(
        cohort=CohortName(cohort),
        condition=condition,
        releases=tuple(ReleaseName(one) for one in synthetic or ()),
        recipe=recipe or Recipe.LIGHT,
        weights=weights,
        seed=seed,
        batch=batch,
        epochs=epochs,
        precision=precision.value if precision else None,
    )


def _run_line(run: DetectorRun) -> str:
    notes = [f", attested by a researcher: {one}" for one in run.attested]
    notes += [f": {run.problem}"] if run.problem else []
    return (
        f"{run.name}: {run.condition} on {run.cohort}, {run.recipe}, seed {run.seed}, {run.state}, "
        f"epoch {run.epoch:.3g} of at most {run.most_epochs}{''.join(notes)}"
    )


def _say_run(request: DetectorRequest, number: int, n_runs: int) -> None:
    typer.echo(f"run {number} of {n_runs}: {request.condition}, seed {request.seed}", err=True)


def _show_experiment(paths: WorkspacePaths, runs: Sequence[DetectorRun], n_runs: int, *, as_json: bool) -> None:
    there = {run.name for run in all_detectors(paths)}  # some may have been deleted meanwhile
    finished = [run for run in runs if run.is_finished and run.name in there]
    like = next((run for run in reversed(finished) if run.releases), finished[-1] if finished else None)
    table = detector_table(paths, like=like.name) if like else None
    lines = [f"{len(finished)} of {n_runs} runs are finished."]
    lines += [] if len(finished) == n_runs else ["Next: the same command goes on."]
    content: dict[str, object] = {"runs": [run.name for run in runs], "finished": len(finished), "of": n_runs}
    content["table"] = table.to_json() if table else None
    show(content, [*lines, *(_lines(table) if table else [])], as_json=as_json)


def _show_run(paths: WorkspacePaths, run: DetectorRun, *, as_json: bool) -> None:
    measured = run_measures(detector_predictions(paths, run.name)) if run.is_finished else {}
    content: dict[str, object] = {"run": run.name, "condition": run.condition, "state": run.state}
    content["attested"] = list(run.attested)
    content |= {str(measure): measured[measure].to_json() if measured else None for measure in Measure}
    lines = [f"Run {run.name}: {run.state} after {run.epoch:.3g} epochs."]
    lines += [f"  {measure}: {_estimate(measured[measure])}" for measure in measured]
    lines += [_attested(one) for one in run.attested]
    resumable = run.state in {RunState.PAUSED, RunState.STOPPED}
    lines.append(f"Next: mrturing detector {f'run --resume {run.name}' if resumable else 'table'}")
    show(content, lines, as_json=as_json)


def _lines(table: DetectorTable) -> list[str]:
    lines = [
        f"{table.cohort}, recipe {table.recipe}: {table.n_images} test images of {table.n_patients} patients. "
        "Tumor is positive; 95 % intervals by patient; mean over seeds.",
    ]
    for row in table.conditions:
        lines += ["", f"{row.condition}, seeds: {', '.join(map(str, row.seeds))}"]
        for measure, estimate in row.measures.items():
            paper = f"  (paper: {row.paper[measure]:.2%})" if measure in row.paper else ""
            lines.append(f"  {measure:<12} {_estimate(estimate)}{paper}")
        lines += [f"  synthetic images: release {one}" for one in row.releases]
        lines += [_attested(one) for one in row.attested]
    if table.differences:
        lines += ["", "Differences, paired by patient"]
    for one in table.differences:
        found = "; ".join(
            f"{measure} {_estimate(estimate, signed=True)}" for measure, estimate in one.measures.items()
        )
        lines.append(f"  {one.condition} - {one.reference}: {found}")
    return lines + [f"Left out: {name}, which {why}." for name, why in table.left_out.items()]


def _attested(one: str) -> str:
    return f"  attested by a researcher: {one}"


def _estimate(estimate: Estimate, *, signed: bool = False) -> str:
    if estimate.estimate is None:
        return "not estimable"
    sign = "+" if signed else ""
    interval = "interval not estimable"
    if estimate.ci95:
        interval = f"{estimate.ci95[0]:{sign}.1%} to {estimate.ci95[1]:{sign}.1%}"
    spread = f", SD over seeds {estimate.sd_over_seeds:.1%}" if estimate.sd_over_seeds is not None else ""
    return f"{estimate.estimate:{sign}.1%} [{interval}{spread}]"


def _csv(table: DetectorTable) -> list[str]:
    """A row for each condition, then one for each difference, `minus` another condition."""
    file = io.StringIO()
    columns = ["condition", "minus", "runs", "seeds", "attested", "test_images", "test_patients"]
    columns += [f"{m}{part}" for m in Measure for part in ("", "_low", "_high", "_sd_over_seeds", "_paper")]
    rows = csv.writer(file, lineterminator="\n")
    rows.writerow(columns)
    tested = [table.n_images, table.n_patients]
    for row in table.conditions:
        seeds, attested = " ".join(map(str, row.seeds)), "; ".join(row.attested)
        cells = _cells(row.measures, row.paper)
        rows.writerow([row.condition, None, len(row.runs), seeds, attested, *tested, *cells])
    for one in table.differences:
        rows.writerow([one.condition, one.reference, None, None, None, *tested, *_cells(one.measures, {})])
    return file.getvalue().splitlines()


def _cells(measures: Mapping[Measure, Estimate], paper: Mapping[Measure, float]) -> list[float | None]:
    return [
        value
        for measure, found in measures.items()
        for value in (found.estimate, *(found.ci95 or (None, None)), found.sd_over_seeds, paper.get(measure))
    ]
