"""The lifecycle of one version of a strategy: one transition table, pure."""

from enum import StrEnum


class Lifecycle(StrEnum):
    """States of a version; a strategy's own status is derived from its versions."""

    DISCOVERED = "discovered"
    QUEUED = "queued"
    VALIDATING = "validating"
    TESTING = "testing"
    READY = "ready"
    FAILED = "failed"
    FIXING = "fixing"
    DEPLOYED = "deployed"
    SUPERSEDED = "superseded"
    ROLLED_BACK = "rolled_back"
    ARCHIVED = "archived"


_L = Lifecycle

LIVE_ALREADY = "live already"
"""How the reasons of moves begin that only follow what git shows: nothing was checked for them."""

# Before a version lands, a newer push, a moved base or a restart puts it back in the queue: that
# is the way to `queued` from four states. A check that breaks leads there too, never to `failed`.
# A run that fails before it looks at a strategy (no merge) leads to `failed` from where it stands.
TRANSITIONS: dict[Lifecycle, frozenset[Lifecycle]] = {
    _L.DISCOVERED: frozenset({_L.QUEUED, _L.ARCHIVED}),
    _L.QUEUED: frozenset({_L.VALIDATING, _L.FAILED, _L.ARCHIVED}),
    _L.VALIDATING: frozenset({_L.QUEUED, _L.TESTING, _L.READY, _L.FAILED, _L.ARCHIVED}),
    _L.TESTING: frozenset({_L.QUEUED, _L.READY, _L.FAILED, _L.ARCHIVED}),
    _L.READY: frozenset({_L.QUEUED, _L.FAILED, _L.DEPLOYED, _L.ARCHIVED}),
    _L.FAILED: frozenset({_L.FIXING, _L.ARCHIVED}),
    _L.FIXING: frozenset({_L.QUEUED, _L.ARCHIVED}),
    _L.DEPLOYED: frozenset({_L.SUPERSEDED, _L.ROLLED_BACK, _L.ARCHIVED}),
    _L.SUPERSEDED: frozenset({_L.DEPLOYED, _L.ARCHIVED}),
    _L.ROLLED_BACK: frozenset({_L.DEPLOYED, _L.ARCHIVED}),
    _L.ARCHIVED: frozenset({_L.DISCOVERED, _L.DEPLOYED}),
}

IN_PROPOSAL = frozenset(
    {_L.DISCOVERED, _L.QUEUED, _L.VALIDATING, _L.TESTING, _L.READY, _L.FAILED, _L.FIXING}
)
"""States of a version which has not landed yet."""

_NEEDS_A_PAST = {(_L.ARCHIVED, _L.DEPLOYED)}
_NEEDS_NO_PAST = {(_L.ARCHIVED, _L.DISCOVERED)}


def legal(old: Lifecycle, new: Lifecycle, *, was_deployed: bool) -> bool:
    """Whether a version may move from one state to another.

    Args:
        old: the state it is in.
        new: the state asked for.
        was_deployed: it has been deployed before. An archived version that has can be brought
            back as it was (a rollback of a deletion); one that has not starts anew.
    """
    if new not in TRANSITIONS[old]:
        return False
    if (old, new) in _NEEDS_A_PAST:
        return was_deployed
    if (old, new) in _NEEDS_NO_PAST:
        return not was_deployed
    return True


def hint(old: Lifecycle, new: Lifecycle) -> str:
    """What a person can do about a move that is not legal."""
    if new is _L.DEPLOYED and old in IN_PROPOSAL:
        return "only a ready version can be deployed: its checks must pass first"
    if new is _L.ROLLED_BACK:
        return "only a deployed version can be rolled back"
    allowed = ", ".join(sorted(TRANSITIONS[old])) or "nothing"
    return f"from {old} it can become: {allowed}"


def to_queue(old: Lifecycle | None) -> tuple[Lifecycle, ...]:
    """The moves which put a version in the queue after a push.

    Args:
        old: the state of the proposal's version, None when it is new.

    Returns:
        The states to go through, in order, up to `queued`; none when it is there.
    """
    if old is None or old is _L.ARCHIVED:
        return (_L.DISCOVERED, _L.QUEUED)
    if old is _L.FAILED:
        return (_L.FIXING, _L.QUEUED)
    if old is _L.QUEUED:
        return ()
    return (_L.QUEUED,)
