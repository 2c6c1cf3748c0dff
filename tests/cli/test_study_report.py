"""`mrturing study report` and the formats of `mrturing study export`."""

from pathlib import Path

import pytest

from core.identifiers import StudyName
from core.settings import WorkspacePaths
from core.workflows.studies import close_study
from tests.command_line import mrturing
from tests.phantoms import LockedStudy
from tests.reading_robot import read


@pytest.fixture
def closed(locked: Path) -> Path:
    """The workspace of a closed study that one reader read."""
    study = LockedStudy(paths=WorkspacePaths(locked), name=StudyName("study"))
    read(study.paths, study.cookie())
    close_study(study.paths, study.name)
    return locked


def test_the_report_is_written_and_told_with_its_provenance(closed: Path, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    told = mrturing("study", "report", "study", file, "--json", workspace=closed).json
    assert told["bytes"] == len(file.read_bytes())
    assert (told["file"], told["format"], told["study"]) == (str(file), "html", "study")
    assert told["audit_trail"]["head"] in file.read_text()
    assert told["protocol_hash"] in file.read_text()


def test_a_person_is_told_where_the_report_is(closed: Path, tmp_path: Path) -> None:
    outcome = mrturing("study", "report", "study", tmp_path / "report.html", workspace=closed)
    assert (outcome.code, outcome.stderr) == (0, "")
    assert f"The report of study is in {tmp_path / 'report.html'}.\nProtocol hash " in outcome.stdout


def test_a_report_that_cannot_be_is_refused_in_words(closed: Path, tmp_path: Path) -> None:
    for words, said in (
        (("study", tmp_path / "report.txt"), "neither HTML nor PDF"),
        (("nothing", tmp_path / "report.html"), "There is no study 'nothing'"),
    ):
        outcome = mrturing("study", "report", *words, workspace=closed)
        assert (outcome.code, outcome.stdout) == (1, "")
        assert said in outcome.stderr


def test_an_open_study_has_no_report(locked: Path, tmp_path: Path) -> None:
    outcome = mrturing("study", "report", "study", tmp_path / "report.html", workspace=locked)
    assert outcome.code == 1
    assert "Close it" in outcome.stderr


@pytest.mark.parametrize(
    ("format", "ending", "first"), [("imrmc", "csv", b"readerID,"), ("rjafroc", "xlsx", b"PK")]
)
def test_answers_leave_in_the_format_that_is_asked_for(
    closed: Path, tmp_path: Path, format: str, ending: str, first: bytes
) -> None:
    file = tmp_path / f"answers.{ending}"
    words = ("study", "export", "study", file, "--format", format, "--question", "tumor", "--json")
    told = mrturing(*words, workspace=closed).json
    assert (told["export"], told["question"], told["responses"]) == (format, "tumor", 8)
    assert file.read_bytes().startswith(first)
