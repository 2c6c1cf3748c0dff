"""The doctor finds what was tampered with, and nothing else."""

from pathlib import Path

import pytest

from core.identifiers import ImageSetName
from core.settings import WorkspacePaths
from core.storage.database import opened
from core.workflows.maintenance import back_up, doctor, restore
from core.workflows.studies import create_study
from tests.phantoms import LockedStudy, plan
from tests.reading_robot import read


def execute(study: LockedStudy, statement: str, *, foreign_keys: bool = True) -> None:
    with opened(study.paths.database) as db:
        db.execute(f"PRAGMA foreign_keys = {int(foreign_keys)}")
        db.execute(statement)


def test_a_workspace_in_the_middle_of_a_reading_is_well(study: LockedStudy) -> None:
    read(study.paths, study.cookie(), most=3)
    create_study(study.paths, plan("draft", per_arm=1))
    assert doctor(study.paths) == []


def test_a_changed_pixel_is_found(study: LockedStudy) -> None:
    file = study.paths.image_set(ImageSetName("real-tumor"))
    content = bytearray(file.read_bytes())
    content[1000] ^= 1
    file.write_bytes(content)
    (finding,) = doctor(study.paths)
    assert "real-tumor are not those that were imported" in finding


def test_missing_pixels_are_found(study: LockedStudy) -> None:
    study.paths.image_set(ImageSetName("synthetic-tumor")).unlink()
    (finding,) = doctor(study.paths)
    assert "synthetic-tumor are missing" in finding


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE cases SET truth = 'real' WHERE truth = 'synthetic'", "not those that were drawn"),
        ("UPDATE cases SET tumor_status = 'tumor'", "not those that were drawn"),
        ("UPDATE studies SET protocol = json_set(protocol, '$.seed', 99)", "not the one that was locked"),
        ("UPDATE studies SET protocol = json_set(protocol, '$.confidence', json('true'))", "not the one that was"),
        ("UPDATE studies SET protocol_hash = 'abc'", "not the one that was locked"),
    ],
)
def test_a_tampered_study_is_found(study: LockedStudy, statement: str, words: str) -> None:
    execute(study, statement)
    (finding,) = doctor(study.paths)
    assert "the study study" in finding
    assert words in finding


def test_a_row_that_points_to_nothing_is_found(study: LockedStudy) -> None:
    study.link()
    execute(study, "DELETE FROM people", foreign_keys=False)
    findings = doctor(study.paths)
    assert findings
    assert all("people that does not exist" in finding for finding in findings)


def test_a_restored_copy_beside_its_pixels_is_well(study: LockedStudy, tmp_path: Path) -> None:
    back_up(study.paths, tmp_path / "copy.db")
    new = WorkspacePaths(tmp_path / "new")
    restore(new, tmp_path / "copy.db")
    assert len(doctor(new)) == 4
    study.paths.images.rename(new.images)
    assert doctor(new) == []
