"""A stored backtest as the API shows it."""

import json

from bot.core.requests import BacktestState, BacktestStatus
from components.schema.results.values import ExecutionResult
from components.state.tables.records import Backtest


def state_of(record: Backtest) -> BacktestState:
    """The record's state, with a result for each symbol that has ended."""
    document = json.loads(record.result) if record.result else {}
    results = tuple(ExecutionResult.model_validate(item) for item in document.get("results", ()))
    return BacktestState(
        id=record.id,
        name=record.strategy,
        status=BacktestStatus(record.status),
        progress=round(record.progress * 100, 1),
        created_at=record.created_at,
        started_at=record.started_at,
        completed_at=record.completed_at,
        error_message=record.error,
        results=results,
    )
