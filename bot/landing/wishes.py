"""Deploys that wait until their proposal is ready: who wants them, and why one has ended."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from components.state import Store
from components.texts import printable


@dataclass(frozen=True)
class Wish:
    """A deploy that waits, or that has ended while its proposal is open.

    Attributes:
        head: the commit that is to land.
        key: of the command: what comes of the wish is a command of its own, made once.
        event: the command as it was given, as JSON values.
        ended: why nothing comes of it; "" while it waits.
        told: the strategies in whose stories it stands: they are told of its end too.
    """

    head: str
    key: str
    event: Mapping[str, Any]
    ended: str = ""
    told: Sequence[str] = ()

    @property
    def actor(self) -> str:
        """Who asked."""
        return str(self.event.get("actor", ""))

    def words(self, proposal: str) -> str:
        """How it stands, in one sentence; plain text."""
        ref, actor = proposal.removeprefix("branch/"), printable(self.actor)
        if self.ended:
            return (
                f"the deploy of {ref} at {self.head[:12]} that {actor} asked for has ended and"
                f" nothing was deployed: {printable(self.ended)}"
            )
        return (
            f"{ref} at {self.head[:12]} is deployed as soon as it is green, approved and not"
            f" frozen: {actor} asked for that; a push or `algoops cancel {ref}` ends it"
        )


def wishes(store: Store, repository: str) -> dict[str, Wish]:
    """All of a repository, by proposal."""
    text = store.meta.get(_key(repository))
    return {name: Wish(**said) for name, said in json.loads(text or "{}").items()}


def wish_words(store: Store, repository: str, proposal: str) -> str:
    """How the wish stands that a proposal lands by itself; "" where there is none."""
    wish = wishes(store, repository).get(proposal)
    return wish.words(proposal) if wish is not None else ""


def put_wish(store: Store, repository: str, proposal: str, wish: Wish | None) -> None:
    """Keep how a proposal's wish stands; None forgets it. Inside the caller's transaction."""
    known = wishes(store, repository)
    known.pop(proposal, None)
    kept = known if wish is None else {**known, proposal: wish}
    text = json.dumps({name: asdict(one) for name, one in kept.items()})
    store.meta.put(_key(repository), text)


def _key(repository: str) -> str:
    return f"when-ready:{repository}"
