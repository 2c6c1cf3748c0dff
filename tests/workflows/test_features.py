"""Features of a network: kept by its weights, recomputed for others, never kept where they are no numbers."""

from pathlib import Path

import numpy as np
import pytest
import torch

from core.detection import recipes
from core.detection.network import Detector
from core.embedding.embedding import Features
from core.errors import BadInputError, NotFoundError
from core.identifiers import RunName
from core.settings import WorkspacePaths
from core.workflows.embedding_features import RowFile
from core.workflows.stored_embedding import embeddings
from tests.workflows.embedding_requests import embedded, request


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four convolutions in the place of fifty."""
    monkeypatch.setattr(recipes, "paper", recipes.smoke)


def weights(file: Path, *, seed: int = 0, factor: float = 1.0) -> Path:
    network = Detector.initial(recipes.smoke(seed=seed))
    torch.save({name: tensor * factor for name, tensor in network.body.state_dict().items()}, file)
    return file


def by(file: Path) -> dict[str, object]:
    return {"features": Features.RESNET50, "weights": file, "per_category": 6}


def test_other_weights_have_other_features_and_never_those_of_the_first(
    cohort: WorkspacePaths, tmp_path: Path
) -> None:
    file = weights(tmp_path / "resnet50.pth")
    first = embedded(cohort, **by(file))
    assert first.about.features_from == "ResNet-50 with resnet50.pth"
    weights(file, seed=1)
    other = embedded(cohort, **by(file))
    assert other.about.features_key != first.about.features_key
    assert not np.array_equal(other.coordinates, first.coordinates)
    weights(file)
    assert embedded(cohort, **by(file)).about == first.about


def test_features_are_kept_and_read_again(
    cohort: WorkspacePaths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = weights(tmp_path / "resnet50.pth")
    embedded(cohort, **by(file))
    monkeypatch.setattr(Detector, "features", None)
    monkeypatch.setattr("core.detection.features.cropped", None)
    embedded(cohort, **by(file), seed=0, perplexity=4)


def test_features_that_are_no_numbers_are_refused_and_not_kept(cohort: WorkspacePaths, tmp_path: Path) -> None:
    file = weights(tmp_path / "resnet50.pth", factor=float("nan"))
    for _ in range(2):
        with pytest.raises(BadInputError, match=r"of 6 images of glioma-\w+ are no numbers \(ResNet-50 with"):
            embedded(cohort, **by(file))
    assert embeddings(cohort) == []
    assert not list(cohort.features.rglob("*.rows"))


def test_weights_that_cannot_be_used_are_told_what_else_there_is(cohort: WorkspacePaths, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"absent\.pth cannot be read"):
        embedded(cohort, **by(tmp_path / "absent.pth"))
    (tmp_path / "noise.pth").write_bytes(b"x" * 100)
    with pytest.raises(BadInputError, match=r"noise\.pth cannot be used") as refused:
        embedded(cohort, **by(tmp_path / "noise.pth"))
    assert "take the features pixels" in refused.value.next_step


def test_a_detector_is_named_by_its_run(cohort: WorkspacePaths) -> None:
    with pytest.raises(NotFoundError, match="no detector run 'absent'"):
        embedded(cohort, features=Features.DETECTOR, detector_run=RunName("absent"))
    for wrong in (
        {"features": Features.DETECTOR},
        {"detector_run": RunName("run")},
        {"weights": Path("file.pth")},
    ):
        with pytest.raises(BadInputError):
            request(**wrong)


def test_rows_are_known_once_they_are_written_whole(tmp_path: Path) -> None:
    file = RowFile(path=tmp_path / "set" / "key.rows", n_images=10, n_features=3)
    numbers, rows = np.array([7, 2]), np.arange(6, dtype=np.float32).reshape(2, 3)
    assert not file.read(numbers)[1].any()
    file.write(numbers, rows)
    read, known = file.read(np.array([2, 3, 7]))
    np.testing.assert_array_equal(known, [True, False, True])
    np.testing.assert_array_equal(read[[0, 2]], rows[::-1])
    half = np.memmap(file.path, np.float32, "r+", shape=(10, 4))
    half[3, :2] = 5  # what a process that was killed had written of a row
    half.flush()
    assert not file.read(np.array([3]))[1].any()
    file.path.write_bytes(file.path.read_bytes()[:100])
    assert not file.read(numbers)[1].any()
    file.write(numbers, rows)
    np.testing.assert_array_equal(file.read(numbers)[0], rows)
