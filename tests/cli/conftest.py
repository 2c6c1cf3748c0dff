"""Workspaces for the command line, made once and copied for each test that wants to change one."""

import shutil
from pathlib import Path

import pytest

from tests.phantom_patients import write_patients
from tests.phantoms import locked_study, workspace_with_four_sets


@pytest.fixture(scope="session")
def four_sets_master(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return workspace_with_four_sets(tmp_path_factory.mktemp("master") / "workspace").root


@pytest.fixture
def workspace(four_sets_master: Path, tmp_path: Path) -> Path:
    """12 images in each of real-tumor, real-nontumor, synthetic-tumor, synthetic-nontumor."""
    return Path(shutil.copytree(four_sets_master, tmp_path / "workspace"))


@pytest.fixture(scope="session")
def locked_master(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return locked_study(tmp_path_factory.mktemp("master") / "workspace", per_arm=2).paths.root


@pytest.fixture
def locked(locked_master: Path, tmp_path: Path) -> Path:
    """A locked study of 8 trials, called study."""
    return Path(shutil.copytree(locked_master, tmp_path / "workspace"))


@pytest.fixture(scope="session")
def patients(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three patients in the BraTS layout."""
    return write_patients(tmp_path_factory.mktemp("patients") / "BraTS", 3)
