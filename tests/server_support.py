"""What the server's tests share: a bot whose acting half is recorded, with a real Store in front.

The recorder keeps what it was asked to do, in order; what it answers can be set. Validators,
policies and the Store are the real ones.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bot.config.settings import ServerSettings, Settings
from bot.core.broadcast import Broadcast
from bot.core.events import Event
from bot.core.notices import BacktestChanged, Progress
from bot.core.requests import (
    HEALTH_COMPONENTS,
    BacktestRequest,
    BacktestState,
    BacktestStatus,
    ComponentHealth,
    DeployOutcome,
    DeployRequest,
    DriftOutcome,
    DriftRequest,
    FileDiff,
    Measures,
    PromoteOutcome,
    PromoteRequest,
    RollbackOutcome,
    RollbackRequest,
    SandboxTestRequest,
)
from bot.server.backend import NotFound
from components.schema.results.report import (
    Change,
    CheckResult,
    GateResult,
    ProposalRef,
    Report,
    StrategyReport,
)
from components.schema.results.values import (
    STRATEGY_CHECKS,
    Band,
    CheckName,
    EquityPoint,
    ExecutionResult,
    Finding,
    Metrics,
    Outcome,
    ResourceUsage,
    Severity,
    Status,
    Trade,
    Verdict,
)
from components.state import Lifecycle, Store, VersionContent
from components.state.tables.looks import SealedLook

ROOT = Path(__file__).resolve().parent.parent
TOKEN = "a-token-for-tests"
REPOSITORY = "local"


@dataclass
class RecordedBot:
    """A Backend: real Store; deploys, rollbacks and sandboxes are noted and answered from here."""

    store: Store
    settings: Settings
    asked: list[Any] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)
    progress: Broadcast = field(default_factory=Broadcast)
    components: dict[str, ComponentHealth] = field(default_factory=dict)
    deliveries: set[str] = field(default_factory=set)
    health_asked: int = 0

    def _answer(self, what: str, request: Any, usual: Any) -> Any:
        self.asked.append((what, request))
        answer = self.answers.get(what, usual)
        if isinstance(answer, Exception):
            raise answer
        return answer() if callable(answer) else answer

    def deploy(self, request: DeployRequest) -> DeployOutcome:
        usual = DeployOutcome("deployed", 1, "main", "c" * 40, f"{request.name}-v1.0.0", "deployed")
        return self._answer("deploy", request, usual)

    def rollback(self, request: RollbackRequest) -> RollbackOutcome:
        usual = RollbackOutcome(
            1, "rolled_back", request.version or "1.0.0", "main", "d" * 40, "rolled back"
        )
        return self._answer("rollback", request, usual)

    def promote(self, request: PromoteRequest) -> PromoteOutcome:
        usual = PromoteOutcome("promoted", 1, "1.0.0", "live", "e" * 40, "", "promoted")
        return self._answer("promote", request, usual)

    def answer_drift(self, request: DriftRequest) -> DriftOutcome:
        done = {"adopt": "adopted", "restore": "rolled_back"}[request.answer]
        return self._answer("answer_drift", request, DriftOutcome(done, 1, done))

    def sealed_figures(self, name: str) -> SealedLook | None:
        return self.answers.get("sealed_figures")

    def hold(self, name: str, version: str, *, reason: str, actor: str) -> None:
        self.store.holds.hold(REPOSITORY, self._name(name), version, actor, reason)

    def unhold(self, name: str, version: str, *, reason: str, actor: str) -> None:
        self.store.holds.unhold(REPOSITORY, self._name(name), version, actor, reason)

    def sandbox_test(self, request: SandboxTestRequest) -> ExecutionResult:
        usual = ExecutionResult(
            status=Status.PASSED,
            exit_code=0,
            duration_s=0.5,
            stdout="hello",
            resource_usage=ResourceUsage(max_memory_mb=80.5, cpu_s=0.25),
        )
        return self._answer("sandbox_test", request, usual)

    def start_backtest(self, request: BacktestRequest) -> int:
        return self._answer("start_backtest", request, self._create(request))

    def _create(self, request: BacktestRequest) -> int:
        return self.store.backtests.create(
            self._name(request.name), {"ref": request.ref}, request.actor
        ).id

    def _name(self, key: str) -> str:
        found = self.store.strategies.find(key)
        if found is None:
            raise NotFound(f"no strategy {key}")
        return found.name

    def finish_backtest(self, number: int, results: tuple[ExecutionResult, ...]) -> None:
        self.store.backtests.start(number)
        text = "[" + ",".join(r.model_dump_json() for r in results) + "]"
        self.store.backtests.finish(number, "completed", result=text)
        self.tell(BacktestChanged(number))

    def backtest(self, backtest_id: int) -> BacktestState | None:
        import json

        row = self.store.backtests.get(backtest_id)
        if row is None:
            return None
        results = tuple(ExecutionResult.model_validate(r) for r in json.loads(row.result or "[]"))
        return BacktestState(
            id=row.id,
            name=row.strategy,
            status=BacktestStatus(row.status),
            progress=100 * row.progress,
            created_at=row.created_at,
            started_at=row.started_at,
            completed_at=row.completed_at,
            error_message=row.error,
            results=results,
        )

    def forge_number(self, repository: str) -> int | None:
        return None

    def receive(self, delivery: str, events: tuple[Event, ...]) -> bool:
        new = delivery not in self.deliveries
        self.deliveries.add(delivery)
        return self._answer("receive", (delivery, events), new)

    def diff(self, name: str, old: str, new: str) -> tuple[FileDiff, ...]:
        if "9.9.9" in {old, new}:
            raise NotFound(f"{name} has no version 9.9.9")
        text = "--- a/strategy.py\n+++ b/strategy.py\n@@ -1,2 +1,2 @@\n import talib\n-fast = 10\n+fast = 20 <b>\n"
        return (FileDiff("strategy.py", text), FileDiff("logo.png", ""))

    def health(self) -> Mapping[str, ComponentHealth]:
        self.health_asked += 1
        usual = {name: ComponentHealth(available=True) for name in HEALTH_COMPONENTS}
        usual["state_manager"] = ComponentHealth(
            available=True, facts={"strategies_tracked": self.store.strategies.count()}
        )
        usual["output_validator"] = ComponentHealth(available=True, facts={"strict_mode": True})
        usual["sandbox_runner"] = ComponentHealth(
            available=True, facts={"docker_available": False, "backend": "bubblewrap"}
        )
        return usual | self.components

    def measure(self) -> Measures:
        stats = self.store.stats()
        return Measures(
            queue=stats.jobs,
            strategies=stats.strategies,
            sandbox={"warm": 2, "busy": 0},
            forge_calls={(REPOSITORY, "ok"): 3},
            forge_quota={REPOSITORY: 4990},
            orders=self.store.forward.counts(),
            deployments={"deploy": stats.deployments},
            database_bytes=stats.database_bytes,
            oldest_job_s=self.store.jobs.oldest_s(),
        )

    def job_output(self, run_id: int) -> Mapping[str, tuple[str, ...]]:
        return self.answers.get("words", {})

    def subscribe(self, listener: Callable[[Progress], None]) -> Callable[[], None]:
        return self.progress.subscribe(listener)

    def tell(self, progress: Progress) -> None:
        self.progress.tell(progress)


def settings_for(folder: Path, **server: Any) -> Settings:
    """Settings with a token, the project's own policies, and state in `folder`."""
    return Settings.model_validate(
        {
            "api_token": TOKEN,
            "policies": ROOT / "policies",
            "state": {"dir": folder},
            "server": ServerSettings(**server),
        }
    )


def bot_in(folder: Path, settings: Settings | None = None) -> RecordedBot:
    """A recorded bot with an empty Store in a folder."""
    return RecordedBot(Store(folder / "algoops.db"), settings or settings_for(folder))


# --- content -----------------------------------------------------------------------------------


def equity(bars: int = 300, *, growth: float = 0.0006) -> tuple[EquityPoint, ...]:
    """A curve with a benchmark: trend and waves, always the same."""
    start, peak, points = datetime(2015, 1, 1, tzinfo=UTC), 0.0, []
    for bar in range(bars):
        value = (
            10_000
            * (1 + growth) ** bar
            * (1 + 0.06 * math.sin(bar / 17) + 0.02 * math.sin(bar / 5))
        )
        peak = max(peak, value)
        points.append(
            EquityPoint(
                time=(start + timedelta(days=bar)).date().isoformat(),
                equity=round(value, 2),
                drawdown_pct=round(100 * (value / peak - 1), 3),
                benchmark=round(10_000 * (1.0004**bar) * (1 + 0.08 * math.sin(bar / 29)), 2),
            )
        )
    return tuple(points)


def result(*, growth: float = 0.0006, symbol: str = "SPX") -> ExecutionResult:
    """A backtest that went well."""
    points = equity(growth=growth)
    gain = 100 * (points[-1].equity / points[0].equity - 1)
    metrics = Metrics(
        start=points[0].time,
        end=points[-1].time,
        duration="299 days",
        return_pct=round(gain, 2),
        buy_hold_return_pct=11.2,
        sharpe=round(0.4 + 500 * growth, 3),
        max_drawdown_pct=min(p.drawdown_pct for p in points),
        equity_final=points[-1].equity,
        trades=36,
        win_rate_pct=52.8,
        profit_factor=1.41,
    )
    trades = tuple(
        Trade(
            entry_bar=8 * n,
            exit_bar=8 * n + 5,
            entry_time=points[8 * n].time,
            exit_time=points[8 * n + 5].time,
            size=12.5,
            entry_price=100.25 + n,
            exit_price=101.5 + n - 3 * (n % 2),
            pnl=15.6 - 37.5 * (n % 2),
            return_pct=1.2 - 3 * (n % 2),
            commission=0.4,
        )
        for n in range(36)
    )
    return ExecutionResult(
        status=Status.PASSED,
        duration_s=0.42,
        symbol=symbol,
        interval="1d",
        stdout="crossed 36 times\n",
        metrics=metrics,
        equity=points,
        trades=trades,
    )


def left_open(report: StrategyReport) -> StrategyReport:
    """The same in parts of a unit, and with trades that single bars can't decide."""
    (one,) = report.results
    worse = one.metrics.model_copy(update={"return_pct": -8.25})
    band = Band(trades=3, first_bar=8, first_time="", stops_first=worse, targets_first=one.metrics)
    return report.model_copy(
        update={"results": (one.model_copy(update={"band": band, "unit": 1e-6}),)}
    )


BAD_IMPORT = Finding(
    check=CheckName.CODE,
    rule="import-not-allowed",
    message="`os` may not be imported <script>alert(1)</script>",
    hint="strategies compute; reading the environment is not among what they may do",
    file="strategies/broken/strategy.py",
    line=3,
    column=8,
    source_line="import os",
    severity=Severity.ERROR,
)

LONG_LINE = Finding(
    check=CheckName.CODE,
    rule="line-too-long",
    message=f"`{'a' * 200}` is long",
    file="strategies/broken/strategy.py",
    line=4,
    column=1,
    source_line=" + ".join(f"value_{number}" for number in range(60)),
    severity=Severity.WARNING,
)


def passed_report(
    name: str, version: str = "1.0.0", *, key: str = "", growth: float = 0.0006
) -> StrategyReport:
    """Everything green."""
    checks = tuple(
        CheckResult(name=check, outcome=Outcome.PASSED, summary="as it should be", duration_s=0.2)
        for check in STRATEGY_CHECKS
    )
    gate = GateResult(
        id="drawdown",
        metric="max_drawdown_pct",
        op=">=",
        compare="absolute",
        severity="block",
        symbol="SPX",
        value=-12.3,
        limit=-25.0,
        margin=12.7,
        passed=True,
        message="a fall that people can bear",
    )
    return StrategyReport(
        name=name,
        path=f"strategies/{name}",
        version=version,
        change=Change.ADDED,
        tree="a" * 40,
        content_key=key or f"key-{name}-{version}",
        verdict=Verdict.PASSED,
        checks=checks,
        results=(result(growth=growth),),
        gates=(gate,),
    )


def failed_report(name: str) -> StrategyReport:
    """Refused for an import."""
    code = CheckResult(
        name=CheckName.CODE,
        outcome=Outcome.FAILED,
        summary="1 error",
        duration_s=0.004,
        findings=(BAD_IMPORT, LONG_LINE),
    )
    schema = CheckResult(
        name=CheckName.SCHEMA, outcome=Outcome.PASSED, summary="", duration_s=0.001
    )
    return StrategyReport(
        name=name,
        path=f"strategies/{name}",
        version="0.1.0",
        change=Change.ADDED,
        tree="b" * 40,
        content_key=f"key-{name}",
        verdict=Verdict.FAILED,
        stage=CheckName.CODE,
        checks=(schema, code),
    )


def report(strategy: StrategyReport, proposal: str, head: str) -> Report:
    """The Report of a run with one strategy."""
    return Report(
        algoops="0.1.0",
        proposal=ProposalRef(id=proposal, ref=proposal.partition("/")[2]),
        head_commit=head,
        base_commit="0" * 40,
        verdict=strategy.verdict,
        summary=f"{strategy.name} {strategy.verdict}",
        strategies=(strategy,),
        started_at="2026-01-01T00:00:00.000Z",
        finished_at="2026-01-01T00:00:02.000Z",
        duration_s=2.0,
    )


def add_run(store: Store, strategy: StrategyReport, proposal: str, head: str) -> int:
    """A finished run, with the checks and findings of its report."""
    run = store.runs.start(REPOSITORY, proposal, head, "0" * 40, "check")
    for check in strategy.checks:
        store.runs.check(run.id, strategy.name, check)
    store.runs.finish(run.id, strategy.verdict, report(strategy, proposal, head).model_dump_json())
    if strategy.verdict is not Verdict.NEUTRAL:
        store.verdicts.put(
            strategy.content_key,
            strategy.name,
            strategy.version,
            strategy.verdict,
            strategy.model_dump_json(),
        )
    return run.id


def propose(store: Store, strategy: StrategyReport, proposal: str, head: str) -> int:
    """Take a strategy from its push to its verdict; the run's number."""
    content = VersionContent(strategy.tree, head, strategy.content_key, str(strategy.verdict))
    where: dict[str, Any] = {"actor": "mallory", "proposal": proposal, "version": strategy.version}
    name = strategy.name
    store.strategies.propose(REPOSITORY, name, reason="pushed", content=content, **where)
    number = add_run(store, strategy, proposal, head)
    store.strategies.transition(
        REPOSITORY, name, Lifecycle.VALIDATING, reason="checks began", **where
    )
    if strategy.verdict is Verdict.FAILED:
        store.strategies.transition(
            REPOSITORY, name, Lifecycle.FAILED, reason="code: `os` may not be imported", **where
        )
    else:
        for state in (Lifecycle.TESTING, Lifecycle.READY):
            store.strategies.transition(REPOSITORY, name, state, reason="checks", **where)
    return number


def deploy(store: Store, strategy: StrategyReport, commit: str, run_id: int) -> None:
    """Land a ready version."""
    store.strategies.transition(
        REPOSITORY,
        strategy.name,
        Lifecycle.DEPLOYED,
        actor="ada",
        reason="deployed by ada",
        version=strategy.version,
        content=VersionContent(strategy.tree, commit, strategy.content_key, "passed"),
    )
    store.deployments.record(
        REPOSITORY,
        strategy.name,
        strategy.version,
        kind="deploy",
        commit=commit,
        actor="ada",
        content_key=strategy.content_key,
        tag=f"{strategy.name}-v{strategy.version}",
        run_id=run_id,
    )


def populate(store: Store) -> dict[str, int]:
    """A deployed strategy with two versions, a ready one, a failing one, and a running run."""
    first = passed_report("sma_cross", "1.0.0", growth=0.0003)
    second = passed_report("sma_cross", "1.1.0").model_copy(update={"tree": "e" * 40})
    one = propose(store, first, "pr/1", "1" * 40)
    deploy(store, first, "7" * 40, one)
    two = propose(store, second, "pr/2", "2" * 40)
    deploy(store, second, "8" * 40, two)
    ready = propose(store, left_open(passed_report("momentum")), "branch/momentum", "3" * 40)
    failing = propose(store, failed_report("broken"), "pr/4", "4" * 40)
    running = store.runs.start(REPOSITORY, "pr/5", "5" * 40, "0" * 40, "check")
    store.strategies.propose(REPOSITORY, "breakout", actor="eve", reason="pushed", proposal="pr/5")
    return {"deployed": two, "ready": ready, "failing": failing, "running": running.id}


@cache
def _template() -> tuple[bytes, dict[str, int]]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "algoops.db"
        with Store(path) as store:
            ids = populate(store)
        return path.read_bytes(), ids


def populated(folder: Path) -> None:
    """Put a database as `populate` leaves it into a folder, without its many durable writes."""
    (folder / "algoops.db").write_bytes(_template()[0])


def populated_ids() -> dict[str, int]:
    """What `populate` returned for that database."""
    return _template()[1]
