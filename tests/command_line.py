"""`mrturing ...` inside the test's own process: as a person would type it, without the wait for an interpreter."""

import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from core.cli.main import main


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        """What stdout holds, which must be one JSON object and nothing else."""
        content = json.loads(self.stdout)
        assert isinstance(content, dict)
        return content


def mrturing(*words: object, workspace: Path | None = None) -> Outcome:
    """Run one command; an error that it does not handle ends the test."""
    typed = ["mrturing", *map(str, words)]
    typed += [] if workspace is None else ["--workspace", str(workspace)]
    stdout, stderr = io.StringIO(), io.StringIO()
    with patch.object(sys, "argv", typed), redirect_stdout(stdout), redirect_stderr(stderr):
        try:
            main()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
    return Outcome(code=code, stdout=stdout.getvalue(), stderr=stderr.getvalue())
