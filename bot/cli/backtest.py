"""`algoops backtest`: one strategy on one symbol in the sandbox, with all numbers from outside."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from pydantic import BaseModel
from rich.markup import escape
from rich.table import Table

from bot.checks.backtests import Scalar, Task, Wishes, resolve_tasks
from bot.checks.folders import folder_subject
from bot.checks.luck import Counted, one_luck
from bot.cli.common import (
    EXIT_ERROR,
    EXIT_FAILED,
    EXIT_PASSED,
    ConfigOption,
    Form,
    FormOption,
    err,
    errors_for_people,
    out,
    print_json,
    read_input,
    settings_from,
)
from bot.config.settings import Settings
from bot.daemon.executors import sandbox_spec
from bot.report import charts
from bot.report.values import unit_words
from components.engine.fills import fill_findings
from components.errors import UserError
from components.ports import BacktestJob, MarketData
from components.sandbox.backends.pool import PooledSandbox
from components.sandbox.backends.select import open_sandbox
from components.schema.definition.backtest import BacktestConfig
from components.schema.definition.check import StrategyDefinition, check_definition
from components.schema.definition.overrides import overridden, read_value
from components.schema.policies.file import load_policy
from components.schema.policies.risk import RiskPolicy
from components.schema.policies.sandbox import SandboxPolicy
from components.schema.policies.schema import SchemaPolicy
from components.schema.results.values import ExecutionResult, Limits, Severity, Status

DEFINITIONS = ("strategy.yaml", "strategy.yml", "strategy.json")
CODE = "strategy.py"
_SHOWN = (
    *("return_pct", "buy_hold_return_pct", "cagr_pct", "sharpe", "sortino", "max_drawdown_pct"),
    *("exposure_pct", "trades", "win_rate_pct", "profit_factor", "turnover", "equity_final"),
)

Model = TypeVar("Model", bound=BaseModel)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("backtest")(backtest)


def backtest(
    path: Annotated[Path, typer.Argument(help="A strategy's folder, or a lone .py file.")],
    symbol: Annotated[str, typer.Option(help="What to trade.")] = "",
    interval: Annotated[str, typer.Option(help="Length of a bar, such as 1d.")] = "",
    start: Annotated[str, typer.Option(help="First day, YYYY-MM-DD.")] = "",
    end: Annotated[str, typer.Option(help="Last day, YYYY-MM-DD.")] = "",
    values: Annotated[
        list[str] | None, typer.Option("--set", help="A parameter: name=value. Repeatable.")
    ] = None,
    backtest_config: Annotated[
        Path | None,
        typer.Option(help="BacktestConfig (YAML or JSON), used as it is: no policy floors."),
    ] = None,
    form: FormOption = Form.TEXT,
    plot: Annotated[
        Path | None, typer.Option(help="Draw equity, drawdown and trades: .html, .png or .svg.")
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Backtest one strategy in the sandbox, without static validation of its code."""
    with errors_for_people():
        settings = settings_from(config)
        files, definition, rules = read_strategy(path, settings)
        exact = load_policy(backtest_config, BacktestConfig) if backtest_config else None
        wishes = Wishes(exact, start, end, (symbol,) if symbol else ())
        if interval:
            definition = definition.model_copy(update={"interval": interval})
        changed = _overridden(definition, values or [])
        with _sandbox(settings) as (sandbox, limits):
            # pandas is loaded here, while the guest starts
            from components.engine.market_data import FolderData  # noqa: PLC0415
            from components.engine.run import run_backtest  # noqa: PLC0415

            data = FolderData(settings.market_data)
            task = one_task(definition, settings, data, wishes, files).on(changed)
            job = job_of(files, definition.name, rules, task, limits)
            with err.status("Backtesting") if err.is_terminal else nullcontext():
                result = run_backtest(job, sandbox, data)
        if plot is not None:
            _draw(result, plot)
        _print(result, form)
        raise typer.Exit(_exit_code(result))


def read_strategy(
    path: Path, settings: Settings
) -> tuple[dict[str, bytes], StrategyDefinition, str]:
    """Files, definition and rule program of a folder or a lone file. Raises UserError."""
    if path.is_file() or str(path) == "-":
        name = "".join(c if c.isalnum() or c == "_" else "_" for c in path.stem) or "strategy"
        name = name if name[0].isalpha() else f"s_{name}"
        definition = StrategyDefinition(name=name, description="a lone file")
        return {CODE: read_input(path)}, definition, ""
    subject = folder_subject(path.resolve())
    if subject.findings:
        raise UserError("; ".join(f"{f.file}: {f.message}" for f in subject.findings[:5]))
    files = dict(subject.files)
    found = next((name for name in DEFINITIONS if name in files), None)
    if found is None:
        if CODE in files:
            return files, StrategyDefinition(name="strategy", description="a folder"), ""
        raise UserError(f"{path} has neither {DEFINITIONS[0]} nor {CODE}")
    policy = policy_of(settings, "schema.yaml", SchemaPolicy)
    checked = check_definition(
        files[found], found, folder=None, has_code=CODE in files, policy=policy
    )
    if checked.definition is None:
        problems = "; ".join(
            f"{found}:{f.line or 1}: {f.message}"
            for f in checked.findings
            if f.severity is Severity.ERROR
        )
        raise UserError(problems)
    return files, checked.definition, checked.rules


def policy_of(settings: Settings, name: str, model: type[Model]) -> Model:
    """One policy file of the configuration, or its defaults where there is none."""
    path = settings.policies / name
    return load_policy(path, model) if path.is_file() else model()


def one_task(
    definition: StrategyDefinition,
    settings: Settings,
    data: MarketData,
    wishes: Wishes,
    files: Mapping[str, bytes],
) -> Task:
    """The first symbol's backtest. Raises UserError where there is none to run."""
    tasks, findings = resolve_tasks(
        definition,
        policy_of(settings, "risk.yaml", RiskPolicy),
        data,
        causality=settings.engine.causality,
        wishes=wishes,
        files=files,
    )
    if not tasks:
        raise UserError(findings[0].message, hint=findings[0].hint)
    return replace(tasks[0], config=wishes.config or tasks[0].config)


def _overridden(definition: StrategyDefinition, values: list[str]) -> dict[str, Scalar]:
    """The parameters with `--set` applied; a lone file declares none, its class decides."""
    wanted: dict[str, Scalar] = {}
    for text in values:
        name, sign, value = text.partition("=")
        parsed = read_value(value) if sign else None
        if parsed is None:
            raise UserError(f"--set needs name=value with a number, text or flag, found {text!r}")
        wanted[name.strip()] = parsed
    return overridden(definition, wanted) if definition.parameters else wanted


def job_of(
    files: Mapping[str, bytes], name: str, rules: str, task: Task, limits: Limits
) -> BacktestJob:
    """The job of one task of a strategy."""
    return task.job(name, files, rules, limits, f"backtest/{name}")


@contextmanager
def _sandbox(settings: Settings) -> Iterator[tuple[PooledSandbox, Limits]]:
    """A sandbox in which one guest starts already, and the limits of a job."""
    policy = policy_of(settings, "sandbox.yaml", SandboxPolicy)
    sandbox = open_sandbox(replace(sandbox_spec(settings, policy), warm=0))
    try:
        sandbox.begin_one()
        yield sandbox, policy.limits
    finally:
        sandbox.close()


def _draw(result: ExecutionResult, file: Path) -> None:
    kind = file.suffix.lower()
    if kind not in {".html", ".png", ".svg"}:
        raise UserError(f"--plot draws .html, .png or .svg, not {file.name}")
    if not result.equity:
        err.print(f"algoops: nothing to draw: the backtest {result.status}", markup=False)
        return
    try:
        if kind == ".html":
            file.write_text(charts.page(result), encoding="utf-8")
        else:
            file.write_bytes(charts.picture(result, "png" if kind == ".png" else "svg"))
    except OSError as error:
        raise UserError(f"--plot cannot write {file}: {error.strerror}") from error


def _print(result: ExecutionResult, form: Form) -> None:
    if form is Form.JSON:
        print_json(_document(result))
        return
    state = {EXIT_PASSED: "passed", EXIT_FAILED: "failed", EXIT_ERROR: "error"}[_exit_code(result)]
    out.print(f"{result.symbol} {result.interval}: {state}", highlight=False, markup=False)
    if result.message:
        out.print(result.message, markup=False, highlight=False)
    if result.traceback:
        out.print(result.traceback, markup=False, highlight=False)
    for finding in (
        *result.lookahead,
        *fill_findings(result),
        *result.order_findings,
        *result.data_findings,
    ):
        out.print(f"{finding.rule}: {finding.message}", markup=False, highlight=False)
    if result.unit != 1:
        out.print(unit_words([result]), markup=False, highlight=False)
    if result.metrics is not None:
        table = Table(box=None, show_header=False)
        for name in _SHOWN:
            value = getattr(result.metrics, name)
            shown = "-" if value is None else f"{value:z,.2f}"
            table.add_row(escape(name), shown.removesuffix(".00"))
        out.print(table)
        out.print(charts.sparkline(result), highlight=False)
        luck = one_luck(result, Counted(), "data").line
        out.print(luck, markup=False, highlight=False, soft_wrap=True)


def _document(result: ExecutionResult) -> dict[str, Any]:
    whole = result.model_dump(mode="json")
    shown = ("metrics", "benchmark", "trades", "lookahead", "equity")
    return {
        "result": {key: value for key, value in whole.items() if key not in shown},
        **{key: whole[key] for key in shown},
    }


def _exit_code(result: ExecutionResult) -> int:
    if result.status is Status.INFRASTRUCTURE_ERROR:
        return EXIT_ERROR
    leaks = any(finding.severity is Severity.ERROR for finding in result.lookahead)
    return EXIT_FAILED if leaks or result.status is not Status.PASSED else EXIT_PASSED
