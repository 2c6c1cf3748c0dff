"""The long table of responses, one row per presentation of a case to a reader, and what a valid one is."""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.errors import BadInputError
from core.imageset.record import ImageKind, TumorStatus
from core.observer_performance.delimited_text import read_delimited

REQUIRED_COLUMNS = ("reader_id", "case_id", "truth", "decision")
ID_COLUMNS = ("reader_id", "case_id")
NAME_COLUMNS = ("subject_id", "generator")
WORD_COLUMNS = {
    "truth": tuple(str(kind) for kind in ImageKind),
    "decision": tuple(str(kind) for kind in ImageKind),
    "tumor_status": tuple(str(status) for status in TumorStatus),
    "tumor_decision": (str(TumorStatus.TUMOR), str(TumorStatus.NONTUMOR)),
}
SMALLEST_NUMBERS = {
    "confidence": 1,
    "response_time_ms": 0,
    "tumor_confidence": 1,
    "tumor_response_time_ms": 0,
    "trial_index": 0,
}
FLAG_COLUMNS = ("is_repeat", "cannot_judge")
COLUMNS = (*ID_COLUMNS, *NAME_COLUMNS, *WORD_COLUMNS, *SMALLEST_NUMBERS, *FLAG_COLUMNS)

_MISSING = ("", "na", "nan", "null", "none")
_MISSING_IDS = ("", "nan", "NaN")  # NA, Nan and the like may be names
_FLAGS = {"true": True, "1": True, "1.0": True, "false": False, "0": False, "0.0": False}


def read_responses(path: Path) -> pd.DataFrame:
    """Read and check a CSV of responses; see `checked_responses`."""
    return checked_responses(read_delimited(path), source=str(path))


def checked_responses(table: pd.DataFrame, *, source: str) -> pd.DataFrame:
    """Return the long table with every column of this module, typed; other columns are left out.

    Ids and names are categories, words are categories of the accepted words, numbers are floats, flags are
    booleans (blank: false). Blank cells stay missing, an unstated tumor status is unknown. The index of
    `table` names its rows in messages. Raises BadInputError that names the faulty row, column and value.
    """
    if table.empty:
        raise BadInputError(f"{source} has no responses.", "Give it one row per response, below the header.")
    _check_columns(table, source)
    columns: dict[str, pd.Series] = {}
    for name in COLUMNS:
        column = _Column(table, name, source=source)
        columns[name] = column.typed()
    responses = pd.DataFrame(columns)
    responses["tumor_status"] = responses["tumor_status"].fillna(str(TumorStatus.UNKNOWN))
    _check_decisions(responses, source)
    _check_presented_once(responses, source)
    for name in ("truth", "tumor_status"):
        _check_one_per_case(responses, name, source)
    return responses.reset_index(drop=True)


class _Column:
    """One column as distinct texts and, per row, which of them it holds (-1: missing)."""

    def __init__(self, table: pd.DataFrame, name: str, *, source: str) -> None:
        self.name, self.source, self.index = name, source, table.index
        values = table[name] if name in table.columns else pd.Series("", index=table.index, dtype=str)
        raw_codes, raw_values = pd.factorize(values)
        stripped = [str(value).strip() for value in raw_values]
        texts = pd.Series([None if self._is_missing(text) else text for text in stripped], dtype=object)
        text_codes, distinct = pd.factorize(texts)
        self.codes: NDArray[np.intp] = np.append(text_codes, -1)[raw_codes]
        self.texts: list[str] = list(distinct)

    def _is_missing(self, text: str) -> bool:
        return text in _MISSING_IDS if self.name in ID_COLUMNS else text.lower() in _MISSING

    def typed(self) -> pd.Series:
        if self.name in FLAG_COLUMNS:
            return self._flags()
        if self.name in SMALLEST_NUMBERS:
            return self._numbers(smallest=SMALLEST_NUMBERS[self.name])
        if self.name in WORD_COLUMNS:
            return self._words(WORD_COLUMNS[self.name], required=self.name == "truth")
        return self._names(required=self.name in ID_COLUMNS)

    def _names(self, *, required: bool) -> pd.Series:
        if required:
            self._refuse(self.codes == -1, "It may not be blank.")
        return pd.Series(
            pd.Categorical.from_codes(self.codes, categories=pd.Index(self.texts, dtype=object)),
            index=self.index,
        )

    def _words(self, accepted: tuple[str, ...], *, required: bool) -> pd.Series:
        positions = [accepted.index(text.lower()) if text.lower() in accepted else -2 for text in self.texts]
        codes = np.array([*positions, -1])[self.codes]
        unusable = codes < 0 if required else codes == -2
        self._refuse(unusable, f"Use {' or '.join(accepted)}{'' if required else ', or leave it blank'}.")
        return pd.Series(
            pd.Categorical.from_codes(codes, categories=pd.Index(accepted, dtype=object)), index=self.index
        )

    def _numbers(self, *, smallest: int) -> pd.Series:
        values = pd.to_numeric(pd.Series(self.texts, dtype=str), errors="coerce").to_numpy(float)
        good = np.append(np.isfinite(values) & (values >= smallest), True)
        self._refuse(~good[self.codes], f"Use a number of at least {smallest}, with a decimal point.")
        return pd.Series(np.append(values, np.nan)[self.codes], index=self.index)

    def _flags(self) -> pd.Series:
        known = np.array([text.lower() in _FLAGS for text in self.texts] + [True])
        self._refuse(~known[self.codes], "Use true or false.")
        values = np.array([_FLAGS.get(text.lower(), False) for text in self.texts] + [False])
        return pd.Series(values[self.codes], index=self.index)

    def _refuse(self, faulty: NDArray[np.bool_], next_step: str) -> None:
        if faulty.any():
            position = int(faulty.argmax())
            code = self.codes[position]
            value = repr(self.texts[code]) if code >= 0 else "blank"
            raise _fault(self.source, self.index[position], self.name, value, next_step)


def _fault(source: str, row: object, column: str, value: str, next_step: str) -> BadInputError:
    return BadInputError(f"{source}, row {row}: {column} is {value}.", next_step)


def _check_columns(table: pd.DataFrame, source: str) -> None:
    missing = [name for name in REQUIRED_COLUMNS if name not in table.columns]
    if missing:
        found = ", ".join(str(name) for name in table.columns[:20])
        raise BadInputError(
            f"{source} has no column {', '.join(missing)} (it has {found}).",
            f"Name the columns {', '.join(REQUIRED_COLUMNS)} in the first row.",
        )
    known = [name for name in table.columns if name in COLUMNS]
    twice = next((name for name in known if known.count(name) > 1), None)
    if twice is not None:
        raise BadInputError(f"{source} has the column {twice!r} more than once.", "Keep one of them.")


def _check_decisions(responses: pd.DataFrame, source: str) -> None:
    """A technical fault has no decision: a row that has both says two things."""
    for name in ("decision", "tumor_decision"):
        both = responses[responses["cannot_judge"] & responses[name].notna()]
        if len(both):
            value = f"{both[name].iloc[0]!r} although cannot_judge is true"
            raise _fault(source, both.index[0], name, value, "Clear one of the two.")


def _check_presented_once(responses: pd.DataFrame, source: str) -> None:
    first = responses[~responses["is_repeat"]]
    again = first[first.duplicated(list(ID_COLUMNS))]
    if len(again):
        value = f"{again['case_id'].iloc[0]!r}, which reader {again['reader_id'].iloc[0]!r} was shown before"
        next_step = "Mark repeats with is_repeat = true, or keep one of the rows."
        raise _fault(source, again.index[0], "case_id", value, next_step)


def _check_one_per_case(responses: pd.DataFrame, name: str, source: str) -> None:
    values = responses.drop_duplicates(["case_id", name])
    other = values[values.duplicated("case_id")]
    if len(other):
        case, value = other["case_id"].iloc[0], other[name].iloc[0]
        before = values.loc[values["case_id"] == case, name].iloc[0]
        words = f"{value!r}, but case {case!r} was {before!r} before"
        raise _fault(source, other.index[0], name, words, "Give a case one value in all of its rows.")
