"""A workspace that something bad happens to, and the folders that are imported meanwhile."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.command_line import mrturing
from tests.phantom_patients import write_patients
from tests.phantoms import locked_study, phantom_images


def contents(workspace: Path) -> tuple[Any, ...]:
    """What a workspace holds, as a person sees it and as its files lie."""
    listed = [mrturing(kind, "list", "--json", workspace=workspace).json for kind in ("images", "cohort")]
    studies = mrturing("study", "status", "--json", workspace=workspace).json
    return (*listed, studies, sorted(path.name for path in (workspace / "images").glob("*.npy")))


def assert_well(workspace: Path) -> None:
    checked = mrturing("doctor", "--json", workspace=workspace)
    assert (checked.json, checked.code) == ({"ok": True, "findings": []}, 0)


@pytest.fixture(scope="session")
def locked_master(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return locked_study(tmp_path_factory.mktemp("master") / "workspace", per_arm=1).paths.root


@pytest.fixture
def workspace(locked_master: Path, tmp_path: Path) -> Iterator[Path]:
    """Four image sets and a locked study called study, which must be there and well when the test is over."""
    root = Path(shutil.copytree(locked_master, tmp_path / "workspace"))
    studies = contents(root)[2]["studies"]
    yield root
    assert_well(root)
    assert contents(root)[2]["studies"][: len(studies)] == studies


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("images")
    for number, image in enumerate(phantom_images(20, seed=9)):
        Image.fromarray(image).save(folder / f"{number}.png")
    return folder


@pytest.fixture(scope="session")
def patients(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_patients(tmp_path_factory.mktemp("patients") / "BraTS", 4)
