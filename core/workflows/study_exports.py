"""A closed study's answers for software elsewhere: one question, readers by number."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from core.errors import BadInputError, RefusedError
from core.identifiers import StudyName
from core.observer_performance.list_mode import (
    ScoredAnswers,
    imrmc_csv,
    rjafroc_numbers,
    rjafroc_workbook,
    scored_answers,
)
from core.provenance import sha256_of_bytes
from core.reading.audit_trail import Action
from core.reading.protocol import Question
from core.reading.pseudonyms import pseudonyms
from core.reading.study import Study
from core.settings import WorkspacePaths
from core.storage import studies
from core.storage.database import Database, opened, writing
from core.workflows.audit_trail import provenance, record_by_researcher
from core.workflows.results import ResponsesExport, closed_study, export_responses, responses_of


class ExportFormat(StrEnum):
    """CSV holds everything that was recorded; the others are of one question, and RJafroc takes no gaps."""

    CSV = "csv"
    IMRMC = "imrmc"
    RJAFROC = "rjafroc"

    @property
    def suffix(self) -> str:
        return ".xlsx" if self is ExportFormat.RJAFROC else ".csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswersExport:
    """A file's content, its number of answers, and what stands beside it in FILE.provenance.json."""

    content: bytes
    n_responses: int
    provenance: Mapping[str, object]


def export_study(
    paths: WorkspacePaths, name: StudyName, file: Path, *, format: ExportFormat, question: Question
) -> ResponsesExport | AnswersExport:
    """Write a closed study's answers and FILE.provenance.json beside them; existing files are not overwritten.

    The long table is always of both questions.
    """
    if format is ExportFormat.CSV:
        return export_responses(paths, name, file)
    return _export_answers(paths, name, file, format, question)


def answers_export(
    paths: WorkspacePaths, name: StudyName, *, format: ExportFormat, question: Question
) -> AnswersExport:
    """One question's answers as a file's content; that it left the workspace stands in the audit trail."""
    with opened(paths.database) as db, writing(db):
        return _export(db, closed_study(db, name), format, question)


def _export_answers(
    paths: WorkspacePaths, name: StudyName, file: Path, format: ExportFormat, question: Question
) -> AnswersExport:
    beside = file.with_name(f"{file.name}.provenance.json")
    for target in (file, beside):
        if target.exists():
            raise BadInputError(f"{target} exists already.", "Name a new file.")
    if file.suffix.lower() != format.suffix:
        raise BadInputError(
            f"{file} does not end in {format.suffix}.", f"Name a file that ends in {format.suffix}."
        )
    with opened(paths.database) as db, writing(db):
        export = _export(db, closed_study(db, name), format, question)
        file.write_bytes(export.content)  # inside the transaction: what could not be written was not exported
        beside.write_text(json.dumps(export.provenance, indent=2) + "\n")
    return export


def _export(db: Database, study: Study, format: ExportFormat, question: Question) -> AnswersExport:
    responses = responses_of(db, study)
    if responses.empty:
        raise RefusedError(f"Nobody read anything in {study.name}.", "There are no answers to export.")
    names = pseudonyms(studies.progress(db, study.name))
    answers = scored_answers(responses.assign(reader_id=responses["reader_id"].map(names)), question)
    content = imrmc_csv(answers) if format is ExportFormat.IMRMC else rjafroc_workbook(answers)
    told: dict[str, object] = {
        "export": format,
        "question": question,
        "responses": len(answers.table),
        "sha256": sha256_of_bytes(content),
    }
    record_by_researcher(db, study.name, Action.EXPORTED, told)
    return AnswersExport(
        content=content,
        n_responses=len(answers.table),
        provenance=provenance(db, study) | told | _numbers(answers, format),
    )


def _numbers(answers: ScoredAnswers, format: ExportFormat) -> dict[str, object]:
    """RJafroc's numbers for readers and cases, to find the cases again in the exported responses."""
    return dict(rjafroc_numbers(answers)) if format is ExportFormat.RJAFROC else {}
