"""docs/validity.md names code and tests that exist, and leaves no threat out."""

import ast
import functools
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "validity.md").read_text("utf-8")
HELD, NOT_HELD = PAGE.split("## Not held, or in part")
ROWS = {int(number): row for number, row in re.findall(r"^\| (\d+) (\|.+)$", HELD, re.MULTILINE)}


@functools.cache
def names_of_tests() -> frozenset[str]:
    trees = [ast.parse(path.read_text("utf-8")) for path in (ROOT / "tests").rglob("test_*.py")]
    functions = (node for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef))
    return frozenset(function.name for function in functions)


def test_every_threat_is_held_by_something_or_said_not_to_be() -> None:
    told = {int(number) for number in re.findall(r"\*\*(\d+)\*\*", NOT_HELD)}
    assert set(range(1, 31)) - ROWS.keys() - told == set()


@pytest.mark.parametrize("number", sorted(ROWS))
def test_a_row_names_code_and_tests_that_exist(number: int) -> None:
    named = re.findall(r"`([^`]+)`", ROWS[number])
    tests = {name for name in named if name.startswith("test_")}
    places = [name for name in named if name.startswith(("core/", "pages/", "assets/"))]
    assert tests
    assert places
    assert tests - names_of_tests() == set()
    assert [place for place in places if not (ROOT / place).exists()] == []


def test_its_links_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", PAGE)
    assert links
    assert [link for link in links if not (ROOT / "docs" / link).exists()] == []
