"""How every command speaks: lines for a person, or one JSON object on stdout and nothing else."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from core.errors import MrTuringError
from core.settings import BASE_URL_VARIABLE, DEFAULT_PORT, DEFAULT_WORKSPACE, WORKSPACE_VARIABLE

Workspace = Annotated[
    Path, typer.Option("--workspace", envvar=WORKSPACE_VARIABLE, help="The folder that holds everything.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
BaseUrl = Annotated[
    str,
    typer.Option("--base-url", envvar=BASE_URL_VARIABLE, help="The address that others reach the app by."),
]
DEFAULT_BASE_URL = f"http://localhost:{DEFAULT_PORT}"
WORKSPACE = DEFAULT_WORKSPACE

OnProgress = Callable[[int, int], None]


def show(content: Mapping[str, object], lines: Sequence[str], *, as_json: bool) -> None:
    """Print the result of a command."""
    typer.echo(json.dumps(content, indent=2) if as_json else "\n".join(lines))


def show_refusal(error: MrTuringError, *, as_json: bool) -> None:
    """Print what happened and what to do next: on stderr for a person, as JSON on stdout for a script."""
    if as_json:
        typer.echo(json.dumps({"error": {"what": error.what, "next_step": error.next_step}}))
    else:
        typer.echo(f"{error.what}\n{error.next_step}", err=True)


@contextmanager
def progress(label: str) -> Iterator[OnProgress]:
    """A progress bar with the time left, on stderr and only where a person looks at it."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
