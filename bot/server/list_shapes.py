"""The documents of /api/v1."""

from pydantic import BaseModel

from bot.server.shapes import AuditEntry
from components.engine.evidence.execution import Estimate, Traded
from components.schema.results.book import Book
from components.schema.results.orders import WantedOrder
from components.schema.results.report import Report
from components.state import Lifecycle


class EdgeAnswer(BaseModel):
    """What the returns since the deploy say beside the band of the backtest (percent).

    `power`: at least so probable is it that a lost edge had been seen by now.
    """

    says: str
    bars: int
    return_pct: float
    band_pct: tuple[float, float] | None
    power: float | None


class SheetAnswer(BaseModel):
    """What a deployed strategy wants next on one symbol, or a portfolio on all its `symbols`.

    `reason`: why it wants nothing, or nothing is known; empty where the orders hold. `bar`: the
    last one that was looked at; `late_at`: when the next one should be there. `number` grows with
    each change. `integrity`: how sealed orders and today's replay differ; null: not at all.
    `positions`: by symbol; `position` is that of the only symbol, null of a portfolio.
    """

    repository: str
    strategy: str
    version: str
    symbol: str
    symbols: list[str]
    interval: str
    number: int
    reason: str
    bar: str | None
    first_seen: str | None
    late_at: str | None
    orders: list[WantedOrder]
    orders_sha256: str | None
    position: float | None
    positions: dict[str, float] | None
    equity: float | None
    edge: EdgeAnswer | None
    data: str | None
    integrity: dict[str, str | bool] | None


class OrdersAnswer(BaseModel):
    """The order sheets of a strategy, one a symbol; none where nothing is deployed."""

    strategy_id: int
    name: str
    sheets: list[SheetAnswer]


class ExecutionAnswer(BaseModel):
    """What a broker's fills of one symbol say beside the fills of the backtest's account.

    `slippage_pct` and `cost_pct`: mean over the paired trades with its 95 % interval (null below
    five trades); `floor_pct`: their cost at the policy's floors. `missed` trades had published
    orders and no fill, `extra` ones a fill alone; `not_asked`: no orders were published. `waiting`:
    further bars or fills are needed; `before`: fills from before the record.
    """

    strategy: str
    symbol: str
    fills: int
    says: str
    trades: list[Traded]
    slippage_pct: Estimate | None
    cost_pct: Estimate | None
    floor_pct: float | None
    not_asked: int
    waiting: int
    before: int


class ExecutionsAnswer(BaseModel):
    """How the orders of a strategy were executed, one a symbol; none where no fill is known."""

    strategy_id: int
    name: str
    executions: list[ExecutionAnswer]


class StrategyFigures(BaseModel):
    """Of the version that stands for a strategy; null where not known.

    `luck`: the probability that its Sharpe ratio is more than luck after `tries` backtests, as
    counted at its verdict.
    """

    return_pct: float | None
    sharpe: float | None
    max_drawdown_pct: float | None
    trades: int | None
    tries: int | None
    luck: float | None


class StageVersion(BaseModel):
    """What a stage has of a strategy since when; all "" but its name where it has nothing."""

    stage: str
    version: str
    commit: str
    since: str


class StrategyRow(BaseModel):
    """A strategy in a list; `stages` is empty where its repository has only the base."""

    id: int
    repository: str
    name: str
    status: Lifecycle
    version: str
    deployed_version: str
    proposed_version: str
    proposed_status: Lifecycle | None
    proposal: str
    last_error: str
    created_at: str
    updated_at: str
    figures: StrategyFigures
    stages: list[StageVersion]


class StrategyList(BaseModel):
    """One page of strategies; `total` is how many there are on all pages."""

    items: list[StrategyRow]
    page: int
    per_page: int
    total: int


class RunRow(BaseModel):
    """A run in a list."""

    id: int
    repository: str
    proposal: str
    head: str
    base: str
    kind: str
    status: str
    verdict: str | None
    started_at: str
    finished_at: str


class RunList(BaseModel):
    """One page of runs, newest first; `more` tells whether another page follows."""

    items: list[RunRow]
    page: int
    per_page: int
    more: bool


class RepositoryBook(Book):
    """The book of one repository."""

    repository: str


class BookList(BaseModel):
    """The books of all repositories."""

    books: list[RepositoryBook]


class QueuePlace(BaseModel):
    """Where a run waits for the sandbox: `place` 1 of `of` goes next.

    `seconds` until it is done, as an estimate; null where nothing was measured yet.
    """

    place: int
    of: int
    seconds: float | None


class RunAnswer(RunRow):
    """One run with its Report; null while it is at work, and once retention has removed it.

    `output`: while it is at work, the last lines that its jobs said, by strategy. For people only.
    `queue`: where it waits; null when it does not, or is far back in the queue.
    `deploy_when_ready`: how the wish stands that its proposal lands by itself; null for none.
    """

    report: Report | None
    output: dict[str, tuple[str, ...]] = {}
    queue: QueuePlace | None = None
    deploy_when_ready: str | None = None


class DeploymentRow(BaseModel):
    """A landing; `kind` is deploy, rollback, removal or external.

    `stage`: where it landed; "" is the base. A promotion is a deploy to a stage.
    """

    id: int
    repository: str
    name: str
    version: str
    kind: str
    commit: str
    tag: str
    proposal: str
    run_id: int | None
    actor: str
    reason: str
    deployed_at: str
    stage: str


class DeploymentList(BaseModel):
    """One page of landings, newest first."""

    items: list[DeploymentRow]
    page: int
    per_page: int
    more: bool


class AuditLine(AuditEntry):
    """One row of the audit log with its place in the hash chain."""

    id: int
    repository: str
    hash: str


class AuditList(BaseModel):
    """Rows, newest first; ask again with `before` to go on, null at the end."""

    items: list[AuditLine]
    before: int | None


class Series(BaseModel):
    """One line of a chart, a value or null at each time."""

    key: str
    label: str
    values: list[float | None]


class Chart(BaseModel):
    """Equity (account currency) and drawdown (percent) over `time` (seconds since 1970, UTC)."""

    time: list[float]
    equity: list[Series]
    drawdown: list[Series]
