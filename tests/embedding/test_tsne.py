"""t-SNE by every engine: planted clusters part, runs repeat bit for bit, and the fast engines are no worse."""

import logging
from pathlib import Path

import numpy as np
import pytest

from core.embedding.embedding import Engine
from core.embedding.exact_tsne import affinities, divergence
from core.embedding.quality import quality
from core.embedding.tsne import MOST_EXACT_POINTS, TsneResult, TsneSettings, check_perplexity, fastest, tsne
from core.embedding.tsne_step import compiled_step, step_file
from core.errors import BadInputError
from core.runs.devices import detect_compute
from tests.embedding.planted import planted, share_of_own_kind

SETTINGS = TsneSettings(perplexity=15, iterations=500)
ENGINES = (Engine.COMPILED, Engine.SCIKIT_LEARN, Engine.OPENTSNE)


@pytest.fixture(scope="session")
def step(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiled step: half a minute, once."""
    if not detect_compute(device="cpu").compiled:
        pytest.skip("No C++ compiler on this machine.")
    file = compiled_step(tmp_path_factory.mktemp("compiled"), 2)
    assert file is not None
    return file


@pytest.fixture(scope="module")
def found(step: Path) -> dict[Engine, TsneResult]:
    return {engine: tsne(planted(), SETTINGS, engine, compiled=step) for engine in ENGINES}


@pytest.mark.parametrize("engine", ENGINES)
def test_planted_clusters_part(found: dict[Engine, TsneResult], engine: Engine) -> None:
    assert found[engine].engine is engine
    assert found[engine].coordinates.shape == (150, 2)
    assert share_of_own_kind(found[engine].coordinates) == 1


@pytest.mark.parametrize("engine", ENGINES)
def test_a_run_repeats_bit_for_bit(found: dict[Engine, TsneResult], step: Path, engine: Engine) -> None:
    again = tsne(planted(), SETTINGS, engine, compiled=step)
    np.testing.assert_array_equal(again.coordinates, found[engine].coordinates)


def test_the_fast_engines_are_no_worse_than_scikit_learn(found: dict[Engine, TsneResult]) -> None:
    joint = affinities(planted(), SETTINGS.perplexity)
    cost = {engine: divergence(joint, one.coordinates) for engine, one in found.items()}
    shown = {engine: quality(planted(), one.coordinates) for engine, one in found.items()}
    for engine in (Engine.COMPILED, Engine.OPENTSNE):
        assert cost[engine] <= cost[Engine.SCIKIT_LEARN] + 0.02
        assert shown[engine].trustworthiness >= shown[Engine.SCIKIT_LEARN].trustworthiness - 0.01
        assert shown[engine].neighborhood_preservation >= (
            shown[Engine.SCIKIT_LEARN].neighborhood_preservation - 0.02
        )
    assert found[Engine.COMPILED].kl_divergence == pytest.approx(cost[Engine.COMPILED])


def test_one_compiled_step_does_for_any_number_of_points(step: Path) -> None:
    before = step.stat().st_mtime_ns
    for n in (60, 97):
        result = tsne(planted(n), SETTINGS, Engine.COMPILED, compiled=step)
        assert (result.engine, len(result.coordinates)) == (Engine.COMPILED, n)
        assert share_of_own_kind(result.coordinates) == 1
    assert compiled_step(step.parent, 2) == step
    assert step.stat().st_mtime_ns == before


def test_space_has_three_coordinates() -> None:
    result = tsne(planted(), TsneSettings(perplexity=15, dimensions=3))
    assert result.coordinates.shape == (150, 3)
    assert share_of_own_kind(result.coordinates) > 0.9


def test_where_nothing_is_compiled_scikit_learn_does_it_and_that_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert tsne(planted(), SETTINGS, compiled=tmp_path / "none.pt2").engine is Engine.SCIKIT_LEARN
    assert caplog.messages == []
    assert tsne(planted(), SETTINGS, Engine.COMPILED).engine is Engine.SCIKIT_LEARN
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_a_damaged_step_is_removed_and_scikit_learn_takes_its_place(
    step: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    damaged = tmp_path / step.name
    damaged.write_bytes(step.read_bytes()[:1000])
    assert tsne(planted(), SETTINGS, compiled=damaged).engine is Engine.SCIKIT_LEARN
    assert not damaged.exists()
    assert f"{damaged} could not be loaded" in caplog.text


def test_a_compiler_that_fails_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("g++: not found\nand much more")

    monkeypatch.setattr("core.embedding.tsne_step._compile", broken)
    assert compiled_step(tmp_path, 2) is None
    assert caplog.messages == ["t-SNE could not be compiled: g++: not found"]
    assert list(tmp_path.iterdir()) == []


def test_the_fastest_engine_depends_on_how_many_and_on_what_is_there(tmp_path: Path) -> None:
    there = step_file(tmp_path, 2)
    there.touch()
    assert fastest(MOST_EXACT_POINTS, 2, there) is Engine.COMPILED
    assert fastest(MOST_EXACT_POINTS, 2, step_file(tmp_path, 3)) is Engine.SCIKIT_LEARN
    assert fastest(MOST_EXACT_POINTS + 1, 2, there) is Engine.OPENTSNE
    assert fastest(MOST_EXACT_POINTS + 1, 3, there) is Engine.SCIKIT_LEARN


def test_too_few_images_are_told_the_perplexity_that_would_do() -> None:
    check_perplexity(301, 100)
    with pytest.raises(BadInputError, match="300 images are too few for a perplexity of 100") as refused:
        check_perplexity(300, 100)
    assert refused.value.next_step == "Take a perplexity of 99 or less, or more images."
    check_perplexity(300, 99)
    with pytest.raises(BadInputError, match="Take more images"):
        tsne(planted(3), TsneSettings(perplexity=1))


def test_images_that_are_all_the_same_are_refused() -> None:
    with pytest.raises(BadInputError, match="all the same"):
        tsne(np.ones((50, 4), np.float32), SETTINGS)


def test_a_few_images_over_and_over_are_shown_as_a_few_places() -> None:
    repeated = np.tile(planted(3), (40, 1))
    result = tsne(repeated, SETTINGS)
    assert np.isfinite(result.coordinates).all()
    assert share_of_own_kind(result.coordinates) == 1


@pytest.mark.parametrize("engine", ENGINES)
def test_progress_ends_with_the_last_iteration(step: Path, engine: Engine) -> None:
    told: list[int] = []
    tsne(planted(60), SETTINGS, engine, compiled=step, on_iteration=told.append)
    assert told == sorted(told)
    assert told[-1] == SETTINGS.iterations
