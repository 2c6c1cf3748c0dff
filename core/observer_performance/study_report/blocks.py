"""What a report is made of: sections of paragraphs, tables, confusion matrices and interval plots."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """Plain text. An `aside` is set smaller; `code` is printed as it is."""

    text: str
    style: Literal["text", "aside", "code"] = "text"
    kind: Literal["paragraph"] = "paragraph"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Cells are text; the first column says what a row is about."""

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    kind: Literal["table"] = "table"


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixCell:
    """`share` of the row, 0 to 1, shades the cell."""

    n: int
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """A confusion matrix: rows by the reference, columns by what was called."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[tuple[str, Sequence[MatrixCell]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrices:
    """Confusion matrices side by side."""

    matrices: Sequence[Matrix]
    kind: Literal["matrices"] = "matrices"


@dataclass(frozen=True, slots=True, kw_only=True)
class IntervalRow:
    """A share and its interval, 0 to 1. `summary` rows stand for all readers."""

    label: str
    estimate: float
    interval: tuple[float, float]
    summary: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class IntervalPlot:
    """Shares with intervals on a scale of 0 to 100 %, one half marked."""

    caption: str
    rows: Sequence[IntervalRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class IntervalPlots:
    """Interval plots side by side."""

    caption: str
    plots: Sequence[IntervalPlot]
    kind: Literal["plots"] = "plots"


@dataclass(frozen=True, slots=True, kw_only=True)
class RocPlot:
    """For each name the points of its curve: shares of noise and of signals called, from (0, 0) to (1, 1)."""

    caption: str
    x_title: str
    y_title: str
    curves: Mapping[str, Sequence[tuple[float, float]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RocPlots:
    """ROC plots side by side."""

    caption: str
    plots: Sequence[RocPlot]
    kind: Literal["roc"] = "roc"


Block = Paragraph | Table | Matrices | IntervalPlots | RocPlots


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    title: str
    blocks: Sequence[Block] = field(default_factory=tuple)


def text(*sentences: str) -> Paragraph:
    """One paragraph of the sentences that are not empty."""
    return Paragraph(text=" ".join(sentence for sentence in sentences if sentence))


def filled(section: Section) -> Section:
    """Its tables without the columns that have nothing to say in any row."""
    blocks = [filled_table(block) if isinstance(block, Table) else block for block in section.blocks]
    return replace(section, blocks=blocks)


def filled_table(table: Table) -> Table:
    """Without the columns that have nothing to say in any row; a table without rows stays."""
    if not table.rows:
        return table
    kept = [place for place in range(len(table.header)) if any(row[place] for row in table.rows)]
    return replace(
        table,
        header=[table.header[place] for place in kept],
        rows=[[row[place] for place in kept] for row in table.rows],
    )


def aside(words: str) -> Paragraph:
    return Paragraph(text=words, style="aside")
