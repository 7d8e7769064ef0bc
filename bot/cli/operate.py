"""`algoops deploy|rollback|recheck|cancel|hold|...`: the same code as comments and the API."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from bot.cli.common import (
    EXIT_ERROR,
    EXIT_FAILED,
    EXIT_PASSED,
    ConfigOption,
    Form,
    FormOption,
    err,
    errors_for_people,
    out,
    print_json,
    settings_from,
    user_name,
)
from bot.config.settings import Settings
from bot.core.events import (
    Adopt,
    Approve,
    Cancel,
    Check,
    Command,
    CommandIssued,
    Deploy,
    Freeze,
    Hold,
    Promote,
    Restore,
    Rollback,
    Unfreeze,
    Unhold,
)
from bot.daemon.client import carry_out
from bot.landing.drifted import drifted
from bot.landing.freezing import freeze_words
from bot.landing.outcomes import WAITING
from bot.landing.stages import OnStage, on_stages
from bot.landing.wishes import wish_words, wishes
from components.errors import UserError
from components.state import DATABASE, Lifecycle, Store
from components.state.story import lifecycle_story
from components.state.tables.notes import SETTINGS_REFUSED
from components.state.tables.records import Strategy
from components.state.tables.strategy_rows import ListOrder, SortBy
from components.windows import span

LIVE = "live"
Name = Annotated[str, typer.Argument(help="The strategy.")]
Version = Annotated[str, typer.Argument(help="Its version, such as 1.1.0.")]
Reason = Annotated[str, typer.Option(help="Why; it is recorded.")]
Ref = Annotated[str, typer.Argument(help="The proposal's branch, or pr/12.")]
RepositoryOption = Annotated[
    str, typer.Option("--repository", help="Key of the repository, where several are watched.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    operations = (deploy, approve, promote, rollback, adopt, restore, recheck, cancel)
    for command in (*operations, hold, unhold, freeze, unfreeze, status, lifecycle):
        app.command(command.__name__)(command)


def deploy(
    ref: Annotated[str, typer.Option(help="The proposal's branch, or pr/12.")],
    name: Annotated[
        str, typer.Argument(help="The strategy; none where the proposal changes only policies.")
    ] = "",
    sha: Annotated[str, typer.Option(help="The commit that you have seen; else it refuses.")] = "",
    message: Annotated[str, typer.Option(help="Message of the merge commit.")] = "",
    tag: Annotated[bool, typer.Option(help="Make the tag NAME/vVERSION.")] = True,
    accept: Annotated[
        bool,
        typer.Option(
            "--accept-policy-change",
            help="Land changed policies too: you are not their author and have looked at them.",
        ),
    ] = False,
    ready: Annotated[
        bool,
        typer.Option("--when-ready", help="As soon as it is green, approved and not frozen."),
    ] = False,
    repository: RepositoryOption = "",
    config: ConfigOption = None,
) -> None:
    """Land a proposal whose checks have passed: merge commit, tag, record."""
    with errors_for_people():
        settings = settings_from(config)
        command = Deploy(
            sha=sha, name=name, message=message, create_tag=tag, admin=accept, when_ready=ready
        )
        _issue(settings, repository_named(settings, repository), command, _proposal(ref))


def approve(
    ref: Ref,
    sha: Annotated[str, typer.Option(help="The commit that you have seen; else it refuses.")] = "",
    repository: RepositoryOption = "",
    config: ConfigOption = None,
) -> None:
    """Approve a proposal as its last report names it, where a deploy needs that of a person."""
    with errors_for_people():
        settings = settings_from(config)
        _issue(settings, repository_named(settings, repository), Approve(sha), _proposal(ref))


def promote(
    name: Name,
    to: Annotated[str, typer.Option(help="The stage (default: the next one).")] = "",
    version: Annotated[str, typer.Option(help="The version that you mean; else it refuses.")] = "",
    repository: RepositoryOption = "",
    config: ConfigOption = None,
) -> None:
    """Put on a stage what the stage before it has of a strategy, exactly as it was tested."""
    with errors_for_people():
        settings = settings_from(config)
        command = Promote(name=name, version=version, to=to)
        _issue(settings, repository_named(settings, repository), command)


def rollback(
    name: Name,
    reason: Reason,
    to: Annotated[str, typer.Option(help="The version to go back to (default: the last).")] = "",
    whole: Annotated[
        bool, typer.Option("--whole", help="Take back all that landed together with it.")
    ] = False,
    stage: Annotated[str, typer.Option(help="On which stage (default: the base).")] = "",
    repository: RepositoryOption = "",
    config: ConfigOption = None,
) -> None:
    """Restore an earlier version of one strategy; the one that is left is put on hold."""
    with errors_for_people():
        settings = settings_from(config)
        if whole and to:
            raise UserError("--whole takes back a landing as it was: leave --to out")
        command = Rollback(name=name, version=to, reason=reason, whole=whole, stage=stage)
        _issue(settings, repository_named(settings, repository), command)


def adopt(name: Name, repository: RepositoryOption = "", config: ConfigOption = None) -> None:
    """Take in what somebody changed on the base without the bot: it is checked and recorded."""
    with errors_for_people():
        settings = settings_from(config)
        _issue(settings, repository_named(settings, repository), Adopt(name))


def restore(
    name: Name,
    reason: Reason = "",
    repository: RepositoryOption = "",
    config: ConfigOption = None,
) -> None:
    """Put back what was tested, where somebody changed it on the base without the bot."""
    with errors_for_people():
        settings = settings_from(config)
        _issue(settings, repository_named(settings, repository), Restore(name, reason))


def recheck(ref: Ref, repository: RepositoryOption = "", config: ConfigOption = None) -> None:
    """Have the daemon check a proposal once more, whatever is known of its content."""
    with errors_for_people():
        settings = settings_from(config)
        _issue(settings, repository_named(settings, repository), Check(), _proposal(ref))


def cancel(ref: Ref, repository: RepositoryOption = "", config: ConfigOption = None) -> None:
    """Stop the checks of a proposal, until somebody asks for them or pushes."""
    with errors_for_people():
        settings = settings_from(config)
        _issue(settings, repository_named(settings, repository), Cancel(), _proposal(ref))


def hold(
    name: Name,
    version: Version,
    reason: Reason = "",
    repository: RepositoryOption = "",
    config: ConfigOption = None,
) -> None:
    """Forbid a version to be deployed until it is unheld."""
    with errors_for_people():
        settings = settings_from(config)
        _issue(settings, repository_named(settings, repository), Hold(name, version, reason))


def unhold(
    name: Name,
    version: Version,
    reason: Reason = "",
    repository: RepositoryOption = "",
    config: ConfigOption = None,
) -> None:
    """Lift a hold."""
    with errors_for_people():
        settings = settings_from(config)
        _issue(settings, repository_named(settings, repository), Unhold(name, version, reason))


def freeze(
    reason: Reason,
    lasts: Annotated[
        str, typer.Option("--for", help="How long (90m, 4h, 2d); else until `unfreeze`.")
    ] = "",
    repository: RepositoryOption = "",
    config: ConfigOption = None,
) -> None:
    """Deploy nothing for a time; rollbacks still go."""
    with errors_for_people():
        settings = settings_from(config)
        if lasts:
            span(lasts)  # told before it is asked of a daemon
        _issue(settings, repository_named(settings, repository), Freeze(lasts, reason))


def unfreeze(
    reason: Reason = "", repository: RepositoryOption = "", config: ConfigOption = None
) -> None:
    """Lift the freeze that somebody ordered; those of the configuration end by themselves."""
    with errors_for_people():
        settings = settings_from(config)
        _issue(settings, repository_named(settings, repository), Unfreeze(reason))


def status(
    name: Annotated[str | None, typer.Argument(help="Only this strategy.")] = None,
    state: Annotated[
        Lifecycle | None,
        typer.Option(help="Only what stands in this state, one row for each proposal."),
    ] = None,
    sort: Annotated[
        SortBy, typer.Option(help="By name from A, else from the latest or largest.")
    ] = SortBy.NAME,
    search: Annotated[str, typer.Option(help="Only where this is a part of the name.")] = "",
    form: FormOption = Form.TEXT,
    config: ConfigOption = None,
) -> None:
    """What is deployed, what is proposed, what fails and why."""
    with errors_for_people(), _store(settings := settings_from(config)) as store:
        found = (
            _found(store, name)
            if name
            else store.strategies.list(
                status=state, limit=10_000, search=search, order=ListOrder(sort)
            )
        )
        on = on_stages(store, settings.repositories)
        if form is Form.JSON:
            print_json([_as_json(store, s, _on(on, s)) for s in found])
            return
        for words in _told_first(store, settings):
            out.print(words, markup=False, highlight=False, soft_wrap=True)
        if found:
            out.print(_table(found, settings, on))
            counts = sorted(store.strategies.counts().items())
            out.print(", ".join(f"{count} {word}" for word, count in counts), highlight=False)
        elif state or search:
            wanted = f"{search!r} in its name" if search else ""
            what = " and ".join(word for word in (state and f"the state {state}", wanted) if word)
            out.print(f"Nothing has {what} now.", markup=False, highlight=False)
        else:
            out.print(
                f"No strategy is known yet in {store.path}.",
                markup=False,
                highlight=False,
                soft_wrap=True,
            )


def lifecycle(name: Name, repository: RepositoryOption = "", config: ConfigOption = None) -> None:
    """The history of one strategy, as a story."""
    with errors_for_people(), _store(settings_from(config)) as store:
        for strategy in _found(store, name, repository):
            for line in lifecycle_story(store, strategy.repository, strategy.name):
                out.print(line, markup=False, highlight=False, soft_wrap=True)


def repository_named(settings: Settings, wanted: str) -> str:
    """The key of a repository; of the only one where none is named. Raises UserError."""
    names = [r.name for r in settings.repositories]
    if wanted in names:
        return wanted
    if not wanted and len(names) == 1:
        return names[0]
    raise UserError(
        f"say which repository with --repository: {', '.join(names)}"
        if not wanted
        else f"no repository {wanted!r}; there are: {', '.join(names)}"
    )


def _proposal(ref: str) -> str:
    return ref if ref.startswith(("pr/", "branch/")) else f"branch/{ref}"


def _issue(settings: Settings, repository: str, command: Command, proposal: str = "") -> None:
    event = CommandIssued(
        repository=repository,
        proposal=proposal,
        actor=f"cli:{user_name()}",
        command=command,
        source="cli",
    )
    outcome = carry_out(settings, event)
    console = out if outcome.ok else err
    console.print(outcome.words, markup=False, highlight=False, soft_wrap=True)
    if outcome.ok and outcome.code != WAITING:  # a rollback that waits is not done
        raise typer.Exit(EXIT_PASSED)
    raise typer.Exit(EXIT_ERROR if outcome.code == "unavailable" else EXIT_FAILED)


def _store(settings: Settings) -> Store:
    return Store(settings.state.dir / DATABASE, look=True)


def _told_first(store: Store, settings: Settings) -> Iterator[str]:
    """Refused settings, freezes, what is held, drifted (with the answers to it) or wished.

    One sentence each.
    """
    if refused := store.meta.get(SETTINGS_REFUSED):
        yield f"Settings: {refused}"
    yield from freeze_words(store, settings.repositories)
    for repository in settings.repositories:
        for held in store.holds.list(repository.name):
            yield f"{repository.name}: {held.name} {held.version} is held: {held.reason}"
        for drift in drifted(store, repository.name):
            yield f"{repository.name}: {drift.words}"
        for proposal, wish in wishes(store, repository.name).items():
            yield f"{repository.name}: {wish.words(proposal)}"


def _found(store: Store, name: str, repository: str = "") -> list[Strategy]:
    strategy = store.strategies.get(repository, name) if repository else store.strategies.find(name)
    if strategy is None:
        raise UserError(f"there is no strategy {name}")
    return [strategy]


def _on(on: Mapping[tuple[str, str], tuple[OnStage, ...]], of: Strategy) -> tuple[OnStage, ...]:
    return on.get((of.repository, of.name), ())


def _as_json(store: Store, of: Strategy, stages: tuple[OnStage, ...]) -> dict[str, object]:
    """All that is known of a strategy, with its stages and the wish for its proposal."""
    wish = wish_words(store, of.repository, of.proposal) or None
    return {**asdict(of), "stages": [asdict(o) for o in stages], "deploy_when_ready": wish}


def _table(
    strategies: list[Strategy],
    settings: Settings,
    on: Mapping[tuple[str, str], tuple[OnStage, ...]],
) -> Table:
    """The strategies; a column for each stage, `live` where there is only the base."""
    names = [s.name for r in settings.repositories for s in r.stages]
    names += [LIVE for r in settings.repositories if not r.stages]
    table = Table(box=None, pad_edge=False)
    stages = list(dict.fromkeys(names))
    for column in ("strategy", "status", *stages, "proposed", "last problem"):
        table.add_column(column, overflow="fold")
    for s in strategies:
        proposed = f"{s.proposed_version} {s.proposed_status}" if s.proposed_status else ""
        there = {o.stage: o.version for o in _on(on, s)} or {LIVE: s.deployed_version}
        versions = [there.get(stage, "") for stage in stages]
        table.add_row(s.name, s.status, *versions, proposed.strip(), s.last_error)
    return table
