"""Reads git, database, forge and machine after a soak. Uses nothing of the bot's own reading."""

import json
import os
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bot.demo.author import clean_environment
from components.git_patch.writing import SCRATCH
from components.schema.results.report import Report
from components.schema.results.values import Verdict
from components.state import DATABASE, Lifecycle, Store
from components.state.tables.records import Deployment, HeldVersion, Intent, Job, Run, Version
from tests.soak import facts, processes
from tests.soak.author import ROOT, Told
from tests.soak.stage import Stage

BUGS = ("job broke", "Traceback (most recent call last)", "this is a bug")
NOTES = "refs/notes/algoops"
CGROUPS = Path("/sys/fs/cgroup")
SETTLED_S = 5.0
"""A daemon's first seconds, in which it still loads what it needs."""


def read(stage: Stage, told: Told) -> facts.Facts:
    """Everything, once the daemon has been stopped."""
    return facts.Facts(
        git=read_git(stage, told),
        database=read_database(stage.set.state / DATABASE),
        forge=stage.hub.forge() if stage.hub else read_forge(stage.set.state, stage.set.repository),
        machine=read_machine(stage),
        told=told,
    )


# --- git ---------------------------------------------------------------------------------------


def read_git(stage: Stage, told: Told) -> facts.Git:
    """The repository, with plain git."""
    repository, hub = stage.set.repository, stage.hub
    format_ = "--format=%H%x1f%P%x1f%T%x1f%B%x1e"
    log = _git(repository, "log", "--first-parent", format_, "main")
    words = ("%(refname:strip=2)", "%(objectname)", "%(*objectname)")
    tags = _git(repository, "for-each-ref", f"--format={' '.join(words)}", "refs/tags")
    return facts.Git(
        fsck=_git(repository, "fsck", "--full", "--strict", "--no-dangling"),
        history=tuple(_commit(repository, part) for part in log.split("\x1e") if part.strip()),
        tags={line.split()[0]: line.split()[-1] for line in tags.splitlines()},
        open=hub.open() if hub else _unmerged(repository),
        merged=frozenset(_git(repository, "rev-list", "main").split()),
        missing=tuple(c for _, c in told.pushes if not _git(repository, "cat-file", "-t", c)),
        locks=tuple(str(p.relative_to(repository)) for p in repository.rglob("*.lock")),
        lands_prepared=hub is None,
    )


def _unmerged(repository: Path) -> dict[str, str]:
    """The proposals of a local repository: branches with something that the base does not have."""
    words = "--format=branch/%(refname:strip=2) %(objectname)"
    listed = _git(repository, "for-each-ref", "--no-merged=main", words, "refs/heads")
    return dict(line.split() for line in listed.splitlines())


def _commit(repository: Path, text: str) -> facts.Commit:
    name, parents, tree, message = text.strip("\n").split("\x1f")
    listed = _git(repository, "ls-tree", f"{name}:{ROOT}").splitlines()
    trees = {path: what.split()[2] for what, path in (line.split("\t") for line in listed)}
    folders = {n: t for n, t in trees.items() if not n.startswith(".")}
    return facts.Commit(name, tuple(parents.split()), tree, folders, message)


def _git(repository: Path, *words: str) -> str:
    """What git says, on both its outputs where it fails."""
    done = subprocess.run(
        ["git", *words],
        cwd=repository,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout if words[0] != "fsck" else done.stdout + done.stderr


# --- database ----------------------------------------------------------------------------------


def read_database(file: Path) -> facts.Database:
    """The database, row by row; the audit log's chain is the State Manager's to verify."""
    with Store(file) as store:
        broken = store.audit.verify()
    connection = sqlite3.connect(file)
    connection.row_factory = sqlite3.Row
    try:
        return _read(connection, (str(broken),) if broken is not None else ())
    finally:
        connection.close()


def _read(db: sqlite3.Connection, problems: tuple[str, ...]) -> facts.Database:
    runs = tuple(_run(row) for row in _rows(db, "SELECT * FROM runs ORDER BY id"))
    meta = {row["key"]: row["value"] for row in _rows(db, "SELECT key, value FROM meta")}
    return facts.Database(
        problems=(*problems, *_sqlite_problems(db)),
        events=tuple(
            facts.Event(row["key"], row["kind"], bool(row["settled_at"]))
            for row in _rows(db, "SELECT key, kind, settled_at FROM deliveries")
        ),
        jobs=tuple(_job(row) for row in _rows(db, "SELECT * FROM jobs ORDER BY id")),
        runs=runs,
        judged=tuple(j for run in runs if run.report for j in _judged(run)),
        outcomes=frozenset(k.removeprefix("outcome:") for k in meta if k.startswith("outcome:")),
        verdicts={r["content_key"]: r["verdict"] for r in _rows(db, "SELECT * FROM verdicts")},
        versions=tuple(_version(row) for row in _rows(db, _VERSIONS)),
        deployments=tuple(
            Deployment(**row) for row in _rows(db, "SELECT * FROM deployments ORDER BY id")
        ),
        holds=tuple(HeldVersion(**row) for row in _rows(db, "SELECT * FROM holds ORDER BY id")),
        intents=tuple(
            Intent(**{**row, "details": json.loads(row["details"])})
            for row in _rows(db, "SELECT * FROM intents ORDER BY id")
        ),
        moves=tuple(_move(row) for row in _rows(db, _AUDIT, "lifecycle.moved")),
        published=_by_proposal(meta, "published:"),
        cancelled=_by_proposal(meta, "cancelled:"),
        drift_refused=frozenset(row["new"] for row in _rows(db, _AUDIT, "drift.refused")),
        audit_rows=db.execute("SELECT count FROM audit_head").fetchone()[0],
    )


_VERSIONS = (
    "SELECT v.*, s.repository, s.name FROM versions AS v JOIN strategies AS s"
    " ON s.id = v.strategy_id ORDER BY v.id"
)
_AUDIT = "SELECT * FROM audit_log WHERE event = ? ORDER BY id"


def _rows(db: sqlite3.Connection, sql: str, *values: str) -> Iterator[dict[str, Any]]:
    return (dict(row) for row in db.execute(sql, values).fetchall())


def _by_proposal(meta: dict[str, str], prefix: str) -> dict[str, str]:
    return {k.split(":", 2)[2]: value for k, value in meta.items() if k.startswith(prefix)}


def _sqlite_problems(db: sqlite3.Connection) -> Iterator[str]:
    for row in db.execute("PRAGMA integrity_check"):
        if row[0] != "ok":
            yield f"integrity_check: {row[0]}"
    for row in db.execute("PRAGMA foreign_key_check"):
        yield f"foreign_key_check: {tuple(row)}"


def _run(row: dict[str, Any]) -> Run:
    return Run(**{**row, "verdict": Verdict(row["verdict"]) if row["verdict"] else None})


def _job(row: dict[str, Any]) -> Job:
    fields = {**row, "payload": json.loads(row["payload"])}
    del fields["leased_at"]
    return Job(**fields)


def _version(row: dict[str, Any]) -> Version:
    fields = {k: v for k, v in row.items() if k not in {"strategy_id", "moved"}}
    fields["lifecycle"] = Lifecycle(fields["lifecycle"])
    fields["timestamps"] = json.loads(fields["timestamps"])
    return Version(**fields)


def _move(row: dict[str, Any]) -> facts.Move:
    details = json.loads(row["details"])
    return facts.Move(row["strategy"], row["old"], row["new"], details.get("version", ""))


def _judged(run: Run) -> Iterator[facts.Judged]:
    for s in Report.model_validate_json(run.report).strategies:
        yield facts.Judged(
            run.id, s.name, s.version, s.tree, s.content_key, Verdict(s.verdict), s.stage
        )


# --- forge -------------------------------------------------------------------------------------


def read_forge(state: Path, repository: Path) -> facts.Forge:
    """Reports, statuses and notes of the local forge."""
    reports: dict[str, tuple[facts.Posted, ...]] = {}
    statuses = {}
    for folder in (state / "reports").iterdir():
        for file in folder.rglob("*.json"):
            document = json.loads(file.read_text(encoding="utf-8"))
            if file.parent.name == "+statuses":
                statuses[file.stem] = {context: s["state"] for context, s in document.items()}
                continue
            posted = facts.Posted(document["head_commit"], document["run_id"], document["verdict"])
            proposal = document["proposal"]["id"]
            reports[proposal] = (*reports.get(proposal, ()), posted)
    notes = _git(repository, "notes", f"--ref={NOTES}", "list").splitlines()
    return facts.Forge(reports, statuses, frozenset(line.split()[1] for line in notes))


# --- machine -----------------------------------------------------------------------------------


def read_machine(stage: Stage) -> facts.Machine:
    """What is left, and what each daemon used."""
    witness = stage.witness
    owners = witness.owners
    groups = (g for place in CGROUPS.glob("**/algoops") for g in place.iterdir() if g.is_dir())
    worktrees = _git(stage.set.repository, "worktree", "list", "--porcelain")
    return facts.Machine(
        processes=tuple(f"{p.pid} {p.command}" for p in witness.left()),
        containers=tuple(processes.containers(stage.folder)),
        files=tuple(sorted(str(p) for p in _files(stage.temporary))),
        cgroups=tuple(str(g) for g in groups if any(owner in g.name for owner in owners)),
        worktrees=tuple(line for line in worktrees.splitlines() if line.startswith("worktree "))[
            1:
        ],
        bugs=tuple(_bugs(stage.set.daemon.log)),
        lives=tuple(_lives(witness.samples)),
    )


def _files(temporary: Path) -> Iterator[Path]:
    """Everything in the temporary folder but what all daemons share and keep.

    A killed daemon's scratch folder for git goes when it is five minutes old: it is not looked for.
    """
    shared = temporary / f"algoops-sandbox-{os.getuid()}"
    for path in temporary.rglob("*"):
        place = path.relative_to(temporary)
        if path not in {shared, shared / "build.lock"} and not place.parts[0].startswith(SCRATCH):
            yield place


def _bugs(log: Path) -> Iterator[str]:
    """What the daemons' log calls unexpected."""
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        if "job says" not in line and any(word in line for word in BUGS):
            yield line


def _lives(samples: list[processes.Sample]) -> Iterator[facts.Life]:
    for daemon in dict.fromkeys(s.daemon for s in samples):
        own = [s for s in samples if s.daemon == daemon]
        steady = [s for s in own if s.at_s - own[0].at_s >= SETTLED_S]
        if steady:
            yield facts.Life(
                seconds=own[-1].at_s - own[0].at_s,
                rss_first=steady[0].rss_mb,
                rss_last=steady[-1].rss_mb,
                rss_peak=max(s.rss_mb for s in own),
                files_first=steady[0].files,
                files_last=steady[-1].files,
            )
