"""`mrturing embed ...`"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from core.cli.feature_options import DetectorOption, FeaturesOption, WeightsOption, feature_choice
from core.cli.output import WORKSPACE, Json, Workspace, progress, show
from core.embedding.embedding import EmbeddingAbout, Engine
from core.embedding.features import Features
from core.errors import RefusedError
from core.identifiers import CohortName, EmbeddingName, ImageSetName
from core.runs.order import LARGEST_SEED
from core.settings import WorkspacePaths
from core.workflows.cohorts import all_cohorts
from core.workflows.embedding import compile_for, embed, would_gain_from_compiling
from core.workflows.embedding_export import export_embedding
from core.workflows.embedding_process import start_compiling
from core.workflows.embedding_request import FEWEST_ITERATIONS, EmbeddingRequest
from core.workflows.stored_embedding import delete_embedding, embeddings, unreadable_embeddings

app = typer.Typer(no_args_is_help=True, help="See how real, transformed and synthetic images lie (t-SNE).")
PAPER = EmbeddingRequest(cohort=CohortName(""))

Dimensions = Annotated[int, typer.Option(min=2, max=3, help="A plane, or space.")]
NameArgument = Annotated[str, typer.Argument(help="The embedding's name.")]


@app.command("run")
def run_command(
    cohort: Annotated[str | None, typer.Option(help="Whose images; not needed where there is one cohort.")] = None,
    synthetic: Annotated[
        list[str] | None, typer.Option(help="A set of synthetic images, or a release; repeat it for more.")
    ] = None,
    features: FeaturesOption = Features.PIXELS,
    detector: DetectorOption = None,
    weights: WeightsOption = None,
    per_category: Annotated[
        int, typer.Option(min=1, help="Images of each category, at most.")
    ] = PAPER.per_category,
    perplexity: Annotated[float, typer.Option(min=1, help="About how many neighbors count.")] = PAPER.perplexity,
    iterations: Annotated[int, typer.Option(min=FEWEST_ITERATIONS, help="Steps of t-SNE.")] = PAPER.iterations,
    dimensions: Dimensions = PAPER.dimensions,
    seed: Annotated[
        int, typer.Option(min=0, max=LARGEST_SEED, help="Decides which images, and how they are transformed.")
    ] = 0,
    engine: Annotated[Engine, typer.Option(help="Which t-SNE; the fastest unless told otherwise.")] = PAPER.engine,
    name: Annotated[str | None, typer.Option("--name", help="What it shall be called.")] = None,
    workspace: Workspace = WORKSPACE,
    json: Json = False,
) -> None:
    """Embed images of a cohort and of synthetic sets. The paper's setting unless told otherwise; computed once."""
    paths = WorkspacePaths(workspace)
    request = EmbeddingRequest(
        cohort=CohortName(cohort) if cohort else _only_cohort(paths),
        image_sets=tuple(ImageSetName(one) for one in synthetic or ()),
        name=EmbeddingName(name) if name else None,
        features=feature_choice(features, detector, weights),
        per_category=per_category,
        perplexity=perplexity,
        iterations=iterations,
        dimensions=dimensions,
        seed=seed,
        engine=engine,
    )
    with progress("Embed") as on_progress:
        about = embed(paths, request, on_progress=on_progress).about
    show(_content(about), _lines(about), as_json=json)
    if would_gain_from_compiling(paths, about, engine):
        start_compiling(paths, dimensions)


@app.command("compile")
def compile_command(
    dimensions: Dimensions = PAPER.dimensions, workspace: Workspace = WORKSPACE, json: Json = False
) -> None:
    """Compile t-SNE for this machine, in half a minute; a first run that would gain from it does so by itself."""
    file = compile_for(WorkspacePaths(workspace), dimensions)
    if file is None:
        raise RefusedError("t-SNE cannot be compiled on this machine.", "It works without, by scikit-learn.")
    show({"file": str(file)}, [f"Compiled: {file}"], as_json=json)


@app.command("list")
def list_command(workspace: Workspace = WORKSPACE, json: Json = False) -> None:
    """List the embeddings, the newest first."""
    paths = WorkspacePaths(workspace)
    found, problems = embeddings(paths), unreadable_embeddings(paths)
    lines = [f"{one.name}: {_summary(one)}" for one in found] + [str(problem) for problem in problems]
    content = {"embeddings": [_content(one) for one in found], "unreadable": [str(one) for one in problems]}
    show(content, lines or ["There are no embeddings yet."], as_json=json)


@app.command("export")
def export_command(
    name: NameArgument,
    file: Annotated[Path, typer.Argument(help="Ends in .csv, .html, .svg or .png.")],
    color_by: Annotated[
        str | None, typer.Option(help="Of a picture: category unless told otherwise, arm, patient, decision, ...")
    ] = None,
    workspace: Workspace = WORKSPACE,
    json: Json = False,
) -> None:
    """Write a table of the points, or the picture."""
    export_embedding(WorkspacePaths(workspace), EmbeddingName(name), file, color_by=color_by)
    show({"embedding": name, "file": str(file)}, [f"Written: {file}"], as_json=json)


@app.command("delete")
def delete_command(name: NameArgument, workspace: Workspace = WORKSPACE, json: Json = False) -> None:
    """Delete an embedding; the images stay."""
    delete_embedding(WorkspacePaths(workspace), EmbeddingName(name))
    show({"embedding": name}, [f"Deleted the embedding {name}."], as_json=json)


def _only_cohort(paths: WorkspacePaths) -> CohortName:
    names = [cohort.name for cohort in all_cohorts(paths)]
    if len(names) != 1:
        raise RefusedError(f"There are {len(names)} cohorts in the workspace.", "Name one with --cohort.")
    return names[0]


def _content(about: EmbeddingAbout) -> dict[str, object]:
    record = about.to_json()
    return {"embedding": record.pop("name"), "points": record.pop("n_points"), **record}


def _lines(about: EmbeddingAbout) -> Sequence[str]:
    neighbors = (
        f"of the {about.n_neighbors} nearest points, {about.neighborhood_preservation:.0%} are nearest images"
    )
    return [
        f"{about.name}: {_summary(about)}",
        f"Trustworthiness {about.trustworthiness:.3f} (1 is best); {neighbors}.",
        *([f"Not shown, for there are no images: {', '.join(about.missing)}."] if about.missing else []),
    ]


def _summary(about: EmbeddingAbout) -> str:
    sets = ", ".join(name for name, _ in about.image_sets)
    return (
        f"{about.n_points} images of {sets}, by {about.features_from}; perplexity {about.perplexity:g}, "
        f"{about.iterations} iterations, {about.dimensions}-D, seed {about.seed}; {about.engine}, "
        f"{about.seconds:.1f} s; KL divergence {about.kl_divergence:.3f}."
    )
