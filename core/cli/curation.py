"""`mrturing curation ...`: decide on images as the page does, and look where a set stands."""

import sys
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from core.cli import curation_people, release, triage
from core.cli.output import WORKSPACE, Json, Workspace, show
from core.curation.decision import CurationAct, Verdict
from core.curation.state import ActReceipt
from core.errors import BadInputError
from core.identifiers import ActId, ImageSetName
from core.imageset.record import TumorStatus
from core.provenance import utc_now
from core.settings import WorkspacePaths
from core.workflows.access import curator_known_as, curators
from core.workflows.curation import curation_gallery, image_positions, record_act, undo_last
from core.workflows.image_sets import all_image_sets, image_set_records
from core.workflows.releases import all_releases, sample_review_state
from core.workflows.resolutions import disagreements, resolved, settle

app = typer.Typer(no_args_is_help=True, help="Decide which images are kept, and freeze what was.")
app.add_typer(curation_people.reasons, name="reasons")
app.command("triage")(triage.triage_command)
app.command()(release.sample)
app.command("release")(release.release_command)
app.command()(release.releases)
app.command("show")(release.show_command)
app.command()(release.export)
app.command()(release.delete)
app.command()(curation_people.invite)
app.command()(curation_people.revoke)

Set = Annotated[str, typer.Argument(help="The image set's name.")]
Images = Annotated[list[str] | None, typer.Argument(help="Ids of images, as `mrturing images show` lists them.")]
IdFile = Annotated[
    Path | None, typer.Option("--list", help="A file with more ids, one a line; - reads them from stdin.")
]
Curator = Annotated[str | None, typer.Option(help="Who decides; the researcher unless named.")]
Reason = Annotated[str, typer.Option(help="The code of a reason, as `mrturing curation reasons list` shows.")]
Note = Annotated[str, typer.Option(help="In your own words; `other` needs it.")]
Corrected = Annotated[TumorStatus, typer.Option(help="What the images show in truth.")]


@app.command()
def keep(
    image_set: Set,
    images: Images = None,
    id_file: IdFile = None,
    undecided: Annotated[
        bool, typer.Option("--undecided", help="All that this curator has not decided on, having looked at them.")
    ] = False,
    curator: Curator = None,
    workspace: Workspace = WORKSPACE,
    json: Json = False,
) -> None:
    """Keep images."""
    ids = _undecided_ids(workspace, image_set, curator) if undecided else []
    act = _act(workspace, image_set, _ids([*(images or []), *ids], id_file), curator, verdict=Verdict.KEEP)
    _show(_recorded(workspace, act, curator), "kept", json=json, image_set=image_set)


@app.command()
def discard(
    image_set: Set,
    reason: Reason,
    images: Images = None,
    id_file: IdFile = None,
    note: Note = "",
    curator: Curator = None,
    workspace: Workspace = WORKSPACE,
    json: Json = False,
) -> None:
    """Discard images, for a reason; of real images it is to exclude them."""
    ids = _ids(images, id_file)
    act = _act(workspace, image_set, ids, curator, verdict=Verdict.DISCARD, reason=reason, note=note)
    _show(_recorded(workspace, act, curator), f"discarded: {reason}", json=json, image_set=image_set)


@app.command()
def defer(
    image_set: Set,
    images: Images = None,
    id_file: IdFile = None,
    curator: Curator = None,
    workspace: Workspace = WORKSPACE,
    json: Json = False,
) -> None:
    """Leave images open, to be looked at again or by somebody else."""
    act = _act(workspace, image_set, _ids(images, id_file), curator, verdict=Verdict.DEFER)
    _show(_recorded(workspace, act, curator), "deferred", json=json, image_set=image_set)


@app.command()
def correct(
    image_set: Set,
    tumor_status: Corrected,
    images: Images = None,
    id_file: IdFile = None,
    curator: Curator = None,
    workspace: Workspace = WORKSPACE,
    json: Json = False,
) -> None:
    """Keep images with another tumor status; their records stay, releases and studies take what was corrected."""
    ids = _ids(images, id_file)
    act = _act(workspace, image_set, ids, curator, verdict=Verdict.CORRECT, tumor_status=tumor_status)
    _show(_recorded(workspace, act, curator), f"corrected: {tumor_status}", json=json, image_set=image_set)


@app.command()
def undo(image_set: Set, curator: Curator = None, workspace: Workspace = WORKSPACE, json: Json = False) -> None:
    """Take back a curator's last decision on a set; again, the one before it."""
    paths = WorkspacePaths(workspace)
    who = curator_known_as(paths, curator)
    receipt = undo_last(paths, ImageSetName(image_set), who, act_id=_new_id())
    if receipt is None:
        show(
            {"image_set": image_set, "undone": 0}, [f"{who.name} has nothing to undo in {image_set}."], as_json=json
        )
        return
    content = {"image_set": image_set, "undone": receipt.n_images, "act_id": receipt.act_id}
    show(content, [f"Undone: a decision on {receipt.n_images} images."], as_json=json)


@app.command("settle")
def settle_command(
    image_set: Set,
    verdict: Annotated[Verdict, typer.Option(help="What holds for these images.")],
    images: Images = None,
    id_file: IdFile = None,
    reason: Annotated[str | None, typer.Option(help="Why, if they are discarded.")] = None,
    note: Note = "",
    tumor_status: Annotated[TumorStatus | None, typer.Option(help="As what, if they are corrected.")] = None,
    workspace: Workspace = WORKSPACE,
    json: Json = False,
) -> None:
    """Decide for all, as the researcher, on images that curators disagree on."""
    paths = WorkspacePaths(workspace)
    ids = _ids(images, id_file)
    act = _act(
        workspace, image_set, ids, None, verdict=verdict, reason=reason, note=note, tumor_status=tumor_status
    )
    receipt = settle(paths, act, researcher=curator_known_as(paths, None))
    _show(receipt, f"settled: {verdict}", json=json, image_set=image_set)


@app.command("disagreements")
def disagreements_command(image_set: Set, workspace: Workspace = WORKSPACE, json: Json = False) -> None:
    """List the images that curators disagree on, and how far they agree on all that two or more decided."""
    found = disagreements(WorkspacePaths(workspace), ImageSetName(image_set))
    content = {"image_set": image_set, "disagreements": [one.to_json() for one in found.images]}
    lines = [
        f"{one.image_id}: " + ", ".join(f"{each.curator} {each.verdict}" for each in one.decisions)
        for one in found.images
    ]
    lines += [
        f"{' and '.join(pair.curators)}: kappa {'not estimable' if pair.kappa is None else f'{pair.kappa:.3f}'}"
        f" over {pair.n} images"
        for pair in found.agreement.pairs
    ]
    show(content | {"agreement": found.agreement.to_json()}, lines or ["Nobody disagrees."], as_json=json)


@app.command()
def status(
    image_set: Annotated[str | None, typer.Argument(help="The image set's name; all sets without it.")] = None,
    workspace: Workspace = WORKSPACE,
    json: Json = False,
) -> None:
    """Count what was decided on a set, by whom, and what is open; without a set, list curators and sets."""
    paths = WorkspacePaths(workspace)
    if image_set is not None:
        content = _status_json(paths, ImageSetName(image_set))
        show(content, _status_lines(content), as_json=json)
        return
    people = [
        {"curator": one.person.name, "has_link": one.has_link, "signed_in": one.signed_in}
        for one in curators(paths)
    ]
    counts = [resolved(paths, one.name).to_json() for one in all_image_sets(paths)]
    lines = [f"{one['curator']}: {_link_words(one)}" for one in people]
    lines += [f"{one['image_set']}: {_counts_words(one)}" for one in counts]
    show({"curators": people, "image_sets": counts}, lines or ["There are no image sets yet."], as_json=json)


def _ids(images: list[str] | None, id_file: Path | None) -> list[str]:
    """Those that were typed, and those of the file."""
    ids = list(images or [])
    if id_file is not None:
        text = sys.stdin.read() if str(id_file) == "-" else id_file.read_text("utf-8")
        ids += [line.strip() for line in text.splitlines() if line.strip()]
    if not ids:
        raise BadInputError("No image is named.", "Name image ids, or a file of them with --list.")
    return ids


def _undecided_ids(workspace: Path, image_set: str, curator: str | None) -> list[str]:
    paths, name = WorkspacePaths(workspace), ImageSetName(image_set)
    state = curation_gallery(paths, name, curator_known_as(paths, curator))
    records = image_set_records(paths, name)
    return [record.image_id for record, code in zip(records, state.verdicts, strict=True) if code == 0]


def _new_id() -> ActId:
    return ActId(str(uuid.uuid4()))


def _act(
    workspace: Path,
    image_set: str,
    ids: list[str],
    curator: str | None,
    *,
    verdict: Verdict,
    reason: str | None = None,
    note: str = "",
    tumor_status: TumorStatus | None = None,
) -> CurationAct:
    paths, name = WorkspacePaths(workspace), ImageSetName(image_set)
    positions = image_positions(paths, name, ids)
    return CurationAct(
        act_id=_new_id(),
        image_set=name,
        curator=curator_known_as(paths, curator).person_id,
        verdict=verdict,
        image_indices=positions,
        decided_at=utc_now(),
        reason=reason,
        note=note,
        tumor_status=tumor_status,
    )


def _recorded(workspace: Path, act: CurationAct, curator: str | None) -> ActReceipt:
    paths = WorkspacePaths(workspace)
    return record_act(paths, act, curator=curator_known_as(paths, curator))


def _show(receipt: ActReceipt, what: str, *, json: bool, image_set: str) -> None:
    content = {"image_set": image_set, "images": receipt.n_images, "act_id": receipt.act_id}
    show(content, [f"{receipt.n_images} images of {image_set} {what}."], as_json=json)


def _status_json(paths: WorkspacePaths, name: ImageSetName) -> dict[str, object]:
    review = sample_review_state(paths, name)
    frozen = [one.name for one in all_releases(paths) if one.image_set == name]
    found = disagreements(paths, name)
    return resolved(paths, name).to_json() | {
        "agreement": found.agreement.to_json(),
        "sample_review": review.to_json() if review else None,
        "releases": frozen,
    }


def _status_lines(content: Mapping[str, Any]) -> list[str]:
    lines = [f"{content['image_set']}: {_counts_words(content)}"]
    lines += [f"  discarded, {reason}: {n}" for reason, n in content["reasons"].items()]
    lines += [f"Releases: {', '.join(content['releases'])}"] if content["releases"] else []
    return lines


def _counts_words(counts: Mapping[str, object]) -> str:
    words = ("kept", "discarded", "deferred", "undecided", "disagreed")
    return f"{counts['images']} images, " + ", ".join(f"{counts[word]} {word}" for word in words)


def _link_words(one: Mapping[str, object]) -> str:
    if not one["has_link"]:
        return "no link"
    return "signed in" if one["signed_in"] else "invited, not signed in yet"
