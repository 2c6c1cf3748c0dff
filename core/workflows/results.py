"""What a closed study showed: its responses joined with their truth, and the analysis of them."""

from pathlib import Path

import pandas as pd

from core.errors import BadInputError, RefusedError
from core.identifiers import StudyName
from core.observer_performance.analysis import Analysis, analyze
from core.reading.study import StudyState
from core.settings import WorkspacePaths
from core.storage import readings, studies
from core.storage.database import opened
from core.workflows.studies import study_named


def study_responses(paths: WorkspacePaths, name: StudyName) -> pd.DataFrame:
    """The long table of a closed study: one row per response, with truth, tumor status and protocol hash.

    Raises RefusedError while the study is not closed: until then nobody may see a truth beside an answer.
    """
    with opened(paths.database) as db:
        study = study_named(db, name)
        if study.state is not StudyState.CLOSED:
            raise RefusedError(f"The study {name} is {study.state}.", "Close it to see its results.")
        rows = readings.response_table(db, name)
    return pd.DataFrame(rows).drop(columns=["response_id", "trial_id"], errors="ignore")


def study_results(paths: WorkspacePaths, name: StudyName) -> Analysis:
    """The analysis of a closed study, readers by the names that researchers know them by."""
    responses = study_responses(paths, name)
    if responses.empty:
        raise RefusedError(f"Nobody read anything in {name}.", "There are no results to show.")
    with opened(paths.database) as db:
        names = {progress.reader: progress.name for progress in studies.progress(db, name)}
    return analyze(responses.assign(reader_id=responses["reader_id"].map(names)))


def export_responses(paths: WorkspacePaths, name: StudyName, file: Path) -> int:
    """Write the long table as CSV and return its number of rows; an existing file is not overwritten."""
    if file.exists():
        raise BadInputError(f"{file} exists already.", "Name a new file.")
    responses = study_responses(paths, name)
    responses.to_csv(file, index=False)
    return len(responses)
