"""How a commit is marked: statuses with a token, check runs with annotations as an App."""

from dataclasses import dataclass, field
from typing import Any, Protocol, assert_never

from components.forge.github_answers import UNPROCESSABLE, Refused, taken
from components.forge.github_client import Client
from components.forge.github_values import ANNOTATIONS_A_CALL
from components.ports import StatusState

DESCRIPTION_CAP = 140
SUMMARY_CAP = 65_000
REMEMBERED = 1_000
TRIES_FOR_COMMIT = 4
COMMIT_WAIT_S = 0.5


class Marks(Protocol):
    """Marks commits; what a report adds is sent with the next mark where that saves a call."""

    def set(
        self, commit: str, context: str, state: StatusState, description: str, url: str
    ) -> None:
        """Mark one commit."""

    def annotate(self, commit: str, body: str, notes: list[dict[str, Any]]) -> None:
        """Show lines at fault."""


@dataclass
class Statuses:
    """Commit statuses: all that a token may set."""

    client: Client
    repository: str

    def set(
        self, commit: str, context: str, state: StatusState, description: str, url: str
    ) -> None:
        """Set one commit status."""
        body = {
            "state": _status_word(state),
            "context": context,
            "description": description[:DESCRIPTION_CAP],
        }
        if url:
            body["target_url"] = url
        path = f"/repos/{self.repository}/statuses/{commit}"
        _when_the_commit_is_there(self.client, path, body)

    def annotate(self, commit: str, body: str, notes: list[dict[str, Any]]) -> None:
        """Statuses have no lines: the comment names them."""


@dataclass
class _Run:
    id: int
    done: bool


@dataclass
class CheckRuns:
    """Check runs: what an App may make; `context` is the run's name."""

    client: Client
    repository: str
    app_id: str
    summary_context: str = "algoops"
    _runs: dict[tuple[str, str], _Run] = field(default_factory=dict)
    _waiting: dict[str, tuple[str, list[dict[str, Any]]]] = field(default_factory=dict)

    def set(
        self, commit: str, context: str, state: StatusState, description: str, url: str
    ) -> None:
        """Begin a check run (pending), or complete the one that is there."""
        body: dict[str, Any] = {"output": {"title": description[:DESCRIPTION_CAP] or context}}
        body["output"]["summary"] = description or context
        if url:
            body["details_url"] = url
        if state is StatusState.PENDING:
            self._create(commit, context, {**body, "status": "in_progress"})
            return
        body |= {"status": "completed", "conclusion": _conclusion(state)}
        nothing: tuple[str, list[dict[str, Any]]] = ("", [])
        is_summary = context == self.summary_context
        text, notes = self._waiting.pop(commit, nothing) if is_summary else nothing
        if text:
            body["output"]["summary"] = text[:SUMMARY_CAP]
        body["output"]["annotations"] = notes[:ANNOTATIONS_A_CALL]
        run = self._find(commit, context)
        if run is None:
            run = self._create(commit, context, body)
        else:
            self.client.patch(f"{self._path()}/{run.id}", body)
        run.done = True
        self._annotate_more(run, body["output"], notes[ANNOTATIONS_A_CALL:])

    def annotate(self, commit: str, body: str, notes: list[dict[str, Any]]) -> None:
        """Keep lines for the run's end, or add them to a run that has ended."""
        run = self._runs.get((commit, self.summary_context))
        if run is None or not run.done:
            self._waiting[commit] = (body, notes)
            _forget_oldest(self._waiting)
            return
        output = {"title": self.summary_context, "summary": body[:SUMMARY_CAP]}
        self.client.patch(f"{self._path()}/{run.id}", {"output": output})
        self._annotate_more(run, output, notes)

    def _annotate_more(
        self, run: _Run, output: dict[str, Any], notes: list[dict[str, Any]]
    ) -> None:
        for start in range(0, len(notes), ANNOTATIONS_A_CALL):
            batch = notes[start : start + ANNOTATIONS_A_CALL]
            body = {"output": {**output, "annotations": batch}}
            self.client.patch(f"{self._path()}/{run.id}", body)

    def _create(self, commit: str, context: str, body: dict[str, Any]) -> _Run:
        made = _when_the_commit_is_there(
            self.client, self._path(), {"name": context, "head_sha": commit, **body}
        )
        run = _Run(int(taken(made, "id")), done=False)
        self._runs[commit, context] = run
        _forget_oldest(self._runs)
        return run

    def _find(self, commit: str, context: str) -> _Run | None:
        known = self._runs.get((commit, context))
        if known is not None:
            return known
        path = f"/repos/{self.repository}/commits/{commit}/check-runs"
        found = self.client.get(path, check_name=context, filter="latest", app_id=self.app_id)
        for data in taken(found, "check_runs"):
            return _Run(int(data["id"]), done=data["status"] == "completed")
        return None

    def _path(self) -> str:
        return f"/repos/{self.repository}/check-runs"


def _when_the_commit_is_there(client: Client, path: str, body: dict[str, Any]) -> Any:
    """POST; just after a push GitHub may answer 422 "No commit found": then again."""
    for attempt in range(1, TRIES_FOR_COMMIT + 1):
        try:
            return client.post(path, body, repeatable=True)
        except Refused as refused:
            missing = refused.status == UNPROCESSABLE and "no commit found" in str(refused).lower()
            if not missing or attempt == TRIES_FOR_COMMIT:
                raise
        client.sleep(COMMIT_WAIT_S * attempt)
    raise AssertionError("unreachable: the last attempt returns or raises")


def _forget_oldest(known: dict[Any, Any]) -> None:
    while len(known) > REMEMBERED:
        known.pop(next(iter(known)))


def _status_word(state: StatusState) -> str:
    """GitHub's statuses know no neutral: a required one must turn green where nothing changed."""
    return "success" if state is StatusState.NEUTRAL else state.value


def _conclusion(state: StatusState) -> str:
    match state:
        case StatusState.SUCCESS:
            return "success"
        case StatusState.NEUTRAL:
            return "neutral"
        case StatusState.FAILURE:
            return "failure"
        case StatusState.ERROR:
            # "failure" blocks a merge just as well; "action_required" asks for the operator.
            return "action_required"
        case StatusState.PENDING:
            raise ValueError("a pending check has no conclusion")
    assert_never(state)
