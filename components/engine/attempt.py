"""One try of one guest at a job: opens a sandbox, drives it, and decides how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec
import pandas as pd

from components.engine import result, together
from components.engine.audit import Coverage
from components.engine.band_findings import band_findings, band_of, detail_findings
from components.engine.broker import TooManyOrders
from components.engine.data.judge import data_findings
from components.engine.detail import FinerBars
from components.engine.drive import Course, Drive
from components.engine.evidence.track import evidence_of, least_of
from components.engine.fills import differences
from components.engine.findings import lookahead_findings, looked_at
from components.engine.forecast import TooDear
from components.engine.joined import columns_of
from components.engine.ledger import Ledger, account_of
from components.engine.order_findings import delisting_findings, order_findings
from components.engine.portfolio_ledger import PortfolioLedger
from components.engine.sheets import Sheets
from components.engine.units import in_units, rules_in_units, to_real_units, unit_findings, unit_of
from components.engine.version import ENGINE
from components.engine.wire import AuthorFault, BadAnswer
from components.ports import BacktestJob, GuestBroke, GuestGone, GuestJob, GuestLate, SmokeJob
from components.protocol.exchange import Impossible
from components.protocol.messages import Spec
from components.schema.results.values import (
    Band,
    ExecutionResult,
    Finding,
    Metrics,
    Provenance,
    Severity,
    Status,
)

if TYPE_CHECKING:
    from components.engine.job_bars import Market
    from components.ports import Guest, GuestExit, Sandbox

_BEFORE_TIME = (Status.OUT_OF_MEMORY, Status.INFRASTRUCTURE_ERROR)
"""What weighs more than a limit of time that was reached: each of them makes a guest late."""


class Attempt:
    """One guest's try at one job."""

    def __init__(
        self,
        job: BacktestJob | SmokeJob,
        sandbox: Sandbox,
        market: Market,
        coverage: Coverage | None = None,
    ) -> None:
        self._job = job
        self._coverage = coverage or Coverage()
        self._sandbox = sandbox
        self._bars = market.bars
        self._benchmark = market.benchmark
        self._finer = market.finer
        self._smoke = isinstance(job, SmokeJob)
        self._unit = unit_of(job)
        self._joined = market.joined
        self._traded = market.bars if self._joined else in_units(market.bars, self._unit)
        frame = self._traded.frame
        self._frame = frame.iloc[: job.bars] if isinstance(job, SmokeJob) else frame
        self._causality: Literal["streamed", "audited"] = (
            "streamed" if isinstance(job, SmokeJob) else job.causality
        )
        since = None if isinstance(job, SmokeJob) else job.sheets_since
        self._looks = since is None and (
            isinstance(job, SmokeJob) or job.look or job.causality == "streamed"
        )
        self._ledger = self._open_ledger()
        if since is not None:
            noted = market.noted or market.bars
            self._ledger.sheets = Sheets(noted, since, self._unit, market.finer)
        self._guest: Guest | None = None
        self._course = Course()
        self._done = False
        self._numbers: dict[str, object] = {}

    def _open_ledger(self) -> Ledger | PortfolioLedger:
        config = self._job.config
        if self._joined is not None:
            self._joined = self._joined.up_to(len(self._frame))
            return PortfolioLedger(self._joined, config, self._watch, self._unit)
        return Ledger(self._frame, config, self._watch, self._unit, self._detail())

    def _detail(self) -> FinerBars | None:
        if self._finer is None or self._causality == "audited":
            return None
        return FinerBars(self._frame, in_units(self._finer, self._unit), self._job.interval)

    def outcome(self) -> ExecutionResult:
        """Run it. Raises TransientError where no sandbox could be had."""
        status, message, trace = Status.PASSED, "", ""
        with self._sandbox.open(self._guest_job()) as guest:
            try:
                self._converse(guest)
            except AuthorFault as fault:
                status, message, trace = Status.FAILED, str(fault), fault.fault.traceback
            except (BadAnswer, Impossible, TooManyOrders, GuestBroke) as error:
                guest.kill()
                status, message = Status.PROTOCOL_ERROR, str(error)
            except AssertionError as error:
                guest.kill()
                status, message = Status.FAILED, f"the broker refused an order: {error}"
            except GuestLate as error:
                guest.kill()
                status, message = Status.TIMEOUT, str(error) or "the time limit was reached"
            except GuestGone as error:
                status, message = Status.CRASHED, str(error)
            ended = guest.finish()
        return self._result(*_verdict(status, message, ended, done=self._done), trace, ended)

    def _watch(self) -> None:
        """Whether there is time left. Raises GuestLate."""
        if self._guest is not None:
            self._guest.watch()

    def _converse(self, guest: Guest) -> None:
        self._guest = guest
        self._course.phase("open")
        drive = Drive(guest, self._joined or self._frame, self._course)
        drive.hello()
        if self._causality == "streamed":
            self._stream(drive, guest)
        else:
            drive.whole(self._ledger)
        self._done = True
        if not self._smoke and self._ledger.sheets is None:
            guest.part()
            self._look(drive)
        drive.end()

    def _stream(self, drive: Drive, guest: Guest) -> None:
        job = self._job
        budget_s = job.stream_cpu_s if isinstance(job, BacktestJob) else None
        if self._ledger.detailed:  # an audited run would come to other fills
            budget_s = None
        try:
            drive.stream(self._ledger, budget_s)
        except TooDear:
            drive.end()
            guest.finish()
            raise

    def _look(self, drive: Drive) -> None:
        if not self._looks:
            self._count()
        elif self._causality == "streamed":
            drive.ask_diagnosis(self._ledger.start)
            self._count()
            drive.diagnosis()
        else:
            self._count()
            drive.audit(self._spec(), self._job.seed, self._ledger.start, self._coverage)

    def _spec(self) -> Spec:
        job = self._job
        index = pd.DatetimeIndex(self._frame.index)
        return Spec(
            name=job.strategy,
            rules=rules_in_units(job.rules, self._unit),
            parameters=dict(job.parameters),
            account=account_of(job.config, self._unit),
            mode="streamed" if self._causality == "streamed" else "whole",
            columns=columns_of(self._frame),
            index_dtype=f"<M8[{index.unit}]",
            index_name=None if index.name is None else str(index.name),
            zone="" if index.tz is None else str(index.tz),
            lookback=self._lookback(),
            pip=result.pip_of(self._traded),
            delay=job.delay if isinstance(job, BacktestJob) else 0,
            listings=self._joined.listings() if self._joined else (),
        )

    def _guest_job(self) -> GuestJob:
        job = self._job
        return GuestJob(
            kind="smoke" if self._smoke else "backtest",
            files=job.files,
            spec=msgspec.msgpack.encode(self._spec()),
            limits=job.limits,
            label=job.label,
            seed=job.seed,
            apart=isinstance(job, BacktestJob) and job.sealed,
        )

    def _lookback(self) -> int | None:
        declared = self._job.lookback if isinstance(self._job, BacktestJob) else None
        return declared or self._job.config.lookback

    def _result(
        self, status: Status, message: str, trace: str, ended: GuestExit
    ) -> ExecutionResult:
        outcome = ExecutionResult(
            status=status,
            message=message,
            exit_code=ended.exit_code,
            phases_s=self._course.phases_s,
            stdout=ended.stdout,
            stderr=ended.stderr,
            truncated=ended.truncated,
            resource_usage=ended.usage,
            unlimited=ended.unlimited,
            traceback=trace,
            provenance=self._provenance(),
            unit=self._unit,
            data_findings=data_findings(self._bars),
        )
        if status is not Status.PASSED or self._smoke:
            return outcome
        if self._ledger.sheets is not None:
            cash = self._job.config.initial_capital
            sheets = self._ledger.sheets.result(self._ledger.start, cash)
            return outcome.model_copy(update={"sheets": sheets})
        return self._with_numbers(outcome)

    def _with_numbers(self, outcome: ExecutionResult) -> ExecutionResult:
        if not self._looks:
            return outcome.model_copy(update=self._count())
        audited, found = self._causality == "audited", self._course.diagnosis
        leaks = lookahead_findings(found, self._frame.index, self._job.files, audited=audited)
        how_far = looked_at(found, len(self._frame), self._lookback(), self._course.picked)
        update = {**self._count(), "lookahead": leaks, "looked_at": how_far}
        errors = [f for f in leaks if f.severity is Severity.ERROR]
        never = [f for f in errors if f.rule == "lookback" and self._ledger.start is None]
        if never or (audited and errors):
            update |= {"status": Status.FAILED, "message": (never or errors)[0].message}
        return outcome.model_copy(update=update)

    def _count(self) -> dict[str, object]:
        """All numbers of the finished run; computed while the guest looks for future bars."""
        if not self._numbers:
            stats = self._ledger.settle()
            cash, free = self._job.config.initial_capital, self._job.config.risk_free_rate
            held = (self._bars, self._benchmark, cash, self._first())
            to_real_units(stats["_trades"], self._unit)
            only = {"buy_hold_return_pct": result.held_return_pct(*held)}
            metrics = result.metrics_of(stats, free).model_copy(update=only)
            if isinstance(self._job, BacktestJob) and self._job.brief:
                curve = stats["_equity_curve"]["Equity"]
                evidence, track = least_of(curve, metrics.bars_a_year, free)
                self._numbers = {"evidence": evidence, "track": track}
            else:
                benchmark = result.buy_and_hold(*held, free)
                self._numbers = {"benchmark": benchmark, **self._more(stats, metrics, only)}
            self._numbers["metrics"] = metrics
            self._course.phase("statistics")
        return self._numbers

    def _first(self) -> int:
        """Number of the bar before trading started."""
        return (self._ledger.start if self._ledger.start is not None else len(self._frame)) - 1

    def _more(
        self, stats: pd.Series[Any], metrics: Metrics, only: dict[str, float | None]
    ) -> dict[str, object]:
        """What a run has beside its metrics when somebody looks at it."""
        cash, free = self._job.config.initial_capital, self._job.config.risk_free_rate
        closes, first = self._benchmark.frame["Close"], self._first()
        curve = stats["_equity_curve"]["Equity"]
        trades = result.trades_of(stats)
        on_it = closes.reindex(curve.index, method="ffill").bfill()
        evidence, track = evidence_of(curve, on_it, trades, metrics.bars_a_year, free)
        band = self._band(free, only)
        contributions = result.contributions_of(stats)
        return {
            "band": band,
            "equity": result.equity_of(stats, closes, first=first),
            "trades": trades,
            "contributions": contributions,
            "orders_sha256": self._ledger.requests_sha256(),
            "evidence": evidence,
            "track": track,
            "curve": together.curve_of(
                curve, result.held_equity(self._bars, self._benchmark, cash, first), free
            ),
            "fill_differences": differences(self._ledger.corrections(), self._frame.index, cash),
            "order_findings": (
                *self._order_findings(band, metrics),
                *delisting_findings(contributions, self._job.symbol),
            ),
        }

    def _band(self, free: float, only: dict[str, float | None]) -> Band | None:
        ends = [
            None if stats is None else result.metrics_of(stats, free).model_copy(update=only)
            for stats in self._ledger.ends()
        ]
        both = (ends[0], ends[1]) if ends else (None, None)
        return band_of(self._ledger.undecided(), self._frame.index, both)

    def _order_findings(self, band: Band | None, metrics: Metrics) -> tuple[Finding, ...]:
        job, orders = self._job, self._ledger.orders()
        frames = self._joined.frames if self._joined else {job.symbol: self._frame}
        return (
            *unit_findings(job, frames, orders.counted),
            *detail_findings(
                self._ledger.undecided(),
                job.config.detail,
                job.symbol,
                audited=self._causality == "audited",
            ),
            *band_findings(band, metrics, job.symbol),
            *order_findings(orders, self._frame, job.config.initial_capital, job.symbol),
        )

    def _provenance(self) -> Provenance:
        return Provenance(
            data_hash=self._bars.data_hash,
            detail_hash="" if self._finer is None else self._finer.data_hash,
            engine=ENGINE,
            image=self._sandbox.image,
            backend=self._sandbox.backend,
            causality=self._causality if self._looks else "not looked at",
            seed=self._job.seed,
        )


def _verdict(status: Status, message: str, ended: GuestExit, *, done: bool) -> tuple[Status, str]:
    """How it ended: what the kernel says of the guest's end weighs more than silence.

    A guest that is gone before its last answer has failed, whatever its exit code.
    """
    if status is Status.CRASHED:
        if ended.status not in (Status.PASSED, Status.FAILED):
            return ended.status, ended.message or message
        if not done:
            return status, "the strategy's process ended before its backtest did"
        return Status.PASSED, ""
    if status is Status.TIMEOUT and ended.status in _BEFORE_TIME:
        return ended.status, ended.message
    return status, message
