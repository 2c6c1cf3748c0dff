"""Why an image is discarded: the codes that every workspace has, and those that one adds.

For synthetic images in the paper's terms and beyond, for real slices the paper's four exclusion rules. The order is
that of the keys 1 to 9; what a workspace adds comes behind.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import BadInputError
from core.imageset.record import ImageKind

MOST_TITLE_CHARACTERS = 60
_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExclusionReason:
    """A code for tables, and a title for people."""

    code: str
    title: str

    def __post_init__(self) -> None:
        if not _CODE.fullmatch(self.code):
            raise BadInputError(
                f"{self.code!r} cannot be the code of a reason.",
                "Use 1 to 40 small letters, digits and underscores, and begin with a letter.",
            )
        if not 0 < len(self.title) <= MOST_TITLE_CHARACTERS or not self.title.isprintable():
            raise BadInputError(
                f"{self.title!r} cannot be the title of a reason.",
                f"Use 1 to {MOST_TITLE_CHARACTERS} printable characters.",
            )


OTHER = ExclusionReason(code="other", title="Other (say what)")
_SYNTHETIC = {
    "no_clear_feature": "No clear tumor or nontumor feature",
    "hyper_intensity": "Hyperintensity",
    "gray_contour": "Gray contour",
    "odd_artifact": "Odd artifact",
    "anatomically_impossible": "Anatomically impossible",
    "near_copy": "Near-copy of a real image",
    "near_duplicate": "Near-duplicate of another image",
}
_REAL = {
    "tumor_tagged_nontumor": "Tumor tagged nontumor",
    "nontumor_tagged_tumor": "Nontumor tagged tumor",
    "unclear_boundary": "Unclear boundary",
    "too_small_or_big": "Tumor too small or too big",
}
BUILT_IN: dict[ImageKind, tuple[ExclusionReason, ...]] = {
    kind: (*(ExclusionReason(code=code, title=title) for code, title in titles.items()), OTHER)
    for kind, titles in ((ImageKind.SYNTHETIC, _SYNTHETIC), (ImageKind.REAL, _REAL))
}


def reason_coded(reasons: Sequence[ExclusionReason], code: str) -> ExclusionReason:
    """Raises BadInputError, which names the known codes, for any other."""
    found = next((reason for reason in reasons if reason.code == code), None)
    if found is None:
        known = ", ".join(reason.code for reason in reasons)
        raise BadInputError(
            f"There is no reason {code!r} for these images.",
            f"Use one of {known}, or add one with `mrturing curation reasons add`.",
        )
    return found
