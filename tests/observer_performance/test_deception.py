"""Images and generators that fool readers, and shares of few answers."""

import numpy as np
import pandas as pd
import pytest

from core.observer_performance import deception
from core.observer_performance.analysis import analyze
from core.observer_performance.shrinkage import intraclass_correlation, shrunken_shares


def read_by(called: dict[str, str], *, generator: str | None = None) -> pd.DataFrame:
    """`called`: for each synthetic case, a letter per reader, r for real and s for synthetic."""
    words = {"r": "real", "s": "synthetic"}
    return pd.DataFrame(
        {"reader_id": f"reader {place}", "case_id": case, "truth": "synthetic", "decision": words[letter]}
        for case, letters in called.items()
        for place, letter in enumerate(letters)
    ).assign(generator=generator)


def test_hype_infinity_is_the_papers_error_rate(paper_responses: pd.DataFrame) -> None:
    assert analyze(paper_responses).to_json()["hype_infinity"] == {
        "percent": pytest.approx(21.5),
        "fooled_by_synthetic_percent": pytest.approx(1.0),
        "real_called_synthetic_percent": pytest.approx(42.0),
    }


def test_images_come_the_most_misjudged_first_and_shrunken_toward_the_others() -> None:
    table = read_by({"a": "ssss", "b": "rrrr", "c": "rsss", "d": "ssss", "e": "rr"})
    images = analyze(table).images
    assert [image.case_id for image in images] == ["b", "e", "c", "a", "d"]
    b, e, *_ = images
    assert (b.misjudged, b.n, e.misjudged, e.n) == (4, 4, 2, 2)
    assert b.shrunken is not None
    assert e.shrunken is not None
    mean = 7 / 18
    assert mean < e.shrunken < b.shrunken < 1


def test_one_reader_gives_no_basis_for_shrinkage(paper_responses: pd.DataFrame) -> None:
    images = analyze(paper_responses).images
    assert len(images) == 200
    assert {image.shrunken for image in images} == {None}


def test_a_long_list_of_images_is_cut_and_says_how_many_there_are(
    paper_responses: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deception, "MOST_IMAGES", 7)
    content = analyze(paper_responses).to_json()
    assert (len(content["per_image"]), content["cases"]) == (7, 200)
    assert all(image["misjudged"] for image in content["per_image"])


def test_generators_are_compared_over_synthetic_first_presentations() -> None:
    table = pd.concat(
        [
            read_by({"a": "rr", "b": "rs"}, generator="better"),
            read_by({"c": "ss", "d": "rs"}, generator="worse"),
            read_by({"e": "ss"}),
            read_by({"a": "rr"}, generator="better").assign(is_repeat=True),
            read_by({"z": "ss"}, generator="camera").assign(truth="real"),
        ]
    ).fillna({"is_repeat": False})
    found = analyze(table).generators
    assert [(one.generator, one.called_real.k, one.called_real.n) for one in found] == [
        ("better", 3, 4),
        ("worse", 1, 4),
        (None, 0, 2),
    ]
    assert all(one.called_real.wilson95 is None for one in found)


def test_without_more_than_binomial_spread_every_group_gets_the_mean() -> None:
    k, n = np.array([5, 5, 5, 5]), np.array([10, 10, 10, 10])
    assert shrunken_shares(k, n) == pytest.approx(np.full(4, 0.5))


def test_groups_that_differ_entirely_are_left_as_they_are() -> None:
    k, n = np.array([0, 8, 0, 8]), np.array([8, 8, 8, 8])
    assert intraclass_correlation(k, n) == pytest.approx(1)
    assert shrunken_shares(k, n) == pytest.approx([0, 1, 0, 1])


def test_the_correlation_of_a_beta_binomial_is_recovered() -> None:
    generator = np.random.default_rng(2)
    n = generator.integers(5, 15, 4000)
    k = generator.binomial(n, generator.beta(2, 6, 4000))
    assert intraclass_correlation(k, n) == pytest.approx(1 / 9, abs=0.01)
    shares = shrunken_shares(k, n)
    assert shares == pytest.approx((k + 2) / (n + 8), abs=0.03)


@pytest.mark.parametrize(("k", "n"), [([1], [5]), ([1, 0, 1], [1, 1, 1]), ([], [])])
def test_one_group_or_single_answers_have_no_basis(k: list[int], n: list[int]) -> None:
    assert shrunken_shares(np.array(k, dtype=int), np.array(n, dtype=int)) is None
