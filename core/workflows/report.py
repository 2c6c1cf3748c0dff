"""The report of a closed study as a file: HTML that needs nothing else, or PDF."""

import platform
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from core.errors import BadInputError, RefusedError
from core.identifiers import StudyName
from core.observer_performance.analysis import Analysis
from core.observer_performance.response_time import LONG_PAUSE_MS
from core.observer_performance.study_report.document import report_html
from core.observer_performance.study_report.facts import (
    ReaderFacts,
    StudyFacts,
    ViewingFacts,
    arm_facts,
)
from core.observer_performance.study_report.in_short import cautions
from core.provenance import utc_now
from core.reading.audit_trail import Action, Event, Head, chained
from core.reading.pseudonyms import pseudonyms
from core.reading.simulated_readers import SPECIALTY
from core.reading.study import ReaderProgress, Study
from core.settings import WorkspacePaths
from core.storage import audit_trail, blinding, cohorts, studies
from core.storage.database import Database, opened, writing
from core.workflows.audit_trail import researchers_event
from core.workflows.curated_readings import curators_among
from core.workflows.printing import print_to_pdf, printing_browser
from core.workflows.report_sources import source_facts
from core.workflows.results import analysis_of, closed_study, responses_of

ATTEMPTS = 3  # at a report, while other things are recorded in its study
WHOLE_RANGE = 255  # gray levels: the window before anybody changes it
PACKAGES = ("numpy", "scipy", "statsmodels", "scikit-learn", "krippendorff", "pandas", "streamlit")


class ReportFormat(StrEnum):
    HTML = "html"
    PDF = "pdf"


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyReport:
    """A report as a file's content."""

    content: bytes
    format: ReportFormat


def write_report(paths: WorkspacePaths, name: StudyName, file: Path) -> StudyReport:
    """Write the report of a closed study as FILE.html or FILE.pdf; existing files are not overwritten."""
    if file.exists():
        raise BadInputError(f"{file} exists already.", "Name a new file.")
    if not file.parent.is_dir():
        raise BadInputError(f"The folder {file.parent} does not exist.", "Make it, or name another file.")
    report = study_report(paths, name, format=_format_of(file))
    file.write_bytes(report.content)
    return report


def study_report(paths: WorkspacePaths, name: StudyName, *, format: ReportFormat) -> StudyReport:
    """The report of a closed study; that it left the workspace is recorded in the study's audit trail.

    Analysis and printing take seconds, in which readers of other studies must save, and printing may fail. So the
    report is made with the head that the trail will have, and the entry is written when the report is there.
    """
    browser = printing_browser() if format is ReportFormat.PDF else None
    with opened(paths.database) as db:
        for _ in range(ATTEMPTS):
            with writing(db):
                event = researchers_event(db, name, Action.EXPORTED, {"export": "report", "format": format})
            before = audit_trail.head(db, name)
            html = _html(db, name, trail=chained(before, event).head)
            content = html.encode() if browser is None else print_to_pdf(html, browser)
            if _recorded(db, event, after=before):
                return StudyReport(content=content, format=format)
    raise RefusedError(f"Other things were done in {name} while its report was made.", "Make the report again.")


def _html(db: Database, name: StudyName, *, trail: Head) -> str:
    study = closed_study(db, name)
    readers = studies.progress(db, name)
    analysis = analysis_of(db, study, pseudonyms(readers))
    return report_html(_facts(db, study, readers, trail), analysis)


def _recorded(db: Database, event: Event, *, after: Head) -> bool:
    """Write the entry that the report says is the last; False where another one, a withdrawal say, came before."""
    with writing(db):
        if audit_trail.head(db, event.study) != after:
            return False
        audit_trail.append(db, event)
        return True


def study_cautions(paths: WorkspacePaths, name: StudyName, analysis: Analysis) -> list[str]:
    """What speaks against trusting the results of a closed study, as its report says it."""
    with opened(paths.database) as db:
        study = closed_study(db, name)
        readers = _reader_facts(db, study, studies.progress(db, name))
        return cautions(analysis, readers, locked=blinding.audit(db, name))


def _format_of(file: Path) -> ReportFormat:
    suffix = file.suffix.lower().removeprefix(".")
    if suffix not in set(ReportFormat):
        raise BadInputError(f"{file} names neither HTML nor PDF.", "End the file's name in .html or .pdf.")
    return ReportFormat(suffix)


def _facts(db: Database, study: Study, readers: list[ReaderProgress], trail: Head) -> StudyFacts:
    cases = studies.cases(db, study.name)
    sources = [source_facts(db, study.protocol, name, cases) for name in sorted({case.image_set for case in cases})]
    named = {source.image_set.cohort for source in sources if source.image_set.cohort}
    return StudyFacts(
        study=study,
        trail=trail,
        blinding_audit=blinding.audit(db, study.name),
        arms=arm_facts(cases),
        sources=sources,
        cohorts=[cohort for cohort in cohorts.cohorts(db) if cohort.name in named],
        readers=_reader_facts(db, study, readers),
        viewing=_viewing_facts(responses_of(db, study)),
        image_set_of_case={case.case_id: case.image_set for case in cases},
        versions=_versions(),
        made_at=utc_now(),
    )


def _reader_facts(db: Database, study: Study, readers: list[ReaderProgress]) -> ReaderFacts:
    remaining = [reader for reader in readers if not reader.withdrawn]
    answered = [reader for reader in remaining if reader.responses]
    enrolled = [studies.enrollment(db, study.name, reader.reader) for reader in answered]
    profiles = [one.profile for one in enrolled if one is not None and one.profile is not None]
    curated, called = curators_among(db, study.name, answered), pseudonyms(readers)
    return ReaderFacts(
        n_invited=len(readers),
        n_withdrawn=len(readers) - len(remaining),
        n_answered=len(answered),
        n_complete=sum(reader.responses == reader.trials for reader in answered),
        n_simulated=sum(profile.get("specialty") == SPECIALTY for profile in profiles),
        n_unanswered=sum(reader.trials - reader.responses for reader in remaining),
        profiles=profiles,
        curators={called[reader]: n_images for reader, n_images in curated.items()},
    )


def _viewing_facts(responses: pd.DataFrame) -> ViewingFacts:
    windowed = (responses["window_width"] != WHOLE_RANGE) | (responses["window_center"] != WHOLE_RANGE / 2)
    zoom = responses["device_pixels_per_pixel"]
    return ViewingFacts(
        n_responses=len(responses),
        n_interrupted=int((responses["interrupted"] != 0).sum()),
        n_long_idle=int((responses["longest_idle_ms"] > LONG_PAUSE_MS).sum()),
        n_windowed=int(windowed.sum()),
        smallest_viewport=(int(responses["viewport_width"].min()), int(responses["viewport_height"].min())),
        zoom=(int(zoom.min()), int(zoom.max())),
    )


def _versions() -> dict[str, str]:
    own = {"MR Turing": version("mr-turing"), "Python": platform.python_version()}
    return own | {package: version(package) for package in PACKAGES}
