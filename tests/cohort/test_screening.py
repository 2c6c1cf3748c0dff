"""Which slices are fit to be shown."""

import numpy as np
import pytest

from core.cohort.screening import Screening, ScreeningRule, broken_rule, rule_counts, tumor_extent
from core.errors import BadInputError
from core.imageset.record import TumorStatus
from core.imaging.volume import Segmentation

SCREENING = Screening(min_tumor_mm2=50, min_distance_to_tumor_mm=4, min_brain_share=0.1, max_brain_share=0.6)


@pytest.fixture
def segmentation() -> Segmentation:
    """Slices 10..14 and 18 of 30 show tumor of 2 mm x 1 mm pixels; 10 shows 8 mm2 of it, the others 200."""
    labels = np.zeros((20, 20, 30), np.uint8)
    labels[:10, :10, 11:15], labels[:10, :10, 18], labels[:2, :2, 10] = 4, 1, 2
    return Segmentation(labels=labels, spacing_mm=(2.0, 1.0, 2.0))


def rules(segmentation: Segmentation | None, brain_share: float = 0.3) -> list[ScreeningRule | None]:
    extent = None if segmentation is None else tumor_extent(segmentation)
    return [broken_rule(z, extent=extent, brain_share=brain_share, screening=SCREENING) for z in range(30)]


def test_any_label_above_zero_is_tumor(segmentation: Segmentation) -> None:
    extent = tumor_extent(segmentation)
    assert extent.area_mm2[[9, 10, 11, 18]].tolist() == [0, 8, 200, 200]
    assert [z for z in range(30) if extent.status(z) is TumorStatus.TUMOR] == [10, 11, 12, 13, 14, 18]


def test_each_rule_leaves_out_its_slices(segmentation: Segmentation) -> None:
    found = rules(segmentation)
    assert [z for z in range(30) if found[z] is ScreeningRule.TUMOR_TOO_SMALL] == [10]
    assert [z for z in range(30) if found[z] is ScreeningRule.NEAR_TUMOR] == [8, 9, 15, 16, 17, 19, 20]
    assert [z for z in range(30) if found[z] is None] == [*range(8), 11, 12, 13, 14, 18, *range(21, 30)]


@pytest.mark.parametrize(
    ("share", "rule"), [(0.09, ScreeningRule.TOO_LITTLE_BRAIN), (0.61, ScreeningRule.TOO_MUCH_BRAIN)]
)
def test_too_little_and_too_much_brain_go_first(
    segmentation: Segmentation, share: float, rule: ScreeningRule
) -> None:
    assert set(rules(segmentation, share)) == {rule}
    assert set(rules(None, share)) == {rule}


def test_without_a_segmentation_only_the_brain_counts() -> None:
    assert set(rules(None)) == {None}


def test_without_tumor_no_slice_is_near_one(segmentation: Segmentation) -> None:
    empty = Segmentation(labels=np.zeros_like(segmentation.labels), spacing_mm=segmentation.spacing_mm)
    assert set(rules(empty)) == {None}


def test_counts_name_every_rule() -> None:
    counts = rule_counts([ScreeningRule.NEAR_TUMOR, ScreeningRule.NEAR_TUMOR])
    assert counts == {"tumor_too_small": 0, "near_tumor": 2, "too_little_brain": 0, "too_much_brain": 0}


def test_thresholds_that_make_no_sense_are_refused() -> None:
    with pytest.raises(BadInputError, match="no range"):
        Screening(min_brain_share=0.7)
    with pytest.raises(BadInputError, match="negative"):
        Screening(min_tumor_mm2=-1)
