"""A closed study as one HTML page that needs nothing else, made to be printed."""

from pathlib import Path

import jinja2
from markupsafe import Markup

from core.observer_performance.analysis import Analysis
from core.observer_performance.conclusion import verdict_sentence
from core.observer_performance.study_report.accuracy import accuracy_section
from core.observer_performance.study_report.blocks import Section, filled
from core.observer_performance.study_report.checklists import checklist_section
from core.observer_performance.study_report.deceiving_images import images_section
from core.observer_performance.study_report.facts import StudyFacts
from core.observer_performance.study_report.generation import generation_section
from core.observer_performance.study_report.in_short import cautions, in_short_section
from core.observer_performance.study_report.integrity import blinding_section, integrity_section
from core.observer_performance.study_report.methods import day, methods_section
from core.observer_performance.study_report.participation import participation_section
from core.observer_performance.study_report.stability import stability_section

_ASSETS = Path(__file__).parents[3] / "assets" / "study_report"


def report_html(facts: StudyFacts, analysis: Analysis) -> str:
    """The whole report; readers are called as the analysis calls them."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_ASSETS), autoescape=True, undefined=jinja2.StrictUndefined
    )
    study = facts.study
    return environment.get_template("report.html").render(
        title=f"Reader study {study.name}",
        verdict=verdict_sentence(analysis.equivalence),
        origin=(
            f"Closed {day(study.closed_at)}. Protocol hash {study.protocol_hash}. Audit trail of "
            f"{facts.trail.length} entries with the head {facts.trail.sha256}."
        ),
        css=Markup((_ASSETS / "report.css").read_text("utf-8")),
        sections=report_sections(facts, analysis),
    )


def report_sections(facts: StudyFacts, analysis: Analysis) -> list[Section]:
    """The result in short, methods, blinding, who read, results, and what vouches for them."""
    images = images_section(analysis, facts.image_set_of_case)
    warned = cautions(analysis, facts.readers, locked=facts.blinding_audit)
    sections = [
        in_short_section(analysis, warned),
        methods_section(facts, analysis),
        generation_section(facts),
        blinding_section(facts.blinding_audit),
        participation_section(facts, analysis),
        accuracy_section(analysis),
        *([images] if images else []),
        stability_section(analysis),
        integrity_section(facts),
        checklist_section(),
    ]
    return [filled(section) for section in sections]
