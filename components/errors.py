"""Errors for the operator, named by what to do next. Outcomes of checks are values, never these."""


class AlgoOpsError(Exception):
    """Base of every expected error; its text is one message for a person.

    Attributes:
        hint: what to do about it, or an empty string.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint

    def __str__(self) -> str:
        message = super().__str__()
        return f"{message} ({self.hint})" if self.hint else message


class UserError(AlgoOpsError):
    """The request cannot be done as asked: say what to change."""


class NeedsProposal(UserError):
    """The forge lets nobody change this branch directly: propose the change."""


class ConfigError(UserError):
    """The operator's configuration or policy is wrong: names the file and the key."""


class TransientError(AlgoOpsError):
    """The outside failed for now: try again later.

    Attributes:
        retry_after_s: seconds to wait where the outside named them, else None.
    """

    def __init__(self, message: str, *, hint: str = "", retry_after_s: float | None = None) -> None:
        super().__init__(message, hint=hint)
        self.retry_after_s = retry_after_s


class Moved(TransientError):
    """A ref was not where it was expected to be: look again and decide anew."""


class Waiting(TransientError):
    """Nothing was done: others act first. `retry_after_s` is None where those are people."""


class Enqueued(Waiting):
    """A queue of the forge has it and lands it by itself, or takes it out."""


class BranchTaken(UserError):
    """A branch that was to be new, or to hold what was seen there, holds something else."""


class Conflict(UserError):
    """Two changes touch the same lines; carries the paths.

    Attributes:
        paths: the conflicting paths inside the repository.
    """

    def __init__(self, message: str, *, paths: tuple[str, ...], hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.paths = paths
