"""What a closed study showed: the verdict first, then accuracy, readers, images and steadiness, and downloads."""

import pandas as pd
import streamlit as st

from core.observer_performance.analysis import Analysis
from core.reading.study import StudyState
from core.settings import WorkspacePaths
from core.workflows.results import study_results
from core.workflows.studies import StudyStatus, all_studies
from pages.components.access_gate import researchers_only
from pages.components.error_boundary import shown_errors
from pages.components.result_sections import (
    accuracy_section,
    images_section,
    readers_section,
    steadiness_section,
)
from pages.components.result_summary import result_summary
from pages.components.session_store import recall, remember
from pages.components.study_downloads import study_downloads

TABS = ("Accuracy", "Readers", "Images", "Agreement, drift and time", "Report and downloads")


def main() -> None:
    paths = researchers_only()
    st.title("Results")
    with shown_errors():
        found = all_studies(paths)
        if not found:
            st.info("There is no reader study yet. Make one on the Studies page.")
            return
        found.reverse()
        newest_closed_first = sorted(found, key=lambda status: status.study.state is not StudyState.CLOSED)
        status = st.selectbox("Study", newest_closed_first, format_func=_label)
        if status.study.state is StudyState.CLOSED:
            _results(paths, status)
        else:
            _counts(status)


def _label(status: StudyStatus) -> str:
    return f"{status.study.name} ({status.study.state})"


def _counts(status: StudyStatus) -> None:
    st.info("Until the study is closed, only counts of trials are shown. Close it on the Studies page.")
    rows = [{"Reader": r.name, "Trials": r.trials, "Read": r.responses} for r in status.remaining]
    if rows:
        st.dataframe(pd.DataFrame(rows), hide_index=True)


def _results(paths: WorkspacePaths, status: StudyStatus) -> None:
    analysis = _analysis(paths, status)
    result_summary(paths, status, analysis)
    accuracy, readers, images, steadiness, downloads = st.tabs(TABS, key="results", on_change="rerun")
    if accuracy.open:
        with accuracy:
            accuracy_section(analysis)
    if readers.open:
        with readers:
            readers_section(analysis)
    if images.open:
        with images:
            images_section(paths, status.study, analysis)
    if steadiness.open:
        with steadiness:
            steadiness_section(analysis)
    if downloads.open:
        with downloads:
            study_downloads(paths, status.study)


def _analysis(paths: WorkspacePaths, status: StudyStatus) -> Analysis:
    """Once per browser tab, until a reader withdraws."""
    readers = [(reader.name, reader.responses) for reader in status.remaining]
    key = f"analysis {paths.root} {status.study.protocol_hash} {readers}"
    analysis: Analysis | None = recall(key)
    if analysis is None:
        with st.spinner("Analyzing the responses"):
            analysis = study_results(paths, status.study.name)
        remember(key, analysis)
    return analysis


main()
