"""`mrturing images ...`"""

from pathlib import Path
from typing import Annotated

import typer

from core.cli.output import WORKSPACE, Json, Workspace, progress, show
from core.errors import BadInputError
from core.identifiers import ImageSetName
from core.imageset.record import ImageKind, Partition, TrainedOn, TumorStatus
from core.settings import WorkspacePaths
from core.workflows.augmentation import set_or_release
from core.workflows.augmentation_writing import AugmentationRequest, write_augmentation
from core.workflows.image_sets import (
    ImagesRequest,
    all_image_sets,
    contact_sheet_png,
    delete_image_set,
    export_images,
    image_set_records,
    import_images,
)

app = typer.Typer(no_args_is_help=True, help="Import, augment, show, export and delete image sets.")
Name = Annotated[str, typer.Argument(help="The image set's name.")]


@app.command("import")
def import_command(
    folder: Annotated[Path, typer.Argument(help="PNG, JPEG, TIFF, NPY or NIfTI files.")],
    name: Annotated[str, typer.Option("--name", help="What the image set shall be called.")],
    kind: Annotated[ImageKind, typer.Option(help="Scanned, or made by a generator.")],
    tumor_status: Annotated[TumorStatus, typer.Option(help="What all of these images show.")],
    trained_on: Annotated[
        str | None, typer.Option(help="COHORT:PARTITION whose patients the generator saw; your word for it.")
    ] = None,
    workspace: Workspace = WORKSPACE,
    json: Json = False,
) -> None:
    """Bring a folder of images made anywhere into the workspace."""
    request = ImagesRequest(
        name=ImageSetName(name),
        folder=folder,
        kind=kind,
        tumor_status=tumor_status,
        trained_on=(trained_on and _trained_on(trained_on)) or None,
    )
    with progress(f"Import {name}") as on_progress:
        image_set, skipped = import_images(WorkspacePaths(workspace), request, on_progress=on_progress)
    content = {
        "image_set": name,
        "images": image_set.n_images,
        "skipped": [{"path": str(entry.path), "reason": entry.reason} for entry in skipped],
    }
    lines = [
        f"{name}: {image_set.n_images} images",
        *(f"  skipped {entry.line}" for entry in skipped),
    ]
    show(content, lines, as_json=json)


@app.command()
def augment(
    source: Annotated[
        str, typer.Argument(metavar="SET", help="The image set to be transformed, or a release of one.")
    ],
    name: Annotated[str, typer.Option("--name", help="What the new image set shall be called.")],
    n_images: Annotated[int, typer.Option("-n", help="How many transformed images; 65 kB each.")] = 1000,
    seed: Annotated[int, typer.Option(help="Image n follows from the set, n and this seed.")] = 0,
    partition: Annotated[
        Partition, typer.Option(help="Whose images: of these patients, and those that belong to none.")
    ] = Partition.TRAINING,
    workspace: Workspace = WORKSPACE,
    json: Json = False,
) -> None:
    """Write images flipped, turned, moved, sheared and zoomed as a set. Killed, the same command goes on."""
    paths = WorkspacePaths(workspace)
    of_set, release = set_or_release(paths, source)
    request = AugmentationRequest(
        image_set=of_set,
        name=ImageSetName(name),
        n_images=n_images,
        seed=seed,
        partition=partition,
        release=release,
    )
    with progress(f"Augment {source}") as on_progress:
        image_set = write_augmentation(paths, request, on_progress=on_progress)
    content = {"image_set": name, "images": image_set.n_images, "source": source, "seed": seed}
    show(content, [f"{name}: {image_set.n_images} transformed images of {source}."], as_json=json)


@app.command("list")
def list_command(workspace: Workspace = WORKSPACE, json: Json = False) -> None:
    """List the image sets."""
    found = all_image_sets(WorkspacePaths(workspace))
    content = {
        "image_sets": [
            {
                "name": image_set.name,
                "kind": image_set.kind,
                "tumor_status": image_set.tumor_status,
                "images": image_set.n_images,
                "sha256": image_set.sha256,
            }
            for image_set in found
        ]
    }
    lines = [f"{entry.name}: {entry.n_images} {entry.kind} images, {entry.tumor_status}" for entry in found]
    show(content, lines or ["There are no image sets yet. `mrturing cohort import` makes some."], as_json=json)


@app.command("show")
def show_command(
    name: Name,
    sheet: Annotated[Path | None, typer.Option(help="Write a contact sheet of the set to this PNG file.")] = None,
    workspace: Workspace = WORKSPACE,
    json: Json = False,
) -> None:
    """List the images of a set, or draw them as a contact sheet."""
    paths = WorkspacePaths(workspace)
    records = image_set_records(paths, ImageSetName(name))
    if sheet is not None:
        sheet.write_bytes(contact_sheet_png(paths, ImageSetName(name)))
    content = {
        "image_set": name,
        "images": [
            {
                "id": record.image_id,
                "tumor_status": record.tumor_status,
                "subject": record.subject_id,
                "partition": record.partition,
                "slice": record.slice_index,
                "seed": record.seed,
                "resampling_factor": record.resampling_factor,
                "source": record.source_name,
            }
            for record in records
        ],
    }
    lines = [f"{record.image_id}  {record.tumor_status}  {record.partition or ''}".rstrip() for record in records]
    show(
        content,
        lines if sheet is None else [f"{len(records)} images; contact sheet in {sheet}."],
        as_json=json,
    )


@app.command()
def export(name: Name, folder: Path, workspace: Workspace = WORKSPACE, json: Json = False) -> None:
    """Write a set as PNG folders by tumor status, with a manifest."""
    n_images = export_images(WorkspacePaths(workspace), ImageSetName(name), folder)
    show(
        {"image_set": name, "folder": str(folder), "images": n_images},
        [f"{n_images} images in {folder}."],
        as_json=json,
    )


@app.command()
def delete(name: Name, workspace: Workspace = WORKSPACE, json: Json = False) -> None:
    """Delete a set; refused while a study uses it."""
    delete_image_set(WorkspacePaths(workspace), ImageSetName(name))
    show({"image_set": name, "deleted": True}, [f"Deleted {name}."], as_json=json)


def _trained_on(text: str) -> TrainedOn:
    cohort, _, partition = text.partition(":")
    if not cohort or partition not in set(Partition):
        raise BadInputError(
            f"--trained-on {text!r} is not COHORT:PARTITION.", f"Partitions are {', '.join(Partition)}."
        )
    return TrainedOn(cohort=cohort, partition=Partition(partition), attested=True)
