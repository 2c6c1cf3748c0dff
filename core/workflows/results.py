"""What a closed study showed: its responses joined with their truth, and the analysis of them."""

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from core.errors import BadInputError, RefusedError
from core.identifiers import PersonId, StudyName
from core.observer_performance.analysis import Analysis, analyze
from core.observer_performance.study_report.all_tables import result_tables
from core.observer_performance.study_report.blocks import Table
from core.observer_performance.two_parts import both_parts_in_a_row
from core.provenance import sha256_of_bytes
from core.reading.audit_trail import Action
from core.reading.study import Study, StudyState
from core.settings import WorkspacePaths
from core.storage import readings, studies
from core.storage.database import Database, opened, writing
from core.workflows.audit_trail import provenance, record_by_researcher
from core.workflows.studies import study_named

ZIP_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest that a ZIP can hold: the same tables are the same file


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponsesExport:
    """The long table as CSV, its number of rows, and what stands beside it in FILE.provenance.json."""

    csv: bytes
    n_responses: int
    provenance: Mapping[str, object]


def study_responses(paths: WorkspacePaths, name: StudyName) -> pd.DataFrame:
    """The long table of a closed study: one row per response, with truth, tumor status and protocol hash.

    Raises RefusedError while the study is not closed: until then nobody may see a truth beside an answer.
    """
    with opened(paths.database) as db:
        return responses_of(db, closed_study(db, name))


def study_results(paths: WorkspacePaths, name: StudyName) -> Analysis:
    """The analysis of a closed study, readers by the names that researchers know them by."""
    with opened(paths.database) as db:
        return _results(db, closed_study(db, name))


def study_provenance(paths: WorkspacePaths, name: StudyName) -> dict[str, object]:
    """The study, its protocol's hash, and head and length of its audit trail, as every result prints them."""
    with opened(paths.database) as db:
        return provenance(db, study_named(db, name))


def responses_export(paths: WorkspacePaths, name: StudyName) -> ResponsesExport:
    """The long table as a file's content; that it left the workspace is recorded in the study's audit trail."""
    with opened(paths.database) as db, writing(db):
        return _responses_export(db, closed_study(db, name))


def analysis_export(paths: WorkspacePaths, name: StudyName) -> str:
    """The analysis as JSON with where it comes from; recorded in the study's audit trail."""
    with opened(paths.database) as db, writing(db):
        study = closed_study(db, name)
        analysis = _results(db, study).to_json()
        record_by_researcher(db, name, Action.EXPORTED, {"export": "analysis"})
        return json.dumps(provenance(db, study) | analysis, indent=2)


def tables_export(paths: WorkspacePaths, name: StudyName) -> bytes:
    """Every table of the results as CSV in a ZIP, with where they come from; recorded in the audit trail."""
    with opened(paths.database) as db, writing(db):
        study = closed_study(db, name)
        sets = {str(case.case_id): str(case.image_set) for case in studies.cases(db, name)}
        tables = result_tables(_results(db, study), sets)
        record_by_researcher(db, name, Action.EXPORTED, {"export": "tables"})
        files = {f"{title}.csv": _csv(table) for title, table in tables.items()}
        return _zipped(files | {"provenance.json": json.dumps(provenance(db, study), indent=2)})


def export_responses(paths: WorkspacePaths, name: StudyName, file: Path) -> ResponsesExport:
    """Write the long table as CSV, and FILE.provenance.json beside it; existing files are not overwritten."""
    beside = file.with_name(f"{file.name}.provenance.json")
    for target in (file, beside):
        if target.exists():
            raise BadInputError(f"{target} exists already.", "Name a new file.")
    with opened(paths.database) as db, writing(db):
        export = _responses_export(db, closed_study(db, name))
        file.write_bytes(export.csv)  # inside the transaction: what could not be written was not exported
        beside.write_text(json.dumps(export.provenance, indent=2) + "\n")
    return export


def closed_study(db: Database, name: StudyName) -> Study:
    """Raises RefusedError while the study is not closed."""
    study = study_named(db, name)
    if study.state is not StudyState.CLOSED:
        raise RefusedError(f"The study {name} is {study.state}.", "Close it to see its results.")
    return study


def responses_of(db: Database, study: Study) -> pd.DataFrame:
    """The long table, readers by the ids that stand for them; may be empty."""
    rows = readings.response_table(db, study.name)
    responses = pd.DataFrame(rows).drop(columns=["response_id", "trial_id"], errors="ignore")
    if study.protocol.has_two_parts:
        return both_parts_in_a_row(responses)
    return responses.drop(columns=["question"], errors="ignore")


def analysis_of(db: Database, study: Study, names: Mapping[PersonId, str]) -> Analysis:
    """The analysis with readers by these names. Raises RefusedError where nobody read anything."""
    responses = responses_of(db, study)
    if responses.empty:
        raise RefusedError(f"Nobody read anything in {study.name}.", "There are no results to show.")
    return analyze(responses.assign(reader_id=responses["reader_id"].map(names)), study.protocol.planned)


def _results(db: Database, study: Study) -> Analysis:
    names = {progress.reader: progress.name for progress in studies.progress(db, study.name)}
    return analysis_of(db, study, names)


def _csv(table: Table) -> str:
    cells = [[cell.replace("\n", "; ") for cell in row] for row in table.rows]
    return pd.DataFrame(cells, columns=list(table.header)).to_csv(index=False)


def _zipped(files: Mapping[str, str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for file, text in files.items():
            archive.writestr(zipfile.ZipInfo(file, ZIP_DATE), text)
    return content.getvalue()


def _responses_export(db: Database, study: Study) -> ResponsesExport:
    responses = responses_of(db, study)
    csv = responses.to_csv(index=False).encode()
    content = {"export": "responses", "responses": len(responses), "sha256": sha256_of_bytes(csv)}
    record_by_researcher(db, study.name, Action.EXPORTED, content)
    return ResponsesExport(
        csv=csv,
        n_responses=len(responses),
        provenance=provenance(db, study) | {"responses": len(responses), "sha256": content["sha256"]},
    )
