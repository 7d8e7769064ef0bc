"""Soak the real thing: `python -m tests.soak --seed 7 --minutes 10` (or `make soak`).

Authors, operators and killers act at random from a seed; at the end every rule of
`tests.soak.invariants` is held against what git, database, forge and machine say. Exit code 0:
nothing was lost, doubled or leaked; 1: something was, and the folder is kept to be looked at.
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.soak import invariants
from tests.soak.facts import Facts
from tests.soak.play import Play
from tests.soak.reading import read
from tests.soak.stage import Stage

out = Console(highlight=False, markup=False, soft_wrap=True)


def main() -> int:
    """Play, check, tell."""
    wanted = _arguments()
    folder = Path(tempfile.mkdtemp(prefix=f"soak-{wanted.seed}-"))
    out.print(
        f"seed {wanted.seed}, {wanted.minutes:g} min, {wanted.backend}, {wanted.forge}, in {folder}"
    )
    began = time.monotonic()
    stage = Stage(folder, wanted.backend, wanted.forge, wanted.seed)
    play = Play(stage, out.print)
    try:
        play.run(wanted.seed, wanted.minutes * 60)
        play.settle()
        facts = read(stage, play.told)
    finally:
        stage.close()
    found = invariants.broken(facts)
    out.print(_table(play, facts, found, time.monotonic() - began))
    for rule, words in found:
        out.print(f"BROKEN {rule}: {words}")
    if found:
        out.print(
            f"again: make soak SEED={wanted.seed} MINUTES={wanted.minutes:g}"
            f" BACKEND={wanted.backend} FORGE={wanted.forge}; everything is in {folder}"
        )
        return 1
    shutil.rmtree(folder)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="what happens is a function of it")
    parser.add_argument("--minutes", type=float, default=10.0, help="how long things happen")
    parser.add_argument("--backend", choices=("bubblewrap", "docker"), default="bubblewrap")
    parser.add_argument("--forge", choices=("local", "github"), default="local")
    return parser.parse_args()


def _table(play: Play, facts: Facts, found: list[tuple[str, str]], seconds: float) -> Table:
    table = Table("what", "how much", title="Soak")
    database, lives = facts.database, facts.machine.lives
    verdicts = Counter(r.verdict or r.status for r in database.runs)
    kinds = Counter(d.kind for d in database.deployments)
    codes = Counter("done" if code == 0 else "refused" for _, code, _ in facts.told.orders)
    rows = {
        "time": f"{seconds:.0f} s",
        "actions": _counted(play.done),
        "daemons started, kills": f"{play.stage.starts}, {play.kills}",
        "pushes taken": len(facts.told.pushes),
        "commands": _counted(codes),
        "runs": _counted(verdicts),
        "landings": _counted(kinds),
        "audit rows": database.audit_rows,
        "longest life": f"{max((life.seconds for life in lives), default=0):.0f} s",
        "peak memory": f"{max((life.rss_peak for life in lives), default=0):.0f} MB",
        "open files": f"at most {max((life.files_last for life in lives), default=0)}",
        "rules": f"{len(invariants.RULES)} held against it, {len(found)} faults found",
    }
    for what, much in rows.items():
        table.add_row(what, str(much))
    return table


def _counted(counter: Counter[str]) -> str:
    return ", ".join(f"{n} {what}" for what, n in sorted(counter.items(), key=lambda i: -i[1]))


if __name__ == "__main__":
    sys.exit(main())
