"""The figure of an audit says which features leak without color, and leaves room for each."""

import pytest

from core.figures.blinding import auc_by_feature
from core.figures.style import Theme
from core.reading.blinding_audit.audit import AuditedFeature, Tier


def feature(name: str, auc: float, p: float) -> AuditedFeature:
    ci95 = (max(auc - 0.1, 0.0), min(auc + 0.05, 1.0))
    return AuditedFeature(name=name, tier=Tier.PIPELINE, auc=auc, ci95=ci95, p=p, worst=("a/1", "b/2"))


FEATURES = [feature("Exact-zero air", 0.9, 0.001), feature("Gray levels", 0.2, 0.3), feature("Comb", 0.55, 0.8)]


@pytest.mark.parametrize("theme", Theme)
def test_leaks_are_filled_and_intervals_drawn(theme: Theme) -> None:
    (dots,) = auc_by_feature(FEATURES, theme).data
    assert list(dots.y) == ["Exact-zero air", "Gray levels", "Comb"]
    assert list(dots.marker.symbol) == ["circle", "circle-open", "circle-open"]
    assert list(dots.error_x.array) == pytest.approx([0.05, 0.05, 0.05])
    assert list(dots.error_x.arrayminus) == pytest.approx([0.1, 0.1, 0.1])


def test_each_feature_has_its_line_from_the_top() -> None:
    one, three = auc_by_feature(FEATURES[:1], Theme.LIGHT), auc_by_feature(FEATURES, Theme.LIGHT)
    assert three.layout.height > one.layout.height
    assert three.layout.yaxis.autorange == "reversed"
