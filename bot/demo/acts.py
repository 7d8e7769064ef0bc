"""What every act of the demo is made of: it is told, timed, and says whether it ended right."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from bot.demo.stage import Stage
from components.errors import AlgoOpsError, TransientError
from components.schema.results.report import Report
from components.state import Store
from components.state.tables.records import Run

REPOSITORY = "demo"
WAIT_S = 180.0
"""Nothing takes so long on a quiet machine; on a busy one it is no fault."""

POLL_S = 0.05


@dataclass(frozen=True)
class Act:
    """One line of the summary."""

    what: str
    expected: str
    got: str
    ok: bool
    seconds: float


class Note:
    """What an act came to; not ok until it says so."""

    got = "nothing"
    ok = False

    def __call__(self, got: str, ok: bool) -> None:  # noqa: FBT001  # always named
        """Say it."""
        self.got, self.ok = got, ok


@dataclass
class Acts:
    """Acts on a stage whose daemon runs, one after the other.

    Attributes:
        tell: called as each begins.
        acts: those that ended.
    """

    stage: Stage
    tell: Callable[[str], None]
    store: Store
    acts: list[Act] = field(default_factory=list)

    def finished(self, branch: str, head: str) -> tuple[Run, Report]:
        """The finished and published run of a head, and its report."""
        proposal = f"branch/{branch}"

        def published() -> bool:
            return (self.stage.state / "reports" / REPOSITORY / f"{branch}.json").is_file() and (
                self.store.runs.latest(REPOSITORY, proposal, head=head, finished=True) is not None
            )

        self.wait(published, f"no verdict on {branch}")
        run = self.store.runs.latest(REPOSITORY, proposal, head=head, finished=True)
        if run is None:
            raise TransientError(f"no verdict on {branch}")
        return run, Report.model_validate_json(run.report)

    def wait(self, condition: Callable[[], bool], problem: str) -> None:
        """Until the condition holds.

        Raises:
            TransientError: it did not hold in time.
        """
        deadline = time.monotonic() + WAIT_S
        while time.monotonic() < deadline:
            if condition():
                return
            time.sleep(POLL_S)  # why: waiting for another process, with a deadline
        raise TransientError(f"{problem} within {WAIT_S:.0f} s")

    @contextmanager
    def act(self, what: str, expected: str) -> Iterator[Note]:
        """Tell and time what is done inside; what is refused there does not stop the others."""
        self.tell(what)
        note = Note()
        started = time.monotonic()
        try:
            yield note
        except AlgoOpsError as error:
            note(str(error), ok=False)
        self.acts.append(Act(what, expected, note.got, note.ok, time.monotonic() - started))


def words(text: str) -> str:
    """A text as one line, for the summary."""
    return " ".join(text.split())[:300]
