"""Images as points: what they may be colored by, and the picture as a figure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from core.embedding.embedding import KINDS, STATUSES, Embedding, PointKind
from core.embedding.point_columns import CurationOutcome, PointColumns
from core.errors import BadInputError
from core.figures.style import PALETTES, SYMBOLS, TRANSFORMED_SYMBOLS, Palette, Theme, pale, template
from core.imageset.record import ImageKind

CATEGORY = "category"
MOST_IN_LEGEND = 14
MOST_AS_VECTORS = 20_000  # points; a browser does not draw more by SVG
SIDE_PX = 900
_HALF = 0.5
_TRANSFORMED = KINDS.index(PointKind.TRANSFORMED)
_SHADES = (("recognized by all", 0.35), ("by some", 0.65), ("by half or more", 1.0))
_MISTAKEN = {ImageKind.REAL: "called synthetic", ImageKind.SYNTHETIC: "passed as real"}
Colors = Callable[[Palette], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """What an image is, and the symbol that says part of it (`shape`) whatever the colors are for."""

    label: str
    symbol: str
    shape: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """`muted`: these points stand back behind the others."""

    label: str
    color: Mapping[Theme, str]
    muted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Coloring:
    """`codes` int [n]: the group of each point. `words`: more of some. `in_hover`: said under the pointer.

    No two groups have the same label.
    """

    name: str
    title: str
    groups: Sequence[Group]
    codes: NDArray[np.int64]
    words: Mapping[int, str] = field(default_factory=dict)
    in_hover: bool = False

    def to_json(self) -> dict[str, Any]:
        """`back`: the color of all points but those of one group that stands out."""
        groups = [asdict(group) for group in self.groups]
        return {
            "name": self.name,
            "title": self.title,
            "groups": groups,
            "back": _both(_back),
            "codes": self.codes.tolist(),
            "words": self.words,
            "in_hover": self.in_hover,
        }


CATEGORIES = tuple(
    Category(
        label=f"{kind.capitalize()} {status}",
        symbol=(TRANSFORMED_SYMBOLS if kind is PointKind.TRANSFORMED else SYMBOLS)[status],
        shape=f"{kind} {status}" if kind is PointKind.TRANSFORMED else status,
    )
    for kind in KINDS
    for status in STATUSES
)


def category_codes(embedding: Embedding) -> NDArray[np.int64]:
    """int [n], into CATEGORIES."""
    return embedding.kinds.astype(np.int64) * len(STATUSES) + embedding.tumor_statuses


def colorings(embedding: Embedding, columns: PointColumns) -> list[Coloring]:
    """All that the points may be colored by; by what readers did, where a closed study shows some of the images."""
    transformed = embedding.kinds == _TRANSFORMED
    arms = [None if apart else arm for apart, arm in zip(transformed, columns.arm, strict=True)]
    found = [
        _by_category(embedding),
        _by_value("arm", "Arm", arms, color=_arm_color, absent="Transformed"),
        _by_value("patient", "Patient", columns.subject_id, label="Patient {}".format, in_hover=True),
        _by_value(
            "decision", "Curation decision", columns.decision, color=_decision, absent="Transformed", in_hover=True
        ),
        _by_value("partition", "Partition", columns.partition),
        _by_value("image_set", "Image set", columns.image_set, label=str),
    ]
    return [*found, *(_by_readers(embedding, study, shares) for study, shares in columns.misjudged.items())]


def scatter(embedding: Embedding, columns: PointColumns, *, color_by: str | None = None) -> go.Figure:
    """The whole picture, to be kept or printed. `color_by`: the name of one of the `colorings`, else the category.

    Raises BadInputError for another name.
    """
    coloring = _named(colorings(embedding, columns), color_by or CATEGORY)
    figure = go.Figure()
    pairs = np.stack([coloring.codes, category_codes(embedding)])
    listed: set[int] = set()
    order = np.array([not group.muted for group in coloring.groups])
    for code, category in sorted(set(zip(*pairs.tolist(), strict=True)), key=lambda pair: (order[pair[0]], pair)):
        own = np.flatnonzero((pairs == [[code], [category]]).all(0))
        trace = _trace(embedding, columns, own, coloring.groups[code].color[Theme.LIGHT], CATEGORIES[category])
        name = coloring.groups[code].label
        trace.update(name=name, legendgroup=name, showlegend=code not in listed)
        listed.add(code)
        figure.add_trace(trace)
    figure.update_layout(
        template=template(Theme.LIGHT),
        paper_bgcolor=PALETTES[Theme.LIGHT].background,
        width=SIDE_PX,
        height=SIDE_PX,
        title={"text": embedding.about.name, "subtitle": {"text": _subtitle(embedding, coloring)}},
        showlegend=len(listed) <= MOST_IN_LEGEND,
        legend={"orientation": "h", "y": -0.02, "x": 0, "itemsizing": "constant"},
        margin_t=96,
    )
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False, scaleanchor="x")
    return figure


def _named(found: Sequence[Coloring], name: str) -> Coloring:
    by_name = {one.name: one for one in found}
    if name not in by_name:
        raise BadInputError(f"Points are not colored by {name}.", f"Color them by one of: {', '.join(by_name)}.")
    return by_name[name]


def _trace(
    embedding: Embedding, columns: PointColumns, own: NDArray[np.int64], color: str, category: Category
) -> Any:
    """A trace of 2-D or 3-D points; plotly's types know no common one."""
    axes = dict(zip("xyz", embedding.coordinates[own].T, strict=False))
    symbol = category.symbol if len(axes) == 2 else category.symbol.replace("x-thin-open", "x")
    few = len(embedding) <= MOST_AS_VECTORS
    kind = go.Scatter3d if len(axes) == 3 else go.Scatter if few else go.Scattergl
    return kind(
        **axes,
        mode="markers",
        marker={"color": color, "symbol": symbol, "size": 6 if few else 3, "opacity": 0.85},
        text=[columns.image_id[point] for point in own],
        hovertemplate=f"{category.label}<br>%{{text}}<extra></extra>",
    )


def _subtitle(embedding: Embedding, coloring: Coloring) -> str:
    about = embedding.about
    return (
        f"{about.n_points:,} images, {about.features_from}, t-SNE with perplexity {about.perplexity:g}; color: "
        f"{coloring.title.lower()}; trustworthiness {about.trustworthiness:.2f}"
    )


def _by_category(embedding: Embedding) -> Coloring:
    colors = [{theme: _of_kind(palette, kind) for theme, palette in PALETTES.items()} for kind in KINDS]
    groups = [
        Group(label=category.label, color=colors[code // len(STATUSES)]) for code, category in enumerate(CATEGORIES)
    ]
    return Coloring(name=CATEGORY, title="Category", groups=groups, codes=category_codes(embedding))


def _by_value(
    name: str,
    title: str,
    values: Sequence[str | None],
    *,
    absent: str = "Of no patient",
    label: Callable[[str], str] = str.capitalize,
    color: Callable[[str, int], Colors] = lambda _, place: (
        lambda palette: palette.groups[place % len(palette.groups)]
    ),
    in_hover: bool = False,
) -> Coloring:
    """A group per value, and one that stands back for none."""
    known = sorted({str(value) for value in values if value is not None})
    place_of = {value: place for place, value in enumerate(known)}
    groups = [
        Group(label=label(value), color=_both(color(value, place)), muted=value == CurationOutcome.UNDECIDED)
        for place, value in enumerate(known)
    ]
    nothing = Group(label=absent, color=_both(_back), muted=True)
    codes = [len(known) if value is None else place_of[str(value)] for value in values]
    return Coloring(
        name=name,
        title=title,
        groups=[*groups, nothing] if len(known) in codes else groups,
        codes=np.array(codes, np.int64),
        in_hover=in_hover,
    )


def _by_readers(embedding: Embedding, study: str, shares: Sequence[float | None]) -> Coloring:
    """Who was mistaken how often, in shades of what the image is."""
    groups, codes, words = [], np.full(len(embedding), 2 * len(_SHADES), np.int64), {}
    for first, kind in ((0, ImageKind.REAL), (len(_SHADES), ImageKind.SYNTHETIC)):
        for place, (shade, strength) in enumerate(_SHADES):
            mistaken = shade if place == 0 else f"{_MISTAKEN[kind]} {shade}"
            color = {theme: pale(PALETTES[theme].truth[kind], strength, theme) for theme in Theme}
            groups.append(Group(label=f"{kind.capitalize()}, {mistaken}", color=color))
        for point in np.flatnonzero(embedding.kinds == KINDS.index(PointKind(kind))).tolist():
            share = shares[point]
            if share is not None:
                codes[point] = first + (0 if share == 0 else 1 if share < _HALF else 2)
                words[point] = f"{_MISTAKEN[kind]} by {share:.0%} of readers"
    nobody = Group(label="Not read", color=_both(_back), muted=True)
    title = f"What readers did: {study}"
    return Coloring(
        name=f"readers {study}", title=title, groups=[*groups, nobody], codes=codes, words=words, in_hover=True
    )


def _both(color: Colors) -> dict[Theme, str]:
    return {theme: color(palette) for theme, palette in PALETTES.items()}


def _back(palette: Palette) -> str:
    return palette.back


def _of_kind(palette: Palette, kind: PointKind) -> str:
    return palette.transformed if kind is PointKind.TRANSFORMED else palette.truth[ImageKind(kind)]


def _arm_color(arm: str, _: int) -> Colors:
    kind = ImageKind(arm.split()[0])
    return lambda palette: palette.truth[kind]


def _decision(outcome: str, _: int) -> Colors:
    return lambda palette: palette.decisions[CurationOutcome(outcome)]
