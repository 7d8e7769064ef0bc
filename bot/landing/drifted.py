"""What is on the base and was not landed by the bot: for everybody to see, until it is answered.

`adopt` takes it in after a check; `restore` puts back what the bot or an adoption brought last.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime

from components.schema.types import NAME_PATTERN
from components.state import Store
from components.state.tables.records import Deployment

EXTERNAL = "external"
EVERY = 10_000
NAME_CHARS = 100
"""As long as a strategy's name may be."""

_BEGINNING = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True)
class Drift:
    """One strategy whose content on the base came there without the bot.

    Attributes:
        version: of that content; "" where it is gone, or its definition can't be read.
        why: what happened, in words.
        mark: the number of the landing that it is; where it can't be recorded, of the one before.
        refused: why it can't be recorded as a version; "" where it can.
        gone: it was live and was taken off the base.
        tree: of that content; "" where it is gone.
        back: the version that was tested last; "" where nothing of it ever was.
        held: `back` is on hold.
    """

    name: str
    version: str
    why: str
    mark: str
    refused: str = ""
    gone: bool = False
    tree: str = ""
    back: str = ""
    held: bool = False

    @property
    def happened(self) -> str:
        """What happened, without the name."""
        what = "was taken off the base" if self.gone else "changed on the base"
        problem = f"; {self.refused}" if self.refused else ""
        return f"{what} without the bot ({self.why}{problem})"

    @property
    def answers(self) -> tuple[tuple[str, str], ...]:
        """The commands that end it, each with what it does; none takes a name such as `a b`."""
        if len(self.name) > NAME_CHARS or not re.fullmatch(NAME_PATTERN, self.name):
            return ()
        takes_in = [(f"adopt {self.name}", "takes it in, if it passes")]
        back = [(f"restore {self.name}", "puts back what was tested")]
        if not self.back:
            back = [(f"restore {self.name}", "takes it off the base: nothing of it was tested")]
        elif self.held:
            lift = (f"unhold {self.name} {self.back}", "lifts the hold on what was tested")
            back = [lift, (f"restore {self.name}", "then puts that back")]
        return (*([] if self.refused else takes_in), *back)

    @property
    def words(self) -> str:
        """What happened and the commands that answer it, in one sentence."""
        said = [f"`algoops {command}` {what}" for command, what in self.answers]
        return f"{self.name} {self.happened}: {'; '.join(said) or NO_COMMAND}"


NO_COMMAND = "no strategy can have this name: remove the folder from the base with git"


def drifted(store: Store, repository: str) -> tuple[Drift, ...]:
    """All that nobody has answered yet, by name; what is as it was tested again is none."""
    adopted = _adopted(store, repository)
    live = [d for d in store.deployments.live(repository) if is_outside(d)]
    gone = [d for d in store.deployments.lost(_BEGINNING) if d.repository == repository]
    found = [
        Drift(d.name, d.version, d.reason, str(d.id), gone=not d.version, tree=d.tree)
        for d in (*live, *gone)
        if adopted.get(d.name) != str(d.id)
    ]
    refused = _refused(store, repository).values()  # unless something landed on it since
    found += [one for one in refused if one.mark == newest_landing(store, repository, one.name)]
    known = {one.name: _beside_tested(store, repository, one) for one in found}
    return tuple(one for _, one in sorted(known.items()) if one is not None)


def find_drift(store: Store, repository: str, name: str) -> Drift | None:
    """What drifted of one strategy, None for nothing."""
    return next((one for one in drifted(store, repository) if one.name == name), None)


def _beside_tested(store: Store, repository: str, drift: Drift) -> Drift | None:
    """The drift with what would be put back; None: it is what was tested, or came and went."""
    last = tested(store, repository, drift.name)
    if not drift.refused and drift.tree == (last.tree if last is not None else ""):
        return None
    if last is None:
        return drift
    held = store.holds.active(repository, drift.name, last.version) is not None
    return replace(drift, back=last.version, held=held)


def is_outside(landing: Deployment) -> bool:
    """Whether it came without the bot, and not as tested, nor was there when it first looked."""
    external = landing.kind == EXTERNAL and not landing.content_key
    return external and bool(landing.base_before)


def tested(store: Store, repository: str, name: str) -> Deployment | None:
    """The last landing on the base that was the bot's or is adopted; None where there is none."""
    mark = _adopted(store, repository).get(name)
    landings = store.deployments.list(repository, name, limit=EVERY)
    known = (d for d in landings if not is_outside(d) or str(d.id) == mark)
    found = next((d for d in known if d.kind != "removal" or d.proposal or str(d.id) == mark), None)
    return found if found is not None and found.version else None


def newest_landing(store: Store, repository: str, name: str) -> str:
    """The number of the last landing on the base, whatever it was; "" where there is none."""
    newest = store.deployments.list(repository, name, limit=1)
    return str(newest[0].id) if newest else ""


def adopt_drift(store: Store, repository: str, drift: Drift) -> None:
    """Write down that a change is taken in. Inside the caller's transaction."""
    adopted = {**_adopted(store, repository), drift.name: drift.mark}
    store.meta.put(_adopted_key(repository), json.dumps(adopted))


def note_refused(store: Store, repository: str, drift: Drift) -> None:
    """Write down that content on the base can't be recorded. Inside the caller's transaction."""
    _put_refused(store, repository, {**_refused(store, repository), drift.name: drift})


def is_refused(store: Store, repository: str, name: str) -> bool:
    """Whether content on the base is noted as what can't be recorded."""
    return name in _refused(store, repository)


def forget_refused(store: Store, repository: str, name: str) -> None:
    """Other content is there now. Inside the caller's transaction."""
    refused = _refused(store, repository)
    if refused.pop(name, None) is not None:
        _put_refused(store, repository, refused)


def _adopted(store: Store, repository: str) -> dict[str, str]:
    return dict(json.loads(store.meta.get(_adopted_key(repository), "{}")))


def _refused(store: Store, repository: str) -> dict[str, Drift]:
    kept = json.loads(store.meta.get(_refused_key(repository), "{}"))
    return {name: Drift(**one) for name, one in kept.items()}


def _put_refused(store: Store, repository: str, refused: Mapping[str, Drift]) -> None:
    kept = {name: asdict(one) for name, one in refused.items()}
    store.meta.put(_refused_key(repository), json.dumps(kept))


def _adopted_key(repository: str) -> str:
    return f"drift.adopted:{repository}"


def _refused_key(repository: str) -> str:
    return f"drift.refused:{repository}"
