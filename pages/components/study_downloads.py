"""What leaves the workspace of a closed study, as buttons. Each file is made when it is asked for."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from core.identifiers import StudyName
from core.reading.study import Study
from core.settings import WorkspacePaths
from core.workflows.audit_trail import provenance_text
from core.workflows.printing import can_print
from core.workflows.report import ReportFormat, study_report
from core.workflows.results import analysis_export, responses_export, study_provenance, tables_export
from core.workflows.study_exports import ExportFormat, answers_export

NO_BROWSER = (
    "A PDF is printed by Chromium or Chrome, which is not on this machine. Print the HTML from any browser."
)

Download = tuple[str, Callable[[], bytes | str], str, str]


def study_downloads(paths: WorkspacePaths, study: Study) -> None:
    """Report and answers; that one left the workspace stands in the study's audit trail."""
    printing = can_print()
    with st.container(horizontal=True):
        _button(_report(paths, study.name, ReportFormat.HTML))
        _button(
            _report(paths, study.name, ReportFormat.PDF), help=None if printing else NO_BROWSER, off=not printing
        )
    st.caption("Methods, blinding audit, results, figures and guidelines in one file; readers have no names in it.")
    with st.container(horizontal=True):
        for download in _answers(paths, study):
            _button(download)
    st.caption(
        "Each figure is saved by the camera above it. For RJafroc, and for the tumor question in iMRMC: "
        "`mrturing study export`."
    )
    st.caption(provenance_text(study_provenance(paths, study.name)))


def _report(paths: WorkspacePaths, name: StudyName, format: ReportFormat) -> Download:
    def content() -> bytes:
        return study_report(paths, name, format=format).content

    mime = {ReportFormat.HTML: "text/html", ReportFormat.PDF: "application/pdf"}[format]
    return f"Report ({format.upper()})", content, f"{name}-report.{format}", mime


def _answers(paths: WorkspacePaths, study: Study) -> list[Download]:
    name, question = study.name, study.protocol.questions[0]

    def responses() -> bytes:
        return responses_export(paths, name).csv

    def imrmc() -> bytes:
        return answers_export(paths, name, format=ExportFormat.IMRMC, question=question).content

    return [
        ("All tables (ZIP of CSV)", partial(tables_export, paths, name), f"{name}-tables.zip", "application/zip"),
        ("Responses (CSV)", responses, f"{name}-responses.csv", "text/csv"),
        ("Analysis (JSON)", partial(analysis_export, paths, name), f"{name}-analysis.json", "application/json"),
        ("iMRMC (CSV)", imrmc, f"{name}-{question}-imrmc.csv", "text/csv"),
    ]


def _button(download: Download, *, help: str | None = None, off: bool = False) -> None:
    """A click does not run the page again: meanwhile the other buttons would have no file to give."""
    label, content, file, mime = download
    st.download_button(label, content, file, mime, help=help, disabled=off, on_click="ignore")
