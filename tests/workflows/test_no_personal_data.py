"""What names a patient never enters a workspace, and a reader's name stands in one table alone."""

import gzip
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from core.identifiers import CohortName, ImageSetName
from core.imageset.record import ImageKind, TumorStatus
from core.settings import WorkspacePaths
from core.storage.database import opened
from core.workflows.cohorts import CohortRequest, import_cohort
from core.workflows.image_sets import ImagesRequest, import_images
from core.workflows.results import export_responses
from core.workflows.studies import close_study
from tests.phantom_patients import write_patients
from tests.phantoms import LockedStudy, phantom_images
from tests.reading_robot import read

NAME = b"DOE^JANE"
TEXT_FIELDS = {
    "data_type": 4,
    "db_name": 14,
    "descrip": 148,
    "aux_file": 228,
    "intent_name": 328,
}  # byte in NIfTI-1


def written_everywhere(path: Path) -> None:
    """Put the name into every field of the header that takes text."""
    content = bytearray(gzip.decompress(path.read_bytes()))
    for offset in TEXT_FIELDS.values():
        content[offset : offset + len(NAME)] = NAME
    path.write_bytes(gzip.compress(bytes(content)))


def files_that_hold(name: bytes, root: Path) -> list[str]:
    return [path.name for path in root.rglob("*") if path.is_file() and name in path.read_bytes()]


@pytest.fixture
def workspace(tmp_path: Path) -> WorkspacePaths:
    paths = WorkspacePaths(tmp_path / "workspace")
    with opened(paths.database, create=True):
        pass
    return paths


def test_text_in_the_headers_of_volumes_stays_outside(workspace: WorkspacePaths, tmp_path: Path) -> None:
    folder = write_patients(tmp_path / "patients", 3)
    volumes = sorted(folder.rglob("*.nii.gz"))
    for path in volumes:
        written_everywhere(path)
    assert all(NAME in gzip.decompress(path.read_bytes()) for path in volumes)
    summary = import_cohort(
        workspace, CohortRequest(name=CohortName("glioma"), folder=folder), on_progress=lambda *_: None
    )
    assert len(summary.image_sets) == 2
    assert files_that_hold(NAME, workspace.root) == []


def test_text_beside_the_pixels_of_pictures_stays_outside(workspace: WorkspacePaths, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number, image in enumerate(phantom_images(3, seed=0)):
        text = PngImagePlugin.PngInfo()
        text.add_text("PatientName", NAME.decode())
        Image.fromarray(image).save(folder / f"{number}.png", pnginfo=text)
    request = ImagesRequest(
        name=ImageSetName("s"), folder=folder, kind=ImageKind.SYNTHETIC, tumor_status=TumorStatus.TUMOR
    )
    image_set, _ = import_images(workspace, request, on_progress=lambda *_: None)
    assert image_set.n_images == 3
    assert files_that_hold(NAME, workspace.root) == []


def test_a_readers_name_stands_in_the_table_of_people_and_in_no_export(study: LockedStudy, tmp_path: Path) -> None:
    name = "Dr. Jane Doe"
    read(study.paths, study.cookie(name))
    close_study(study.paths, study.name)
    with closing(sqlite3.connect(study.paths.database)) as db:
        held_by = {line.split('"')[1] for line in db.iterdump() if name in line}
    assert held_by == {"people"}
    (tmp_path / "out").mkdir()
    export_responses(study.paths, study.name, tmp_path / "out" / "responses.csv")
    assert files_that_hold(name.encode(), tmp_path / "out") == []
