"""docs/commands.md and the README say what the command line has: all of it, and nothing else."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from core.cli.main import app

ROOT = Path(__file__).resolve().parents[2]
COMMANDS_PAGE = (ROOT / "docs" / "commands.md").read_text("utf-8")
README = (ROOT / "README.md").read_text("utf-8")
SHARED_OPTIONS = {"--help", "--json", "--workspace"}  # the page's first lines tell of these once

INLINE = re.compile(r"`(mrturing [^`]+)`")
OWN_LINE = re.compile(r"^(mrturing .+)$", re.MULTILINE)


def commands(group: Any = None, words: tuple[str, ...] = ("mrturing",)) -> Iterator[tuple[str, Any]]:
    """Every command that can be typed, as `mrturing study create`."""
    node = typer.main.get_command(app) if group is None else group
    children = getattr(node, "commands", None)
    if children is None:
        yield " ".join(words), node
        return
    for name, child in children.items():
        yield from commands(child, (*words, name))


COMMANDS = dict(commands())
WRITTEN = sorted({*INLINE.findall(COMMANDS_PAGE), *INLINE.findall(README), *OWN_LINE.findall(README)})


def options(name: str) -> set[str]:
    spelled = {text for parameter in COMMANDS[name].params for text in parameter.opts + parameter.secondary_opts}
    return {text for text in spelled if text.startswith("-")}


def row_of(name: str) -> str:
    return next(line for line in COMMANDS_PAGE.splitlines() if re.match(rf"\| `{name}[ `]", line))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_each_of_its_options_is_documented(name: str) -> None:
    row = row_of(name)
    own = {text for text in options(name) - SHARED_OPTIONS if not text.startswith("--no-")}
    assert {text for text in own if not re.search(rf"(?<![\w-]){text}(?![\w-])", row)} == set()


@pytest.mark.parametrize("line", WRITTEN)
def test_every_documented_line_can_be_typed(line: str) -> None:
    words = shlex.split(line)
    name = next((" ".join(words[:n]) for n in (4, 3, 2) if " ".join(words[:n]) in COMMANDS), None)
    assert name is not None, f"There is no such command: {line}"
    assert {word for word in words if re.match(r"--?[a-z]", word)} <= options(name) | SHARED_OPTIONS


def test_the_readme_shows_a_whole_study() -> None:
    shown = set(OWN_LINE.findall(README))
    for step in (
        "cohort import",
        "images import",
        "study create",
        "study lock",
        "study invite",
        "study results",
    ):
        assert any(line.startswith(f"mrturing {step} ") for line in shown)
