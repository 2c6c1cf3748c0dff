"""Features of a network: kept by its weights, recomputed for others, never kept where they are no numbers."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from core.detection import recipes
from core.detection.network import Detector
from core.detection.training_images import Source
from core.embedding.features import Features
from core.errors import BadInputError, NotFoundError, RefusedError
from core.identifiers import RunName
from core.imageset.record import TumorStatus
from core.settings import WorkspacePaths
from core.workflows.detector_training import run_detector
from core.workflows.detectors import delete_detector
from core.workflows.feature_choice import BY_PIXELS, Extractor, FeatureChoice, Rows, extractor, named_features
from core.workflows.features import RowFile, computed
from core.workflows.fidelity_sources import FidelityRequest
from core.workflows.stored_embedding import embeddings
from core.workflows.stored_fidelity import fidelity, stored_fidelity
from core.workflows.stored_triage import stored_triage
from core.workflows.training_data import training_data
from core.workflows.triage import triage
from tests.small_trainings import GLIOMA
from tests.workflows.detector_requests import request as detector_request
from tests.workflows.embedding_requests import DRAWN, add_synthetic, disks, embedded


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four convolutions in the place of fifty."""
    monkeypatch.setattr(recipes, "paper", recipes.smoke)


def weights(file: Path, *, seed: int = 0, factor: float = 1.0) -> Path:
    network = Detector.initial(recipes.smoke(seed=seed))
    torch.save({name: tensor * factor for name, tensor in network.body.state_dict().items()}, file)
    return file


def by(file: Path) -> dict[str, object]:
    return {"features": FeatureChoice(features=Features.RESNET50, weights=file), "per_category": 6}


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
        embedded(cohort, features=FeatureChoice(features=Features.DETECTOR, detector_run=RunName("absent")))
    for wrong in (
        {"features": Features.DETECTOR},
        {"detector_run": RunName("run")},
        {"weights": Path("file.pth")},
    ):
        with pytest.raises(BadInputError):
            FeatureChoice(**wrong)


def test_rows_are_known_once_they_are_written_whole(tmp_path: Path) -> None:
    file = RowFile(path=tmp_path / "set" / "key.rows", n_images=10, n_features=3)
    numbers, rows = np.array([7, 2]), np.arange(6, dtype=np.float32).reshape(2, 3)
    assert not file.known(numbers).any()
    file.write(numbers, rows)
    np.testing.assert_array_equal(file.known(np.array([2, 3, 7])), [True, False, True])
    np.testing.assert_array_equal(file.read(np.array([2, 7])), rows[::-1])
    with pytest.raises(RefusedError, match="went while they were read"):
        file.read(np.array([2, 3]))
    half = np.memmap(file.path, np.float32, "r+", shape=(10, 4))
    half[3, :2] = 5  # what a process that was killed had written of a row
    half.flush()
    assert not file.known(np.array([3])).any()
    file.path.write_bytes(file.path.read_bytes()[:100])
    assert not file.known(numbers).any()
    file.write(numbers, rows)
    np.testing.assert_array_equal(file.read(numbers), rows)


def test_two_processes_that_begin_a_file_keep_both_their_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of them looked when there was no file yet."""
    file = RowFile(path=tmp_path / "key.rows", n_images=4, n_features=2)
    monkeypatch.setattr(RowFile, "_is_whole", lambda _: False)
    for number in (0, 3):
        file.write(np.array([number]), np.full((1, 2), number, np.float32))
    monkeypatch.undo()
    np.testing.assert_array_equal(file.known(np.arange(4)), [True, False, False, True])


def test_weights_that_change_before_they_are_read_are_refused(cohort: WorkspacePaths, tmp_path: Path) -> None:
    file = weights(tmp_path / "resnet50.pth")
    named = named_features(cohort, FeatureChoice(features=Features.RESNET50, weights=file))
    assert extractor(cohort, named, 1).n_features
    weights(file, seed=1)
    with pytest.raises(RefusedError, match="became other ones"):
        extractor(cohort, named, 1)


def test_triage_compares_by_a_network_and_says_so(cohort: WorkspacePaths, tmp_path: Path) -> None:
    """A training image is still its own near-copy; what was found by pixels is not shown for it."""
    data = training_data(cohort, GLIOMA, TumorStatus.TUMOR)
    real = np.asarray(data.pixels[data.training])
    add_synthetic(cohort, [*real[:2], *disks(3)], n=5)
    by_network = FeatureChoice(features=Features.RESNET50, weights=weights(tmp_path / "resnet50.pth"))
    found = [
        triage(cohort, DRAWN, cohort=GLIOMA, features=choice, on_progress=lambda *_: None)
        for choice in (BY_PIXELS, by_network)
    ]
    assert [one.reference.features for one in found] == ["pixels at 32 x 32", "ResNet-50 with resnet50.pth"]
    for one in found:
        assert [one.nearest_image(place)[1] for place in range(2)] == data.training[:2].tolist()
        np.testing.assert_allclose(one.nearest_distance[:2], 0, atol=0.5)
        assert (one.nearest_distance[2:] > 20).all()
    stored = stored_triage(cohort, DRAWN)
    assert stored is not None
    assert stored.reference.features == "ResNet-50 with resnet50.pth"
    weights(tmp_path / "resnet50.pth", seed=1)
    again = triage(cohort, DRAWN, cohort=GLIOMA, features=by_network, on_progress=lambda *_: None)
    assert not np.array_equal(again.nearest_distance, found[1].nearest_distance)


def test_fidelity_is_by_the_features_that_it_names(cohort: WorkspacePaths, tmp_path: Path) -> None:
    add_synthetic(cohort)
    by_network = FeatureChoice(features=Features.RESNET50, weights=weights(tmp_path / "resnet50.pth"))
    by_pixels, asked = (
        FidelityRequest(image_set=DRAWN, cohort=GLIOMA, resolution=16, features=one)
        for one in (BY_PIXELS, by_network)
    )
    plain = fidelity(cohort, by_pixels, on_progress=lambda *_: None)
    assert stored_fidelity(cohort, asked) is None
    found = fidelity(cohort, asked, on_progress=lambda *_: None)
    assert found["features"] == "ResNet-50 with resnet50.pth after PCA, 64 components at most"
    assert found["distances_in"] == "thousandths of the training images' spread"
    assert found["fid"]["estimate"] != plain["fid"]["estimate"]
    assert found["swd"] == plain["swd"]
    assert stored_fidelity(cohort, asked) == found
    assert stored_fidelity(cohort, by_pixels) == plain
    weights(tmp_path / "resnet50.pth", seed=1)
    assert stored_fidelity(cohort, asked) is None


def test_what_an_embedding_computed_of_real_images_serves_fidelity(
    cohort: WorkspacePaths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each image once: what was taken in the same way is read by whoever needs it next."""
    by_network = FeatureChoice(features=Features.RESNET50, weights=weights(tmp_path / "resnet50.pth"))
    add_synthetic(cohort)
    embedded(cohort, image_sets=(DRAWN,), features=by_network)
    counted: list[int] = []

    def counting(source: Source, numbers: NDArray[np.int64], extractor: Extractor) -> Iterator[tuple[slice, Rows]]:
        counted.append(len(numbers))
        return computed(source, numbers, extractor)

    monkeypatch.setattr("core.workflows.features.computed", counting)
    asked = FidelityRequest(image_set=DRAWN, cohort=GLIOMA, resolution=256, features=by_network)
    fidelity(cohort, asked, on_progress=lambda *_: None)
    n_training = len(training_data(cohort, GLIOMA, TumorStatus.TUMOR).training)
    assert [n for n in counted if n] == [n_training]  # mirrored ones


def test_a_detector_that_was_trained_serves_embedding_triage_and_fidelity(cohort: WorkspacePaths) -> None:
    run = run_detector(
        cohort, detector_request(name=RunName("mine")), should_stop=lambda: None, on_tick=lambda _: None
    )
    assert run is not None
    by_detector = FeatureChoice(features=Features.DETECTOR, detector_run=run.name)
    data = training_data(cohort, GLIOMA, TumorStatus.TUMOR)
    add_synthetic(cohort, [*np.asarray(data.pixels[data.training])[:2], *disks(3)], n=5)
    made = embedded(cohort, image_sets=(DRAWN,), features=by_detector)
    assert "detector run mine" in made.about.features_from
    assert np.isfinite(made.coordinates).all()
    found = triage(cohort, DRAWN, cohort=GLIOMA, features=by_detector, on_progress=lambda *_: None)
    np.testing.assert_allclose(found.nearest_distance[:2], 0, atol=0.5)
    assert (found.nearest_distance[2:] > 1).all()
    asked = FidelityRequest(image_set=DRAWN, cohort=GLIOMA, resolution=16, features=by_detector)
    assert "mine" in fidelity(cohort, asked, on_progress=lambda *_: None)["features"]
    delete_detector(cohort, run.name)
    with pytest.raises(NotFoundError):
        embedded(cohort, image_sets=(DRAWN,), features=by_detector, perplexity=4)
