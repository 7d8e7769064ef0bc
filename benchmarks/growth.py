"""What a year of 1,000 runs a day takes: bytes a run while it is kept whole, and afterwards.

`python benchmarks/growth.py [--runs N] [--folder DIR] [--json FILE]`

Real rows through the store's own methods, on the report of a real check, each with other numbers;
and its note on a commit in a bare repository, once git has packed it.
"""

import argparse
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bot.config.settings import RetentionSettings
from bot.report.markdown import markdown
from components.forge.local import NOTES
from components.git_patch.notes import write_note
from components.git_patch.repository import Repository
from components.schema.results.report import CheckResult, Report
from components.schema.results.values import CheckName, Outcome, Verdict
from components.state import Lifecycle, Store, VersionContent
from components.state.tables.book import KeptReturns
from components.state.tables.tries import Of, Returns, Try

A_DAY = 1_000
DAYS = 365
DEPLOYED = 50
"""One run in so many is deployed."""

STRATEGIES = 400
SYMBOLS = ("SPX", "IXIC")
WEEKS = 1_040
MOST_SAMPLED = (STRATEGIES + 2) * len(SYMBOLS) * 128 * 4 * WEEKS
"""Bytes of the samples of returns, which do not grow any more once they are full."""

STAGES = (Lifecycle.VALIDATING, Lifecycle.TESTING, Lifecycle.READY)
NUMBER = re.compile(r"\d\.\d{3,}")


class Clock:
    """Goes on by as much as it is told."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        """The time."""
        return self.now


def template(kept: Path | None) -> str:
    """The report of a real check of an example, or one that was kept."""
    if kept is not None:
        return kept.read_text(encoding="utf-8")
    done = subprocess.run(
        [
            sys.executable,
            "-P",
            "-m",
            "bot",
            "check",
            "examples/strategies/sma_cross",
            "--format",
            "json",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    return json.dumps(json.loads(done.stdout), separators=(",", ":"))


def other(text: str, draw: random.Random) -> str:
    """The same document with other decimals, as another strategy would have them."""
    return NUMBER.sub(lambda m: m[0][:2] + f"{draw.getrandbits(40):013d}"[: len(m[0]) - 2], text)


def two_tries(
    store: Store, name: str, number: int, of: tuple[str, str], draw: random.Random
) -> list[KeptReturns]:
    """Record the try of each symbol; their returns, for the book. `of`: content and proposal."""
    kept = []
    for symbol in SYMBOLS:
        returns = Returns(f"{number}{symbol}", 604_800, 0, draw.randbytes(4 * WEEKS))
        kept.append(KeptReturns(symbol, "1d", returns))
        what, content = Of("main", name, symbol, "1d"), f"{number:063x}{symbol[0]}"
        rest = ("d" * 64, returns, {"fast": 10}, {"n": WEEKS}, 1.0, *of, "ada")
        store.tries.record(Try(what, "push", content, *rest))
    return kept


def one_run(store: Store, number: int, report: str, strategy: str, draw: random.Random) -> None:
    """Everything that one push leaves in the database."""
    name, branch, commit = (
        f"Strategy_{number % STRATEGIES:03d}",
        f"branch/b{number}",
        f"{number:040x}",
    )
    strategy = strategy.replace('"content_key":"', f'"content_key":"{number:064x}', 1)
    store.inbox.receive(f"key-{number}", "ProposalChanged", "main", {"proposal": branch})
    store.inbox.settle(number + 1, "queued")
    store.jobs.enqueue("check", branch, "main", {"proposal": branch}, author="ada@example.org")
    job = store.jobs.lease("worker-1", 60)
    content = VersionContent(tree=commit, commit=commit, content_key=f"{number:064x}")
    about = {"actor": "ada", "proposal": branch}
    with store.transaction():
        store.strategies.propose(
            "main", name, reason="push", version=f"1.{number}.0", content=content, **about
        )
        run = store.runs.start("main", branch, commit, "b" * 40, "check")
        for state in STAGES:
            store.strategies.transition(
                "main", name, state, reason="every check passed", version=f"1.{number}.0", **about
            )
        for check in list(CheckName)[:6]:
            store.runs.check(
                run.id, name, CheckResult(name=check, outcome=Outcome.PASSED, summary="passed")
            )
    kept = two_tries(store, name, number, (commit, branch), draw)
    with store.transaction():
        store.book.keep("main", name, commit, kept)
        store.verdicts.put(f"{number:064x}", name, f"1.{number}.0", Verdict.PASSED, strategy)
        store.runs.finish(run.id, Verdict.PASSED, report.replace("@", strategy))
    store.jobs.complete(job.id, "worker-1")
    if number % DEPLOYED == 0:
        facts = {"commit": commit, "actor": "ada", "tree": commit, "content_key": f"{number:064x}"}
        store.deployments.record("main", name, f"1.{number}.0", kind="deploy", **facts)
        store.strategies.transition(
            "main", name, Lifecycle.DEPLOYED, reason="deployed", version=f"1.{number}.0", **about
        )
    else:
        store.strategies.withdraw("main", branch, actor="algoops", reason="its branch is gone")


def packed_note(report: str, count: int, folder: Path, draw: random.Random) -> float:
    """Bytes that one note takes of a packed repository, by the difference that notes make."""
    bare = folder / "notes.git"
    subprocess.run(["git", "init", "--quiet", "--bare", bare], check=True)
    repository = Repository(bare)
    for _ in range(count):
        text = markdown(Report.model_validate_json(other(report, draw)))
        commit = repository.write_blob(draw.randbytes(20))  # a note may be on any object
        write_note(repository, NOTES, commit, text)
    subprocess.run(["git", "-C", bare, "gc", "--quiet", "--prune=now"], check=True)
    return sum(file.stat().st_size for file in bare.rglob("*.pack")) / count


def sizes(store: Store) -> Counter[str]:
    """Bytes of the pages in use, by table; an index counts for its table."""
    rows = store._db.rows(  # noqa: SLF001  # pages are nobody else's business
        "SELECT m.tbl_name AS t, sum(s.pgsize) AS bytes FROM dbstat AS s"
        " JOIN sqlite_master AS m ON m.name = s.name GROUP BY 1"
    )
    return Counter({row["t"]: row["bytes"] for row in rows})


def main() -> None:
    """Measure, print, and write JSON where asked."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--runs", type=int, default=2_000)
    options.add_argument("--notes", type=int, default=500)
    options.add_argument("--folder", type=Path)
    options.add_argument("--report", type=Path, help="a report's JSON, to check nothing")
    options.add_argument("--json", type=Path)
    chosen = options.parse_args()
    draw, clock, text = random.Random(1), Clock(), template(chosen.report)
    start = text.index('"strategies":[') + len('"strategies":[')
    _, end = json.JSONDecoder().raw_decode(text, start)
    with (
        tempfile.TemporaryDirectory(dir=chosen.folder) as folder,
        Store(Path(folder) / "algoops.db", clock=clock) as store,
    ):
        began, empty = time.monotonic(), sizes(store)
        for number in range(chosen.runs):
            one_run(
                store,
                number,
                f"{text[:start]}@{text[end:]}",
                other(text[start:end], draw),
                draw,
            )
        whole = sizes(store) - empty
        pace = chosen.runs / (time.monotonic() - began)
        note = packed_note(text, chosen.notes, Path(folder), draw)
        clock.now += timedelta(days=RetentionSettings().runs_days + 1)
        store.prune(RetentionSettings().runs_days, RetentionSettings().verdicts_days)
        kept = sizes(store) - empty
    tell(chosen, text, (whole, kept, note), pace)


def tell(
    chosen: argparse.Namespace,
    text: str,
    found: tuple[Counter[str], Counter[str], float],
    pace: float,
) -> None:
    """Print what was found: before and after retention by table, and of a note."""
    whole, kept, note = found
    print(f"{chosen.runs} runs, report of {len(text):,} characters, {pace:.0f} runs a second\n")
    print(f"{'table':20} {'bytes a run':>12} {'after retention':>16}")
    for table, size in whole.most_common():
        print(f"{table:20} {size / chosen.runs:12,.0f} {kept[table] / chosen.runs:16,.0f}")
    first, later = whole.total() / chosen.runs, kept.total() / chosen.runs
    keep = RetentionSettings()
    sample = min(kept["family_sample"] / chosen.runs * A_DAY * DAYS, MOST_SAMPLED)
    first, later = (
        part - size["family_sample"] / chosen.runs for part, size in ((first, whole), (later, kept))
    )
    year = A_DAY * (keep.runs_days * first + (DAYS - keep.runs_days) * later)
    year += sample
    files = A_DAY * keep.reports_days * len(text)
    print(f"{'together':20} {first:12,.0f} {later:16,.0f}")
    print(
        f"\na year of {A_DAY:,} runs a day: database {year / 1e9:.2f} GB,"
        f" report files {files / 1e9:.2f} GB, notes of {note:,.0f} bytes"
        f" {note * A_DAY * DAYS / 1e9:.2f} GB"
    )
    if chosen.json:
        chosen.json.write_text(
            json.dumps({"first": first, "later": later, "year": year, "files": files, "note": note})
        )


if __name__ == "__main__":
    main()
