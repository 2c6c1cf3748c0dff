"""Starting the app as a process, with the links that open it."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

from core.errors import BadInputError
from core.settings import BASE_URL_VARIABLE, WORKSPACE_VARIABLE, WorkspacePaths
from core.workflows.access import researcher_link, unused_reader_link
from core.workflows.demo import DEMO_READER, DEMO_STUDY
from core.workflows.studies import all_studies

CHECKOUT = Path(__file__).resolve().parents[2]


def serve(paths: WorkspacePaths, *, port: int, base_url: str | None, say: Callable[[str], None]) -> NoReturn:
    """Print the links and become Streamlit's server, so that whatever ends this process ends the app."""
    app = CHECKOUT / "app.py"
    if not app.is_file():
        raise BadInputError(f"There is no {app}.", "Run MR Turing from a checkout: pip install -e .")
    url = base_url or f"http://localhost:{port}"
    say(f"MR Turing on {url}, workspace {paths.root}")
    say(f"Researcher:  {researcher_link(paths, url)}")
    reader_url = _demo_reader_link(paths, url)
    if reader_url:
        say(f"Demo reader: {reader_url}")
    say("Each link works once. Ctrl-C ends the app.")
    command = [sys.executable, "-m", "streamlit", "run", str(app), "--server.port", str(port)]
    for host in sorted({"localhost", "127.0.0.1", urlsplit(url).hostname or "localhost"}):
        command += ["--server.allowedHosts", host]
    environment = os.environ | {WORKSPACE_VARIABLE: str(paths.root.absolute()), BASE_URL_VARIABLE: url}
    os.chdir(CHECKOUT)
    sys.stdout.flush()
    os.execve(sys.executable, command, environment)


def _demo_reader_link(paths: WorkspacePaths, url: str) -> str | None:
    if DEMO_STUDY not in {status.study.name for status in all_studies(paths)}:
        return None
    return unused_reader_link(paths, DEMO_STUDY, DEMO_READER, base_url=url)
