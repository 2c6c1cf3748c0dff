"""An embedding's picture as a file: colored by what was asked for, by the category unless told otherwise."""

from pathlib import Path

import pytest

from core.errors import BadInputError
from core.settings import WorkspacePaths
from core.workflows.embedding_export import export_embedding, picture_colorings
from tests.made_up_embeddings import NAME, planted_embedding
from tests.phantoms import workspace_with_four_sets


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> WorkspacePaths:
    paths = workspace_with_four_sets(tmp_path_factory.mktemp("planted") / "workspace")
    planted_embedding(paths)
    return paths


def test_what_a_picture_may_be_colored_by_begins_with_the_category(paths: WorkspacePaths) -> None:
    assert [*picture_colorings(paths, NAME).items()][:2] == [("category", "Category"), ("arm", "Arm")]


@pytest.mark.parametrize(("color_by", "said"), [(None, "category"), ("image_set", "image set")])
def test_a_picture_says_what_it_is_colored_by(
    paths: WorkspacePaths, tmp_path: Path, color_by: str | None, said: str
) -> None:
    file = tmp_path / "picture.html"
    export_embedding(paths, NAME, file, color_by=color_by)
    assert f"color: {said};" in file.read_text()


def test_a_picture_in_colors_that_there_are_not_is_not_begun(paths: WorkspacePaths, tmp_path: Path) -> None:
    file = tmp_path / "picture.html"
    with pytest.raises(BadInputError, match=r"not colored by mood\. .*: category, arm, patient, "):
        export_embedding(paths, NAME, file, color_by="mood")
    assert not file.exists()
