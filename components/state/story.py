"""A strategy's life in sentences, from the audit log: what `algoops lifecycle NAME` prints."""

from collections.abc import Callable

from components.state.db.errors import NotFound
from components.state.lifecycle import LIVE_ALREADY, Lifecycle
from components.state.store import Store
from components.state.tables.records import AuditRow, Strategy
from components.texts import printable

OUTSIDE = "outside"
"""Actor of what somebody did to a branch without the bot."""

_ROWS = 1_000
"""How far back a story goes: the newest rows of the log."""

_MOVES: dict[Lifecycle, str] = {
    Lifecycle.DISCOVERED: "{actor} proposed {what}{where}",
    Lifecycle.QUEUED: "{what} waited for its checks",
    Lifecycle.VALIDATING: "the definition and the code of {what} were checked",
    Lifecycle.TESTING: "{what} ran in the sandbox and was backtested",
    Lifecycle.READY: "{what} passed all checks and was ready to deploy",
    Lifecycle.FAILED: "{what} failed",
    Lifecycle.FIXING: "{actor} pushed a fix of {what}{where}",
    Lifecycle.DEPLOYED: "{actor} deployed {what}",
    Lifecycle.SUPERSEDED: "{what} was superseded",
    Lifecycle.ROLLED_BACK: "{actor} rolled {what} back",
    Lifecycle.ARCHIVED: "{actor} archived {what}",
}


def lifecycle_story(store: Store, repository: str, name: str) -> list[str]:
    """One sentence for each thing that happened to a strategy, oldest first, then how it stands.

    Args:
        store: where it is remembered.
        repository: its key in the configuration.
        name: the strategy.

    Raises:
        NotFound: no such strategy.
    """
    strategy = store.strategies.get(repository, name)
    if strategy is None:
        raise NotFound(f"no strategy {name} in {repository}")
    rows = store.strategies.history(repository, name, limit=_ROWS)
    told = [sentence for row in reversed(rows) if (sentence := _sentence(row))]
    holds = store.holds.list(repository, name)
    held = [
        f"Version {h.version} is held by {printable(h.actor)}: {printable(h.reason)}."
        for h in holds
    ]
    return [*told, _standing(strategy), *held, _counters(strategy)]


def _sentence(row: AuditRow) -> str:
    teller = _TELLERS.get(row.event)
    if teller is None:
        return ""
    moment = f"{row.timestamp[:10]} {row.timestamp[11:19]}"
    words = printable(teller(row))
    if not words:
        return ""
    first = words[:1] if ":" in words.split(" ", 1)[0] else words[:1].upper()  # cli:ada is a key
    return f"{moment} UTC: {first}{words[1:]}."


def _move(row: AuditRow) -> str:
    if str(row.details.get("reason", "")).startswith(LIVE_ALREADY):
        ready = row.new == Lifecycle.READY
        return f"{_what(row)} was live before it was checked here" if ready else ""
    proposal = row.details.get("proposal", "")
    words = _MOVES[Lifecycle(row.new)].format(
        actor=row.actor, what=_what(row), where=f" in {proposal}" if proposal else ""
    )
    if row.new == Lifecycle.DEPLOYED and row.old != Lifecycle.READY:
        words += " again"
    return words + _because(row, "reason")


def _refusal(row: AuditRow) -> str:
    return f"{row.actor} wanted {_what(row)} to be {row.new}, which was refused" + _because(
        row, "reason"
    )


def _deployment(row: AuditRow) -> str:
    where = f" on {row.details['stage']}" if row.details.get("stage") else ""
    as_commit = f"as commit {str(row.details.get('commit', ''))[:12]}"
    if row.actor == OUTSIDE and not row.details.get("proposal"):
        return f"{_came(row)}{where} {as_commit}" + _because(row, "reason")
    tag = row.details.get("tag")
    what = f"version {row.new}" if row.new else "the removal"
    return f"{what} landed{where} {as_commit}" + (f", tagged {tag}" if tag else "")


def _came(row: AuditRow) -> str:
    """What somebody did to a branch without the bot, or what was there at the first look."""
    if not row.details.get("base_before") and not row.details.get("stage"):
        return f"version {row.new} was found" if row.new else "it was not there any more"
    return (
        f"version {row.new} came without the bot" if row.new else "it was taken off without the bot"
    )


def _what(row: AuditRow) -> str:
    version = row.details.get("version")
    return f"version {version}" if version else "a new version"


def _because(row: AuditRow, key: str) -> str:
    reason = str(row.details.get(key, "")).strip().rstrip(".")
    return f": {reason}" if reason else ""


_TELLERS: dict[str, Callable[[AuditRow], str]] = {
    "lifecycle.moved": _move,
    "lifecycle.refused": _refusal,
    "deployment.recorded": _deployment,
    "drift.refused": lambda row: (
        f"content on the base, as commit {str(row.details.get('commit', ''))[:12]},"
        " could not go on record" + _because(row, "why")
    ),
    "drift.restored": lambda row: (
        (
            f"{row.actor} put back {_what(row)} as it was tested"
            if row.new
            else f"{row.actor} took it off the base"
        )
        + _because(row, "reason")
    ),
    "drift.adopted": lambda row: (
        f"{row.actor} took in " + (f"version {row.new}" if row.new else "that it is gone")
    ),
    "deploy.wished": lambda row: (
        f"{row.actor} asked for a deploy of {row.details['proposal']} as soon as it is ready"
    ),
    "deploy.wish_ended": lambda row: (
        f"the deploy of {row.details['proposal']} that {row.actor} asked for has ended"
        + _because(row, "reason")
    ),
    "hold.set": lambda row: f"{row.actor} put {_what(row)} on hold" + _because(row, "reason"),
    "hold.lifted": lambda row: (
        f"{row.actor} lifted the hold on {_what(row)}" + _because(row, "reason")
    ),
    "forward.differs": lambda row: (
        f"sealed orders on {row.new} were held against their replay" + _because(row, "message")
    ),
    "forward.as_sealed": lambda row: f"on {row.new} all is as it was sealed again",
    "forward.accepted": lambda row: (
        f"{row.actor} took its data as it is, and a new record begins" + _because(row, "reason")
    ),
    "fills.imported": lambda row: (
        f"{row.actor} imported {row.details['rows']} fills of a broker,"
        f" {row.details['added']} of them new"
    ),
    "strategy.error": lambda row: (
        "the checks broke, which says nothing about the strategy" + _because(row, "error")
    ),
}


def _standing(strategy: Strategy) -> str:
    parts = []
    if strategy.deployed_version:
        parts.append(f"version {strategy.deployed_version} is deployed")
    if strategy.proposed_status is not None:
        version = strategy.proposed_version
        what = f"version {version}" if version else "a new version"
        where = f" in {strategy.proposal}" if strategy.proposal else ""
        parts.append(f"{what}{where} is {strategy.proposed_status}")
    if not parts:
        status = strategy.status.replace("_", " ")
        parts.append(f"nothing is deployed; its last version, {strategy.version}, is {status}")
    return printable(f"Now {', and '.join(parts)}.")


def _counters(strategy: Strategy) -> str:
    return (
        f"So far: proposed {_times(strategy.generation_attempts)}, tested"
        f" {_times(strategy.test_attempts)}, fixed {_times(strategy.fix_attempts)}, failed"
        f" {_times(strategy.error_count)}."
    )


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
