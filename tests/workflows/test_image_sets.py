"""Image sets of a workspace: in, out, seen at a glance, deleted."""

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from core.errors import BadInputError, MrTuringError, NotFoundError, RefusedError, WorkspaceError
from core.identifiers import ImageId, ImageSetName
from core.imageset.pixels import open_pixels
from core.imageset.record import ImageKind, ImageRecord, Partition, TrainedOn, TumorStatus
from core.provenance import sha256_of_file
from core.settings import WorkspacePaths
from core.workflows.image_sets import (
    ImagesRequest,
    NewImageSet,
    add_image_set,
    all_image_sets,
    contact_sheet_png,
    delete_image_set,
    export_images,
    image_set_records,
    import_images,
)
from core.workflows.maintenance import doctor
from tests.phantoms import phantom_images

NAME = ImageSetName("gan")
ELSEWHERE = TrainedOn(cohort="glioma", partition=Partition.TRAINING, attested=True)


def unseen(_done: int, _total: int) -> None: ...


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three images and a file that is none."""
    path = tmp_path / "my-gan"
    path.mkdir()
    for number, image in enumerate(phantom_images(3, seed=5)):
        Image.fromarray(image).save(path / f"image{number}.png")
    (path / "notes.txt").write_text("no image")
    return path


def request(source: Path, **changes: object) -> ImagesRequest:
    settings = {
        "name": NAME,
        "folder": source,
        "kind": ImageKind.SYNTHETIC,
        "tumor_status": TumorStatus.TUMOR,
    } | changes
    return ImagesRequest(**settings)


def test_a_folder_becomes_a_set_with_its_source_and_what_was_skipped(tmp_path: Path, folder: Path) -> None:
    paths = WorkspacePaths(tmp_path / "workspace")
    image_set, skipped = import_images(paths, request(folder, trained_on=ELSEWHERE), on_progress=unseen)
    assert (image_set.n_images, image_set.trained_on) == (3, ELSEWHERE)
    assert image_set.provenance.items() >= {"source": "my-gan", "n_skipped": 1, "scaled_from": {}}.items()
    assert str(image_set.provenance["attested_at"]) <= image_set.created_at
    assert [entry.path for entry in skipped] == ["notes.txt"]
    assert image_set.sha256 == sha256_of_file(paths.image_set(NAME))
    assert all_image_sets(paths) == [image_set]
    assert [record.source_name for record in image_set_records(paths, NAME)] == [f"image{n}.png" for n in range(3)]
    np.testing.assert_array_equal(open_pixels(paths.image_set(NAME)), [*phantom_images(3, seed=5)])


def test_the_values_that_became_black_and_white_are_recorded(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    np.save(tmp_path / "in" / "a.npy", np.linspace(-1, 1, 256 * 256, dtype=np.float32).reshape(256, 256))
    paths = WorkspacePaths(tmp_path / "workspace")
    import_images(paths, request(tmp_path / "in"), on_progress=unseen)
    assert all_image_sets(paths)[0].provenance["scaled_from"] == {"float": [-1.0, 1.0]}


def test_a_name_that_is_taken_is_refused_before_anything_is_read(tmp_path: Path, folder: Path) -> None:
    paths = WorkspacePaths(tmp_path / "workspace")
    import_images(paths, request(folder), on_progress=unseen)
    before = paths.image_set(NAME).read_bytes()
    with pytest.raises(RefusedError, match="There is an image set 'gan' already"):
        import_images(paths, request(tmp_path / "absent"), on_progress=unseen)
    assert paths.image_set(NAME).read_bytes() == before


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": ImageSetName("../gan")}, r"'\.\./gan' cannot name"),
        ({"name": ImageSetName("")}, "'' cannot name"),
        ({"kind": ImageKind.REAL, "trained_on": ELSEWHERE}, "Real images were not trained"),
        ({"folder": Path("/nowhere")}, "/nowhere is not a folder"),
    ],
)
def test_what_cannot_be_imported_is_said(
    tmp_path: Path, folder: Path, changes: dict[str, object], words: str
) -> None:
    paths = WorkspacePaths(tmp_path / "workspace")
    with pytest.raises(BadInputError, match=words):
        import_images(paths, request(folder, **changes), on_progress=unseen)
    assert not list(paths.root.glob("images/*"))


def test_a_folder_without_one_image_is_refused_with_a_line_per_file(tmp_path: Path) -> None:
    for name in ("a.txt", "b.png"):
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / name).write_text("no image")
    paths = WorkspacePaths(tmp_path / "workspace")
    with pytest.raises(BadInputError) as refused:
        import_images(paths, request(tmp_path / "in"), on_progress=unseen)
    assert [line.split(":")[0] for line in refused.value.what.splitlines()[1:]] == ["a.txt", "b.png"]
    assert (all_image_sets(paths), list(paths.images.iterdir())) == ([], [])


def test_an_export_can_be_imported_again_with_the_same_pixels(four_sets: WorkspacePaths, tmp_path: Path) -> None:
    name, out = ImageSetName("real-tumor"), tmp_path / "out"
    assert export_images(four_sets, name, out) == 12
    with (out / "manifest.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["image_id"] for row in rows] == [record.image_id for record in image_set_records(four_sets, name)]
    import_images(four_sets, request(out / "tumor", kind=ImageKind.REAL), on_progress=unseen)
    again = {r.source_name: n for n, r in enumerate(image_set_records(four_sets, NAME))}
    pixels, copies = (open_pixels(four_sets.image_set(one)) for one in (name, NAME))
    for index, row in enumerate(rows):
        np.testing.assert_array_equal(pixels[index], copies[again[Path(row["file"]).name]])


def test_an_export_mixes_with_nothing(four_sets: WorkspacePaths, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").touch()
    with pytest.raises(RefusedError, match="is not empty"):
        export_images(four_sets, ImageSetName("real-tumor"), tmp_path)


def test_a_contact_sheet_is_a_picture_of_the_set(four_sets: WorkspacePaths) -> None:
    png = contact_sheet_png(four_sets, ImageSetName("real-tumor"), most=4)
    sheet = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)
    assert sheet.dtype == np.uint8
    assert sheet.max() > 200


def test_a_deleted_set_is_gone_with_its_pixels(four_sets: WorkspacePaths) -> None:
    delete_image_set(four_sets, ImageSetName("real-tumor"))
    assert not four_sets.image_set(ImageSetName("real-tumor")).exists()
    assert len(all_image_sets(four_sets)) == 3
    assert doctor(four_sets) == []


def test_an_unknown_set_is_named(four_sets: WorkspacePaths, tmp_path: Path) -> None:
    absent = ImageSetName("absent")
    for ask in (
        lambda: delete_image_set(four_sets, absent),
        lambda: image_set_records(four_sets, absent),
        lambda: contact_sheet_png(four_sets, absent),
        lambda: export_images(four_sets, absent, tmp_path / "out"),
    ):
        with pytest.raises(NotFoundError, match=r"'absent'.*images list"):
            ask()


def test_damaged_pixels_are_one_line(four_sets: WorkspacePaths) -> None:
    four_sets.image_set(ImageSetName("real-tumor")).write_bytes(b"half")
    with pytest.raises(WorkspaceError, match=r"real-tumor\.npy cannot be read"):
        contact_sheet_png(four_sets, ImageSetName("real-tumor"))


def test_a_failure_while_images_are_made_leaves_nothing(four_sets: WorkspacePaths) -> None:
    def images():
        yield next(phantom_images(1, seed=0))
        raise BadInputError("The generator failed.", "")

    records = [ImageRecord(image_id=ImageId(str(n)), tumor_status=TumorStatus.TUMOR) for n in range(2)]
    new = NewImageSet(name=NAME, kind=ImageKind.SYNTHETIC, tumor_status=TumorStatus.TUMOR)
    before = sorted(four_sets.images.iterdir())
    with pytest.raises(MrTuringError, match="generator failed"):
        add_image_set(four_sets, new, records, images())
    assert sorted(four_sets.images.iterdir()) == before


def test_rows_that_cannot_be_written_take_their_pixels_along(four_sets: WorkspacePaths) -> None:
    same_id = [ImageRecord(image_id=ImageId("same"), tumor_status=TumorStatus.TUMOR)] * 2
    new = NewImageSet(name=NAME, kind=ImageKind.SYNTHETIC, tumor_status=TumorStatus.TUMOR)
    before = sorted(four_sets.images.iterdir())
    with pytest.raises(WorkspaceError, match="UNIQUE"):
        add_image_set(four_sets, new, same_id, phantom_images(2, seed=0))
    assert sorted(four_sets.images.iterdir()) == before
    assert len(all_image_sets(four_sets)) == 4
