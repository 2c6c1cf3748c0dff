"""The report of a closed study: what it says, what it must not say, and that it needs nothing else."""

import html
import json
import re
import shutil
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from core.errors import BadInputError, RefusedError, WorkspaceError
from core.figures.style import PALETTES, Theme
from core.identifiers import StudyName
from core.observer_performance.analysis import Analysis
from core.observer_performance.conclusion import verdict_sentence
from core.observer_performance.study_report.document import report_html
from core.observer_performance.study_report.facts import StudyFacts
from core.observer_performance.study_report.integrity import blinding_section
from core.provenance import sha256_of_bytes
from core.reading.blinding_audit.audit import LockedAudit, Tier
from core.reading.design import Phases, Presentation, Scale
from core.reading.simulated_readers import Ability
from core.settings import WorkspacePaths
from core.storage import audit_trail, blinding
from core.storage.database import opened
from core.workflows import printing, report
from core.workflows.access import withdraw_reader
from core.workflows.maintenance import doctor
from core.workflows.report import ReportFormat, study_report, write_report
from core.workflows.results import responses_export, study_results
from core.workflows.simulated_readings import simulate_readings
from core.workflows.studies import close_study, create_study, lock_study
from tests.phantoms import LockedStudy, plan
from tests.reading_robot import read

NAMES = ("Dr Grace Hopper", "Dr Ada Lovelace")


@pytest.fixture
def closed(study: LockedStudy) -> LockedStudy:
    """Two readers, 8 trials each; every answer "real" but each reader's third."""
    for name in NAMES:
        trials = count(1)
        read(
            study.paths,
            study.cookie(name),
            lambda _, n=trials: {"decision": ("real", "synthetic")[next(n) % 3 == 0]},
        )
    close_study(study.paths, study.name)
    return study


def page(study: LockedStudy) -> str:
    return study_report(study.paths, study.name, format=ReportFormat.HTML).content.decode()


def words(page: str) -> str:
    """What a person reads."""
    body = page.split("<body>")[1]
    return one_spaced(html.unescape(re.sub(r"<[^>]+>", " ", body)))


def one_spaced(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def test_the_verdict_comes_first_and_every_part_is_there(closed: LockedStudy) -> None:
    text = words(page(closed))
    verdict = one_spaced(verdict_sentence(study_results(closed.paths, closed.name).equivalence))
    assert text.index("Reader study study") < text.index(verdict) < text.index("Methods")
    titles = (
        "Methods",
        "Screening and generation",
        "Blinding audit",
        "Readers and readings",
        "Results",
        "Images",
        "Agreement, drift and response times",
        "Protocol, audit trail and software",
        "Reporting guidelines",
    )
    places = [page(closed).index(f"<h2>{title}</h2>") for title in titles]
    assert places == sorted(places)
    assert "Diversity was not measured" in text


def test_readers_are_numbers_and_never_names(closed: LockedStudy) -> None:
    text = words(page(closed))
    assert "Reader 1" in text
    assert "Reader 2" in text
    for name in NAMES:
        assert name.split()[-1] not in text


def test_the_report_needs_no_other_file_and_runs_no_script(closed: LockedStudy) -> None:
    content = page(closed)
    assert "<script" not in content
    assert not re.search(r"(?:src|href)\s*=|@import|url\(", content)
    assert len(content) < 200_000


def test_several_readers_have_no_interval_of_pooled_answers(closed: LockedStudy) -> None:
    table = page(closed).split("Rates, across readers")[1].split("</table>")[0]
    assert " of 16" in table
    assert "95 % for readers and cases" in table
    assert "Wilson" not in table


def test_what_speaks_against_the_result_stands_before_the_methods(closed: LockedStudy) -> None:
    in_short = one_spaced(words(page(closed))).split("In short")[1].split("Methods")[0]
    assert "held the truth in 91.7 %, not 95 %" in in_short
    assert "Diversity was not measured in this study" in in_short
    assert "readers are simulated" not in in_short


def test_with_confidence_there_is_a_curve_for_each_reader(four_sets: WorkspacePaths) -> None:
    name = create_study(four_sets, plan(per_arm=3, scale=Scale.CONFIDENCE)).name
    lock_study(four_sets, name)
    ability = Ability(dprime=1.0, tumor_dprime=2.0, criterion=0.0, drift=0.0, lapse_rate=0.0)
    simulate_readings(four_sets, name, ability, n_readers=4, seed=1, on_progress=lambda *_: None)
    close_study(four_sets, name)
    content = page(LockedStudy(paths=four_sets, name=name))
    assert content.count("<polyline") == 8
    assert "mean AUC" in content
    assert "held the truth in 91.7 %" not in content
    assert "4 of the readers are simulated" in words(content).split("Methods")[0]


def test_with_one_reader_the_rates_have_their_intervals(study: LockedStudy) -> None:
    read(study.paths, study.cookie())
    close_study(study.paths, study.name)
    text = words(page(study))
    assert "Clopper-Pearson 95 %" in text
    assert "Across readers, for readers and cases like these" not in text


def test_what_people_wrote_cannot_become_markup(four_sets: WorkspacePaths) -> None:
    told = "<script>alert('x')</script> & some"
    study = create_study(four_sets, plan(per_arm=2, prevalence_text=told, scale=Scale.CONFIDENCE))
    lock_study(four_sets, study.name)
    locked = LockedStudy(paths=four_sets, name=study.name)
    read(four_sets, locked.cookie(), lambda _: {"confidence": 3, "tumor_confidence": 5})
    close_study(four_sets, study.name)
    assert "<script" not in page(locked)
    assert told in words(page(locked))


def test_a_study_in_two_parts_with_repeats_and_practice_has_a_report(four_sets: WorkspacePaths) -> None:
    shown = Presentation(phases=Phases.TUMOR_FIRST, repeats=2, repeat_distance=4, practice=2)
    name = create_study(four_sets, plan(per_arm=2, presentation=shown)).name
    lock_study(four_sets, name)
    ability = Ability(dprime=1.0, tumor_dprime=2.0, criterion=0.0, drift=0.0, lapse_rate=0.0)
    simulate_readings(four_sets, name, ability, n_readers=2, seed=1, on_progress=lambda *_: None)
    close_study(four_sets, name)
    text = words(page(LockedStudy(paths=four_sets, name=name)))
    assert "2 of the readers are simulated" in text
    assert "First presentations analyzed 16 " in text
    assert "Hidden repeats, used for test and retest only 4 " in text
    assert "each reader was to judge 8 axial" in text


def test_the_protocol_that_is_printed_has_the_printed_hash(closed: LockedStudy) -> None:
    content = page(closed)
    printed = html.unescape(content.split('<p class="code">')[1].split("</p>")[0])
    assert f"Protocol hash {sha256_of_bytes(printed.encode())}" in content


def test_the_printed_head_is_that_of_the_trail_with_the_report_in_it(closed: LockedStudy) -> None:
    content = page(closed)
    with opened(closed.paths.database) as db:
        head = audit_trail.head(db, closed.name)
        *_, last = audit_trail.entries(db, closed.name)
    assert f"{head.length} entries with the head {head.sha256}" in words(content)
    assert json.loads(last.content) == {"export": "report", "format": "html"}
    assert doctor(closed.paths) == []


def test_missing_and_withdrawn_readers_are_counted(study: LockedStudy) -> None:
    read(study.paths, study.cookie("all"))
    read(study.paths, study.cookie("some"), most=5)
    study.cookie("leaves")
    withdraw_reader(study.paths, study.name, "leaves")
    close_study(study.paths, study.name)
    text = words(page(study))
    for what, n in (
        ("Readers invited", 3),
        ("Answered at least once", 2),
        ("Answered every trial", 1),
        ("Trials of readers in the study that nobody answered", 3),
        ("First presentations analyzed", 13),
    ):
        assert f"{what} {n} " in text
    assert re.search(r"Withdrawn: .{1,60} 1 ", text)


def test_leaks_that_were_accepted_stand_with_their_reason(closed: LockedStudy) -> None:
    with opened(closed.paths.database) as db:
        locked = blinding.audit(db, closed.name)
    assert locked is not None
    leak = replace(locked.audit.of_tier(Tier.PIPELINE)[0], name="Planted", auc=0.95, p=0.001)
    audit = replace(locked.audit, features=[leak, *locked.audit.features])
    section = blinding_section(LockedAudit(audit=audit, override_reason="A pilot."))
    told = str(section)
    assert "1 pipeline artifact tells" in told
    assert "because: A pilot." in told
    assert "'leak'" in told


def test_sets_of_unknown_history_are_not_called_uncurated(closed: LockedStudy) -> None:
    text = words(page(closed))
    assert "whether any were discarded before the import, is not known" in text
    assert "uncurated" not in text


def test_the_report_has_no_color_of_an_arm(closed: LockedStudy) -> None:
    """Hue says real or synthetic; the report tells them apart in words."""
    styles = page(closed).split("<style>")[1].split("</style>")[0]
    palette = PALETTES[Theme.LIGHT]
    assert not set(palette.truth.values()) & set(re.findall(r"#\w{6}", styles))
    assert {palette.text, palette.muted_text, palette.grid} <= set(re.findall(r"#\w{6}", styles))


def test_an_open_study_has_no_report(study: LockedStudy) -> None:
    read(study.paths, study.cookie(), most=3)
    with pytest.raises(RefusedError, match="Close it to see its results"):
        page(study)


def test_a_file_that_exists_is_kept_and_the_ending_names_the_format(closed: LockedStudy, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    assert write_report(closed.paths, closed.name, file).content == file.read_bytes()
    with pytest.raises(BadInputError, match="exists already"):
        write_report(closed.paths, closed.name, file)
    with pytest.raises(BadInputError, match=r"neither HTML nor PDF.*\.html or \.pdf"):
        write_report(closed.paths, closed.name, tmp_path / "report.docx")
    with pytest.raises(BadInputError, match="does not exist"):
        write_report(closed.paths, closed.name, tmp_path / "nowhere" / "report.html")


def test_without_a_browser_a_pdf_is_refused_and_nothing_is_recorded(
    closed: LockedStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(printing.shutil, "which", lambda _: None)
    with opened(closed.paths.database) as db:
        before = audit_trail.head(db, closed.name)
    with pytest.raises(RefusedError, match=r"Chromium or Chrome.*\.html"):
        study_report(closed.paths, closed.name, format=ReportFormat.PDF)
    with opened(closed.paths.database) as db:
        assert audit_trail.head(db, closed.name) == before


def test_a_pdf_that_could_not_be_printed_leaves_no_entry(
    closed: LockedStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = shutil.which("false")
    monkeypatch.setattr(printing.shutil, "which", lambda _: broken)
    with opened(closed.paths.database) as db:
        before = audit_trail.head(db, closed.name)
    with pytest.raises(WorkspaceError, match="printed no PDF"):
        study_report(closed.paths, closed.name, format=ReportFormat.PDF)
    with opened(closed.paths.database) as db:
        assert audit_trail.head(db, closed.name) == before


def test_a_report_is_made_again_when_something_was_recorded_meanwhile(
    closed: LockedStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    meanwhile = count(1)

    def slowly(facts: StudyFacts, analysis: Analysis) -> str:
        if next(meanwhile) == 1:
            responses_export(closed.paths, closed.name)
        return report_html(facts, analysis)

    monkeypatch.setattr(report, "report_html", slowly)
    content = page(closed)
    with opened(closed.paths.database) as db:
        head = audit_trail.head(db, closed.name)
    assert f"{head.length} entries with the head {head.sha256}" in words(content)
    assert next(meanwhile) == 3


@pytest.mark.browser
@pytest.mark.skipif(not printing.can_print(), reason="No Chromium on this machine.")
def test_the_pdf_is_the_page_printed(closed: LockedStudy, tmp_path: Path) -> None:
    file = tmp_path / "report.pdf"
    write_report(closed.paths, StudyName(closed.name), file)
    assert file.read_bytes().startswith(b"%PDF-")
    assert len(file.read_bytes()) > 20_000
