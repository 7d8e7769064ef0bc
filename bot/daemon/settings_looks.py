"""Settings that are right each by itself and wrong together: what `algoops doctor` says of them."""

from collections import Counter
from collections.abc import Iterator

from bot.checks.policies import load_policies
from bot.checks.subject import DEFINITIONS
from bot.config.settings import Settings
from bot.daemon.start import refusals
from bot.daemon.symptoms import Symptom
from bot.landing.context import Watched
from components.engine.gate_bounds import impossible_gates
from components.engine.market_data import FolderData
from components.schema.policies.file import line_of

LOOKED_AT = 20
"""So many proposals are looked at for strategies in another folder."""

RISK = "risk.yaml"


def start(settings: Settings) -> Iterator[Symptom]:
    """Whatever `algoops run` refuses."""
    refused = False
    for what, error in refusals(settings):
        refused = True
        yield Symptom(what, well=False, seen=Exception.__str__(error), advice=error.hint)
    if not refused:
        yield Symptom("settings", well=True, seen="`algoops run` accepts them")


def gates(settings: Settings) -> Iterator[Symptom]:
    """Gates that no result can pass."""
    file = settings.policies / RISK
    for place, why in impossible_gates(load_policies(settings.policies).risk):
        seen = f"{line_of(file, ('gates', place))}: {why}: nothing can be deployed"
        yield Symptom("gates", well=False, seen=seen, advice="change one of its bounds")


def defaults(settings: Settings) -> Iterator[Symptom]:
    """Data of the symbols that a definition gets when it names none."""
    risk, data = load_policies(settings.policies).risk, FolderData(settings.market_data)
    there, interval = set(data.symbols()), risk.defaults.interval
    place = line_of(settings.policies / RISK, ("defaults", "symbols"))
    for symbol in risk.defaults.symbols:
        if (symbol, interval) not in there:
            yield Symptom(
                f"default symbol {symbol}",
                well=False,
                seen=f"{place}: defaults.symbols names {symbol}, and {settings.market_data} has no"
                f" {symbol}_{interval}.csv: definitions without symbols cannot be checked",
                advice=f"add the file, or name symbols that are there: {_some(there)}",
            )


def _some(there: set[tuple[str, str]], most: int = 5) -> str:
    names = sorted({symbol for symbol, _ in there})
    more = ", ..." if len(names) > most else ""
    return ", ".join(names[:most]) + more if names else "there are none"


def strategies_folder(settings: Settings, place: int, watched: Watched) -> Symptom:
    """Whether the folder of strategies is where authors put theirs."""
    what, root = f"strategies of {watched.name}", watched.where.root
    watched.forge.fetch()
    commits = [watched.forge.base(), *(p.head for p in watched.forge.proposals()[:LOOKED_AT])]
    repository = watched.where.repository
    here = repository.strategy_trees(commits[0], root)
    elsewhere = Counter(
        folder
        for commit in commits
        for folder in {*repository.folders_with(DEFINITIONS, commit)}
        if folder != root
    )
    if elsewhere and not any(repository.strategy_trees(commit, root) for commit in commits):
        folder, _ = elsewhere.most_common(1)[0]
        where = settings.place("repositories", place, "strategies")
        return Symptom(
            what,
            well=False,
            seen=f"{where}`strategies` is {root}, and {watched.base_branch} has no such folder:"
            f" nothing is checked; there are definitions in {folder or 'the top folder'}",
            advice=f"set `strategies: {folder}`"
            if folder
            else "move each into a folder of its own",
        )
    return Symptom(what, well=True, seen=f"{len(here)} in {root}/ on {watched.base_branch}")
