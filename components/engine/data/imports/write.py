"""Imported bars into the data folder: checked as the folder checks them, whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from components.engine.data.bars import validated
from components.engine.data.imports.convert import Imported
from components.engine.data.names import entries
from components.errors import AlgoOpsError, UserError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def joined(parts: Iterable[Imported]) -> list[Imported]:
    """One for each symbol and interval: parts of a series (a file a month) are put together.

    Raises:
        UserError: parts do not fit together.
    """
    groups: dict[tuple[str, str], list[Imported]] = {}
    for part in parts:
        groups.setdefault((part.symbol, part.interval), []).append(part)
    return [_joined(group) for group in groups.values()]


def _joined(group: Sequence[Imported]) -> Imported:
    first = group[0]
    if len(group) == 1:
        return first
    zones = {str(pd.DatetimeIndex(part.frame.index).tz) for part in group}
    if len(zones) > 1:
        raise UserError(
            f"{first.symbol} {first.interval}: files in different time zones",
            hint="--tz puts them into one",
        )
    whole = pd.concat([part.frame for part in group]).sort_index(kind="stable")
    doubled = whole.index.duplicated()
    same = whole[doubled].eq(whole[~doubled].reindex(whole.index[doubled]))
    if not (same | whole[doubled].isna()).all(axis=None):
        at = whole.index[doubled][0]
        raise UserError(f"{first.symbol} {first.interval}: the files differ in the bar of {at}")
    notes = [note for part in group for note in part.notes]
    notes.append(f"{len(group)} files put together, {int(doubled.sum())} bars of them twice")
    return Imported(first.symbol, first.interval, whole[~doubled], tuple(dict.fromkeys(notes)))


def write(folder: Path, bars: Imported, *, force: bool) -> Path:
    """Write one symbol's bars as `SYMBOL_INTERVAL.parquet`.

    Args:
        folder: the data folder; made where it is missing.
        bars: what to write.
        force: replace a Parquet file that is there. A CSV file of the same bars is never touched.

    Raises:
        UserError: it is there already, the bars are impossible, or the folder can't be written.
    """
    target = folder / f"{bars.symbol}_{bars.interval}.parquet"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"cannot write into {folder}: {error.strerror}") from error
    try:
        _refuse_taken(folder, target, bars, force=force)
        _place(folder, target, bars, force=force)
    except FileExistsError:
        raise UserError(f"{target} is there already", hint="--force replaces it") from None
    except OSError as error:
        raise UserError(f"cannot write {target}: {error.strerror}") from error
    return target


def _refuse_taken(folder: Path, target: Path, bars: Imported, *, force: bool) -> None:
    key = (bars.symbol, bars.interval)
    taken = [e.path for e in entries(folder) if not e.skipped and (e.symbol, e.interval) == key]
    others = [path for path in taken if path != target]
    if others:
        raise UserError(
            f"{others[0]} holds {bars.symbol} {bars.interval} already",
            hint="move it out of the folder first: one symbol and interval is one file",
        )
    if taken and not force:
        raise FileExistsError(target)


def _place(folder: Path, target: Path, bars: Imported, *, force: bool) -> None:
    handle, name = tempfile.mkstemp(prefix=".importing-", suffix=".parquet", dir=folder)
    draft = Path(name)
    try:
        bars.frame.to_parquet(draft)
        os.fsync(handle)
        draft.chmod(0o644)
        _check(draft, target)
        if force:
            draft.replace(target)
        else:
            os.link(draft, target)  # fails where somebody else wrote it meanwhile
    finally:
        os.close(handle)
        draft.unlink(missing_ok=True)


def _check(draft: Path, target: Path) -> None:
    try:
        validated(draft)
    except AlgoOpsError as error:
        said = Exception.__str__(error).replace(str(draft), target.name)
        raise UserError(f"not imported: {said}", hint=error.hint) from error
