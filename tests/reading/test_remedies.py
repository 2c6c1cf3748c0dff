"""Remedies change all stimuli alike, and change nothing twice."""

import numpy as np
import pytest

from core.errors import BadInputError
from core.reading.remedies import Remedies

IMAGE = np.random.default_rng(0).integers(0, 256, (256, 256)).astype(np.uint8)


def test_none_changes_nothing() -> None:
    assert (Remedies().applied(IMAGE) == IMAGE).all()
    assert str(Remedies()) == "none"


def test_a_border_is_black_and_the_rest_stays() -> None:
    shown = Remedies(border=5).applied(IMAGE)
    assert (shown[5:-5, 5:-5] == IMAGE[5:-5, 5:-5]).all()
    assert not shown[:5].any()
    assert not shown[-5:].any()
    assert not shown[:, :5].any()
    assert not shown[:, -5:].any()


def test_a_floor_blackens_gray_values_up_to_it() -> None:
    shown = Remedies(background_floor=8).applied(IMAGE)
    assert set(np.unique(shown)) == {0, *range(9, 256)}
    assert (shown[IMAGE > 8] == IMAGE[IMAGE > 8]).all()


def test_a_gray_step_leaves_its_multiples_and_white() -> None:
    shown = Remedies(gray_step=4).applied(IMAGE)
    assert set(np.unique(shown)) == {*range(0, 256, 4), 255}
    assert (np.abs(shown.astype(int) - IMAGE) < 4).all()


def test_applying_them_twice_changes_nothing() -> None:
    remedies = Remedies(border=3, background_floor=9, gray_step=8)
    shown = remedies.applied(IMAGE)
    assert (remedies.applied(shown) == shown).all()
    assert str(remedies) == "border 3, background floor 9, gray step 8"


@pytest.mark.parametrize("value", [{"border": -1}, {"border": 128}, {"background_floor": 200}, {"gray_step": 0}])
def test_what_would_spoil_a_picture_is_refused(value: dict[str, int]) -> None:
    with pytest.raises(BadInputError, match=f"{next(iter(value.values()))} is not possible"):
        Remedies(**value)
