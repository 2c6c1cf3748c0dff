"""Who may import whom, one importer each, and how long files and functions may be (the README's table).

Each rule reads one parsed source and yields what is wrong with it. The rules run over app.py, pages/ and
core/, and over small made-up sources that must be refused, so that no rule can quietly stop biting.
"""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# From the bottom up. A room imports from rows below its own; rooms of one row never import each other.
ROWS = (
    {"errors"},
    {"identifiers", "provenance"},
    {"settings"},
    {"imaging", "runs"},
    {"imageset"},
    {"cohort", "augmentation", "reading", "access"},
    {"synthesis", "fidelity", "detection", "embedding", "observer_performance", "curation"},
    {"storage", "figures"},
    {"workflows"},
    {"cli", "web"},
    {"pages/components"},
    {"pages"},
    {"app"},
)
ROW_OF_ROOM = {room: row for row, rooms in enumerate(ROWS) for room in rooms}

# Packages that only one folder or file may import.
SOLE_IMPORTERS = {
    "nibabel": "core/imaging/",
    "sqlite_utils": "core/storage/",
    "sqlite3": "core/storage/",
}
NOT_IN_PAGES = {"torch", "torchvision", "nibabel", "sqlite3", "sqlite_utils"}
LIGHT_ROOMS = {"reading", "access", "observer_performance", "curation"}
NOT_IN_LIGHT_ROOMS = {"torch", "torchvision", "nibabel", "sqlite3", "sqlite_utils"}
ENVIRONMENT_READERS = (
    "app.py",
    "core/settings.py",
    "core/cli",
    "core/workflows/serve.py",
)  # serve hands it on

MAX_LINES = {"app": 40, "page": 150, "other": 400}
MAX_FUNCTION_LINES = {"app": 30, "page": 30, "other": 60}

COLOR = re.compile(r"#(?:[0-9a-fA-F]{8}|[0-9a-fA-F]{6}|[0-9a-fA-F]{3,4})\b|\b(?:rgba?|hsla?)\(")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One Python file; `path` is relative to the project with forward slashes."""

    path: str
    text: str
    tree: ast.Module

    @classmethod
    def of(cls, path: str, text: str) -> "Source":
        return cls(path=path, text=text, tree=ast.parse(text, filename=path))

    @property
    def module(self) -> str:
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @property
    def kind(self) -> str:
        if self.path == "app.py":
            return "app"
        is_page = self.path.startswith("pages/") and not self.path.startswith("pages/components/")
        return "page" if is_page else "other"

    @property
    def imports(self) -> list[tuple[int, str]]:
        """(line, dotted name) of every import in the file, under TYPE_CHECKING and in functions too."""
        return [found for node in ast.walk(self.tree) for found in self._imported_by(node)]

    def _imported_by(self, node: ast.AST) -> Iterator[tuple[int, str]]:
        match node:
            case ast.Import():
                yield from ((node.lineno, alias.name) for alias in node.names)
            case ast.ImportFrom():
                base = self._absolute(node.module, node.level)
                yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)
            case ast.Call(
                func=ast.Name(id="__import__" | "import_module") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                yield node.lineno, name

    def _absolute(self, module: str | None, level: int) -> str:
        if level == 0:
            return module or ""
        package = self.module.split(".")
        up = level - 1 if self.path.endswith("/__init__.py") else level
        return ".".join([*package[: len(package) - up], *([module] if module else [])])


def room_of(dotted: str) -> str | None:
    """`errors`, `reading`, `pages/components`, `pages/home` or `app`; None for packages that are not ours."""
    first, *rest = dotted.split(".")
    if first == "app":
        return "app"
    if first == "pages":
        return f"pages/{rest[0]}" if rest else "pages"
    return (rest[0] if rest else "") if first == "core" else None


def row_of(room: str) -> int | None:
    if room in ROW_OF_ROOM:
        return ROW_OF_ROOM[room]
    return ROW_OF_ROOM["pages"] if room.startswith("pages/") else None


def rooms_import_only_from_rows_below(source: Source) -> Iterator[str]:
    own_room = room_of(source.module)
    if own_room in ("", "pages"):
        return
    assert own_room is not None
    own_row = row_of(own_room)
    if own_row is None:
        yield f"{source.path}: {own_room!r} has no row yet: give it one here and in the README"
        return
    for line, name in source.imports:
        room = room_of(name)
        if room is None or room == own_room:
            continue
        row = row_of(room)
        if row is None or row >= own_row:
            yield f"{source.path}:{line}: {own_room} may not import {name}"


def core_never_imports_the_app(source: Source) -> Iterator[str]:
    if source.path.startswith("core/"):
        yield from _imports_of(source, {"streamlit", "pages", "app"})


def each_package_has_one_importer(source: Source) -> Iterator[str]:
    for package, home in SOLE_IMPORTERS.items():
        if not source.path.startswith(home):
            yield from _imports_of(source, {package})


def pages_import_no_storage_web_or_heavy_packages(source: Source) -> Iterator[str]:
    if not source.path.startswith("pages/"):
        return
    yield from _imports_of(source, NOT_IN_PAGES)
    for line, name in source.imports:
        if room_of(name) in ("storage", "web"):
            yield f"{source.path}:{line}: a page asks a workflow, it does not import {name}"


def light_rooms_stay_light(source: Source) -> Iterator[str]:
    if room_of(source.module) in LIGHT_ROOMS:
        yield from _imports_of(source, NOT_IN_LIGHT_ROOMS)


def session_state_has_one_user(source: Source) -> Iterator[str]:
    if source.path == "pages/components/session_store.py":
        return
    for node in ast.walk(source.tree):
        match node:
            case (
                ast.Attribute(attr="session_state") | ast.Name(id="session_state") | ast.alias(name="session_state")
            ):
                yield f"{source.path}:{node.lineno}: only session_store.py touches st.session_state"


def colors_stand_in_the_palette(source: Source) -> Iterator[str]:
    if source.path == "core/figures/style.py":
        return
    docstrings = _docstrings(source.tree)
    for node in ast.walk(source.tree):
        match node:
            case ast.Constant(value=str(text)) if node not in docstrings and COLOR.search(text):
                yield f"{source.path}:{node.lineno}: {text!r} is a color; name it in core/figures/style.py"


def only_entry_points_read_the_environment(source: Source) -> Iterator[str]:
    if source.path.startswith(ENVIRONMENT_READERS):
        return
    for node in ast.walk(source.tree):
        match node:
            case ast.Attribute(value=ast.Name(id="os"), attr="environ" | "getenv" | "environb"):
                yield f"{source.path}:{node.lineno}: take the value as an argument instead of os.{node.attr}"
            case ast.ImportFrom(module="os") if {a.name for a in node.names} & {
                "environ",
                "getenv",
                "environb",
            }:
                yield f"{source.path}:{node.lineno}: take the value as an argument instead of the environment"


def files_stay_short(source: Source) -> Iterator[str]:
    lines, most = len(source.text.splitlines()), MAX_LINES[source.kind]
    if lines > most:
        yield f"{source.path}: {lines} lines, at most {most}"


def functions_stay_short(source: Source) -> Iterator[str]:
    most = MAX_FUNCTION_LINES[source.kind]
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > most:
                yield f"{source.path}:{node.lineno}: {node.name} has {lines} lines, at most {most}"


def _imports_of(source: Source, packages: set[str]) -> Iterator[str]:
    for line, name in source.imports:
        if name.split(".")[0] in packages:
            yield f"{source.path}:{line}: imports {name}"


def _docstrings(tree: ast.Module) -> set[ast.AST]:
    owners = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    first = [node.body[0] for node in ast.walk(tree) if isinstance(node, owners) and node.body]
    return {statement.value for statement in first if isinstance(statement, ast.Expr)}


Rule = Callable[[Source], Iterator[str]]
RULES: list[Rule] = [
    rooms_import_only_from_rows_below,
    core_never_imports_the_app,
    each_package_has_one_importer,
    pages_import_no_storage_web_or_heavy_packages,
    light_rooms_stay_light,
    session_state_has_one_user,
    colors_stand_in_the_palette,
    only_entry_points_read_the_environment,
    files_stay_short,
    functions_stay_short,
]


def long_function(lines: int) -> str:
    return "def f():\n" + "    x = 1\n" * (lines - 1)


REFUSED: list[tuple[Rule, str, str]] = [
    (rooms_import_only_from_rows_below, "core/reading/a.py", "from core.access.person import Person"),
    (rooms_import_only_from_rows_below, "core/reading/a.py", "import core.storage.database"),
    (rooms_import_only_from_rows_below, "core/reading/a.py", "from core import workflows"),
    (rooms_import_only_from_rows_below, "core/reading/a.py", "from ..access import person"),
    (rooms_import_only_from_rows_below, "core/reading/__init__.py", "from ..access import person"),
    (rooms_import_only_from_rows_below, "core/reading/a.py", "def f():\n    from core.cohort import subject"),
    (
        rooms_import_only_from_rows_below,
        "core/imageset/a.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from core.cohort.subject import Subject",
    ),
    (rooms_import_only_from_rows_below, "core/imaging/a.py", "import_module('core.imageset.record')"),
    (
        rooms_import_only_from_rows_below,
        "core/imaging/a.py",
        "importlib.import_module('core.imageset.record')",
    ),
    (
        rooms_import_only_from_rows_below,
        "core/figures/a.py",
        "from core.storage.database import open_database",
    ),
    (rooms_import_only_from_rows_below, "core/storage/a.py", "from core.figures import style"),
    (rooms_import_only_from_rows_below, "core/web/a.py", "import core.cli"),
    (rooms_import_only_from_rows_below, "core/cli/a.py", "from core.web import guard"),
    (rooms_import_only_from_rows_below, "core/errors.py", "from core.identifiers import random_id"),
    (rooms_import_only_from_rows_below, "core/attic/a.py", "x = 1"),
    (rooms_import_only_from_rows_below, "core/web/a.py", "from core.attic import b"),
    (rooms_import_only_from_rows_below, "pages/home.py", "from pages.library import table"),
    (rooms_import_only_from_rows_below, "pages/home.py", "from pages import library"),
    (rooms_import_only_from_rows_below, "pages/components/a.py", "from pages.home import main"),
    (rooms_import_only_from_rows_below, "pages/home.py", "import app"),
    (core_never_imports_the_app, "core/workflows/a.py", "import streamlit as st"),
    (core_never_imports_the_app, "core/workflows/a.py", "from pages.components import charts"),
    (core_never_imports_the_app, "core/cli.py", "from app import app"),
    (each_package_has_one_importer, "core/cohort/a.py", "import nibabel as nib"),
    (each_package_has_one_importer, "core/workflows/a.py", "from nibabel.nifti1 import Nifti1Image"),
    (each_package_has_one_importer, "core/workflows/a.py", "from sqlite_utils import Database"),
    (each_package_has_one_importer, "app.py", "import sqlite3"),
    (
        pages_import_no_storage_web_or_heavy_packages,
        "pages/home.py",
        "from core.storage.people import people",
    ),
    (pages_import_no_storage_web_or_heavy_packages, "pages/home.py", "from core import web"),
    (pages_import_no_storage_web_or_heavy_packages, "pages/components/a.py", "import core.web.guard"),
    (pages_import_no_storage_web_or_heavy_packages, "pages/home.py", "def f():\n    import torch.nn"),
    (light_rooms_stay_light, "core/observer_performance/a.py", "import torch"),
    (light_rooms_stay_light, "core/curation/a.py", "import sqlite3"),
    (light_rooms_stay_light, "core/access/a.py", "import nibabel"),
    (session_state_has_one_user, "pages/home.py", "import streamlit as st\nst.session_state['a'] = 1"),
    (session_state_has_one_user, "pages/home.py", "from streamlit import session_state"),
    (colors_stand_in_the_palette, "pages/home.py", "x = '#0072b2'"),
    (colors_stand_in_the_palette, "core/figures/a.py", "x = f'color: #fff; width: {w}px'"),
    (colors_stand_in_the_palette, "core/figures/a.py", "x = 'rgba(0, 0, 0, 0.5)'"),
    (only_entry_points_read_the_environment, "core/workflows/a.py", "import os\nx = os.environ['A']"),
    (only_entry_points_read_the_environment, "core/web/a.py", "from os import getenv"),
    (files_stay_short, "app.py", "x = 1\n" * 41),
    (files_stay_short, "pages/home.py", "x = 1\n" * 151),
    (files_stay_short, "core/reading/a.py", "x = 1\n" * 401),
    (functions_stay_short, "pages/home.py", long_function(31)),
    (functions_stay_short, "core/reading/a.py", long_function(61)),
    (
        functions_stay_short,
        "core/reading/a.py",
        "class A:\n    async def f(self):\n" + "        x = 1\n" * 60,
    ),
]

ALLOWED = [
    (
        "core/reading/a.py",
        "from core.reading.case import Case\nfrom core.imageset.record import ImageRecord\nimport numpy",
    ),
    ("core/reading/a.py", "from . import case\nfrom .case import Case\nfrom ..errors import BadInputError"),
    ("core/storage/a.py", "import sqlite3\nimport sqlite_utils\nfrom core.reading.case import Case"),
    ("core/imaging/nifti.py", "import nibabel"),
    ("core/cli.py", "import os\nfrom core.workflows import reading\nx = os.environ"),
    ("core/figures/style.py", "REAL = '#0072b2'"),
    ("core/figures/a.py", "'''Slices #130 and #bad are named here.'''\nx = 'slice #30'"),
    (
        "pages/home.py",
        "import streamlit as st\nfrom pages.components.charts import chart\nfrom core.figures import style",
    ),
    ("pages/components/session_store.py", "import streamlit as st\nx = st.session_state"),
    ("pages/components/a.py", "from pages.components.session_store import remembered\n" + long_function(60)),
    ("app.py", "import streamlit as st\nfrom core.web.guard import Guard\n" + "x = 1\n" * 38),
]


def project_sources() -> list[Source]:
    files = [ROOT / "app.py", *(ROOT / "pages").rglob("*.py"), *(ROOT / "core").rglob("*.py")]
    return [Source.of(file.relative_to(ROOT).as_posix(), file.read_text("utf-8")) for file in sorted(files)]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_project_keeps_the_rule(rule: Rule) -> None:
    assert [fault for source in project_sources() for fault in rule(source)] == []


@pytest.mark.parametrize(("rule", "path", "text"), REFUSED)
def test_the_rule_refuses_what_breaks_it(rule: Rule, path: str, text: str) -> None:
    assert list(rule(Source.of(path, text)))


@pytest.mark.parametrize(("path", "text"), ALLOWED)
def test_every_rule_lets_sound_code_pass(path: str, text: str) -> None:
    assert [fault for rule in RULES for fault in rule(Source.of(path, text))] == []


def test_each_rule_is_shown_to_bite() -> None:
    assert {rule for rule, _, _ in REFUSED} == set(RULES)


def test_the_walk_finds_the_front_door_a_page_and_every_room() -> None:
    paths = {source.path for source in project_sources()}
    assert {"app.py", "pages/navigation.py", "core/errors.py"} <= paths
    folders = {folder.name for folder in (ROOT / "core").iterdir() if any(folder.glob("*.py"))}
    assert folders <= {path.split("/")[1] for path in paths if path.startswith("core/")}
