"""Numbers as people write them: decimal commas, thousands, 1.2M."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from components.errors import UserError

_SPACES = re.compile("[\\s\u00a0\u2009\u202f'\u2019$\u20ac\u00a3\u00a5\u20b9]")
"""What separates thousands, and the signs of currencies."""
_SCALE = {"K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}
NOTHING = {"", "-", "\u2013", "nan", "n/a", "na", "null", "none", "#n/a"}


def decimal_mark(columns: list[pd.Series[str]]) -> str:
    """The mark before decimals in a file's price columns: "." or ",".

    Raises:
        UserError: only commas with three digits behind: they may be thousands or decimals.
    """
    texts = pd.concat(columns).dropna().astype(str).str.replace(_SPACES, "", regex=True)
    commas, points = texts.str.contains(",", regex=False), texts.str.contains(".", regex=False)
    both = texts[commas & points]
    if len(both):
        last = both.str.rfind(",") > both.str.rfind(".")
        if last.any() != last.all():
            raise UserError("numbers with a decimal comma and with a decimal point in one file")
        return "," if last.iloc[0] else "."
    if not commas.any():
        several = texts.str.count(r"\.") > 1
        return "," if several.any() else "."
    only = texts[commas]
    if not only.str.fullmatch(r"[+-]?\d{1,3}(,\d{3})+").all():
        return ","
    if (only.str.count(",") > 1).any():
        return "."
    raise UserError(
        f"{only.iloc[0]!r} may be a decimal comma or thousands",
        hint="say which: --decimal , or --decimal .",
    )


def numbers(column: pd.Series, mark: str) -> np.ndarray:
    """A column as floats; NaN where nothing is written.

    Args:
        column: texts, or numbers already.
        mark: what stands before decimals; the other one separates thousands.

    Raises:
        ValueError: a text is no number; its argument is its place and the text.
    """
    if pd.api.types.is_numeric_dtype(column.dtype):
        return column.to_numpy(dtype=float, na_value=np.nan)
    texts = column.fillna("").astype(str).str.replace(_SPACES, "", regex=True)
    texts = texts.mask(texts.str.lower().isin(NOTHING), "nan")
    texts = texts.str.replace("." if mark == "," else ",", "", regex=False)
    if mark == ",":
        texts = texts.str.replace(",", ".", regex=False)
    scales = texts.str[-1:].str.upper().map(_SCALE)
    texts = texts.where(scales.isna(), texts.str[:-1])
    found = pd.to_numeric(texts, errors="coerce").to_numpy(dtype=float)
    wrong = np.isnan(found) & (texts != "nan").to_numpy()
    if wrong.any():
        at = int(np.flatnonzero(wrong)[0])
        raise ValueError(at, str(column.iloc[at])[:80])
    return found * scales.fillna(1.0).to_numpy(dtype=float)
