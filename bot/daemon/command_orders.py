"""Commands as orders: what a person said, with who said it and when."""

from dataclasses import replace

from bot.core.events import (
    Command,
    CommandIssued,
    Deploy,
    Hold,
    Promote,
    Restore,
    Rollback,
    Unhold,
)
from bot.core.orders import DeployOrder, PromoteOrder, RollbackOrder
from components.state.tables.records import Job


def with_plain_versions(command: Command) -> Command:
    """Versions as definitions write them, wherever the command came from: `v1.0.0` is 1.0.0."""
    match command:
        case Hold() | Unhold() | Rollback() | Promote():
            return replace(command, version=_plain_version(command.version))
        case Deploy():
            return replace(command, tag_version=_plain_version(command.tag_version))
        case _:
            return command


def _plain_version(text: str) -> str:
    plain = text.strip()
    return plain[1:] if plain[:1] in {"v", "V"} else plain


def deploy_order(event: CommandIssued, command: Deploy, key: str) -> DeployOrder:
    """The order to land a proposal."""
    return DeployOrder(
        proposal=event.proposal,
        actor=event.actor,
        key=key,
        name=command.name,
        sha=command.sha or event.head,
        message=command.message,
        create_tag=command.create_tag,
        tag_version=command.tag_version,
        source=event.source,
        admin=command.admin,
    )


def rollback_order(event: CommandIssued, command: Rollback, job: Job) -> RollbackOrder:
    """The order to restore an earlier version."""
    return RollbackOrder(
        name=command.name,
        actor=event.actor,
        reason=command.reason,
        version=command.version,
        commit=command.commit,
        key=job.key,
        asked_at=job.enqueued_at,
        whole=command.whole,
        stage=command.stage,
    )


def restore_order(event: CommandIssued, command: Restore, job: Job) -> RollbackOrder:
    """The order to put back what was tested."""
    return RollbackOrder(
        name=command.name,
        actor=event.actor,
        reason=command.reason or "it was changed outside the bot",
        key=job.key,
        asked_at=job.enqueued_at,
        restore=True,
    )


def promote_order(event: CommandIssued, command: Promote, job: Job) -> PromoteOrder:
    """The order to put a strategy on a stage."""
    return PromoteOrder(
        name=command.name,
        actor=event.actor,
        stage=command.to,
        version=command.version,
        key=job.key,
        asked_at=job.enqueued_at,
    )
