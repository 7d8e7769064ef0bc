"""PURE: two reports on the same content, held against each other line by line."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from components.schema.results.report import Report, StrategyReport
from components.schema.results.values import ExecutionResult, Severity, Verdict

PATHS = 5
"""Numbers that differ and are named one by one."""

NUMBERS = (
    "status", "metrics", "benchmark", "band", "trades", "equity", "evidence", "unit",
    "fill_differences", "contributions",
)  # fmt: skip
"""What a backtest says that depends on neither the machine nor the hour."""

ABOUT_STRATEGY = (
    "version", "verdict", "stage", "aggregate", "aggregate_benchmark", "base_metrics", "gates",
    "further",
)  # fmt: skip


class Stands(StrEnum):
    """How a line of a report stands: `same`, it `differs`, it can't be told here (`unknown`)."""

    SAME = "same"
    DIFFERS = "differs"
    NOTE = "note"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class ReportLine:
    """One thing that a report says.

    Attributes:
        about: the strategy and symbol that it is said of; "" for the report as a whole.
        what: content, policy, data, engine, image, orders, numbers ...
        claimed, found: what the report says, and what was found here.
        why: in words, where they differ.
    """

    about: str
    what: str
    held: Stands
    claimed: str = ""
    found: str = ""
    why: str = ""


def compare(claimed: Report, found: Report) -> list[ReportLine]:
    """Every line of a report that can be told again, with what it is here.

    Args:
        claimed: the report from elsewhere.
        found: what the same commits came to here.
    """
    lines = [_line("", "merge", claimed.merge_tree, found.merge_tree, _OTHER_MERGE)]
    here = {strategy.name: strategy for strategy in found.strategies}
    for strategy in claimed.strategies:
        if strategy.name in here:
            lines += _strategy(strategy, here[strategy.name])
        else:
            lines.append(ReportLine(strategy.name, "content", Stands.DIFFERS, why=_NO_SUCH))
    one, two = _blocking(claimed), _blocking(found)
    lines.append(_line("", "findings of the proposal", one, two, _OTHER_FINDINGS))
    lines.append(_line("", "verdict", str(claimed.verdict), str(found.verdict), _OTHER_VERDICT))
    return lines


_OTHER_MERGE = "merging the report's two commits gives another tree here"
_NO_SUCH = "the report's commit does not have this strategy"
_OTHER_FINDINGS = "the proposal itself has other errors here"
_OTHER_VERDICT = "the report says another verdict than its content has here"
_ONLY_THERE = {
    "book": "as the report says: only who made it can tell what was deployed beside it",
    "holdout": "as the report says: the sealed bars are asked once, where looks are counted",
}
_TIMED = "a limit of time was reached, which another machine may not reach"
_CAUSES = {
    "content": "the folder's content differs: the report speaks of another one",
    "policy": "the policies here are others than those of the report",
    "data": "the bars here are others than those of the report",
    "finer data": "the finer bars here are others than those of the report",
    "engine": "the engine here has another version, so fills or formulas may differ",
    "image": "the sandbox here has other Python packages, or another build of them",
    "causality": "bars reach the strategy in another way here",
    "seed": "random numbers begin with another seed here",
}


def _blocking(report: Report) -> str:
    errors = [f for f in report.findings if f.severity is Severity.ERROR]
    errors += [f for c in report.checks for f in c.findings if f.severity is Severity.ERROR]
    return "; ".join(sorted(f"{f.rule} {f.file}".strip() for f in errors))


def _line(about: str, what: str, claimed: str, found: str, why: str) -> ReportLine:
    if claimed == found:
        return ReportLine(about, what, Stands.SAME, claimed, found)
    return ReportLine(about, what, Stands.DIFFERS, claimed, found, why)


def _strategy(claimed: StrategyReport, found: StrategyReport) -> Iterator[ReportLine]:
    name = claimed.name
    untold = _untold(claimed, found)
    if untold:
        verdicts = (str(claimed.verdict), str(found.verdict))
        yield ReportLine(name, "verdict", Stands.UNKNOWN, *verdicts, untold)
        return
    yield _line(name, "content", claimed.tree, found.tree, _CAUSES["content"])
    here = {result.symbol: result for result in found.results}
    inputs: list[ReportLine] = []
    for result in claimed.results:
        about = f"{name} {result.symbol}"
        other = here.pop(result.symbol, None)
        if other is None:
            yield ReportLine(
                about, "data", Stands.DIFFERS, why=f"no backtest was made here: {_broke(found)}"
            )
            continue
        own = list(_inputs(about, result, other))
        inputs += own
        yield from own
        yield from _outcome(about, result, other, _reason(own))
    for symbol in here:
        yield ReportLine(
            f"{name} {symbol}", "numbers", Stands.DIFFERS, why="the report leaves this symbol out"
        )
    yield _tries(claimed, found)
    for what, why in _ONLY_THERE.items():
        if getattr(claimed, what) is not None:
            yield ReportLine(name, what, Stands.NOTE, why=why)
    differing = list(_differing(_checks(claimed), _checks(found), "checks"))
    differing += _differing(_picked(claimed, ABOUT_STRATEGY), _picked(found, ABOUT_STRATEGY))
    yield _numbers(name, "verdict", differing, _reason(inputs), str(claimed.verdict))


def _untold(claimed: StrategyReport, found: StrategyReport) -> str:
    """Why nothing can be said, or ""."""
    if claimed.verdict is Verdict.ERROR:
        return "the report has no verdict on it"
    if found.verdict is Verdict.ERROR:
        return f"it could not be checked here: {_broke(found)}"
    rules = {f.rule for s in (claimed, found) for c in s.checks for f in c.findings}
    return _TIMED if "timeout" in rules else ""


def _checks(strategy: StrategyReport) -> dict[str, Any]:
    """How each check ended, with the rules of its errors."""
    return {
        str(check.name): [
            str(check.outcome),
            *sorted(f"{f.rule} {f.file}" for f in check.findings if f.severity is Severity.ERROR),
        ]
        for check in strategy.checks
    }


def _broke(found: StrategyReport) -> str:
    bad = [c for c in found.checks if c.outcome in {"failed", "error"}]
    return (
        "; ".join(f"{c.name}: {c.findings[0].message if c.findings else c.summary}" for c in bad)
        or "no reason was given"
    )


def _inputs(about: str, claimed: ExecutionResult, found: ExecutionResult) -> Iterator[ReportLine]:
    """What a backtest was made of; another image alone is no difference in the result."""
    one, two = claimed.provenance, found.provenance
    for what, field in (
        ("policy", "policy_hash"), ("data", "data_hash"), ("finer data", "detail_hash"),
        ("engine", "engine"), ("image", "image"), ("causality", "causality"), ("seed", "seed"),
    ):  # fmt: skip
        values = (str(getattr(one, field)), str(getattr(two, field)))
        if what == "finer data" and values == ("", ""):
            continue
        line = _line(about, what, *values, f"{_CAUSES[what]}{_last_bars(what, claimed, found)}")
        if what == "image" and line.held is Stands.DIFFERS:
            line = ReportLine(about, what, Stands.NOTE, *values, line.why)
        yield line


def _last_bars(what: str, claimed: ExecutionResult, found: ExecutionResult) -> str:
    """Where bars came since: the usual reason for other data, and no forgery."""
    if what != "data" or claimed.metrics is None or found.metrics is None:
        return ""
    ends = (claimed.metrics.end[:19], found.metrics.end[:19])
    return (
        "" if ends[0] == ends[1] else f" (its last bar was of {ends[0]}, here it is of {ends[1]})"
    )


def _reason(inputs: Sequence[ReportLine]) -> str:
    """Why results differ: the first thing that they were made of and that differs."""
    for line in inputs:
        if line.held is not Stands.SAME:
            return f"because {line.why}"
    return (
        "although content, policy, data, engine and seed are the same: the report was changed,"
        " or the strategy does not give the same on every machine"
    )


def _outcome(
    about: str, claimed: ExecutionResult, found: ExecutionResult, reason: str
) -> Iterator[ReportLine]:
    yield _line(about, "orders", claimed.orders_sha256, found.orders_sha256, reason)
    differing = list(_differing(_picked(claimed, NUMBERS), _picked(found, NUMBERS)))
    if differing and claimed.orders_sha256 == found.orders_sha256 and reason.startswith("although"):
        reason = f"{reason}; the orders are the same, so these numbers are not what they come to"
    yield _numbers(about, "numbers", differing, reason, str(claimed.status))


def _tries(claimed: StrategyReport, found: StrategyReport) -> ReportLine:
    """The count of tries can't be made again; what follows from it can."""
    fields = set(type(claimed.luck[0]).model_fields) - {"line"} if claimed.luck else set()
    one, two = (
        {f"{x.symbol}": {f: x.model_dump(mode="json")[f] for f in fields} for x in s.luck}
        for s in (claimed, found)
    )
    differing = list(_differing(one, two))
    if differing:
        return _numbers(claimed.name, "luck", differing, "as computed from the tries it claims", "")
    counted = ", ".join(f"{x.symbol} {x.tries}" for x in claimed.luck)
    why = "as the report says: only the ledger of who made it can tell the number of tries"
    return ReportLine(claimed.name, "tries", Stands.NOTE, counted, counted, why)


def _numbers(about: str, what: str, differing: Sequence[str], why: str, said: str) -> ReportLine:
    if not differing:
        return ReportLine(about, what, Stands.SAME, said, said)
    more = f" and {len(differing) - PATHS} more" if len(differing) > PATHS else ""
    return ReportLine(
        about, what, Stands.DIFFERS, why=f"{'; '.join(differing[:PATHS])}{more}; {why}"
    )


def _picked(value: StrategyReport | ExecutionResult, fields: Sequence[str]) -> dict[str, Any]:
    return value.model_dump(mode="json", include=set(fields))


def _differing(claimed: Any, found: Any, at: str = "") -> Iterator[str]:
    """Paths of two JSON values at which they differ, with both values."""
    if isinstance(claimed, Mapping) and isinstance(found, Mapping):
        for key in sorted({*claimed, *found}):
            yield from _differing(claimed.get(key), found.get(key), f"{at}.{key}".lstrip("."))
    elif isinstance(claimed, list) and isinstance(found, list) and len(claimed) == len(found):
        for place, pair in enumerate(zip(claimed, found, strict=True)):
            yield from _differing(*pair, f"{at}[{place}]")
    elif claimed != found:
        one, two = (
            f"{len(x)} rows" if isinstance(x, list) else str(x)[:80] for x in (claimed, found)
        )
        yield f"{at}: the report says {one}, here it is {two}"
