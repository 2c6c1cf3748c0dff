"""What a closed study showed, at one glance: the verdict, a few numbers, and what speaks against them."""

import streamlit as st

from core.observer_performance.analysis import Analysis
from core.observer_performance.conclusion import verdict_sentence
from core.observer_performance.study_report.in_short import key_numbers
from core.settings import WorkspacePaths
from core.workflows.report import study_cautions
from core.workflows.studies import StudyStatus


def result_summary(paths: WorkspacePaths, status: StudyStatus, analysis: Analysis) -> None:
    st.subheader(verdict_sentence(analysis.equivalence))
    numbers = key_numbers(analysis)
    if numbers:
        for column, number in zip(st.columns(len(numbers)), numbers, strict=True):
            column.metric(number.label, number.estimate)
            column.caption(f"95 %: {number.interval}  \n{number.n}")
    st.write(_participation(status, analysis))
    st.caption("\n".join(f"- {caution}" for caution in study_cautions(paths, status.study.name, analysis)))


def _participation(status: StudyStatus, analysis: Analysis) -> str:
    complete = sum(reader.responses == reader.trials for reader in status.remaining)
    n_withdrawn = len(status.readers) - len(status.remaining)
    return (
        f"**{len(analysis.readers)}** of {len(status.remaining)} invited readers answered, {complete} of them all "
        f"{status.study.protocol.n_cases} images; {analysis.n_presentations} responses in all."
        + (f" Withdrawn, and left out: {n_withdrawn}." if n_withdrawn else "")
        + f" Closed {str(status.study.closed_at)[:10]}."
    )
