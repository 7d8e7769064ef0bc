"""A backtest configuration: read, checked, and warned about where it flatters its strategy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import ValidationError

from components.schema.definition.backtest import BacktestConfig, CommissionScheme
from components.schema.documents.explain import findings_of
from components.schema.documents.reader import Document, read_document
from components.schema.results.values import Finding, Severity

if TYPE_CHECKING:
    from components.schema.documents.bounds import Path

FEW_BARS = 250
"""A year of trading days: with less, statistics say little."""

_THIN_MARGIN = 0.1
_TRADING_DAYS = 252 / 365.25


@dataclass(frozen=True)
class ConfigCheck:
    """What came of checking a configuration; `config` is None when an error was found."""

    config: BacktestConfig | None
    findings: tuple[Finding, ...]

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What is allowed but doubtful."""
        return tuple(f for f in self.findings if f.severity is Severity.WARNING)


def check_config(data: bytes, file: str) -> ConfigCheck:
    """Check a configuration file (YAML, or JSON by its name). Never raises for its content."""
    return _check(read_document(data, file))


def config_warnings(config: BacktestConfig, *, bars: int | None = None) -> tuple[Finding, ...]:
    """What is doubtful about a configuration.

    Args:
        config: a valid configuration.
        bars: how many bars there are, where that is known; else judged by the dates.
    """
    return _warnings(config, Document({}, (), ""), bars)


def _check(document: Document) -> ConfigCheck:
    if not document.readable:
        return ConfigCheck(None, document.findings)
    value = {} if document.value is None else document.value
    if not isinstance(value, dict):
        message = "a configuration is a mapping: `initial_capital: 10000` and so on"
        return ConfigCheck(None, (document.finding((), "not-a-mapping", message),))
    try:
        config = BacktestConfig.model_validate(value)
    except ValidationError as error:
        return ConfigCheck(None, findings_of(error, document, BacktestConfig))
    return ConfigCheck(config, _warnings(config, document, None))


def _warnings(config: BacktestConfig, document: Document, bars: int | None) -> tuple[Finding, ...]:
    found: list[tuple[Path, str, str, str]] = []
    if _is_free(config):
        hint = "0.001 is 0.1 % of each order's value"
        found.append((("commission",), "no-commission", "trading is free of commission", hint))
    if config.margin < _THIN_MARGIN:
        message = f"margin {config.margin:g} is a leverage of {1 / config.margin:.0f}"
        found.append((("margin",), "thin-margin", message, "1 is without leverage"))
    count = bars if bars is not None else _days(config)
    if count is not None and count < FEW_BARS:
        about = "" if bars is not None else "about "
        message = f"{about}{count} bars, fewer than {FEW_BARS}: statistics say little"
        found.append((("start",), "few-bars", message, "take a longer period"))
    return tuple(
        document.finding(path, rule, message, hint=hint, severity=Severity.WARNING)
        for path, rule, message, hint in found
    )


def _is_free(config: BacktestConfig) -> bool:
    commission = config.commission
    if isinstance(commission, CommissionScheme):
        return commission.fixed == 0 and commission.pct == 0
    return commission == 0


def _days(config: BacktestConfig) -> int | None:
    """Trading days between the dates, about; None where one of them is open."""
    if config.start is None or config.end is None:
        return None
    return int(((config.end - config.start).days + 1) * _TRADING_DAYS)
