"""What a deployed version earned since, beside the band of its backtest."""

import json
from collections.abc import Sequence
from itertools import pairwise

from bot.landing.context import World
from bot.proposals.check import known_verdict
from components.engine.evidence.since import Promised, promised_by, since_deploy
from components.state.tables.forward import Sealed


def edge_of(world: World, key: str, symbol: str, rows: Sequence[Sealed]) -> str:
    """What the sealed bars that count say (JSON), "" where there are none.

    Args:
        world: everything.
        key: of the verdict that the version landed with.
        symbol: which of its backtests.
        rows: the record, the oldest bar first; the first one is the deploy's.
    """
    returns = [
        after.equity / before.equity - 1 for before, after in pairwise(rows) if before.equity > 0
    ]
    if not returns:
        return ""
    promised = _promised(world, key, symbol)
    found = since_deploy(returns, promised or Promised(0.0, 0.0, 0.0, 1.0))
    return json.dumps(
        {
            "says": found.says if promised is not None else "inconclusive",
            "bars": found.bars,
            "return_pct": found.return_pct,
            "band_pct": found.band_pct if promised is not None else None,
            "power": found.power if promised is not None else None,
        },
        sort_keys=True,
    )


def _promised(world: World, key: str, symbol: str) -> Promised | None:
    """What the backtest of the verdict showed; None where it is not known or undefined."""
    report = known_verdict(world.store, key) if key else None
    found = [promised_by(one) for one in report.results if one.symbol == symbol] if report else []
    return next((one for one in found if one is not None), None)
