"""Many images at a glance."""

import numpy as np

from core.imageset.contact_sheet import GAP_PX, contact_sheet, evenly_chosen


def test_first_and_last_are_among_the_chosen() -> None:
    chosen = evenly_chosen(1000, 60)
    assert (len(chosen), chosen[0], chosen[-1]) == (60, 0, 999)


def test_a_small_set_is_shown_whole() -> None:
    assert evenly_chosen(3, 60) == [0, 1, 2]


def test_images_stand_in_rows_cropped_to_what_any_of_them_shows() -> None:
    images = np.zeros((5, 256, 256), np.uint8)
    for index in range(5):
        images[index, 100:120, 50:60] = 100 + index
    sheet = contact_sheet(images, columns=3)
    assert sheet.shape == (2 * (20 + GAP_PX), 3 * (10 + GAP_PX))
    assert [sheet[0, 0], sheet[0, 10 + GAP_PX], sheet[20 + GAP_PX, 0]] == [100, 101, 103]


def test_an_empty_set_of_black_images_is_a_black_sheet() -> None:
    assert not contact_sheet(np.zeros((2, 256, 256), np.uint8), columns=2).any()
