"""The command `mrturing`: its verbs, and how a refusal ends."""

import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from core.cli import cohort, curation, detector, embed, fidelity, generator, images, study, study_options
from core.cli.output import (
    DEFAULT_BASE_URL,
    WORKSPACE,
    BaseUrl,
    Json,
    Workspace,
    progress,
    show,
    show_refusal,
)
from core.errors import MrTuringError, from_os_error
from core.observer_performance.report import report_lines
from core.reading.design import PlannedAnalysis
from core.settings import DEFAULT_PORT, WorkspacePaths
from core.workflows.analysis import analyze_file
from core.workflows.demo import build_demo
from core.workflows.maintenance import back_up, doctor, restore
from core.workflows.serve import serve

PLANNED = PlannedAnalysis()

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.add_typer(cohort.app, name="cohort")
app.add_typer(images.app, name="images")
app.add_typer(generator.app, name="generator")
app.add_typer(curation.app, name="curation")
app.add_typer(study.app, name="study")
app.add_typer(detector.app, name="detector")
app.add_typer(embed.app, name="embed")
app.command("fidelity")(fidelity.fidelity)


@app.command("demo")
def demo_command(
    base_url: BaseUrl = DEFAULT_BASE_URL, workspace: Workspace = WORKSPACE, json: Json = False
) -> None:
    """Build the demo workspace from simulated patients, ready to read."""
    with progress("Demo workspace") as on_progress:
        demo = build_demo(WorkspacePaths(workspace), base_url=base_url, on_progress=on_progress)
    lines = [
        f"The study {demo.study} is ready to read in {workspace}.",
        f"Reader:     {demo.reader_url or 'signed in already'}",
        f"Researcher: {demo.researcher_url}",
    ]
    content = {
        "workspace": str(workspace),
        "study": demo.study,
        "reader_url": demo.reader_url,
        "researcher_url": demo.researcher_url,
    }
    show(content, lines, as_json=json)


@app.command("app")
def app_command(
    port: Annotated[int, typer.Option(help="The port on this machine.")] = DEFAULT_PORT,
    base_url: Annotated[str | None, typer.Option(help="The address that others reach the app by.")] = None,
    workspace: Workspace = WORKSPACE,
) -> None:
    """Start the app and print the researcher's link."""
    serve(WorkspacePaths(workspace), port=port, base_url=base_url, say=typer.echo)


@app.command()
def analyze(
    responses: Path,
    margin: study_options.Margin = PLANNED.margin,
    alpha: study_options.Alpha = PLANNED.alpha,
    tumor_floor: study_options.TumorFloor = PLANNED.tumor_accuracy_floor,
    repeat_floor: study_options.RepeatFloor = PLANNED.repeat_agreement_floor,
    json: Json = False,
) -> None:
    """Analyze a CSV table of responses from anywhere; margin, alpha and floors are those of its verdict."""
    planned = PlannedAnalysis(
        margin=margin, alpha=alpha, tumor_accuracy_floor=tumor_floor, repeat_agreement_floor=repeat_floor
    )
    analysis = analyze_file(responses, planned)
    show(analysis.to_json(), report_lines(analysis), as_json=json)


@app.command("doctor")
def doctor_command(
    provenance: Annotated[
        list[Path] | None, typer.Option(help="JSON of an earlier export to check audit trails against; repeat.")
    ] = None,
    workspace: Workspace = WORKSPACE,
    json: Json = False,
) -> None:
    """Check the database, its foreign keys, the hash of every image set and the audit trail of every study."""
    findings = doctor(WorkspacePaths(workspace), provenance or [])
    show({"ok": not findings, "findings": findings}, findings or ["All is well."], as_json=json)
    raise typer.Exit(1 if findings else 0)


@app.command()
def backup(file: Path, workspace: Workspace = WORKSPACE, json: Json = False) -> None:
    """Copy the database of a workspace, consistently, while it is in use."""
    sha256 = back_up(WorkspacePaths(workspace), file)
    show({"file": str(file), "sha256": sha256}, [f"{file}  SHA-256 {sha256}"], as_json=json)


@app.command("restore")
def restore_command(file: Path, workspace: Workspace = WORKSPACE, json: Json = False) -> None:
    """Make a backup the database of a workspace that has none."""
    restore(WorkspacePaths(workspace), file)
    show({"file": str(file), "workspace": str(workspace)}, [f"Restored {file} to {workspace}."], as_json=json)


def main() -> None:
    """Run the command line: exit 0 done, 1 refused with a message, 2 wrong usage."""
    try:
        app()
    except MrTuringError as error:
        _refuse(error)
    except OSError as error:
        _refuse(from_os_error(error))


def _refuse(error: MrTuringError) -> NoReturn:
    show_refusal(error, as_json="--json" in sys.argv)
    sys.exit(1)


if __name__ == "__main__":
    main()
