"""What a detector begins with, and what is said where it cannot be had."""

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


class Harmful:
    def __reduce__(self) -> tuple[object, ...]:
        return (print, ("harm",))


def test_files_that_are_no_weights_are_refused_and_nothing_in_them_is_run(
    tmp_path: Path, resnet18: dict[str, torch.Tensor], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "noise").write_bytes(b"x" * 100)
    torch.save(Harmful(), tmp_path / "harmful")
    torch.save([1], tmp_path / "list")
    torch.save({"conv1.weight": torch.ones(1)}, tmp_path / "other")
    torch.save(resnet18 | {"conv1.weight": torch.ones(64, 1, 7, 7)}, tmp_path / "misshapen")
    for name in ("noise", "harmful", "list", "other", "misshapen", "absent"):
        with pytest.raises(BadInputError, match=name) as raised:
            begin_with(Detector.initial(light()), Architecture.RESNET18, str(tmp_path / name))
        assert "--weights none" in raised.value.next_step
    assert capsys.readouterr().out == ""


def test_without_a_network_both_other_ways_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object, **__: object) -> None:
        raise URLError("Name or service not known")

    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", unreachable)
    with pytest.raises(BadInputError, match="could not be downloaded") as raised:
        begin_with(Detector.initial(light()), Architecture.RESNET18, "imagenet")
    assert "--weights FILE" in raised.value.next_step
    assert "--weights none" in raised.value.next_step


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
