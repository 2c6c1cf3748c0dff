"""Text tables from anywhere: comma, semicolon or tab, with or without a byte-order mark; cells are text."""

import re
from pathlib import Path

import pandas as pd

from core.errors import BadInputError

_WORKBOOK_STARTS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_SAVE_AS_CSV = "Save the table as CSV (UTF-8) and name that file."


def read_delimited(path: Path) -> pd.DataFrame:
    """Read a table whose first row names the columns.

    The index is the row as a spreadsheet shows it (the header is row 1); rows without any text are left out.
    Raises BadInputError for what is no such table, or has a row longer than its header.
    """
    cells = _read_cells(path, _separator(path))
    cells.index = pd.RangeIndex(1, len(cells) + 1)
    names = cells.iloc[0].str.strip().to_list()
    # A row that is blank in its first cell may be blank in all, spaces included; looking at every cell takes long.
    may_be_blank = cells.index[cells[0].str.strip() == ""]
    blank = (cells.loc[may_be_blank].apply(lambda column: column.str.strip()) == "").all(axis="columns")
    return cells.drop(index=[1, *may_be_blank[blank]]).set_axis(names, axis="columns")


def _separator(path: Path) -> str:
    try:
        with path.open("rb") as file:
            start = file.read(4)
            header = start + file.readline()
    except OSError as error:
        raise BadInputError(f"{path} cannot be read: {error.strerror}.", "Name a CSV file of responses.") from error
    if start in _WORKBOOK_STARTS:
        raise BadInputError(f"{path} is an Excel workbook, not a CSV file.", _SAVE_AS_CSV)
    return max(",;\t", key=lambda separator: header.count(separator.encode()))


def _read_cells(path: Path, separator: str) -> pd.DataFrame:
    try:
        return pd.read_csv(
            path,
            sep=separator,
            header=None,
            dtype=str,
            keep_default_na=False,
            skip_blank_lines=False,
            encoding="utf-8-sig",
        ).fillna("")
    except UnicodeDecodeError as error:
        raise BadInputError(f"{path} is not UTF-8 text.", _SAVE_AS_CSV) from error
    except pd.errors.EmptyDataError as error:
        raise BadInputError(f"{path} is empty.", "Name a CSV file of responses.") from error
    except pd.errors.ParserError as error:
        raise BadInputError(
            f"{path} is not a whole table: {_fault(str(error))}.", "Give every row as many cells as the header has."
        ) from error


def _fault(message: str) -> str:
    """What pandas found, with its row as a spreadsheet shows it."""
    if opened := re.search(r"EOF inside string starting at row (\d+)", message):
        return f"a quotation mark in row {int(opened[1]) + 1} is not closed"
    if longer := re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", message):
        return f"row {longer[2]} has {longer[3]} cells, the header {longer[1]}"
    return message.removeprefix("Error tokenizing data. C error: ").strip()
