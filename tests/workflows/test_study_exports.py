"""A closed study's answers for software elsewhere."""

import io
import json
from pathlib import Path

import pandas as pd
import pytest

from core.errors import BadInputError, RefusedError
from core.provenance import sha256_of_bytes
from core.reading.protocol import Question
from core.storage import audit_trail
from core.storage.database import opened
from core.workflows.maintenance import doctor
from core.workflows.results import study_responses
from core.workflows.studies import close_study
from core.workflows.study_exports import ExportFormat, answers_export, export_study
from tests.phantoms import LockedStudy
from tests.reading_robot import read

NAMES = ("Dr Hopper", "Dr Turing")


@pytest.fixture
def closed(study: LockedStudy) -> LockedStudy:
    for name in NAMES:
        read(study.paths, study.cookie(name))
    close_study(study.paths, study.name)
    return study


@pytest.mark.parametrize("format", ExportFormat)
def test_every_format_is_written_with_its_provenance_beside_it(
    closed: LockedStudy, tmp_path: Path, format: ExportFormat
) -> None:
    file = tmp_path / f"answers{format.suffix}"
    export = export_study(closed.paths, closed.name, file, format=format, question=Question.TUMOR)
    assert export.n_responses == 16
    beside = file.with_name(f"{file.name}.provenance.json")
    told = json.loads(beside.read_text())
    assert told["sha256"] == sha256_of_bytes(file.read_bytes())
    with opened(closed.paths.database) as db:
        assert told["audit_trail"] == audit_trail.head(db, closed.name).to_json()
    assert doctor(closed.paths, [beside]) == []
    for name in NAMES:
        assert name not in beside.read_text()


def test_imrmc_cases_are_found_in_the_long_table_and_readers_are_numbers(closed: LockedStudy) -> None:
    export = answers_export(closed.paths, closed.name, format=ExportFormat.IMRMC, question=Question.REALISM)
    table = pd.read_csv(io.BytesIO(export.content))
    assert set(table["readerID"]) == {"truth", "Reader 1", "Reader 2"}
    assert set(table["caseID"]) == set(study_responses(closed.paths, closed.name)["case_id"])


def test_the_wrong_ending_and_an_existing_file_are_refused(closed: LockedStudy, tmp_path: Path) -> None:
    def export(name: str) -> None:
        export_study(
            closed.paths, closed.name, tmp_path / name, format=ExportFormat.RJAFROC, question=Question.REALISM
        )

    with pytest.raises(BadInputError, match=r"does not end in \.xlsx"):
        export("answers.csv")
    export("answers.xlsx")
    with pytest.raises(BadInputError, match="exists already"):
        export("answers.xlsx")


def test_rjafroc_is_refused_where_answers_are_missing_and_nothing_is_recorded(
    study: LockedStudy, tmp_path: Path
) -> None:
    read(study.paths, study.cookie("all"))
    read(study.paths, study.cookie("some"), most=3)
    close_study(study.paths, study.name)
    with opened(study.paths.database) as db:
        before = audit_trail.head(db, study.name)
    file = tmp_path / "answers.xlsx"
    with pytest.raises(RefusedError, match=r"of 8 images some readers judged fewer: Reader 2 3"):
        export_study(study.paths, study.name, file, format=ExportFormat.RJAFROC, question=Question.REALISM)
    assert not file.exists()
    with opened(study.paths.database) as db:
        assert audit_trail.head(db, study.name) == before


def test_a_study_that_is_open_or_that_nobody_read_has_no_answers(study: LockedStudy) -> None:
    def export() -> None:
        answers_export(study.paths, study.name, format=ExportFormat.IMRMC, question=Question.REALISM)

    with pytest.raises(RefusedError, match="Close it"):
        export()
    close_study(study.paths, study.name)
    with pytest.raises(RefusedError, match="Nobody read anything"):
        export()
