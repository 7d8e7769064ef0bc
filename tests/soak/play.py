"""Performs a seed's actions on the real thing until the time is over, then waits for quiet."""

import signal
import subprocess
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from bot.core.event_json import kind_of, to_payload
from bot.core.events import Cancel, Check, CommandIssued
from tests.soak import actions as act
from tests.soak import processes
from tests.soak.author import Authors, Told
from tests.soak.stage import REPOSITORY, TICK_S, Stage

QUIET_S = 300.0
"""After the last action everything that was asked must be done within this time."""

QUIET_LOOKS = 8
"""So many looks must find nothing to do and nothing new, a second apart: several ticks pass."""

ORDER_S = 120.0
PATIENCE_S = 12.0
"""So long somebody who wants to deploy waits for the report."""

REASON = "the soak wants it"
MOST_WAITING = 25
"""Work that waits; above that the authors take a break, as nobody types that fast."""


@dataclass
class _Order:
    words: str
    process: "subprocess.Popen[str]"


@dataclass(frozen=True)
class _Wish:
    deploys: tuple[act.Deploy, ...]
    until: float


class Play:
    """One soak. `tell` is called with each action before it is done."""

    def __init__(self, stage: Stage, tell: Callable[[str], None]) -> None:
        self.stage, self.told = stage, Told()
        self._tell = tell
        self._authors = Authors(stage.set.author, stage.set.repository, self.told)
        self._orders: list[_Order] = []
        self._wishes: list[_Wish] = []
        self._store = stage.store()
        self.done: Counter[str] = Counter()
        self.kills = 0

    def run(self, seed: int, seconds: float) -> None:
        """Perform actions for some seconds."""
        self.stage.start()
        end = time.monotonic() + seconds
        for number, action in enumerate(act.actions(seed), 1):
            time.sleep(action.pause_s)  # why: it is part of the action
            self._wait(lambda: self._waiting() < MOST_WAITING, "the queue drains", QUIET_S)
            if time.monotonic() >= end:
                return
            self._revive()
            came = self.perform(action)
            self.done[type(action).__name__] += 1
            self._tell(f"{number:4} {action} -> {came}")
            self._collect()

    def settle(self) -> None:
        """Wait until nothing is left to do, then stop the daemon in order."""
        self._revive()
        self._wait(lambda: not self._wishes, "everybody says what they want", PATIENCE_S * 2)
        for order in list(self._orders):
            self._answer(order)
        calm = 0
        deadline = time.monotonic() + QUIET_S
        before = None
        while calm < QUIET_LOOKS:
            if time.monotonic() > deadline:
                self.told.surprises.append(f"not quiet after {QUIET_S:.0f} s: {self._state()}")
                break
            self._revive()
            now = self._state()
            if before is not None and now[2:] != before[2:]:
                calm = 0
            elif not any(now[:2]):  # a tick's own jobs come and go and change nothing
                calm += 1
            before = now
            time.sleep(TICK_S / 2)  # why: quiet is told by looking again
        self._store.close()
        self.stage.stop()
        self.stage.witness.stop()

    def perform(self, action: act.Action) -> str:
        """Do one action; a word on what came of it."""
        doers = {
            act.Deploy: self._deploy,
            act.DeployTogether: lambda a: self._deploy(*a.deploys),
            act.Rollback: self._rollback,
            act.Hold: self._hold,
            act.Unhold: self._hold,
            act.Cancel: lambda a: self._issue(a.branch, Cancel()),
            act.Recheck: lambda a: self._issue(a.branch, Check()),
            act.KillDaemon: self._kill_daemon,
            act.RestartDaemon: self._restart,
            act.StopDaemon: lambda a: self._freeze(self.stage.daemon, a.seconds),
            act.SecondDaemon: self._second,
            act.KillWorker: lambda a: self._kill(self._pick(a.pick, "is_worker")),
            act.StopWorker: lambda a: self._freeze(self._pick(a.pick, "is_worker"), a.seconds),
            act.KillGuest: self._kill_guest,
        }
        if type(action) in doers:
            return doers[type(action)](action)
        came = self._authors.perform(action)
        self.stage.pushed()
        return came

    # --- commands ---

    def _deploy(self, *deploys: act.Deploy) -> str:
        self._wishes.append(_Wish(deploys, time.monotonic() + PATIENCE_S))
        return "when the reports are there"

    def _give_ripe(self) -> None:
        """Deploys whose reports are there, as a person would; or who lost patience."""
        for wish in list(self._wishes):
            proposals = [(self.stage.proposal(d.branch), d.name) for d in wish.deploys]
            if time.monotonic() >= wish.until or all(self._is_judged(p) for p, _ in proposals):
                self._wishes.remove(wish)
                for proposal, name in proposals:
                    self._order("deploy", name, "--ref", proposal)

    def _is_judged(self, proposal: str) -> bool:
        newest = self._store.runs.latest(REPOSITORY, proposal)
        return newest is not None and newest.status == "finished"

    def _rollback(self, rollback: act.Rollback) -> str:
        extra = ("--whole",) if rollback.whole else ()
        return self._order("rollback", rollback.name, "--reason", REASON, *extra)

    def _hold(self, hold: act.Hold | act.Unhold) -> str:
        word = "hold" if isinstance(hold, act.Hold) else "unhold"
        return self._order(word, hold.name, hold.version, "--reason", REASON)

    def _order(self, *words: str) -> str:
        self._orders.append(_Order(" ".join(words), self.stage.order(*words)))
        return "given"

    def _issue(self, branch: str, command: Cancel | Check) -> str:
        proposal = self.stage.proposal(branch)
        event = CommandIssued(REPOSITORY, proposal, "soak", command, source="cli")
        key = f"soak:{uuid.uuid4().hex}"
        self._store.inbox.receive(key, kind_of(event), REPOSITORY, to_payload(event))
        return "given"

    def _collect(self) -> None:
        self._give_ripe()
        for order in [o for o in self._orders if o.process.poll() is not None]:
            self._answer(order)

    def _answer(self, order: _Order) -> None:
        self._orders.remove(order)
        try:
            answer, _ = order.process.communicate(timeout=ORDER_S)
        except subprocess.TimeoutExpired:
            order.process.kill()
            answer, _ = order.process.communicate()
            self.told.surprises.append(f"no answer in {ORDER_S:.0f} s: {order.words}: {answer}")
            return
        words = " ".join(answer.split())
        self.told.orders.append((order.words, order.process.returncode, words))
        self._tell(f"       {order.words} -> {order.process.returncode}: {words[:150]}")

    # --- violence ---

    def _kill_daemon(self, kill: act.KillDaemon) -> str:
        self.kills += 1
        self.stage.set.daemon.kill()
        self.stage.start(kill.failpoint)
        return "killed, started anew"

    def _restart(self, _restart: act.RestartDaemon) -> str:
        self.stage.stop()
        self.stage.start()
        return "restarted"

    def _revive(self) -> None:
        if self.stage.daemon is None:
            self.kills += 1
            self._tell("       the daemon died where it was told to; started anew")
            self.stage.start()

    def _second(self, _second: act.SecondDaemon) -> str:
        if self.stage.daemon is None:
            return "there is no first one"
        done = self.stage.order("run")
        try:
            answer, _ = done.communicate(timeout=ORDER_S)
        except subprocess.TimeoutExpired:
            done.kill()
            answer = done.communicate()[0]
            self.told.surprises.append("a second daemon ran beside the first")
        if done.returncode != 2 or "another daemon" not in answer:
            self.told.surprises.append(f"a second daemon: {done.returncode}: {answer}")
        return "refused" if done.returncode == 2 else "not refused"

    def _pick(self, pick: int, what: str) -> int | None:
        daemon = self.stage.daemon
        if daemon is None:
            return None
        found = [p.pid for p in processes.below({daemon}) if getattr(p, what)]
        return sorted(found)[pick % len(found)] if found else None

    def _kill(self, pid: int | None) -> str:
        if pid is None or not processes.tell(pid, signal.SIGKILL):
            return "there is none"
        self.kills += 1
        return f"killed {pid}"

    def _kill_guest(self, kill: act.KillGuest) -> str:
        if self.stage.backend == "docker":
            found = processes.containers(self.stage.folder)
            if not found:
                return "there is none"
            self.kills += 1
            chosen = found[kill.pick % len(found)]
            processes.kill_container(chosen)
            return f"killed {chosen[:12]}"
        wall = self._pick(kill.pick, "is_sandbox")
        inside = processes.below({wall}) if wall is not None else []
        return self._kill(inside[0].pid if inside else None)

    def _freeze(self, pid: int | None, seconds: float) -> str:
        if pid is None or not processes.tell(pid, signal.SIGSTOP):
            return "there is none"
        time.sleep(seconds)  # why: it is part of the action
        processes.tell(pid, signal.SIGCONT)
        return "went on"

    # --- waiting ---

    def _waiting(self) -> int:
        return sum(self._store.jobs.depth().values()) + len(self._orders)

    def _state(self) -> tuple[int, int, int, int]:
        """Work that waits, side effects under way, the newest run, landings."""
        stats = self._store.stats()
        unfinished = len(self._store.runs.unfinished(REPOSITORY))
        newest = self._store.runs.list(repository=REPOSITORY, limit=1)
        waiting = sum(self._store.jobs.depth().values()) + stats.inbox_pending
        return (
            waiting,
            stats.open_intents + unfinished,
            newest[0].id if newest else 0,
            stats.deployments,
        )

    def _wait(self, condition: Callable[[], bool], what: str, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            self._collect()
            self._revive()
            if time.monotonic() > deadline:
                self.told.surprises.append(f"{what}: not within {seconds:.0f} s")
                return
            time.sleep(0.1)  # why: another process is at work; there is a deadline
