"""The only palette, and how every figure looks on the light and the dark theme.

Hue says real (blue) or synthetic (orange) and nothing else; both are Okabe and Ito's, told apart by readers
with any color vision, as is the green of transformed images. Tumor and nontumor differ by symbol: filled or open.
Only where a figure shows something else than what images are (patients, decisions) does hue mean just that.
Figures carry their own theme: show them with `st.plotly_chart(figure, theme=None)`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import plotly.graph_objects as go

from core.embedding.point_columns import CurationOutcome
from core.imageset.record import ImageKind, TumorStatus

FONT_FAMILY = "Source Sans, Source Sans Pro, Helvetica Neue, Arial, sans-serif"


class Theme(StrEnum):
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """Colors of one theme as #rrggbb. `share_scale` runs from 0 to 100 % and has no hue of an arm.

    `back` is for points that stand back, `decisions` for what curators came to, `groups` for any other groups.
    """

    background: str
    text: str
    muted_text: str
    grid: str
    truth: Mapping[ImageKind, str]
    share_scale: tuple[str, str]
    transformed: str
    back: str
    decisions: Mapping[CurationOutcome, str]
    groups: tuple[str, ...]


PALETTES: Mapping[Theme, Palette] = {
    Theme.LIGHT: Palette(
        background="#ffffff",
        text="#1f2937",
        muted_text="#596473",
        grid="#dde2e8",
        truth={ImageKind.REAL: "#0072b2", ImageKind.SYNTHETIC: "#d55e00"},
        share_scale=("#f1f3f6", "#3d4a5c"),
        transformed="#00875f",
        back="#a9b2bd",
        decisions={
            CurationOutcome.KEPT: "#007a5a",
            CurationOutcome.CORRECTED: "#3f4aa3",
            CurationOutcome.DISCARDED: "#9b2c6f",
            CurationOutcome.DEFERRED: "#5f6875",
            CurationOutcome.DISAGREED: "#7a5c00",
            CurationOutcome.UNDECIDED: "#a9b2bd",
        },
        groups=(
            "#332288",
            "#2b7bba",
            "#117733",
            "#cc6677",
            "#882255",
            "#aa4499",
            "#b35900",
            "#8a7a00",
            "#2e8b85",
            "#5d5d5d",
        ),
    ),
    Theme.DARK: Palette(
        background="#14181d",
        text="#e6e9ee",
        muted_text="#9aa5b1",
        grid="#333b45",
        truth={ImageKind.REAL: "#56b4e9", ImageKind.SYNTHETIC: "#e69f00"},
        share_scale=("#212830", "#b4c0ce"),
        transformed="#2dbd8c",
        back="#5d6875",
        decisions={
            CurationOutcome.KEPT: "#35b88f",
            CurationOutcome.CORRECTED: "#98a2f3",
            CurationOutcome.DISCARDED: "#e07ab8",
            CurationOutcome.DEFERRED: "#8b95a3",
            CurationOutcome.DISAGREED: "#d1a634",
            CurationOutcome.UNDECIDED: "#5d6875",
        },
        groups=(
            "#88ccee",
            "#44aa99",
            "#ddcc77",
            "#cc6677",
            "#b07cd8",
            "#7fc97f",
            "#e8a0c8",
            "#f0a058",
            "#9fb4ff",
            "#c0c0c0",
        ),
    ),
}

SYMBOLS: Mapping[TumorStatus, str] = {
    TumorStatus.TUMOR: "circle",
    TumorStatus.NONTUMOR: "circle-open",
    TumorStatus.UNKNOWN: "x-thin-open",
}
TRANSFORMED_SYMBOLS: Mapping[TumorStatus, str] = {
    TumorStatus.TUMOR: "diamond",
    TumorStatus.NONTUMOR: "diamond-open",
    TumorStatus.UNKNOWN: "x-thin-open",
}


def template(theme: Theme) -> go.layout.Template:
    """The layout that every figure starts from; its background is the page's."""
    palette = PALETTES[theme]
    axis = {
        "gridcolor": palette.grid,
        "linecolor": palette.grid,
        "zeroline": False,
        "ticks": "",
        "ticklabelstandoff": 6,
        "title": {"font": {"color": palette.muted_text, "size": 14}, "standoff": 12},
        "automargin": True,
    }
    return go.layout.Template(
        layout={
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"family": FONT_FAMILY, "size": 14, "color": palette.text},
            "title": {"x": 0, "xref": "container", "xanchor": "left", "font": {"size": 17}},
            "margin": {"l": 16, "r": 16, "t": 64, "b": 16},
            "colorway": list(palette.truth.values()),
            "hoverlabel": {"bgcolor": palette.background, "font": {"color": palette.text}},
            "xaxis": axis,
            "yaxis": axis,
        }
    )


def share_color(share: float, theme: Theme) -> str:
    """The color of a share of 0 to 1, as a two-color plotly scale interpolates it."""
    return _mixed(*PALETTES[theme].share_scale, share)


def pale(color: str, share: float, theme: Theme) -> str:
    """A share of 0 to 1 of a color, on the theme's background."""
    return _mixed(PALETTES[theme].background, color, share)


def readable_on(background: str) -> str:
    """Black or white, whichever stands out more: at least 4.5 : 1 on any color."""
    return max(("#000000", "#ffffff"), key=lambda text: contrast(text, background))


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two #rrggbb colors, 1 to 21 (WCAG 2.2)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _mixed(low: str, high: str, share: float) -> str:
    mixed = (round(a + share * (b - a)) for a, b in zip(_channels(low), _channels(high), strict=True))
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


def _luminance(color: str) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in _unit_channels(color)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _unit_channels(color: str) -> list[float]:
    return [channel / 255 for channel in _channels(color)]


def _channels(color: str) -> list[int]:
    return [int(color[start : start + 2], 16) for start in (1, 3, 5)]
