"""A reader never waits for torch: neither the front door nor the reading page loads it."""

import ast
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

# What a reader's visit runs. They are scripts: the modules that they name are imported, not the scripts.
READING_SCRIPTS = ("app.py", "pages/navigation.py", "pages/welcome.py", "pages/reading.py")
HEAVY = {"torch", "torchvision", "sklearn"}


def named_modules(script: Path) -> set[str]:
    """The modules of ours that a script imports anywhere, in functions too."""
    names = set()
    for node in ast.walk(ast.parse(script.read_text("utf-8"))):
        match node:
            case ast.Import():
                names |= {alias.name for alias in node.names}
            case ast.ImportFrom(module=str(module), level=0):
                names |= {module, *(f"{module}.{alias.name}" for alias in node.names)}
    return {name for name in names if _is_module_of_ours(name)}


def _is_module_of_ours(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def packages_loaded_by(modules: list[str]) -> set[str]:
    """The top-level packages in sys.modules of a fresh interpreter that imported `modules`."""
    program = (
        "import importlib, json, sys\n"
        "for name in json.loads(sys.argv[1]): importlib.import_module(name)\n"
        "print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    )
    command = [sys.executable, "-c", program, json.dumps(modules)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return set(json.loads(ended.stdout.splitlines()[-1]))


def test_opening_the_reading_page_loads_no_torch() -> None:
    modules = sorted({name for script in READING_SCRIPTS for name in named_modules(ROOT / script)})
    assert {"core.web.reading_routes", "core.workflows.reading"} <= set(modules)
    assert packages_loaded_by(["streamlit", *modules]) & HEAVY == set()


def test_a_heavy_package_would_be_noticed() -> None:
    assert "sklearn" in packages_loaded_by(["sklearn"])
