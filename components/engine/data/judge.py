"""What is done about suspicious bars: a warning in the report, or a refusal by the policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.errors import ConfigError
from components.schema.results.values import CheckName, Finding, Severity

if TYPE_CHECKING:
    from components.ports import Bars
    from components.schema.policies.risk import DataPolicy


def data_findings(bars: Bars) -> tuple[Finding, ...]:
    """A warning for each kind of doubt: rule `data-spike`, `data-split` and so on."""
    return tuple(
        Finding(
            check=CheckName.BACKTEST,
            rule=f"data-{doubt.kind}",
            severity=Severity.WARNING,
            message=f"{_name(bars)}: {doubt.message}{_more(doubt.count)}",
            hint=doubt.hint,
            found=str(doubt.count),
        )
        for doubt in bars.doubts
    )


def check_bars(bars: Bars, policy: DataPolicy) -> None:
    """Refuse bars that the policy does not want a backtest to be run on.

    Raises:
        ConfigError: a gap longer than `max_gap_days`, or a kind of doubt that `block` names.
    """
    if bars.gap is not None and bars.gap.days > policy.max_gap_days:
        raise ConfigError(
            f"{_name(bars)}: {bars.gap.message}",
            hint="fill it, cut the file there, or raise data.max_gap_days in policies/risk.yaml",
        )
    for doubt in bars.doubts:
        if doubt.kind in policy.block:
            raise ConfigError(
                f"{_name(bars)}: {doubt.message}{_more(doubt.count)}",
                hint=f"{doubt.hint}; data.block in policies/risk.yaml names {doubt.kind}",
            )


def _name(bars: Bars) -> str:
    return f"{bars.symbol} {bars.interval}".strip()


def _more(count: int) -> str:
    return f"; the largest of {count}" if count > 1 else ""
