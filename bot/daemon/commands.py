"""The command job: what a person asked for, done or refused, and answered where they asked."""

from typing import assert_never

import structlog

from bot.checks.strategy import Superseded
from bot.core import commands
from bot.core.authors import AuthorKind
from bot.core.event_json import from_payload
from bot.core.events import (
    Adopt,
    Approve,
    Cancel,
    Check,
    CommandIssued,
    Delegate,
    Deploy,
    Freeze,
    Help,
    Hold,
    Promote,
    Restore,
    Rollback,
    Status,
    Unfreeze,
    Unhold,
)
from bot.core.failpoints import failpoint
from bot.core.notices import StrategyChanged
from bot.daemon import reactions
from bot.daemon.command_orders import (
    deploy_order,
    promote_order,
    restore_order,
    rollback_order,
    with_plain_versions,
)
from bot.deploy.adopt import adopt
from bot.deploy.approvals import approve
from bot.deploy.deploys import deploy
from bot.deploy.promotions import promote
from bot.deploy.rollbacks import continue_rollback, rollback
from bot.deploy.when_ready import give_up, land_wished, wish_deploy, wish_refused
from bot.landing.context import Watched, World
from bot.landing.delegates import delegate, may_as_delegate
from bot.landing.freezing import frozen, lift_freeze, order_freeze
from bot.landing.holding import set_hold
from bot.landing.outcomes import WAITING, CommandOutcome, keep, read
from bot.landing.unfinished import finish_open, refuse_unknown
from bot.proposals.ask import ask_check
from bot.proposals.cancel import cancel, resume, show_cancelled
from bot.proposals.standing import standing_of
from bot.report import markdown
from bot.report.escape import inline
from bot.sources.begun import known_birth
from components.errors import ConfigError, Conflict, TransientError, UserError, Waiting
from components.ports import Proposal
from components.state.tables.records import Job

log = structlog.get_logger(__name__)

BROKE = "the bot met a bug; the operator finds it in the log"


def run_command(world: World, job: Job) -> None:
    """Carry out one command, once, and tell whoever issued it.

    Raises:
        TransientError: try again later; nothing was answered yet.
    """
    event = from_payload(CommandIssued.__name__, dict(job.payload))
    if not isinstance(event, CommandIssued):
        raise UserError(f"job {job.id} holds no command")
    watched = world.repository(event.repository)
    if event.said_at and event.said_at < known_birth(world.store.meta, watched.name):
        log.warning("command is older than what is remembered", key=job.key, said=event.said_at)
        return
    if job.attempts <= 1:
        reactions.seen(watched.forge, event.comment)
    kept = read(world.store, job.key)
    outcome = kept or _outcome(world, watched, event, job)
    failpoint("command.kept")
    reactions.settled(watched.forge, event.comment, ok=outcome.ok)
    if event.source == "comment":
        _answer(watched, event, outcome, job.key, again=kept is not None)
    failpoint("command.answered")


def _outcome(world: World, watched: Watched, event: CommandIssued, job: Job) -> CommandOutcome:
    try:
        outcome = _authorised(world, watched, event, job)
    except TransientError as error:
        for_people = isinstance(error, Waiting) and error.retry_after_s is None
        if job.attempts < job.max_attempts and not for_people:
            raise
        outcome = CommandOutcome(ok=False, code="unavailable", message=str(error))
    except Conflict as error:
        words = f"{error}; conflicts in {', '.join(error.paths)}"
        outcome = CommandOutcome(ok=False, code="conflict", message=words)
    except (UserError, ConfigError) as error:  # the latter: policies on the base that are broken
        outcome = CommandOutcome(ok=False, code="refused", message=str(error))
    except Superseded:
        raise
    except Exception:
        if job.attempts < job.max_attempts:
            raise
        log.exception("command broke", key=job.key)  # nobody tries again: whoever asked is told
        outcome = CommandOutcome(ok=False, code="unavailable", message=BROKE)
    with world.store.transaction():
        if outcome.code != WAITING:  # kept already, and perhaps it has ended since
            keep(world.store, job.key, outcome)
        _audit(world, event, outcome)
        wish_refused(world, watched, event, job.key, outcome)
    return outcome


def _authorised(world: World, watched: Watched, event: CommandIssued, job: Job) -> CommandOutcome:
    """Comments are asked about now; the API and the command line have authenticated already."""
    if event.source == "comment" and (words := _forbidden(world, watched, event)):
        return CommandOutcome(ok=False, code="forbidden", message=words)
    return _do(world, watched, event, job)


def _forbidden(world: World, watched: Watched, event: CommandIssued) -> str:
    """Why whoever commented may not give this command, "" where they may."""
    if _is_agent(watched, event):
        proposal = watched.forge.proposal(event.proposal)
        why = watched.authors.refusal(event.command, event.actor, proposal)
        if why:
            return markdown.not_for_agents(why)
        if watched.authors.verbs(event.actor) is not None:
            return ""  # the operator's list says what a bot may: it is no collaborator
    permission = watched.forge.permission(event.actor)
    if commands.may(event.command, permission):
        return ""
    if may_as_delegate(world, watched, event.proposal, event.actor, event.command):
        return ""
    return markdown.refused(event.actor, permission)


def _is_agent(watched: Watched, event: CommandIssued) -> bool:
    return watched.authors.kind(event.actor) is AuthorKind.AGENT


def _do(world: World, watched: Watched, event: CommandIssued, job: Job) -> CommandOutcome:
    command, key = with_plain_versions(event.command), job.key
    match command:
        case Check():
            outcome = _check(world, watched, event)
        case Deploy() | Approve() | Delegate():
            outcome = _deploy(world, watched, event, command, key)
        case Rollback() | Restore() | Adopt():
            outcome = _put_right(world, watched, event, command, job)
        case Promote():
            outcome = promote(world, watched, promote_order(event, command, job))
        case Hold() | Unhold():
            set_or_lift = _hold if isinstance(command, Hold) else _unhold
            outcome = set_or_lift(world, watched, event, command)
        case Freeze() | Unfreeze():
            outcome = _freeze(world, watched, event, command)
        case Cancel():
            outcome = _cancel(world, watched, event)
        case Status():
            outcome = _status(world, watched, event)
        case Help(problem=problem):
            outcome = CommandOutcome(
                ok=not problem, code="help", message=markdown.help_text(problem)
            )
        case _:
            assert_never(command)
    return outcome


def _deploy(
    world: World,
    watched: Watched,
    event: CommandIssued,
    command: Deploy | Approve | Delegate,
    key: str,
) -> CommandOutcome:
    """Deploy a proposal, or say who approves it or may deploy it."""
    if isinstance(command, Deploy):
        order = deploy_order(event, command, key)
        going_on = continue_rollback(world, watched, event.proposal, key)
        if going_on is None and command.when_ready:
            proposal = watched.forge.proposal(event.proposal)
            if proposal is not None:
                going_on = wish_deploy(world, watched, proposal, event, key)
        return going_on or deploy(world, watched, order)
    proposal = watched.forge.proposal(event.proposal)
    if proposal is None:
        return _no_proposal(event)
    if isinstance(command, Delegate):
        return delegate(world, watched, proposal.id, command.user)
    outcome = approve(world, watched, proposal, event.actor, command.sha)
    land_wished(world, watched, proposal.id)
    return outcome


def _put_right(
    world: World,
    watched: Watched,
    event: CommandIssued,
    command: Rollback | Restore | Adopt,
    job: Job,
) -> CommandOutcome:
    """Put back what was there before, or take in what is there."""
    if isinstance(command, Adopt):
        return adopt(world, watched, command.name, event.actor, job)
    if isinstance(command, Restore):
        return rollback(world, watched, restore_order(event, command, job))
    return rollback(world, watched, rollback_order(event, command, job))


def _check(world: World, watched: Watched, event: CommandIssued) -> CommandOutcome:
    found = _meant(watched, event)
    if not found:
        return _no_proposal(event)
    for proposal in found:
        resume(world, watched, proposal.id)
        # What an agent asks for again goes past no rule about drafts and forks.
        asked = not _is_agent(watched, event)
        ask_check(world, watched.name, proposal.id, proposal.actor, force=True, asked=asked)
    return CommandOutcome(ok=True, code="started", message=markdown.check_started(found[0].head))


def _meant(watched: Watched, event: CommandIssued) -> list[Proposal]:
    """The open proposals that an event speaks of: the one it names, or all at its head."""
    if not event.proposal:
        return [p for p in watched.forge.proposals() if p.head == event.head]
    named = watched.forge.proposal(event.proposal)
    return [named] if named is not None else []


def _hold(
    world: World, watched: Watched, event: CommandIssued, command: Hold | Unhold
) -> CommandOutcome:
    if world.store.strategies.get(watched.name, command.name) is None:
        return _no_strategy(command.name)
    with watched.lane:
        unknown = finish_open(world, watched)  # what landed before the hold is recorded before it
        refuse_unknown(unknown, command.name)
        set_hold(
            world,
            watched,
            command.name,
            command.version,
            actor=event.actor,
            reason=command.reason,
        )
        finish_open(world, watched)  # a deploy of it that waits in a queue of the forge ends
    world.progress.tell(StrategyChanged(command.name))
    return CommandOutcome(
        ok=True, code="held", message=markdown.hold_set(command.name, command.version)
    )


def _unhold(
    world: World, watched: Watched, event: CommandIssued, command: Hold | Unhold
) -> CommandOutcome:
    with watched.lane:
        world.store.holds.unhold(
            watched.name, command.name, command.version, event.actor, command.reason
        )
    world.progress.tell(StrategyChanged(command.name))
    return CommandOutcome(
        ok=True, code="lifted", message=markdown.hold_lifted(command.name, command.version)
    )


def _freeze(
    world: World, watched: Watched, event: CommandIssued, command: Freeze | Unfreeze
) -> CommandOutcome:
    actor, reason = event.actor, command.reason.strip()
    if isinstance(command, Freeze):
        if not reason:
            return CommandOutcome(ok=False, code="reason_missing", message="say why: it is shown")
        order_freeze(world, watched, actor=actor, reason=reason, lasts=command.lasts)
    elif not lift_freeze(world, watched, actor=actor, reason=reason):
        words = f"nobody has ordered a freeze of {watched.name}"
        return CommandOutcome(ok=False, code="not_frozen", message=words)
    now = frozen(world, watched)
    if isinstance(command, Freeze) and now is not None:
        return CommandOutcome(ok=True, code="frozen", message=inline(now.words, cap=500))
    words = markdown.freeze_lifted(now.words if now is not None else "")
    return CommandOutcome(ok=True, code="lifted", message=words)


def _cancel(world: World, watched: Watched, event: CommandIssued) -> CommandOutcome:
    proposal = watched.forge.proposal(event.proposal)
    if proposal is None:
        return _no_proposal(event)
    waited = give_up(world, watched, proposal.id, f"{event.actor} cancelled it")
    ended = f" {markdown.deploy_ended(f'{event.actor} cancelled it')}" if waited else ""
    unfinished = bool(world.store.runs.unfinished(watched.name, proposal.id))
    judged = world.store.runs.latest(watched.name, proposal.id, head=proposal.head, finished=True)
    if judged is not None and not unfinished:
        words = ended.strip() or markdown.cancelled(running=False)
        return CommandOutcome(ok=True, code="cancelled", message=words)
    cancel(world, watched, proposal)
    world.store.jobs.cancel("check", proposal.id, watched.name)
    if not world.running.stop(watched.name, proposal.id):
        show_cancelled(world, watched, proposal)
    words = markdown.cancelled(running=True) + ended
    return CommandOutcome(ok=True, code="cancelled", message=words)


def _status(world: World, watched: Watched, event: CommandIssued) -> CommandOutcome:
    proposal = watched.forge.proposal(event.proposal)
    return standing_of(world, watched, proposal) if proposal is not None else _no_proposal(event)


def _no_proposal(event: CommandIssued) -> CommandOutcome:
    return CommandOutcome(
        ok=False,
        code="not_found",
        message=f"there is no open proposal {event.proposal or f'at {event.head[:12]}'}",
    )


def _no_strategy(name: str) -> CommandOutcome:
    return CommandOutcome(ok=False, code="not_found", message=f"there is no strategy {name}")


def _audit(world: World, event: CommandIssued, outcome: CommandOutcome) -> None:
    world.store.audit.append(
        event.actor,
        f"command.{type(event.command).__name__.lower()}",
        strategy=getattr(event.command, "name", ""),
        new=outcome.code,
        details={
            "proposal": event.proposal,
            "source": event.source,
            "ok": outcome.ok,
            "message": outcome.words[:500],
        },
        repository=event.repository,
    )


def _answer(
    watched: Watched, event: CommandIssued, outcome: CommandOutcome, key: str, *, again: bool
) -> None:
    """Say how it went, once; `again`: an earlier attempt kept this outcome and may have said it."""
    proposal = watched.forge.proposal(event.proposal) or Proposal(
        id=event.proposal, ref="", head=event.head
    )
    body = f"{markdown.answer_marker(key)}\n{outcome.comment}"
    watched.forge.reply(proposal, body, again=again)
