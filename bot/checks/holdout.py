"""The sealed bars, asked once all other gates hold: one run over them, one bit of it for people."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from random import SystemRandom
from typing import Any

from bot.checks.further import ran_in_order
from bot.checks.jobs import content_of
from bot.checks.looks import HoldoutQuestion, Looker, SealedBars
from bot.checks.subject import Bench
from components.engine.intervals import minutes
from components.engine.sealed import open_until
from components.ports import BacktestJob
from components.schema.results.holdout import HoldoutAnswer
from components.schema.results.values import ExecutionResult, Status

Run = Callable[[Sequence[BacktestJob]], tuple[ExecutionResult, ...]]
_DAY, _DAY_MINUTES = dt.timedelta(days=1), 1_440


def question_of(name: str, tree: str, jobs: Sequence[BacktestJob]) -> HoldoutQuestion:
    """What identifies a content, whichever bars are there and whatever it is called."""
    found = [content_of(replace(job, start=None, end=None)) for job in jobs]
    return HoldoutQuestion(name, tree, "+".join(found))


def ask(
    bench: Bench, question: HoldoutQuestion, jobs: Sequence[BacktestJob], looker: Looker, run: Run
) -> HoldoutAnswer:
    """The answer that stands, else that of a look that is taken now.

    Exceptions, limits that are reached and refusals are a "no", as bad returns are: whoever pushes
    may not learn which. What the run says, takes and comes to is told to nobody.

    Args:
        bench: the policy, which has a holdout, and the data.
        question: without `parts`.
        jobs: the backtests that people see, one a symbol.
        looker: who counts.
        run: runs jobs; nobody may hear what they say.
    """
    policy = bench.policies.risk.holdout
    assert policy is not None  # noqa: S101  # the caller's business
    found = [_sealed(bench, job) for job in jobs]
    full = replace(question, parts=tuple(part for parts, _ in found for part in parts))
    if not all(enough for _, enough in found):
        return HoldoutAnswer(content=question.content, state="too few bars")
    known = looker.answered(full, policy)
    if known is not None:
        return known
    results = run([replace(j, end=None, sealed=True, label=f"{j.label}/sealed") for j in jobs])
    figures = [
        _figures(result, job.symbol, parts[0].sealed_from)
        for job, result, (parts, _) in zip(jobs, results, found, strict=True)
    ]
    if any(result.status is Status.INFRASTRUCTURE_ERROR for result in results):
        return looker.looked(full, policy, {"symbols": figures}, agrees=None)
    apart = [one["apart"] for one in figures]
    return looker.looked(full, policy, {"symbols": figures}, agrees=_bit(apart))


def _sealed(bench: Bench, job: BacktestJob) -> tuple[tuple[SealedBars, ...], bool]:
    """What is sealed of a job's symbols, and whether that and what is open can tell anything.

    A look of a portfolio is one at each of its symbols: by its own name it would be one more for
    each symbol that is added or left out.
    """
    from components.engine.evidence.thresholdout import FEWEST  # noqa: PLC0415  # numpy
    from components.engine.job_bars import times_of  # noqa: PLC0415  # pandas

    holdout, others = bench.policies.risk.holdout, job.config.benchmark_symbol
    assert holdout is not None  # noqa: S101  # as above
    own = job.symbols or (job.symbol,)
    until = open_until(bench.data, holdout, (*own, *([others] if others else [])))
    times = times_of(replace(job, end=None), bench.data)
    first, last = times[0].date(), times[-1].date()
    opened = dt.date.fromisoformat(until)
    step = _DAY * (7 if (minutes(job.interval) or _DAY_MINUTES) >= _DAY_MINUTES else 1)
    enough = min(opened - first, last - opened) >= (FEWEST + 2) * step
    day, end = (opened + _DAY).isoformat(), last.isoformat()
    return tuple(SealedBars(symbol, job.interval, day, end) for symbol in own), enough


def _figures(result: ExecutionResult, symbol: str, sealed_from: str) -> dict[str, Any]:
    """What operators may see of a run. `apart`: None counts as a disagreement."""
    from components.engine.evidence.thresholdout import apart, parts_of, sharpe  # noqa: PLC0415

    known = {"symbol": symbol, "status": str(result.status), "apart": None}
    if result.track is None or not ran_in_order(result):
        return known
    midnight = dt.datetime.fromisoformat(sealed_from).replace(tzinfo=dt.UTC).timestamp()
    seen, sealed = parts_of(result.track, midnight)
    year = (365.25 * _DAY.total_seconds() / result.track.step_s) ** 0.5
    return known | {
        "apart": apart(seen, sealed),
        "open_sharpe": sharpe(seen) * year,
        "sealed_sharpe": sharpe(sealed) * year,
    }


def _bit(apart: Sequence[float | None]) -> bool:
    from components.engine.evidence.thresholdout import agrees  # noqa: PLC0415  # numpy

    known = [value for value in apart if value is not None]
    return len(known) == len(apart) and agrees(known, SystemRandom())
