"""Strategies and their moves through the lifecycle; each move is audited in the same commit."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from components.errors import UserError
from components.state import lifecycle
from components.state.db.database import Database, decode, encode
from components.state.db.errors import IllegalMove, NotFound
from components.state.lifecycle import IN_PROPOSAL, Lifecycle
from components.state.tables.audit import AuditLog
from components.state.tables.holds import Holds
from components.state.tables.records import Strategy, Version
from components.state.tables.strategy_rows import StrategyRows, strategy
from components.state.tables.versions import VersionContent, Versions

_COUNTERS = {
    Lifecycle.DISCOVERED: "generation_attempts",
    Lifecycle.TESTING: "test_attempts",
    Lifecycle.FIXING: "fix_attempts",
    Lifecycle.FAILED: "error_count",
}
NOTHING = VersionContent()


@dataclass(frozen=True)
class _Move:
    repository: str
    name: str
    to: Lifecycle
    actor: str
    reason: str
    version: str
    details: Mapping[str, Any]
    content: VersionContent


class Strategies(StrategyRows):
    """Table strategies."""

    def __init__(self, db: Database, audit: AuditLog, versions: Versions, holds: Holds) -> None:
        super().__init__(db, audit)
        self._versions = versions
        self._holds = holds

    def propose(
        self,
        repository: str,
        name: str,
        *,
        actor: str,
        reason: str,
        proposal: str = "",
        version: str = "",
        content: VersionContent = NOTHING,
    ) -> Strategy:
        """A push: put the proposal's version in the queue, whatever state it was in.

        New: discovered, queued. After a failure: fixing, queued. Else: queued again.

        Args:
            repository: its key in the configuration.
            name: the strategy.
            actor: who pushed.
            reason: what happened, for people to read.
            proposal: its id.
            version: the number in the definition, "" when it cannot be read.
            content: git ids, as far as they are known.
        """
        move = _Move(repository, name, Lifecycle.QUEUED, actor, reason, version, {}, content)
        with self._db.transaction():
            found = self._versions.of_proposal(repository, name, proposal)
            states = lifecycle.to_queue(found.lifecycle if found is not None else None)
            if found is None:
                strategy_id = self._versions.strategy_id(repository, name)
                found = self._versions.create(strategy_id, version, proposal)
                self._enter(found, "", replace(move, to=states[0]))
                states = states[1:]
            for state in states:
                self._move(self._versions.by_id(found.id), replace(move, to=state))
            self._versions.fill(self._versions.by_id(found.id), version, content)
            return self._settle(repository, name)

    def transition(  # noqa: PLR0913  # one argument a fact
        self,
        repository: str,
        name: str,
        to: Lifecycle,
        *,
        actor: str,
        reason: str,
        version: str = "",
        details: Mapping[str, Any] | None = None,
        proposal: str = "",
        content: VersionContent = NOTHING,
    ) -> Strategy:
        """Move one version of a strategy to a state. Moving to the state it is in does nothing.

        Args:
            repository: its key in the configuration.
            name: the strategy.
            to: the state. Those before a landing move the proposal's open version; `deployed`
                its ready version, else the landed one of that number; `superseded` and
                `rolled_back` a landed one; `archived` the proposal's, or (without a proposal)
                what is deployed, as its folder is gone.
            actor: who, for the audit log.
            reason: why, for the audit log; of `failed` it is the error.
            version: its number; "" for the one there is.
            details: more for the audit log.
            proposal: whose version; "" for the one of none, else the newest open one.
            content: git ids to record with it.

        Returns:
            The strategy afterwards.

        Raises:
            IllegalMove: the table does not have this move, or the version is held; recorded.
            VersionTaken: the version was deployed with other content.
        """
        move = _Move(repository, name, to, actor, reason, version, details or {}, content)
        with self._db.transaction():
            found = self._find(repository, name, to, version, proposal)
            if found is None:
                if to is not Lifecycle.DISCOVERED:
                    raise self._refusal(move, None)
                strategy_id = self._versions.strategy_id(repository, name)
                self._enter(self._versions.create(strategy_id, version, proposal), "", move)
            elif found.lifecycle is not to:
                self._move(found, move)
            return self._settle(repository, name)

    def _find(
        self, repository: str, name: str, to: Lifecycle, version: str, proposal: str
    ) -> Version | None:
        versions = self._versions
        if to is Lifecycle.DISCOVERED:
            return versions.of_proposal(repository, name, proposal)
        opened = versions.open(repository, name, version=version, proposal=proposal)
        if to in IN_PROPOSAL:
            return opened
        if to is Lifecycle.DEPLOYED:
            return self._to_deploy(repository, name, version, proposal, opened)
        if to is Lifecycle.ARCHIVED and proposal:
            return opened
        landed = (
            versions.landed(repository, name, version)
            if version
            else versions.deployed(repository, name)
        )
        return landed or versions.last_moved(repository, name)

    def _to_deploy(
        self, repository: str, name: str, version: str, proposal: str, opened: Version | None
    ) -> Version | None:
        number = version or (opened.version if opened is not None else "")
        landed = self._versions.landed(repository, name, number)
        if opened is None or opened.version not in {"", number}:
            return landed or opened
        if landed is not None and opened.proposal != proposal:
            return landed  # a rollback; somebody's open proposal has the same number
        if opened.lifecycle is not Lifecycle.READY:
            return opened if proposal else landed or opened
        if landed is None:
            return opened
        self._versions.refuse_other_content(landed, opened.tree)
        self._versions.remove_open(opened.id)
        return landed

    def _move(self, found: Version, move: _Move) -> None:
        if not move.version:
            move = replace(move, version=found.version)
        if not lifecycle.legal(found.lifecycle, move.to, was_deployed=bool(found.deployed_at)):
            raise self._refusal(move, found, lifecycle.hint(found.lifecycle, move.to))
        if move.to is Lifecycle.DEPLOYED:
            self._refuse_held(found, move)
            self._supersede(found, move)
        self._enter(found, found.lifecycle, move)

    def _enter(self, found: Version, old: str, move: _Move) -> None:
        # The number of a landed version is part of what never changes.
        number = "" if found.deployed_at else move.version
        self._versions.fill(found, number, move.content)
        self._versions.move(found, move.to)
        self._count(move)
        told = {"version": move.version, "proposal": found.proposal, "reason": move.reason}
        details = {**move.details, **{key: text for key, text in told.items() if text}}
        self._audit.append(
            move.actor, "lifecycle.moved", move.name, old, move.to, details, move.repository
        )

    def _supersede(self, found: Version, move: _Move) -> None:
        before = self._versions.deployed(found.repository, found.name)
        if before is not None and before.id != found.id:
            end = replace(
                move,
                to=Lifecycle.SUPERSEDED,
                reason=f"{move.version} takes its place",
                version=before.version,
                details={},
                content=NOTHING,
            )
            self._enter(before, before.lifecycle, end)

    def _refuse_held(self, found: Version, move: _Move) -> None:
        if not move.version:
            raise UserError(f"say which version of {found.name} is deployed")
        hold = self._holds.active(found.repository, found.name, move.version)
        if hold is not None:
            why = f"{move.version} is held by {hold.actor} since {hold.held_at}: {hold.reason}"
            raise self._refusal(move, found, why)

    def _refusal(self, move: _Move, found: Version | None, why: str = "") -> IllegalMove:
        old = found.lifecycle if found is not None else ""
        told = {"version": move.version, "reason": why}

        # The transaction of this move is undone by the exception; the refusal stays on record.
        def record() -> None:
            self._audit.append(
                move.actor, "lifecycle.refused", move.name, old, move.to, told, move.repository
            )

        self._db.afterwards(record)
        return IllegalMove(move.name, old, move.to, hint=why)

    def _count(self, move: _Move) -> None:
        counter = _COUNTERS.get(move.to)
        if counter is not None:
            error = move.reason if move.to is Lifecycle.FAILED else None
            self._db.execute(
                f"UPDATE strategies SET {counter} = {counter} + 1,"  # noqa: S608  # our words, bound values
                " last_error = ifnull(?, last_error) WHERE repository = ? AND name = ?",
                (error, move.repository, move.name),
            )
        stamps = self._db.value(
            "SELECT timestamps FROM strategies WHERE repository = ? AND name = ?",
            (move.repository, move.name),
        )
        self._db.execute(
            "UPDATE strategies SET timestamps = ? WHERE repository = ? AND name = ?",
            (encode({**decode(stamps), move.to: self._db.now()}), move.repository, move.name),
        )

    def _settle(self, repository: str, name: str) -> Strategy:
        deployed = self._versions.deployed(repository, name)
        proposed = self._versions.newest_proposed(repository, name)
        shown = deployed or proposed or self._versions.last_moved(repository, name)
        if shown is None:
            raise LookupError(f"{name} has no version")
        row = self._db.execute(
            "UPDATE strategies SET status = ?, version = ?, deployed_version = ?,"
            " proposed_version = ?, proposed_status = ?, proposal = ?, updated_at = ?"
            " WHERE repository = ? AND name = ? RETURNING *",
            (
                shown.lifecycle,
                shown.version,
                deployed.version if deployed is not None else "",
                proposed.version if proposed is not None else "",
                proposed.lifecycle if proposed is not None else None,
                proposed.proposal if proposed is not None else "",
                self._db.now(),
                repository,
                name,
            ),
        ).fetchone()
        return strategy(row)

    def withdraw(self, repository: str, proposal: str, *, actor: str, reason: str) -> int:
        """A proposal is gone without landing: archive the versions that it brought.

        Returns:
            How many there were.
        """
        with self._db.transaction():
            found = self._versions.proposed_in(repository, proposal)
            for version in found:
                move = _Move(
                    repository,
                    version.name,
                    Lifecycle.ARCHIVED,
                    actor,
                    reason,
                    version.version,
                    {},
                    NOTHING,
                )
                self._move(version, move)
                self._settle(repository, version.name)
            return len(found)

    def record_error(self, repository: str, name: str, error: str, *, actor: str) -> None:
        """Count an infrastructure error; the lifecycle stays where it is.

        Raises:
            NotFound: no such strategy.
        """
        with self._db.transaction():
            changed = self._db.execute(
                "UPDATE strategies SET error_count = error_count + 1, last_error = ?"
                " WHERE repository = ? AND name = ?",
                (error, repository, name),
            ).rowcount
            if not changed:
                raise NotFound(f"no strategy {name} in {repository}")
            self._audit.append(
                actor, "strategy.error", name, details={"error": error}, repository=repository
            )
