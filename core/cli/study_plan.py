"""`mrturing study plan`: how many readers and images, before a study is made."""

import json as json_text
from pathlib import Path
from typing import Annotated

import typer

from core.cli import study_options as options
from core.cli.output import WORKSPACE, Json, Workspace, show
from core.errors import BadInputError
from core.identifiers import StudyName
from core.observer_performance.planning import Expectation, VarianceComponents, expectation
from core.reading.design import Goal, PlannedAnalysis, SampleSize
from core.settings import WorkspacePaths
from core.workflows.planning import Plan, images_of_whole_arms, pilot_components, sample_size

USUAL = PlannedAnalysis()
USUAL_ACCURACY = {Goal.DIFFERENCE: 0.6, Goal.EQUIVALENCE: 0.5}


def plan(
    goal: Annotated[
        Goal, typer.Option(help="To show that readers can tell, or that they cannot.")
    ] = Goal.DIFFERENCE,
    accuracy: Annotated[
        float | None, typer.Option(help="Their true accuracy, 0 to 1; 0.6 unless stated, 0.5 for equivalence.")
    ] = None,
    power: Annotated[float, typer.Option(help="Of one reader's exact test.")] = 0.8,
    margin: options.Margin = USUAL.margin,
    alpha: options.Alpha = USUAL.alpha,
    readers: Annotated[int, typer.Option(help="How many read the study.")] = 5,
    images: Annotated[
        int | None, typer.Option(help="How many each judges; as many as the power needs unless stated.")
    ] = None,
    reader_sd: Annotated[float, typer.Option(help="SD between readers' true accuracies.")] = 0.05,
    case_share: Annotated[float, typer.Option(help="Share of what is left that belongs to the images.")] = 0.2,
    pilot: Annotated[str | None, typer.Option(help="The closed study to estimate both from.")] = None,
    file: Annotated[Path | None, typer.Option(help="Write the plan here, for `study create --plan`.")] = None,
    workspace: Workspace = WORKSPACE,
    json: Json = False,
) -> None:
    """Say how many images a power needs and how wide the interval across readers will be."""
    assumed = USUAL_ACCURACY[goal] if accuracy is None else accuracy
    planned = PlannedAnalysis(margin=margin, alpha=alpha)
    if pilot is None:
        components = VarianceComponents.stated(accuracy=assumed, reader_sd=reader_sd, case_share=case_share)
    else:
        components = pilot_components(WorkspacePaths(workspace), StudyName(pilot))
    size = sample_size(
        components,
        goal=goal,
        power=power,
        accuracy=assumed,
        n_readers=readers,
        n_images=images or images_of_whole_arms(goal, assumed, planned, power=power),
        pilot=StudyName(pilot) if pilot else None,
    )
    made = Plan(sample_size=size, planned=planned)
    if file is not None:
        _write(made, file)
    show(made.to_json(), _lines(size, expectation(size, planned)), as_json=json)


def _write(made: Plan, file: Path) -> None:
    if file.exists():
        raise BadInputError(f"{file} exists already.", "Name a new file.")
    file.write_text(json_text.dumps(made.to_json(), indent=2) + "\n")


def _lines(size: SampleSize, expected: Expectation) -> list[str]:
    needed = expected.images_needed
    width = expected.interval_width
    return [
        f"{size}.",
        f"Needed for it: {'more than can be shown' if needed is None else needed} images; "
        f"power with {size.n_images}: {100 * expected.power:.1f} %.",
        "Interval across readers: "
        + ("not estimable with one reader." if width is None else f"{100 * width:.1f} points wide."),
    ]
