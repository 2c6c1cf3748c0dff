"""What a detector begins with, and what is said where it cannot be had."""

import os
import pickle
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError

import pytest
import torch
import torchvision
from safetensors.torch import save_file

from core.detection.network import Detector
from core.detection.recipes import Architecture, light, smoke
from core.detection.weights import begin_with
from core.errors import BadInputError
from tests.runs.foreign_bytes import FOREIGN, SOME_TENSORS, saved, zipped


@pytest.fixture(scope="module")
def resnet18() -> dict[str, torch.Tensor]:
    with torch.random.fork_rng():
        torch.manual_seed(7)
        return dict(torchvision.models.resnet18().state_dict())


@pytest.mark.parametrize("suffix", ["pth", "safetensors"])
def test_a_file_of_torchvisions_names_fills_all_but_the_last_layer(
    tmp_path: Path, resnet18: dict[str, torch.Tensor], suffix: str
) -> None:
    file = tmp_path / f"weights.{suffix}"
    (save_file if suffix == "safetensors" else torch.save)(resnet18, file)
    detector = Detector.initial(light())
    last = detector.classifier.weight.clone()
    first = begin_with(detector, Architecture.RESNET18, str(file))
    found = detector.body.state_dict()
    assert all(torch.equal(found[name], resnet18[name]) for name in found)
    assert torch.equal(detector.classifier.weight, last)
    assert first.name == file.name
    assert first.sha256 is not None


@dataclass(frozen=True)
class Harmful:
    """Who unpickles it makes the folder `mark`."""

    mark: Path

    def __reduce__(self) -> tuple[object, ...]:
        return (os.mkdir, (str(self.mark),))


def unusable(resnet18: dict[str, torch.Tensor], mark: Path) -> dict[str, bytes]:
    """What files may hold in place of weights."""
    harmful = Harmful(mark)
    whole = saved(resnet18)
    return FOREIGN | {
        "harmful": saved(harmful),
        "harmful_legacy": saved(harmful, legacy=True),
        "harmful_pickle": pickle.dumps(harmful),
        "harmful_zip": zipped(pickle.dumps(harmful), "harmful.pkl"),
        "harmful_among_tensors": saved(resnet18 | {"conv1.weight": harmful}),
        "cut_in_the_middle": whole[: len(whole) // 2],
        "cut_at_the_end": whole[:-1_000],
        "some_names_are_numbers": saved(resnet18 | {3: torch.ones(1)}),
        "other": saved(SOME_TENSORS),
        "misshapen": saved(resnet18 | {"conv1.weight": torch.ones(64, 1, 7, 7)}),
    }


def test_files_that_are_no_weights_are_refused_and_nothing_in_them_is_run(
    tmp_path: Path, resnet18: dict[str, torch.Tensor]
) -> None:
    mark, detector = tmp_path / "mark", Detector.initial(light())
    for name, content in unusable(resnet18, mark).items():
        for file in (tmp_path / f"{name}.pth", tmp_path / f"{name}.safetensors"):
            file.write_bytes(content)
            with pytest.raises(BadInputError, match=rf"/{file.name} cannot be used") as raised:
                begin_with(detector, Architecture.RESNET18, str(file))
            assert "--weights none" in raised.value.next_step
            assert "\n" not in str(raised.value)
            file.unlink()
    with pytest.raises(BadInputError, match="absent"):
        begin_with(detector, Architecture.RESNET18, str(tmp_path / "absent"))
    assert not mark.exists()


@pytest.fixture
def download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where torch looks for the weights of ResNet-18 before it downloads them."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    file = tmp_path / "hub" / "checkpoints" / Path(torchvision.models.ResNet18_Weights.IMAGENET1K_V1.url).name
    file.parent.mkdir(parents=True)
    return file


def test_what_was_downloaded_before_is_used(download: Path, resnet18: dict[str, torch.Tensor]) -> None:
    torch.save(resnet18, download)
    detector = Detector.initial(light())
    assert begin_with(detector, Architecture.RESNET18, "imagenet").name == "imagenet"
    assert torch.equal(detector.body.state_dict()["conv1.weight"], resnet18["conv1.weight"])


def test_of_a_download_that_is_none_the_file_is_named_and_nothing_in_it_is_run(
    download: Path, resnet18: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    mark, detector = tmp_path / "mark", Detector.initial(light())
    for content in unusable(resnet18, mark).values():
        download.write_bytes(content)
        with pytest.raises(BadInputError) as raised:
            begin_with(detector, Architecture.RESNET18, "imagenet")
        assert str(download) in raised.value.what
        assert "could not be downloaded" not in raised.value.what
        assert all(way in raised.value.next_step for way in ("Delete it", "--weights FILE", "--weights none"))
        assert "\n" not in str(raised.value)
    assert not mark.exists()


def test_without_a_network_both_other_ways_are_named(download: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object, **__: object) -> None:
        raise URLError("Name or service not known")

    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", unreachable)
    with pytest.raises(BadInputError, match="could not be downloaded") as raised:
        begin_with(Detector.initial(light()), Architecture.RESNET18, "imagenet")
    assert "--weights FILE" in raised.value.next_step
    assert "--weights none" in raised.value.next_step
    assert not download.exists()


def test_the_tiny_network_has_no_imagenet_weights() -> None:
    with pytest.raises(BadInputError, match="tiny"):
        begin_with(Detector.initial(smoke()), Architecture.TINY, "imagenet")
    assert begin_with(Detector.initial(smoke()), Architecture.TINY, "none").sha256 is None


def test_a_detector_says_what_torchvisions_network_would(resnet18: dict[str, torch.Tensor], tmp_path: Path) -> None:
    """Its gray stands in three channels, normalized by ImageNet's mean and deviation."""
    torch.save(resnet18, tmp_path / "weights")
    detector = Detector.initial(light()).eval()
    begin_with(detector, Architecture.RESNET18, str(tmp_path / "weights"))
    theirs = torchvision.models.resnet18()
    theirs.load_state_dict(resnet18)
    theirs.fc = torch.nn.Identity()
    gray = torch.randint(0, 256, (2, 1, 112, 112), dtype=torch.uint8)
    prepared = torchvision.transforms.functional.normalize(
        gray.expand(-1, 3, -1, -1) / 255, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
    )
    with torch.no_grad():
        torch.testing.assert_close(detector.features(gray), theirs.eval()(prepared), rtol=1e-3, atol=1e-3)
