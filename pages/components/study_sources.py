"""Which image sets and releases a new study draws from."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core.identifiers import ImageSetName, ReleaseName
from core.imageset.record import ImageKind, TumorStatus
from core.settings import WorkspacePaths
from core.workflows.image_sets import all_image_sets
from core.workflows.releases import all_releases

SourceName = ImageSetName | ReleaseName
Drawable = Mapping[ImageKind, Mapping[SourceName, ImageSetName]]
"""By kind, what can be named, and which image set it is of."""


def drawable_sources(paths: WorkspacePaths) -> Drawable | None:
    """Releases, the newest first, then image sets; None where real or synthetic images are missing."""
    found = all_image_sets(paths)
    releases = list(reversed(all_releases(paths)))
    drawable: dict[ImageKind, dict[SourceName, ImageSetName]] = {}
    for kind in ImageKind:
        of_kind = {one.name: one for one in found if one.kind is kind}
        drawable[kind] = {one.name: one.image_set for one in releases if one.image_set in of_kind}
        drawable[kind] |= {n: n for n, one in of_kind.items() if one.tumor_status is not TumorStatus.UNKNOWN}
    return drawable if all(drawable.values()) else None


def source_fields(drawable: Drawable) -> tuple[Sequence[SourceName], Sequence[SourceName]]:
    """What real and what synthetic images are drawn from."""
    columns = st.columns(2)
    real, synthetic = (
        column.multiselect(
            f"{kind.capitalize()} image sets",
            list(drawable[kind]),
            default=_usual(drawable[kind]),
            help="Image sets, or releases of curated ones.",
        )
        for column, kind in zip(columns, (ImageKind.REAL, ImageKind.SYNTHETIC), strict=True)
    )
    releases = [f"{name} of {of}" for kind in ImageKind for name, of in drawable[kind].items() if name != of]
    if releases:
        st.caption(f"Releases: {', '.join(releases)}")
    return real, synthetic


def _usual(names: Mapping[SourceName, ImageSetName]) -> list[SourceName]:
    """Each image set once: by its newest release, where it has one."""
    usual: dict[ImageSetName, SourceName] = {}
    for name, image_set in names.items():
        usual.setdefault(image_set, name)
    return list(usual.values())
