"""From how a guest ended, and what it said of an exception, to a result for people."""

import msgspec

from components.ports import GuestExit
from components.protocol.wire import UNREADABLE, Fault
from components.sandbox.guest.runtime.faults import TEXT_CAP
from components.schema.results.values import ExecutionResult, Provenance, Status
from components.texts import cut, harmless, printable

ERROR_CAP = 1_000
"""Characters of an exception's own line."""


def read(frame: bytes) -> Fault | None:
    """The fault that a frame tells of, capped and harmless; None for any other frame."""
    try:
        fault = msgspec.msgpack.decode(frame, type=Fault)
    except UNREADABLE:
        return None
    cap = TEXT_CAP + len("\n...\n")
    return Fault(
        error=cut(printable(fault.error[:cap]), ERROR_CAP),
        traceback=harmless(fault.traceback[:cap]),
        file=cut(printable(fault.file[:cap]), ERROR_CAP),
        line=fault.line,
    )


def result_of(
    end: GuestExit, fault: Fault | None, provenance: Provenance, duration_s: float
) -> ExecutionResult:
    """The result without anything that belongs to one kind of job.

    The status is the trusted side's. A fault explains a failure that it saw; and who says that
    they failed is believed, whatever exit code came after.
    """
    told = fault if end.status in {Status.FAILED, Status.PASSED} else None
    return ExecutionResult(
        status=Status.FAILED if told else end.status,
        message=told.error if told else end.message,
        traceback=told.traceback if told else "",
        exit_code=end.exit_code,
        duration_s=round(duration_s, 6),
        stdout=end.stdout,
        stderr=end.stderr,
        truncated=end.truncated,
        resource_usage=end.usage,
        unlimited=end.unlimited,
        provenance=provenance,
    )
