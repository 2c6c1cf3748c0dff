"""What points are colored by, and the picture as a figure."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.curation.decision import Verdict
from core.embedding.embedding import Embedding
from core.embedding.point_columns import PointColumns
from core.figures.embedding import CATEGORIES, Coloring, colorings, scatter
from core.figures.style import PALETTES, Theme
from core.identifiers import StudyName
from core.imageset.record import ImageKind
from core.workflows.embedding_columns import point_columns
from tests.curating import decide
from tests.made_up_embeddings import planted_embedding
from tests.phantoms import workspace_with_four_sets

PER_CATEGORY = 12
SYNTHETIC_TUMOR = slice(4 * PER_CATEGORY, 5 * PER_CATEGORY)
READ = StudyName("first")


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Embedding, PointColumns]:
    """Of synthetic-tumor, images 2 and 3 are discarded and 0 to 2 were read, as was the first real one."""
    folder: Path = tmp_path_factory.mktemp("planted")
    paths = workspace_with_four_sets(folder / "workspace")
    decide(paths, Verdict.DISCARD, 2, 3)
    embedding = planted_embedding(paths)
    shares: list[float | None] = [None] * len(embedding)
    shares[0] = 0.25
    shares[SYNTHETIC_TUMOR] = [0.0, 0.25, 0.5] + [None] * (PER_CATEGORY - 3)
    return embedding, replace(point_columns(paths, embedding), misjudged={READ: shares})


def coloring(planted: tuple[Embedding, PointColumns], name: str) -> Coloring:
    return next(one for one in colorings(*planted) if one.name == name)


def labels(one: Coloring) -> list[str]:
    return [one.groups[code].label for code in one.codes]


def test_every_coloring_gives_every_point_a_group_with_a_color_on_both_themes(planted) -> None:
    for one in colorings(*planted):
        assert len(one.codes) == len(planted[0])
        assert 0 <= one.codes.min() <= one.codes.max() < len(one.groups)
        assert all(set(group.color) == set(Theme) for group in one.groups)
        assert len({group.label for group in one.groups}) == len(one.groups)


def test_every_coloring_comes_with_the_color_of_what_stands_back(planted) -> None:
    back = {theme: palette.back for theme, palette in PALETTES.items()}
    for one in colorings(*planted):
        assert json.loads(json.dumps(one.to_json()))["back"] == back


def test_categories_are_told_by_color_and_shape_together() -> None:
    assert len({(category.symbol, category.label.split()[0]) for category in CATEGORIES}) == len(CATEGORIES)
    assert {category.symbol for category in CATEGORIES if category.shape == "tumor"} == {"circle"}


def test_real_is_blue_and_synthetic_orange_where_points_are_colored_by_what_they_are(planted) -> None:
    for name in ("category", "arm"):
        one = coloring(planted, name)
        for theme, palette in PALETTES.items():
            assert one.groups[one.codes[0]].color[theme] == palette.truth[ImageKind.REAL]
            assert one.groups[one.codes[-1]].color[theme] == palette.truth[ImageKind.SYNTHETIC]


def test_transformed_images_have_no_arm_and_stand_back(planted) -> None:
    one = coloring(planted, "arm")
    transformed = planted[0].kinds == 1
    assert {one.groups[code].muted for code in one.codes[transformed]} == {True}
    assert {one.groups[code].muted for code in one.codes[~transformed]} == {False}


def test_decisions_of_curators_are_seen(planted) -> None:
    found = labels(coloring(planted, "decision"))[SYNTHETIC_TUMOR]
    assert [place for place, label in enumerate(found) if label == "Discarded"] == [2, 3]
    assert set(found) == {"Discarded", "Undecided"}


def test_what_readers_did_is_told_in_shades_and_words(planted) -> None:
    one = coloring(planted, f"readers {READ}")
    assert labels(one)[SYNTHETIC_TUMOR][:4] == [
        "Synthetic, recognized by all",
        "Synthetic, passed as real by some",
        "Synthetic, passed as real by half or more",
        "Not read",
    ]
    assert labels(one)[:2] == ["Real, called synthetic by some", "Not read"]
    assert one.words[0] == "called synthetic by 25% of readers"
    assert set(one.words) == {0, *range(SYNTHETIC_TUMOR.start, SYNTHETIC_TUMOR.start + 3)}


def test_the_figure_has_every_point_once_whatever_the_color(planted) -> None:
    for one in colorings(*planted):
        figure = scatter(*planted, color_by=one.name)
        assert sum(len(trace.x) for trace in figure.data) == len(planted[0])
        listed = [trace.name for trace in figure.data if trace.showlegend]
        assert len(listed) == len(set(listed)) == len(set(labels(one)))


def test_the_figure_says_whose_image_a_point_is_and_hides_axes_without_meaning(planted) -> None:
    figure = scatter(*planted)
    first = next(trace for trace in figure.data if trace.name == "Synthetic tumor")
    assert first.text[0] == "synthetic-tumor-0"
    assert not figure.layout.xaxis.visible
    assert figure.layout.yaxis.scaleanchor == "x"


def test_three_dimensions_make_a_figure_in_space(tmp_path: Path) -> None:
    paths = workspace_with_four_sets(tmp_path / "workspace")
    embedding = planted_embedding(paths, dimensions=3)
    figure = scatter(embedding, point_columns(paths, embedding))
    assert {trace.type for trace in figure.data} == {"scatter3d"}
    assert np.concatenate([trace.z for trace in figure.data]).size == len(embedding)
