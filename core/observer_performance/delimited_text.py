"""Text tables from anywhere: comma, semicolon or tab, with or without a byte-order mark; cells are text."""

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
    names = cells.iloc[0].str.strip()
    table = cells.iloc[1:].set_axis(names.to_list(), axis="columns")
    table.index = pd.RangeIndex(2, len(table) + 2)
    _check_names(names.to_list(), path)
    return table[(table != "").any(axis="columns")]


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
        fault = str(error).removeprefix("Error tokenizing data. C error: ").strip()
        raise BadInputError(
            f"{path} is not a whole table: {fault}.", "Give every row as many cells as the header has."
        ) from error


def _check_names(names: list[str], path: Path) -> None:
    twice = [name for name in dict.fromkeys(names) if name and names.count(name) > 1]
    if twice:
        raise BadInputError(f"{path} has the column {twice[0]!r} more than once.", "Keep one of them.")
