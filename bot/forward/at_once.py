"""The short way to an order sheet: all bars at once, where that can't have told it anything.

A streamed run gets its bars one by one, which takes ten times the CPU time. For the orders after
the last bar it is not needed: there is no later bar to look at. For those before, the record says
what a run asked for that had no later bars; a run on all bars counts only where it asks for exactly
the same up to the last sealed bar. Else the strategy is streamed, and only that run is believed.

A strategy can tell the two ways apart, and could have a face for each. So some bars of each record
are streamed too, once their orders are told: what it wanted with the other face is then named.
"""

from collections.abc import Sequence
from dataclasses import replace

from bot.forward.compare import difference
from bot.forward.wants import Want
from components.engine.data.prefix import moments
from components.ports import BacktestJob
from components.schema.results.values import ExecutionResult, Status
from components.state.tables.forward import Sealed

STREAMED_EVERY = 20
"""One of so many bars is streamed, of each record another one: not of all on the same day."""


def at_once(want: Want, sealed: Sequence[Sealed]) -> BacktestJob | None:
    """The job with all bars at once, None where it has to be streamed.

    At most one bar may be new: of two, the first one could be traded on by the second.
    """
    job = want.job
    if job.causality != "streamed" or job.config.detail is not None or job.symbols:
        return None
    if want.track is None or not sealed or not sealed[-1].asked:
        return None  # nothing to hold it against; an older version did not note what was asked
    if want.market.before is not None and want.market.before.integrity:
        return None  # what was named is over when a streamed run says so
    new = int((moments(want.bars.frame) > sealed[-1].bar).sum())
    return replace(job, causality="audited", stream_cpu_s=None) if new <= 1 else None


def is_streamed_too(want: Want, sealed: Sequence[Sealed]) -> bool:
    """Whether the record, now with the new bar, is to be held against a streamed run."""
    return want.track is not None and (want.track.id + len(sealed)) % STREAMED_EVERY == 0


def is_as_streamed(want: Want, sealed: Sequence[Sealed], result: ExecutionResult) -> bool:
    """Whether a run on all bars asked for what is sealed, to the last request, on the same data."""
    if result.status is not Status.PASSED or result.provenance.data_hash != want.bars.data_hash:
        return False
    now = {sheet.at: sheet.asked for sheet in result.sheets}
    if any(row.asked and now.get(row.bar) != row.asked for row in sealed):
        return False
    return difference(sealed, result.sheets, (want.made_of, result.provenance), list) is None
