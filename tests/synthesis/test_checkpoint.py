"""A checkpoint is loaded exactly as it was saved, or refused in one line."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from core.errors import BadInputError
from core.synthesis.checkpoint import (
    BestSnapshot,
    TrainingState,
    load_checkpoint,
    load_generator,
    save_generator,
    save_training,
)
from tests.tiny_training import CONFIG


@pytest.fixture
def state() -> TrainingState:
    state = TrainingState.initial(CONFIG, "cpu")
    state.shown_images, state.seconds = 60, 12.5
    state.best = BestSnapshot(resolution=8, faded_in=False, distance=33.0)
    for network, optimizer in (
        (state.generator, state.generator_optimizer),
        (state.discriminator, state.discriminator_optimizer),
    ):
        for number, parameter in enumerate(network.parameters()):
            parameter.grad = torch.full_like(parameter, 0.1 * number) if number % 3 else None
        optimizer.step()
    return state


@pytest.fixture
def saved(tmp_path: Path, state: TrainingState) -> Path:
    path = tmp_path / "checkpoints" / "last.safetensors"
    save_training(path, CONFIG, state, images_fingerprint="abc")
    return path


def test_a_new_state_restored_equals_the_saved_one(state: TrainingState, saved: Path) -> None:
    """Parameters that never had gradients have no optimizer state, before and after."""
    other = TrainingState.initial(CONFIG, "cpu")
    other.restore(load_checkpoint(saved))
    ours, theirs = state.tensors(), other.tensors()
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    assert (other.shown_images, other.seconds, other.best) == (60, 12.5, state.best)


def test_what_is_said_of_a_training_is_loaded_with_it(saved: Path) -> None:
    loaded = load_checkpoint(saved)
    assert loaded.config == CONFIG
    assert loaded.images_fingerprint == "abc"


def test_the_generator_is_the_smoothed_one_at_the_growth_of_its_last_step(
    tmp_path: Path, state: TrainingState, saved: Path
) -> None:
    with torch.no_grad():
        state.moving_average.to_gray[0].bias.fill_(0.75)
    best = tmp_path / "best.safetensors"
    save_generator(best, CONFIG, state, images_fingerprint="abc")
    loaded = load_generator(best)
    assert loaded.network.to_gray[0].bias.item() == 0.75
    assert (loaded.kimg, loaded.resolution) == (0.06, 8)
    assert loaded.fade_in_alpha == pytest.approx(0.5, abs=0.05)
    assert load_generator(saved).network.to_gray[0].bias.item() == 0
    with pytest.raises(BadInputError, match="does not hold all of a training"):
        TrainingState.initial(CONFIG, "cpu").restore(load_checkpoint(best))


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def cut_in_the_header(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:50])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def missing(path: Path) -> None:
    path.unlink()


def one_bit_flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)


def one_word_changed(path: Path) -> None:
    """Of the record in the header: same length, another seed."""
    path.write_bytes(path.read_bytes().replace(b'\\"shown_images\\":60', b'\\"shown_images\\":61'))


def pickled(path: Path) -> None:
    torch.save({"generator": torch.zeros(3)}, path)


def foreign(path: Path) -> None:
    save_file(load_file(path), path)


def of_another_network(path: Path) -> None:
    save_file({"mean": torch.zeros(4)}, path, {"format": "mr-turing pggan 2"})


@pytest.mark.parametrize(
    "damage",
    [
        truncated,
        cut_in_the_header,
        emptied,
        missing,
        one_bit_flipped,
        one_word_changed,
        pickled,
        foreign,
        of_another_network,
    ],
)
def test_a_damaged_or_foreign_checkpoint_is_refused_in_one_line(saved: Path, damage) -> None:
    before = saved.read_bytes()
    damage(saved)
    assert damage is missing or saved.read_bytes() != before
    for load in (load_checkpoint, load_generator):
        with pytest.raises(BadInputError, match=r"last\.safetensors cannot be used") as refusal:
            load(saved)
        assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("found", "best", "wins"),
    [
        ((8, True, 30.0), None, True),
        ((8, False, 30.0), None, True),
        ((8, True, 30.0), (8, True, 31.0), True),
        ((8, True, 31.0), (8, True, 30.0), False),
        ((16, True, 90.0), (8, True, 30.0), True),
        ((16, False, 5.0), (8, True, 30.0), False),
        ((16, True, 90.0), (16, False, 30.0), True),
        ((16, False, 5.0), (8, False, 30.0), False),
    ],
)
def test_the_best_has_faded_in_is_of_the_highest_resolution_and_nearest_to_real_images(found, best, wins) -> None:
    def snapshot(resolution: int, faded_in: bool, distance: float) -> BestSnapshot:
        return BestSnapshot(resolution=resolution, faded_in=faded_in, distance=distance)

    assert snapshot(*found).beats(snapshot(*best) if best else None) is wins
