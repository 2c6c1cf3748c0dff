"""The palette keeps its promises on both themes."""

import pytest

from core.figures.style import PALETTES, SYMBOLS, Theme, contrast, readable_on, share_color
from core.imageset.record import ImageKind, TumorStatus


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", Theme)
def test_text_stands_out_on_every_cell_and_on_the_page(theme: Theme) -> None:
    palette = PALETTES[theme]
    cells = [share_color(percent / 100, theme) for percent in range(101)]
    assert min(contrast(readable_on(cell), cell) for cell in cells) >= 4.5
    assert contrast(palette.text, palette.background) >= 7
    assert contrast(palette.muted_text, palette.background) >= 4.5


@pytest.mark.parametrize("theme", Theme)
def test_arms_stand_out_from_the_page_and_are_blue_and_orange(theme: Theme) -> None:
    truth = PALETTES[theme].truth
    assert all(contrast(color, PALETTES[theme].background) >= 3 for color in truth.values())
    red, _, blue = (int(truth[ImageKind.REAL][start : start + 2], 16) for start in (1, 3, 5))
    assert blue > red
    red, green, blue = (int(truth[ImageKind.SYNTHETIC][start : start + 2], 16) for start in (1, 3, 5))
    assert red > green > blue


@pytest.mark.parametrize("theme", Theme)
def test_the_scale_of_shares_ends_where_the_palette_says(theme: Theme) -> None:
    assert (share_color(0, theme), share_color(1, theme)) == PALETTES[theme].share_scale


def test_tumor_and_nontumor_differ_by_symbol() -> None:
    assert len(set(SYMBOLS.values())) == len(SYMBOLS) == len(TumorStatus)
