"""`mrturing study ...`"""

from pathlib import Path
from typing import Annotated

import typer

from core.cli.output import DEFAULT_BASE_URL, WORKSPACE, BaseUrl, Json, Workspace, show
from core.identifiers import ImageSetName, StudyName
from core.imageset.record import Partition
from core.observer_performance.report import report_lines
from core.reading.case import Arm
from core.reading.protocol import DEFAULT_PREVALENCE_TEXT, Question, Sampling
from core.reading.study import StudyState
from core.settings import WorkspacePaths
from core.workflows.access import invite_reader
from core.workflows.results import export_responses, study_results
from core.workflows.studies import (
    StudyPlan,
    StudyStatus,
    all_studies,
    close_study,
    create_study,
    delete_study,
    lock_study,
    study_status,
)

app = typer.Typer(no_args_is_help=True, help="Make, lock, run and close reader studies.")
Name = Annotated[str, typer.Argument(help="The study's name.")]


@app.command()
def create(
    name: Name,
    real: Annotated[list[str], typer.Option(help="An image set of real images; repeat for more.")],
    synthetic: Annotated[list[str], typer.Option(help="An image set of synthetic images; repeat for more.")],
    per_arm: Annotated[int, typer.Option(help="Images in each of the four arms.")] = 50,
    seed: Annotated[int, typer.Option(min=0, help="Decides which images are drawn.")] = 0,
    partition: Annotated[Partition | None, typer.Option(help="Draw real images from these patients only.")] = None,
    most_per_subject: Annotated[int | None, typer.Option(help="Most slices of one patient in an arm.")] = None,
    min_slice_spacing: Annotated[int, typer.Option(help="Fewest slices between two of one patient.")] = 1,
    question: Annotated[list[Question] | None, typer.Option(help="What is asked; both unless named.")] = None,
    confidence: Annotated[bool, typer.Option(help="Ask how sure the reader is, 1 to 5.")] = False,
    confirm: Annotated[bool, typer.Option(help="Submit a trial with Enter, not with its last answer.")] = False,
    prevalence_text: Annotated[
        str, typer.Option(help="What readers are told of the mixture.")
    ] = DEFAULT_PREVALENCE_TEXT,
    workspace: Workspace = WORKSPACE,
    json: Json = False,
) -> None:
    """Draw the cases of a new study and keep it as a draft."""
    plan = StudyPlan(
        name=StudyName(name),
        real_sets=[ImageSetName(text) for text in real],
        synthetic_sets=[ImageSetName(text) for text in synthetic],
        per_arm=per_arm,
        seed=seed,
        sampling=Sampling(
            partition=partition, most_per_subject=most_per_subject, min_slice_spacing=min_slice_spacing
        ),
        questions=tuple(question) if question else (Question.REALISM, Question.TUMOR),
        confidence=confidence,
        confirm=confirm,
        prevalence_text=prevalence_text,
    )
    study = create_study(WorkspacePaths(workspace), plan)
    arms = {str(arm): study.protocol.arms[arm] for arm in Arm}
    lines = [f"Study {name}: {study.protocol.n_trials} cases.", *(f"  {arm}: {n}" for arm, n in arms.items())]
    content = {"study": name, "cases": study.protocol.n_trials, "arms": arms}
    show(content, [*lines, f"Next: mrturing study lock {name}"], as_json=json)


@app.command()
def lock(name: Name, workspace: Workspace = WORKSPACE, json: Json = False) -> None:
    """Freeze a draft; its protocol hash stands in every response from now on."""
    study, warnings = lock_study(WorkspacePaths(workspace), StudyName(name))
    content = {"study": name, "protocol_hash": study.protocol_hash, "warnings": warnings}
    lines = [*warnings, f"Locked {name}; protocol hash {study.protocol_hash}."]
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
    url = invite_reader(WorkspacePaths(workspace), StudyName(name), reader, again=again, base_url=base_url)
    show(
        {"study": name, "reader": reader, "url": url},
        [f"Send this link to {reader}; it works once:", url],
        as_json=json,
    )


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
    content = {"study": name, "state": status.study.state, "protocol_hash": status.study.protocol_hash}
    show(content | analysis.to_json(), report_lines(analysis), as_json=json)


@app.command()
def export(name: Name, file: Path, workspace: Workspace = WORKSPACE, json: Json = False) -> None:
    """Write a closed study's responses with their truth as CSV."""
    n_rows = export_responses(WorkspacePaths(workspace), StudyName(name), file)
    show(
        {"study": name, "file": str(file), "responses": n_rows},
        [f"{n_rows} responses in {file}."],
        as_json=json,
    )


@app.command()
def delete(name: Name, workspace: Workspace = WORKSPACE, json: Json = False) -> None:
    """Delete a draft; a study that was locked stays."""
    delete_study(WorkspacePaths(workspace), StudyName(name))
    show({"study": name, "deleted": True}, [f"Deleted {name}."], as_json=json)


def _status_json(status: StudyStatus) -> dict[str, object]:
    readers = [
        {"reader": reader.name, "trials": reader.trials, "responses": reader.responses} for reader in status.readers
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
    return lines + [f"  {reader.name}: {reader.responses} of {reader.trials} read" for reader in status.readers]
