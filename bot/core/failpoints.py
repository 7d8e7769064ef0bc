"""Named places where a test may cut the power, to show that nothing is lost or doubled there."""

import os
import signal

ENV = "ALGOOPS_FAILPOINT"

# Every step between two side effects, in the order in which they happen.
NAMES = (
    "check.started",
    "check.static",
    "check.counted",
    "check.checked",
    "check.recorded",
    "check.published",
    "check.settled",
    "deploy.announced",
    "deploy.prepared",
    "deploy.landed",
    "deploy.recorded",
    "deploy.settled",
    "rollback.announced",
    "rollback.prepared",
    "revert.proposed",
    "rollback.landed",
    "rollback.recorded",
    "rollback.settled",
    "forward.ran",
    "forward.sealed",
    "forward.settled",
    "webhook.sent",
    "webhook.settled",
    "note.settled",
    "board.shown",
    "board.settled",
    "promotion.prepared",
    "promotion.announced",
    "promotion.landed",
    "promotion.recorded",
    "promotion.settled",
    "command.kept",
    "command.answered",
    "command.settled",
)


def failpoint(name: str) -> None:
    """Die by SIGKILL here when the environment says so; otherwise nothing."""
    if os.environ.get(ENV) == name:
        os.kill(os.getpid(), signal.SIGKILL)
