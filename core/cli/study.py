"""`mrturing study ...`"""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from core.cli import study_options as options
from core.cli import study_plan
from core.cli.output import DEFAULT_BASE_URL, WORKSPACE, BaseUrl, Json, Workspace, progress, show
from core.identifiers import ImageSetName, StudyName
from core.observer_performance.report import report_lines
from core.reading.blinding_audit.report import audit_lines, locked_audit_lines, remedy_lines
from core.reading.case import Arm
from core.reading.design import Phases, PlannedAnalysis, Presentation, Scale
from core.reading.protocol import DEFAULT_PREVALENCE_TEXT, Question, Sampling
from core.reading.remedies import Remedies
from core.reading.simulated_readers import Ability
from core.reading.study import Study, StudyState
from core.runs.order import LARGEST_SEED
from core.settings import WorkspacePaths
from core.workflows.access import invite_reader, withdraw_reader
from core.workflows.audit_trail import provenance_text
from core.workflows.blinding import locked_audit, remedies_tried
from core.workflows.curated_readings import curator_warning
from core.workflows.planning import Plan
from core.workflows.report import write_report
from core.workflows.results import study_provenance, study_results
from core.workflows.simulated_readings import simulate_readings
from core.workflows.studies import (
    StudyPlan,
    StudyStatus,
    all_studies,
    audit_study,
    close_study,
    create_study,
    delete_study,
    lock_study,
    study_status,
)
from core.workflows.study_exports import ExportFormat, export_study

app = typer.Typer(no_args_is_help=True, help="Make, lock, run and close reader studies.")
Name = Annotated[str, typer.Argument(help="The study's name.")]
SHOWN, PLANNED, USUAL_PER_ARM = Presentation(), PlannedAnalysis(), 50
app.command()(study_plan.plan)


@app.command()
def create(
    name: Name,
    real: options.Real,
    synthetic: options.Synthetic,
    per_arm: options.PerArm = None,
    seed: options.Seed = 0,
    partition: options.RealFrom = None,
    most_per_subject: options.MostPerSubject = None,
    min_slice_spacing: options.MinSliceSpacing = 1,
    question: options.Questions = None,
    scale: options.AnswerScale = Scale.FORCED_CHOICE,
    confidence: options.Confidence = False,
    confirm: options.Confirm = False,
    prevalence_text: options.PrevalenceText = DEFAULT_PREVALENCE_TEXT,
    border: options.Border = 0,
    background_floor: options.BackgroundFloor = 0,
    gray_step: options.GrayStep = 1,
    repeats: options.Repeats = 0,
    repeat_distance: options.RepeatDistance = SHOWN.repeat_distance,
    practice: options.Practice = 0,
    break_every: options.BreakEvery = 0,
    phases: options.QuestionPhases = Phases.TOGETHER,
    plan: options.PlanFile = None,
    margin: options.OwnMargin = None,
    alpha: options.OwnAlpha = None,
    tumor_floor: options.TumorFloor = PLANNED.tumor_accuracy_floor,
    repeat_floor: options.RepeatFloor = PLANNED.repeat_agreement_floor,
    washout_days: options.WashoutDays = 0,
    replaces: options.Replaces = None,
    workspace: Workspace = WORKSPACE,
    json: Json = False,
) -> None:
    """Draw the cases of a new study and keep it as a draft."""
    sizing = Plan.read(plan) if plan else None
    shown = Presentation(
        repeats=repeats, repeat_distance=repeat_distance, practice=practice, break_every=break_every, phases=phases
    )
    made = StudyPlan(
        name=StudyName(name),
        real_sets=[ImageSetName(text) for text in real],
        synthetic_sets=[ImageSetName(text) for text in synthetic],
        per_arm=per_arm or (sizing.images_per_arm if sizing else USUAL_PER_ARM),
        seed=seed,
        sampling=Sampling(
            partition=partition, most_per_subject=most_per_subject, min_slice_spacing=min_slice_spacing
        ),
        questions=tuple(question) if question else (Question.REALISM, Question.TUMOR),
        scale=Scale.CONFIDENCE if confidence else scale,
        confirm=confirm,
        prevalence_text=prevalence_text,
        remedies=Remedies(border=border, background_floor=background_floor, gray_step=gray_step),
        presentation=shown,
        planned=_planned(
            sizing, margin=margin, alpha=alpha, floors=(tumor_floor, repeat_floor), washout_days=washout_days
        ),
        sample_size=sizing.sample_size if sizing else None,
        replaces=StudyName(replaces) if replaces else None,
    )
    _show_new(create_study(WorkspacePaths(workspace), made), as_json=json)


def _planned(
    sizing: Plan | None,
    *,
    margin: float | None,
    alpha: float | None,
    floors: tuple[float, float],
    washout_days: int,
) -> PlannedAnalysis:
    """What the command line says, else what the plan does, else the usual."""
    usual = sizing.planned if sizing else PLANNED
    tumor_floor, repeat_floor = floors
    return PlannedAnalysis(
        margin=usual.margin if margin is None else margin,
        alpha=usual.alpha if alpha is None else alpha,
        tumor_accuracy_floor=tumor_floor,
        repeat_agreement_floor=repeat_floor,
        washout_days=washout_days,
    )


def _show_new(study: Study, *, as_json: bool) -> None:
    protocol = study.protocol
    arms = {str(arm): protocol.arms[arm] for arm in Arm}
    content = {"study": study.name, "cases": protocol.n_cases, "arms": arms, "trials": protocol.n_trials}
    lines = [
        f"Study {study.name}: {protocol.n_cases} cases.",
        *(f"  {arm}: {n}" for arm, n in arms.items()),
        *([f"Shown: {protocol.presentation}."] if str(protocol.presentation) else []),
        f"Planned: {protocol.planned}.",
        *([f"Planned size: {protocol.sample_size}."] if protocol.sample_size else []),
        f"Next: mrturing study audit {study.name}",
    ]
    show(content, lines, as_json=as_json)


@app.command()
def audit(name: Name, workspace: Workspace = WORKSPACE, json: Json = False) -> None:
    """Look for anything but the picture that tells synthetic from real, before the lock or after it."""
    paths = WorkspacePaths(workspace)
    found = audit_study(paths, StudyName(name))
    trials = remedies_tried(paths, StudyName(name), found)
    kept = locked_audit(paths, StudyName(name))
    lines = [*audit_lines(found), *remedy_lines(trials), *(["", *locked_audit_lines(kept)] if kept else [])]
    tried = {"remedies": [trial.to_json() for trial in trials], "at_lock": kept.to_json() if kept else None}
    show({"study": name} | found.to_json() | tried, lines, as_json=json)


@app.command()
def lock(
    name: Name,
    override_leaks: Annotated[
        str | None, typer.Option(help="Lock in spite of leaks; the reason, which the results print.")
    ] = None,
    workspace: Workspace = WORKSPACE,
    json: Json = False,
) -> None:
    """Audit a draft and freeze it; its protocol hash stands in every response from now on."""
    paths = WorkspacePaths(workspace)
    study, warnings = lock_study(paths, StudyName(name), override_leaks=override_leaks)
    kept = locked_audit(paths, StudyName(name))
    content: dict[str, object] = {"study": name, "protocol_hash": study.protocol_hash, "warnings": warnings}
    content |= {"blinding_audit": kept.to_json() if kept else None}
    lines = [
        *warnings,
        *(locked_audit_lines(kept) if kept else []),
        f"Locked {name}; protocol hash {study.protocol_hash}.",
    ]
    show(content, [*lines, f"Next: mrturing study invite {name} --reader NAME"], as_json=json)


@app.command()
def invite(
    name: Name,
    reader: Annotated[str, typer.Option(help="The reader's name; seen by researchers only.")],
    again: Annotated[
        bool, typer.Option("--again", help="End the old link; the reading goes on with a new one.")
    ] = False,
    base_url: BaseUrl = DEFAULT_BASE_URL,
    workspace: Workspace = WORKSPACE,
    json: Json = False,
) -> None:
    """Make a reader's personal link."""
    paths = WorkspacePaths(workspace)
    url = invite_reader(paths, StudyName(name), reader, again=again, base_url=base_url)
    warning = curator_warning(paths, StudyName(name), reader)
    warnings = [warning] if warning else []
    content = {"study": name, "reader": reader, "url": url, "warnings": warnings}
    show(content, [*warnings, f"Send this link to {reader}; it works once:", url], as_json=json)


@app.command()
def withdraw(
    name: Name,
    reader: Annotated[str, typer.Option(help="The reader's name, as it was invited.")],
    workspace: Workspace = WORKSPACE,
    json: Json = False,
) -> None:
    """Take a reader out of a study for good: the link ends, the responses are erased, their hashes stay."""
    n_erased = withdraw_reader(WorkspacePaths(workspace), StudyName(name), reader)
    content = {"study": name, "reader": reader, "withdrawn": True, "erased_responses": n_erased}
    show(content, [f"{reader} has withdrawn from {name}; {n_erased} responses were erased."], as_json=json)


@app.command()
def simulate(
    name: Name,
    readers: Annotated[int, typer.Option(min=1, max=100, help="How many simulated readers read it.")] = 5,
    dprime: Annotated[float, typer.Option(help="How well they tell synthetic from real, d'.")] = 1.2,
    tumor_dprime: Annotated[float, typer.Option(help="How well they tell tumor from nontumor, d'.")] = 2.5,
    criterion: Annotated[float, typer.Option(help="Above 0 they lean to real and to nontumor.")] = 0.0,
    drift: Annotated[float, typer.Option(help="What d' gains over 100 trials; below 0 it is lost.")] = 0.0,
    lapse_rate: Annotated[float, typer.Option(help="The share of answers given without looking.")] = 0.0,
    seed: Annotated[int, typer.Option(min=0, max=LARGEST_SEED, help="Decides what they answer.")] = 0,
    workspace: Workspace = WORKSPACE,
    json: Json = False,
) -> None:
    """Let simulated readers of known ability read a locked study; they are marked, and never pass for people."""
    ability = Ability(
        dprime=dprime, tumor_dprime=tumor_dprime, criterion=criterion, drift=drift, lapse_rate=lapse_rate
    )
    paths = WorkspacePaths(workspace)
    with progress("Simulated readers") as on_progress:
        done = simulate_readings(
            paths, StudyName(name), ability, n_readers=readers, seed=seed, on_progress=on_progress
        )
    content = {"study": name, "readers": [asdict(one) for one in done.readings], "people": done.n_people}
    lines = [f"{one.reader}: {one.responses} responses" for one in done.readings]
    lines += [f"{name} also has {done.n_people} invited people: its results count both."] * bool(done.n_people)
    show(content, [*lines, f"Next: mrturing study close {name}"], as_json=json)


@app.command()
def status(
    name: Annotated[str | None, typer.Argument(help="The study's name; all studies without it.")] = None,
    workspace: Workspace = WORKSPACE,
    json: Json = False,
) -> None:
    """Count what was read so far; nothing of what was answered."""
    paths = WorkspacePaths(workspace)
    if name is None:
        found = all_studies(paths)
        content: dict[str, object] = {"studies": [_status_json(status) for status in found]}
    else:
        found = [study_status(paths, StudyName(name))]
        content = _status_json(found[0])
    lines = [line for status in found for line in _status_lines(status)]
    show(content, lines or ["There are no studies yet. Make one with `mrturing study create`."], as_json=json)


@app.command()
def close(name: Name, workspace: Workspace = WORKSPACE, json: Json = False) -> None:
    """End the reading and open the results."""
    study = close_study(WorkspacePaths(workspace), StudyName(name))
    content = {"study": name, "state": study.state, "closed_at": study.closed_at}
    show(content, [f"Closed {name}.", f"Next: mrturing study results {name}"], as_json=json)


@app.command()
def results(name: Name, workspace: Workspace = WORKSPACE, json: Json = False) -> None:
    """Show the confusion matrices and what follows from them; counts of trials only until the study is closed."""
    paths = WorkspacePaths(workspace)
    status = study_status(paths, StudyName(name))
    if status.study.state is not StudyState.CLOSED:
        show(
            _status_json(status),
            [*_status_lines(status), "Results open with `mrturing study close`."],
            as_json=json,
        )
        return
    analysis = study_results(paths, StudyName(name))
    provenance = study_provenance(paths, StudyName(name))
    content = provenance | {"state": status.study.state} | analysis.to_json()
    show(content, [*report_lines(analysis), "", provenance_text(provenance)], as_json=json)


@app.command()
def export(
    name: Name,
    file: Path,
    format: Annotated[
        ExportFormat, typer.Option(help="csv: everything; imrmc, rjafroc: one question, for that software.")
    ] = ExportFormat.CSV,
    question: Annotated[Question, typer.Option(help="Whose answers imrmc and rjafroc take.")] = Question.REALISM,
    workspace: Workspace = WORKSPACE,
    json: Json = False,
) -> None:
    """Write a closed study's answers with their truth, and beside them where they come from."""
    paths = WorkspacePaths(workspace)
    export = export_study(paths, StudyName(name), file, format=format, question=question)
    content = {"file": str(file), "responses": export.n_responses} | dict(export.provenance)
    lines = [f"{export.n_responses} responses in {file}.", provenance_text(export.provenance)]
    show(content, lines, as_json=json)


@app.command()
def report(name: Name, file: Path, workspace: Workspace = WORKSPACE, json: Json = False) -> None:
    """Write the report of a closed study, FILE.html or FILE.pdf: methods, audit, results, checklists."""
    paths = WorkspacePaths(workspace)
    written = write_report(paths, StudyName(name), file)
    provenance = study_provenance(paths, StudyName(name))
    content = {"file": str(file), "format": written.format, "bytes": len(written.content)} | provenance
    show(content, [f"The report of {name} is in {file}.", provenance_text(provenance)], as_json=json)


@app.command()
def delete(name: Name, workspace: Workspace = WORKSPACE, json: Json = False) -> None:
    """Delete a draft; a study that was locked stays."""
    delete_study(WorkspacePaths(workspace), StudyName(name))
    show({"study": name, "deleted": True}, [f"Deleted {name}."], as_json=json)


def _status_json(status: StudyStatus) -> dict[str, object]:
    readers = [
        {
            "reader": reader.name,
            "trials": reader.trials,
            "responses": reader.responses,
            "withdrawn": reader.withdrawn,
        }
        for reader in status.readers
    ]
    study = status.study
    return {
        "study": study.name,
        "state": study.state,
        "protocol_hash": study.protocol_hash,
        "readers": readers,
    }


def _status_lines(status: StudyStatus) -> list[str]:
    lines = [f"{status.study.name}: {status.study.state}, {status.study.protocol.n_trials} trials per reader"]
    return lines + [f"  {reader.name}: {reader.text}" for reader in status.readers]
