"""`algoops data`: exports into the data folder, and what is wrong with files of bars."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from bot.cli import groups
from bot.cli.backtest import policy_of
from bot.cli.common import (
    EXIT_FAILED,
    EXIT_PASSED,
    ConfigOption,
    Form,
    FormOption,
    errors_for_people,
    out,
    print_json,
    settings_from,
)
from components.engine.data.imports.convert import Imported, Wanted, imported
from components.engine.data.imports.write import joined, write
from components.engine.data.judge import check_bars, data_findings
from components.engine.data.names import DataFile, entry
from components.engine.data.place import DataPlace
from components.engine.market_data import DataSource, file_bars, source_of
from components.errors import AlgoOpsError, UserError
from components.schema.policies.risk import DataPolicy, RiskPolicy


def register(_app: typer.Typer) -> None:
    """Add the commands."""
    groups.data.command("import")(import_)
    groups.data.command("check")(check)


def import_(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Exports to convert.")],
    symbol: Annotated[str, typer.Option(help="The symbol, where the file does not say it.")] = "",
    interval: Annotated[str, typer.Option(help="Length of a bar, such as 1d.")] = "",
    tz: Annotated[str, typer.Option(help="Time zone of the times, such as Europe/Berlin.")] = "",
    date_format: Annotated[str, typer.Option(help="How times are written: %d/%m/%Y.")] = "",
    decimal: Annotated[str, typer.Option(help="The mark before decimals: , or .")] = "",
    into: Annotated[
        Path | None, typer.Option(help="Folder to write into. Default: data.dir.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace what is there.")] = False,
    config: ConfigOption = None,
) -> None:
    """Convert exports of yfinance, ccxt, Binance, MetaTrader, Excel and others; say what was done.

    Writes SYMBOL_INTERVAL.parquet into `data.dir`, one file for each symbol, whole or not at all.
    Exit code 1 where a file was refused; nothing is written then.
    """
    with errors_for_people():
        if decimal not in {"", ",", "."}:
            raise UserError(f"--decimal is , or . and not {decimal!r}")
        folder = into or settings_from(config).data.dir
        if not isinstance(folder, Path):
            raise UserError(f"data.dir is {folder}", hint="--into FOLDER, and upload that")
        wanted = Wanted(symbol, interval, tz, date_format, decimal)
        refused, parts = 0, []
        for path in files:
            try:
                parts += imported(path, wanted)
            except UserError as error:
                refused += 1
                out.print(f"refused: {error}", markup=False, highlight=False, soft_wrap=True)
        if not refused:
            for bars in joined(parts):
                refused += not _written(folder, bars, force=force)
        raise typer.Exit(EXIT_FAILED if refused else EXIT_PASSED)


def _written(folder: Path, bars: Imported, *, force: bool) -> bool:
    try:
        target = write(folder, bars, force=force)
    except UserError as error:
        out.print(f"refused: {error}", markup=False, highlight=False, soft_wrap=True)
        return False
    first, last = bars.frame.index[0], bars.frame.index[-1]
    said = [f"{target}: {len(bars.frame)} bars from {first} to {last}"]
    said += [f"  {note}" for note in bars.notes]
    said += [
        f"  look: {f.message}" for f in data_findings(file_bars(target, bars.symbol, bars.interval))
    ]
    for line in said:
        out.print(line, markup=False, highlight=False, soft_wrap=True)
    return True


@dataclass(frozen=True)
class Checked:
    """What was found in one file; `refused` "" means that backtests may use it."""

    file: str
    bars: int
    refused: str
    findings: tuple[str, ...]
    skipped: str = ""


def check(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILE...]", help="Default: all of data.dir.")
    ] = None,
    form: FormOption = Form.TEXT,
    config: ConfigOption = None,
) -> None:
    """List what is impossible or suspicious in files of bars. Exit code 1 where one is refused."""
    with errors_for_people():
        settings = settings_from(config)
        policy = policy_of(settings, "risk.yaml", RiskPolicy).data
        source = source_of(settings.market_data)
        found = [entry(path) for path in files or ()] or _all(settings.market_data, source)
        checked = [_checked(one, policy, source, named=bool(files)) for one in found]
        if form is Form.JSON:
            print_json([vars(one) | {"findings": list(one.findings)} for one in checked])
        else:
            for one in checked:
                _show(one)
        raise typer.Exit(EXIT_FAILED if any(one.refused for one in checked) else EXIT_PASSED)


def _all(place: DataPlace, source: DataSource) -> Sequence[DataFile]:
    if isinstance(place, Path) and not place.is_dir():
        raise UserError(f"{place} is no folder", hint="check `data.dir`")
    return source.entries()


def _checked(one: DataFile, policy: DataPolicy, source: DataSource, *, named: bool) -> Checked:
    name = str(one.path) if named else source.name(one)
    if one.skipped and not (named and one.path.is_file()):
        refused = one.skipped if one.broken or named else ""
        return Checked(name, 0, refused, (), "" if refused else one.skipped)
    path = one.path
    try:
        path = path if named else source.local(one)
        bars = file_bars(path, one.symbol or path.stem, one.interval)
        findings = tuple(f"{f.rule}: {f.message}" for f in data_findings(bars))
        check_bars(bars, policy)
    except AlgoOpsError as error:
        return Checked(name, 0, str(error).replace(str(path), name), ())
    return Checked(name, len(bars.frame), "", findings)


def _show(one: Checked) -> None:
    if one.refused:
        lines = [f"refused {one.file}: {one.refused}"]
    elif one.skipped:
        lines = [f"skipped {one.file}: {one.skipped}"]
    else:
        lines = [f"ok      {one.file}: {one.bars} bars, {len(one.findings)} to look at"]
    for line in (*lines, *(f"  {finding}" for finding in one.findings)):
        out.print(line, markup=False, highlight=False, soft_wrap=True)
