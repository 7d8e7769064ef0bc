"""`algoops new`: the folder of a strategy from a notebook or a script."""

import re
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from bot.checks.subject import CODE, DEFINITIONS
from bot.cli.common import EXIT_PASSED, errors_for_people, out, read_input
from bot.cli.notebook import Draft, Said, drafted, said_by
from components.engine.data.names import interval_of
from components.errors import UserError
from components.schema.definition.backtest import BacktestConfig
from components.schema.definition.models import PORTFOLIO
from components.schema.documents.writer import to_yaml
from components.schema.types import NAME_PATTERN, SYMBOL_PATTERN, WORDS

DEFAULT_FOLDER = Path("strategies")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("new")(new)


def new(
    name: Annotated[str, typer.Argument(help="The strategy's name, such as sma_cross.")],
    source: Annotated[Path, typer.Option("--from", help="A notebook (.ipynb) or a script (.py).")],
    symbol: Annotated[
        str,
        typer.Option(help="What it trades, where the code does not say; SPX,IXIC of a portfolio."),
    ] = "",
    interval: Annotated[str, typer.Option(help="Length of a bar, such as 1d.")] = "",
    into: Annotated[Path, typer.Option(help="Folder of strategies.")] = DEFAULT_FOLDER,
) -> None:
    """Make the folder of a strategy from a notebook or a script.

    Writes strategies/NAME/strategy.py with the code as it stands there, and strategy.yaml with what
    it says of symbol, bars, costs and parameters. Nothing is run, and nothing is replaced.
    """
    with errors_for_people():
        if not re.fullmatch(NAME_PATTERN, name) or len(name) > 64:  # noqa: PLR2004  # letters
            raise UserError(f"{name!r} is no name: {WORDS[NAME_PATTERN]}", hint="such as sma_cross")
        draft = drafted(source.name, read_input(source))
        said = said_by(draft.source)
        if not said.classes:
            raise UserError(
                f"{source} has no class with the base Strategy",
                hint="a strategy is `class Name(Strategy):` of backtesting.py, or for several"
                " symbols `class Name(algoops.PortfolioStrategy):`, with init and next",
            )
        definition, notes = _definition(name, source, said, (symbol, interval))
        folder = into / name
        _write(folder, {CODE: draft.source, DEFINITIONS[0]: to_yaml(definition)})
        _tell(folder, definition, draft, notes)
        raise typer.Exit(EXIT_PASSED)


def _definition(
    name: str, source: Path, said: Said, asked: tuple[str, str]
) -> tuple[dict[str, Any], list[str]]:
    """strategy.yaml, and what a person should know of it."""
    traded = _traded(name, said, asked[0])
    interval, problem = interval_of(asked[1] or _only(said.intervals) or "1d")
    if problem:
        raise UserError(f"--interval: {problem}")
    definition: dict[str, Any] = {
        "name": name,
        "description": f"From {source.name}.",
        "version": "1.0.0",
        **traded,
        "interval": interval,
    }
    chosen = _chosen(name, said)
    if chosen:
        definition["parameters"] = chosen
    config, notes = _config(said)
    if config:
        definition["backtest"] = config
    if len(said.classes) > 1:
        notes.append(f"several strategies ({', '.join(said.classes)}): keep one in {CODE}")
    return definition, notes


def _traded(name: str, said: Said, asked: str) -> dict[str, Any]:
    """What strategy.yaml says of its symbol, or of a portfolio and its symbols."""
    portfolio = _class(name, said) in said.portfolios
    known = list(dict.fromkeys(said.symbols))
    symbols = asked.split(",") if asked else known if portfolio else [_only(said.symbols)]
    symbols = [symbol.strip().replace("/", "-") for symbol in symbols]
    many = f"the code names {', '.join(known)}" if known else "the code names none"
    if not symbols or not all(re.fullmatch(SYMBOL_PATTERN, symbol) for symbol in symbols):
        if portfolio:
            raise UserError(f"which symbols does it trade? {many}", hint="--symbol SPX,IXIC")
        raise UserError(f"which symbol does it trade? {many}", hint="--symbol ACME")
    if portfolio:
        return {"framework": PORTFOLIO, "symbols": symbols}
    if len(symbols) > 1:
        raise UserError(
            "a backtesting.Strategy trades one symbol", hint="--symbol ACME, or a PortfolioStrategy"
        )
    return {"symbol": symbols[0]}


def _class(name: str, said: Said) -> str:
    """The strategy's class, where it is clear which that is; else ""."""
    plain = name.replace("_", "").lower()
    named = [one for one in said.classes if one.lower() == plain] or list(said.classes)
    return named[0] if len(named) == 1 else ""


def _only(found: list[str]) -> str:
    return found[0] if len(set(found)) == 1 else ""


def _chosen(name: str, said: Said) -> dict[str, float]:
    """Parameters: the numbers of the strategy's class, where it is clear which that is."""
    return said.classes.get(_class(name, said), {})


def _config(said: Said) -> tuple[dict[str, Any], list[str]]:
    """The settings of `Backtest` that strategy.yaml takes, and words for the others."""
    notes = [f"not taken over from Backtest: {text}" for text in said.unread]
    config = dict(said.config)
    try:
        BacktestConfig.model_validate(config)
    except ValidationError as error:
        for item in error.errors():
            wrong = str(item["loc"][0])
            if wrong in config:
                notes.append(f"not taken over from Backtest: {wrong} {config.pop(wrong)}")
    return config, notes


def _write(folder: Path, files: dict[str, str]) -> None:
    try:
        folder.mkdir(parents=True)
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
    except FileExistsError as error:
        raise UserError(f"{folder} is there already", hint="take another name") from error
    except OSError as error:
        raise UserError(f"cannot write {folder}: {error.strerror}") from error


def _tell(folder: Path, definition: dict[str, Any], draft: Draft, notes: list[str]) -> None:
    symbols = definition.get("symbols", [definition.get("symbol")])
    traded = f"{', '.join(symbols)} {definition['interval']}"
    lines = [f"Made {folder}: trades {traded}, as {folder / DEFINITIONS[0]} says."]
    lines += [f"  {note}" for note in (*draft.notes, *notes)]
    lines += ["Look at both files, then:", f"  algoops check {folder}"]
    out.print("\n".join(lines), markup=False, highlight=False, soft_wrap=True)
