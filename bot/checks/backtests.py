"""A definition and the risk policy -> the backtests that are to be run.

One for each symbol; of a portfolio one over all of them.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, get_args

from algoops.universe import UniverseError, parse_universe
from components.engine.data.judge import check_bars
from components.engine.data.listed import bars_of
from components.engine.gates import resolve_config
from components.engine.intervals import check_detail
from components.engine.sealed import earlier, open_until
from components.engine.units import chosen_unit
from components.errors import ConfigError, UserError
from components.ports import BacktestJob, Bars, MarketData, SmokeJob
from components.schema.definition.backtest import BacktestConfig
from components.schema.definition.models import PORTFOLIO, StrategyDefinition, parameter_values
from components.schema.policies.risk import RiskPolicy
from components.schema.results.values import CheckName, Finding, Limits
from components.validator import runnable

if TYPE_CHECKING:
    import pandas as pd

Causality = Literal["streamed", "audited"]
Scalar = float | int | bool | str
Market = tuple[MarketData, tuple[str, ...], str]
"""Where bars are, of which symbols, and how long each is."""

FEW_BARS = 250
MOST_NAMED, _DIGEST = 4, 6
_HOW = "docs/portfolio.md shows one under: A universe that changes"


@dataclass(frozen=True)
class Task:
    """One backtest: on what, with which settings, over which bars (`bars`: how many).

    Dates are ISO or None. `unit`: the smallest amount traded, where the bars decide (see
    `engine.units`), else None. `symbols`: of a portfolio; `symbol` is then its name (`name_of`).
    `universe`: its file, which the strategy does not get: later lines are the future.
    """

    symbol: str
    interval: str
    start: str | None
    end: str | None
    config: BacktestConfig
    parameters: Mapping[str, Scalar]
    data_hash: str
    causality: Causality
    stream_cpu_s: float | None
    unit: float | None = None
    bars: int = 0
    symbols: tuple[str, ...] = ()
    universe: tuple[str, bytes] = ("", b"")

    def on(self, parameters: Mapping[str, Scalar]) -> "Task":
        """The same task for other parameter values."""
        return replace(self, parameters=parameters)

    def job(
        self, name: str, files: Mapping[str, bytes], rules: str, limits: Limits, label: str
    ) -> BacktestJob:
        """The executor's job for this task; every backtest of the bot is made here."""
        shared = self._shared(name, files, rules, limits, label)
        return BacktestJob(**shared, causality=self.causality, stream_cpu_s=self.stream_cpu_s)

    def smoke(
        self, name: str, files: Mapping[str, bytes], rules: str, limits: Limits, label: str
    ) -> SmokeJob:
        """The executor's job that tries the strategy on the first of this task's bars."""
        return SmokeJob(**self._shared(name, files, rules, limits, label))

    def _shared(
        self, name: str, files: Mapping[str, bytes], rules: str, limits: Limits, label: str
    ) -> dict[str, Any]:
        kept = {path: content for path, content in files.items() if path != self.universe[0]}
        return {
            "strategy": name,
            "files": runnable(kept),
            "rules": rules,
            "parameters": self.parameters,
            "config": self.config,
            "symbol": self.symbol,
            "interval": self.interval,
            "start": self.start,
            "end": self.end,
            "limits": limits,
            "unit": self.unit,
            "label": label,
            "symbols": self.symbols,
            "universe": self.universe[1],
        }


@dataclass(frozen=True)
class Wishes:
    """What a request asks for instead of what the definition says; empty: nothing."""

    config: BacktestConfig | None = None
    start: str = ""
    end: str = ""
    symbols: tuple[str, ...] = ()


NO_WISHES = Wishes()
NO_FILES: Mapping[str, bytes] = MappingProxyType({})


def resolve_tasks(
    definition: StrategyDefinition,
    policy: RiskPolicy,
    data: MarketData,
    *,
    causality: str = "streamed",
    wishes: Wishes | None = None,
    files: Mapping[str, bytes] = NO_FILES,
) -> tuple[tuple[Task, ...], tuple[Finding, ...]]:
    """The backtests of a strategy.

    Args:
        definition: a valid one.
        files: its folder's, where the definition may name one (`universe`).
        policy: defaults for what it does not say, and floors.
        data: what there is.
        causality: the configured mode; the policy's own goes first.
        wishes: what a request asks for instead.

    Returns:
        The tasks, and a finding for each symbol that cannot be run (then it has no task); a
        portfolio has one task, or none.
    """
    asked, holdout = wishes or Wishes(), policy.holdout
    config = resolve_config(policy, asked.config or definition.backtest)
    symbols, interval = markets_of(definition, policy, asked)
    tasks, findings = [], []
    portfolio, universe = definition.framework == PORTFOLIO, ("", b"")
    if definition.universe is not None:
        try:
            universe, symbols = universe_of(definition.universe, files)
        except UserError as error:
            return (), (_no_data(definition.universe, error),)
    for group in [symbols] if portfolio else [(symbol,) for symbol in symbols]:
        where = (data, group, interval)
        try:
            seal = open_until(data, holdout, _held(group, config)) if holdout else ""
            span = _span(definition, config, policy, asked, where, seal)
            if portfolio:
                task = _of_portfolio(config, policy, where, span, causality)
                task = replace(task, universe=universe)
            else:
                task = _task(config, policy, where, span, causality)
        except UserError as error:
            if isinstance(error, ConfigError):
                raise
            findings.append(_no_data(name_of(group), error))
        else:
            tasks.append(task.on(parameter_values(definition)))
    return tuple(tasks), tuple(findings)


def universe_of(name: str, files: Mapping[str, bytes]) -> tuple[tuple[str, bytes], tuple[str, ...]]:
    """A universe's file (name, content) and its symbols. Raises UserError: it says none."""
    if name not in files:
        raise UserError(f"there is no {name} in the strategy's folder", hint=f"add {name}; {_HOW}")
    try:
        return (name, files[name]), tuple(parse_universe(files[name]).memberships)
    except UniverseError as error:
        raise UserError(f"{name}: {error}", hint=_HOW) from error


def name_of(symbols: tuple[str, ...]) -> str:
    """What to call a portfolio of these symbols; of one symbol itself.

    Their order makes no other name: tries are counted by it. Beyond a few it tells how many there
    are, and has a part that names just these.
    """
    symbols = tuple(sorted(symbols))
    if len(symbols) <= MOST_NAMED:
        return "+".join(symbols)
    digest = hashlib.sha256("+".join(symbols).encode()).hexdigest()[:_DIGEST]
    return f"{symbols[0]}+{len(symbols) - 1}more-{digest}"


def _of_portfolio(
    config: BacktestConfig,
    policy: RiskPolicy,
    where: Market,
    span: tuple[str | None, str | None],
    causality: str,
) -> Task:
    """As `_task`, of one account. Raises UserError too where its bars do not fit together."""
    from components.engine.joined import check_settings, join  # noqa: PLC0415  # pandas: see _offset

    data, group, interval = where
    check_settings(config, len(group))
    task = _task(config, policy, where, span, causality)
    joined = join(bars_of(data, group, interval, *span), config.unit or 1.0)
    unit = chosen_unit(config, joined.frames)
    return replace(task, symbols=group, unit=unit)


def markets_of(
    definition: StrategyDefinition, policy: RiskPolicy, asked: Wishes = NO_WISHES
) -> tuple[tuple[str, ...], str]:
    """The symbols that a strategy trades, and the length of their bars."""
    config = resolve_config(policy, asked.config or definition.backtest)
    symbols = asked.symbols or config.symbols or _symbols(definition, policy)
    return symbols, definition.interval or policy.defaults.interval


def _task(
    config: BacktestConfig,
    policy: RiskPolicy,
    where: Market,
    span: tuple[str | None, str | None],
    causality: str,
) -> Task:
    """The task of these symbols, without parameters. Raises UserError: one of them has no bars."""
    (data, group, interval), (start, end) = where, span
    several = bars_of(data, group, interval, start, end)
    for bars in several:
        check_bars(bars, policy.data)
    hashes = [_hashes(data, bars, config, interval, start, end) for bars in several]
    longest = max(len(bars.frame) for bars in several)
    return Task(
        symbol=name_of(group),
        interval=interval,
        start=start,
        end=end,
        config=config,
        parameters={},
        data_hash="+".join(hashes),
        causality=_causality(policy, causality, longest),
        stream_cpu_s=policy.causality.stream_cpu_s,
        unit=chosen_unit(config, {group[0]: several[0].frame}),
        bars=sum(len(bars.frame) for bars in several),
    )


def order_fields(job: BacktestJob) -> dict[str, Any]:
    """All that decides a job's orders but its name and its data; files by their SHA-256 (hex)."""
    return {
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in job.files.items()},
        "rules": job.rules,
        "parameters": dict(job.parameters),
        "config": job.config.model_dump(mode="json"),
        "bars": [job.symbol, job.interval, job.start, job.end, *job.symbols, *_said(job.universe)],
        "mode": [job.causality, job.lookback, job.seed, *([job.delay] if job.delay else [])],
    }


def _said(universe: bytes) -> tuple[str, ...]:
    return (hashlib.sha256(universe).hexdigest(),) if universe else ()


def digest_of(fields: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of JSON values, whatever their order."""
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


def _symbols(definition: StrategyDefinition, policy: RiskPolicy) -> tuple[str, ...]:
    if definition.symbols:
        return definition.symbols
    return (definition.symbol,) if definition.symbol else policy.defaults.symbols


def _span(
    definition: StrategyDefinition,
    config: BacktestConfig,
    policy: RiskPolicy,
    asked: Wishes,
    where: Market,
    seal: str,
) -> tuple[str | None, str | None]:
    """First and last day; a period counts back from the last bar, never from today.

    `seal`: last day that is not sealed, "" where none is.
    """
    start = asked.start or _iso(config.start) or _iso(definition.start)
    end = asked.end or _iso(config.end) or _iso(definition.end)
    end = earlier(end, seal) if seal else end
    if seal and start and start > seal:
        raise UserError(f"bars after {seal} are sealed", hint="risk.yaml of the policies: holdout")
    period = definition.period or (policy.defaults.period if not start else None)
    if start is None and period and period != "max":
        data, group, interval = where
        frames = [bars.frame for bars in bars_of(data, group, interval, None, end)]
        last = max(frame.index[-1] for frame in frames if len(frame))
        start = (last - _offset(period)).date().isoformat()
    return start or None, end or None


def _held(group: tuple[str, ...], config: BacktestConfig) -> tuple[str, ...]:
    return (*group, config.benchmark_symbol) if config.benchmark_symbol else group


def _iso(day: object) -> str | None:
    return str(day) if day else None


def _offset(period: str) -> "pd.DateOffset":
    import pandas as pd  # noqa: PLC0415  # a second that a check of the code need not spend

    number = int("".join(c for c in period if c.isdigit()))
    unit = "".join(c for c in period if c.isalpha())
    names = {"d": "days", "w": "weeks", "wk": "weeks", "mo": "months", "m": "months", "y": "years"}
    spans: dict[str, Any] = {names[unit]: number}
    return pd.DateOffset(**spans)


def _hashes(
    data: MarketData,
    bars: Bars,
    config: BacktestConfig,
    interval: str,
    start: str | None,
    end: str | None,
) -> str:
    """The bars' hash, with the benchmark's where there is one, and that of finer bars."""
    others = []
    if config.benchmark_symbol is not None:
        others.append((config.benchmark_symbol, interval))
    if config.detail is not None:
        check_detail(config.detail, interval)
        others.append((bars.symbol, config.detail))
    hashes = [data.data_hash(symbol, length, start, end) for symbol, length in others]
    return "+".join([bars.data_hash, *hashes])


def _causality(policy: RiskPolicy, configured: str, bars: int) -> Causality:
    above = policy.causality.audited_above_bars
    if above is not None and bars > above:
        return "audited"
    mode = policy.causality.mode or configured
    return "audited" if mode == get_args(Causality)[1] else "streamed"


def _no_data(symbol: str, error: UserError) -> Finding:
    return Finding(
        check=CheckName.BACKTEST,
        rule="no-data",
        message=Exception.__str__(error),
        hint=error.hint,
        found=symbol,
    )
