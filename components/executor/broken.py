"""The result of a job that could not be run. By itself: the daemon loads no engine for it."""

from components.schema.results.values import ExecutionResult, Status


def broken(message: str) -> ExecutionResult:
    """The result of a job that could not be run through no fault of its author."""
    return ExecutionResult(status=Status.INFRASTRUCTURE_ERROR, message=message)
