"""`mrturing curation sample | release | releases | show | export | delete`: the frozen lists of kept images."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from core.cli.output import WORKSPACE, Json, Workspace, show
from core.curation.release import Release
from core.curation.sample_review import SampleReviewState
from core.errors import NotFoundError
from core.identifiers import ImageSetName, ReleaseName
from core.runs.order import LARGEST_SEED
from core.settings import WorkspacePaths
from core.workflows.image_sets import image_set_records
from core.workflows.realism import realism_and_diversity
from core.workflows.releases import (
    all_releases,
    delete_release,
    export_release,
    release,
    release_sheet,
    sample_review_state,
    start_sample_review,
)

Set = Annotated[str, typer.Argument(help="The image set's name.")]
Name = Annotated[str, typer.Argument(help="The release's name.")]


def sample(
    image_set: Set,
    n: Annotated[
        int | None, typer.Option("-n", help="How many images; without it, the last sample is shown.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=LARGEST_SEED, help="Decides which images are drawn.")] = 0,
    workspace: Workspace = WORKSPACE,
    json: Json = False,
) -> None:
    """Draw a random sample of the undecided images; decided on, it says how much of the rest would be discarded."""
    paths, name = WorkspacePaths(workspace), ImageSetName(image_set)
    state = sample_review_state(paths, name) if n is None else start_sample_review(paths, name, n=n, seed=seed)
    if state is None:
        raise NotFoundError(f"No random sample of {image_set} was drawn.", "Say how many images with -n.")
    ids = [record.image_id for record in image_set_records(paths, name)]
    waiting = [ids[position] for position in state.waiting.tolist()]
    show(state.to_json() | {"waiting_ids": waiting}, [*_sample_lines(state), *waiting], as_json=json)


def release_command(
    image_set: Set,
    name: Annotated[str, typer.Option("--name", help="What the release shall be called.")],
    accept_rest: Annotated[
        bool,
        typer.Option("--accept-rest", help="Keep what nobody looked at too, after a sample of it was reviewed."),
    ] = False,
    workspace: Workspace = WORKSPACE,
    json: Json = False,
) -> None:
    """Freeze the kept images of a set, for studies and augmentation, with a data sheet."""
    paths = WorkspacePaths(workspace)
    measure = partial(realism_and_diversity, paths, ImageSetName(image_set))
    made = release(paths, ImageSetName(image_set), ReleaseName(name), accept_rest=accept_rest, measure=measure)
    content = _release_json(made) | {"discarded": made.data_sheet["discarded"]}
    lines = [_release_line(made), f"SHA-256 {made.sha256}", *_sheet_lines(release_sheet(paths, made.name))]
    show(content, lines, as_json=json)


def releases(workspace: Workspace = WORKSPACE, json: Json = False) -> None:
    """List the releases."""
    found = all_releases(WorkspacePaths(workspace))
    lines = [_release_line(one) for one in found]
    show(
        {"releases": [_release_json(one) for one in found]},
        lines or ["There are no releases yet. Make one with `mrturing curation release`."],
        as_json=json,
    )


def show_command(name: Name, workspace: Workspace = WORKSPACE, json: Json = False) -> None:
    """Show the data sheet of a release: what was decided, by whom, and what is known of the rest."""
    sheet = release_sheet(WorkspacePaths(workspace), ReleaseName(name))
    show(
        sheet,
        [f"{name}, made {sheet['created_at']}", f"SHA-256 {sheet['sha256']}", *_sheet_lines(sheet)],
        as_json=json,
    )


def export(name: Name, folder: Path, workspace: Workspace = WORKSPACE, json: Json = False) -> None:
    """Write the images of a release as PNG folders by tumor status, with a manifest and the data sheet."""
    n_images = export_release(WorkspacePaths(workspace), ReleaseName(name), folder)
    content = {"release": name, "folder": str(folder), "images": n_images}
    show(content, [f"{n_images} images in {folder}."], as_json=json)


def delete(name: Name, workspace: Workspace = WORKSPACE, json: Json = False) -> None:
    """Delete a release; refused while a study uses it."""
    delete_release(WorkspacePaths(workspace), ReleaseName(name))
    show({"release": name, "deleted": True}, [f"Deleted {name}; decisions and images stay."], as_json=json)


def _release_json(one: Release) -> dict[str, object]:
    return {
        "release": one.name,
        "image_set": one.image_set,
        "images": one.n_images,
        "sha256": one.sha256,
        "created_at": one.created_at,
    }


def _release_line(one: Release) -> str:
    return f"{one.name}: {one.n_images} images of {one.image_set}"


def _sample_lines(state: SampleReviewState) -> Iterator[str]:
    n_sample = len(state.review.sample)
    if state.estimate is None:
        yield f"{len(state.waiting)} of {n_sample} images of the sample wait for a decision:"
        return
    found = state.estimate
    yield f"{found.n_discarded} of {n_sample} images of the sample were discarded."
    if found.rate is not None and found.rate95 is not None:
        low, high = found.rate95
        yield (
            f"Of the {found.n_rest} images that nobody looked at, {found.rate:.1%} would be discarded "
            f"(95 % {low:.1%} to {high:.1%})."
        )


def _sheet_lines(sheet: Any) -> Iterator[str]:
    """What a person wants to know of a data sheet; `--json` has all of it."""
    images = sheet["images"]
    generated = images["generated"] if images["generated"] is not None else "unknown"
    yield f"Generated {generated}, in the set {images['in_set']}, reviewed {images['reviewed']}"
    yield f"Kept {images['kept']} (corrected {images['corrected']}), discarded {images['discarded']}"
    for reason, n in sheet["discarded"].items():
        yield f"  {reason}: {n}"
    if images["accepted_unreviewed"]:
        review = sheet["sample_review"]
        low, high = review["discard_rate95"]
        yield (
            f"{images['accepted_unreviewed']} were accepted unseen; of these {review['discard_rate']:.1%} would be "
            f"discarded (95 % {low:.1%} to {high:.1%}), by a random sample of {review['n_sample']}"
        )
    for one in sheet["curators"]:
        yield f"{one['person_id']}: reviewed {one['reviewed']}, discarded {one['discarded']}"
    yield from _realism_lines(sheet["realism_and_diversity"])


def _realism_lines(found: Any) -> Iterator[str]:
    """Never one without the other."""
    if found is None:
        yield "Realism and diversity before and after: not computed (no triage of these images)"
        return
    odd, distance = found["realism"]["odd_share"], found["diversity"]["mean_distance"]
    before, after = odd["before"]["estimate"], odd["after"]["estimate"]
    yield f"Odder than 95 % of real images: {before:.0%} before, {after:.0%} after"
    if distance["ratio"] is not None:
        low, high = distance["ratio"]["ci95"]
        yield (
            f"Distance between two images after, as a share of that before: {distance['ratio']['estimate']:.1%} "
            f"(95 % {low:.1%} to {high:.1%})"
        )
