"""What a closed study showed: the verdict, confusion matrices, rates with intervals, and downloads."""

import pandas as pd
import streamlit as st

from core.figures.confusion import accuracy_by_reader, realism_matrix, tumor_matrix
from core.observer_performance.analysis import Analysis
from core.observer_performance.conclusion import verdict_sentence
from core.observer_performance.performance import Performance
from core.observer_performance.report import POOLED_NOTE
from core.observer_performance.report_study import DIVERSITY_NOTE, sparse_readers_note
from core.reading.study import StudyState
from core.settings import WorkspacePaths
from core.workflows.audit_trail import provenance_text
from core.workflows.results import study_provenance, study_results
from core.workflows.studies import StudyStatus, all_studies
from pages.components.access_gate import researchers_only
from pages.components.charts import draw, page_theme
from pages.components.error_boundary import shown_errors
from pages.components.performance_tables import (
    across_readers_table,
    agreement_table,
    detection_table,
    rates_table,
    readers_table,
    stability_table,
)
from pages.components.study_downloads import study_downloads

ALL_READERS = "All readers"


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
    analysis = study_results(paths, status.study.name)
    _summary(paths, status, analysis)
    one_reader = len(analysis.readers) == 1
    choices = list(analysis.readers) if one_reader else [ALL_READERS, *analysis.readers]
    reader = choices[0] if one_reader else st.segmented_control("Reader", choices, default=ALL_READERS)
    shown = analysis.per_reader.get(reader or ALL_READERS, analysis.overall)
    if shown is analysis.overall and not one_reader:
        _table(across_readers_table(analysis))
        if note := sparse_readers_note(analysis):
            st.caption(note)
        st.caption(POOLED_NOTE)
    _matrices(shown)
    st.subheader("Rates")
    _table(rates_table(shown))
    _table(detection_table(shown))
    if not one_reader:
        st.subheader("Readers side by side")
        draw(accuracy_by_reader(analysis, page_theme()), key="readers")
        _table(readers_table(analysis))
    _details(analysis, shown)
    study_downloads(paths, status.study)


def _table(table: pd.DataFrame) -> None:
    st.table(table, border="horizontal", hide_index=True)


def _summary(paths: WorkspacePaths, status: StudyStatus, analysis: Analysis) -> None:
    st.subheader(verdict_sentence(analysis.equivalence))
    st.caption(DIVERSITY_NOTE)
    complete = sum(reader.responses == reader.trials for reader in status.remaining)
    n_withdrawn = len(status.readers) - len(status.remaining)
    st.write(
        f"**{len(analysis.readers)}** of {len(status.remaining)} invited readers answered, {complete} of them all "
        f"{status.study.protocol.n_cases} images; {analysis.n_presentations} responses in all."
        + (f" Withdrawn, and left out: {n_withdrawn}." if n_withdrawn else "")
    )
    origin = provenance_text(study_provenance(paths, status.study.name))
    st.caption(f"Closed {str(status.study.closed_at)[:10]}. {origin}")


def _matrices(shown: Performance) -> None:
    left, right = st.columns(2)
    with left:
        draw(realism_matrix(shown.realism.counts, page_theme()), key="realism")
    with right:
        draw(tumor_matrix(shown.tumor.counts, page_theme()), key="tumor")


def _details(analysis: Analysis, shown: Performance) -> None:
    with st.expander("Agreement, repeats and drift"):
        if len(analysis.readers) > 1:
            st.caption("Agreement between readers, beyond chance")
            _table(agreement_table(analysis))
        st.caption("Change along the reading, within readers, with p against no change; and repeats")
        _table(stability_table(shown))


main()
