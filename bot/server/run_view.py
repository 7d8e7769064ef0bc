"""What a run's page shows: from its report, or from the checks that have ended so far."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from bot.landing.kept import stored
from bot.report.contributions import contribution_rows
from bot.report.further import further_rows
from bot.report.lines import Path
from bot.report.luck import evidence_rows, luck_rows
from bot.server import figures, text
from components.schema.results.evidence import Luck
from components.schema.results.report import Report, StrategyReport
from components.schema.results.values import STRATEGY_CHECKS, CheckName, ExecutionResult, Finding
from components.state import Store
from components.state.tables.records import Run, RunCheck, Standing
from components.state.tables.turns import SANDBOX

MAX_FIGURES = 20
MAX_OUTPUT = 20_000


@dataclass(frozen=True)
class CheckStep:
    """One check of a strategy as a run's page shows it."""

    name: str
    tone: str
    icon: str
    word: str
    note: str


@dataclass(frozen=True)
class Log:
    """What a sandboxed execution wrote."""

    symbol: str
    text: str
    truncated: bool
    live: bool = False


@dataclass(frozen=True)
class LuckPanel:
    """How much of one result is luck: the sentence, the figures, the tries as dots."""

    line: str
    rows: tuple[tuple[str, str], ...]
    dots: figures.Dots | None


@dataclass(frozen=True)
class FurtherPanel:
    """What further runs showed on one symbol: figures, and out-of-sample equity."""

    symbol: str
    rows: tuple[tuple[str, str], ...]
    curve: Path | None


@dataclass(frozen=True)
class Block:
    """One strategy of a run."""

    name: str
    version: str
    verdict: str
    reused: bool
    steps: tuple[CheckStep, ...]
    findings: tuple[Finding, ...]
    gates: tuple[Any, ...] = ()
    figure: figures.Figure | None = None
    chart_url: str = ""
    contributions: tuple[tuple[str, ...], ...] = ()
    logs: tuple[Log, ...] = ()
    lucks: tuple[LuckPanel, ...] = ()
    further: tuple[FurtherPanel, ...] = ()


def report_of_run(run: Run) -> Report | None:
    """The run's Report; None while it runs, after retention removed it, or when unreadable."""
    return stored(Report, run.report)


def took(run: Run) -> str:
    """How long a finished run took."""
    if not run.finished_at:
        return ""
    span = datetime.fromisoformat(run.finished_at) - datetime.fromisoformat(run.started_at)
    return text.seconds(max(0.0, span.total_seconds()))


def in_queue(store: Store, run: Run) -> tuple[bool, Standing | None]:
    """Whether a run waits for the sandbox, and at which place; None where that is far back."""
    if run.finished or run.kind != "check":
        return False, None
    job = store.jobs.waiting_for("check", run.proposal, run.repository)
    if job is None or job.queue != SANDBOX:
        return False, None
    return True, store.jobs.standing(job, SANDBOX, job.work)


def blocks(
    run: Run,
    report: Report | None,
    store: Store,
    words: Mapping[str, Sequence[str]],
    *,
    waits: bool = False,
) -> list[Block]:
    """The strategies of a run: from its report, or from the checks that have ended so far.

    Args:
        run: the run.
        report: its report, None while it is at work.
        store: where the checks that have ended are.
        words: what its jobs said so far, by strategy.
        waits: it is in the queue of the sandbox: nothing of it is at work.
    """
    if report is not None:
        return [
            _reported(run, strategy, with_figure=place < MAX_FIGURES)
            for place, strategy in enumerate(report.strategies)
        ]
    found: dict[str, list[RunCheck]] = {}
    for check in store.runs.checks(run.id):
        found.setdefault(check.strategy, []).append(check)
    return [
        _going(
            run,
            name,
            checks,
            tuple(store.runs.findings(run.id, name)),
            words.get(name, ()),
            waits=waits,
        )
        for name, checks in found.items()
    ]


def _reported(run: Run, strategy: StrategyReport, *, with_figure: bool) -> Block:
    result = figures.result_of(strategy, "") if with_figure else None
    curves = figures.curves_of(strategy.name, result, None) if result else []
    ended = {c.name: (str(c.outcome), c.summary, c.duration_s) for c in strategy.checks}
    return Block(
        name=strategy.name,
        version=strategy.version,
        verdict=str(strategy.verdict),
        reused=strategy.reused,
        steps=_steps(ended, going=""),
        findings=tuple(f for c in strategy.checks for f in c.findings),
        gates=strategy.gates,
        figure=figures.figure(curves, result) if result else None,
        chart_url=f"/api/v1/runs/{run.id}/equity?strategy={strategy.name}",
        contributions=tuple(row for r in strategy.results for row in contribution_rows(r)),
        logs=_logs(strategy.results),
        lucks=tuple(
            LuckPanel(one.line, _luck_rows(one, strategy), figures.dots(one))
            for one in strategy.luck
        ),
        further=tuple(
            FurtherPanel(one.symbol, tuple(further_rows(one)), figures.spark(one.curve))
            for one in strategy.further
        ),
    )


def _luck_rows(luck: Luck, strategy: StrategyReport) -> tuple[tuple[str, str], ...]:
    own = (r.evidence for r in strategy.results if r.symbol == luck.symbol)
    return tuple(luck_rows(luck) + [row for e in own if e is not None for row in evidence_rows(e)])


def _logs(results: Iterable[ExecutionResult]) -> tuple[Log, ...]:
    texts = ((r, "\n".join(t for t in (r.stdout, r.stderr, r.traceback) if t)) for r in results)
    return tuple(
        Log(r.symbol, output[-MAX_OUTPUT:], r.truncated or len(output) > MAX_OUTPUT)
        for r, output in texts
        if output
    )


def _going(
    run: Run,
    name: str,
    checks: Sequence[RunCheck],
    findings: tuple[Finding, ...],
    words: Sequence[str],
    *,
    waits: bool,
) -> Block:
    ended = {CheckName(c.name): (c.outcome, c.summary, c.duration_s) for c in checks}
    broken = {c.outcome for c in checks} & {"failed", "error"}
    going = run.status == "running" and not broken
    if broken:
        verdict = "error" if "error" in broken else "failed"
    else:
        verdict = ("queued" if waits else "running") if going else "neutral"
    said = "\n".join(words)[-MAX_OUTPUT:]
    return Block(
        name,
        "",
        verdict,
        reused=False,
        steps=_steps(ended, going="waits" if waits and going else "at work" if going else ""),
        findings=findings,
        logs=(Log("", said, truncated=False, live=True),) if said else (),
    )


def _steps(
    ended: Mapping[CheckName, tuple[str, str, float]], *, going: Literal["", "waits", "at work"]
) -> tuple[CheckStep, ...]:
    steps = []
    working = going == "at work"
    for name in STRATEGY_CHECKS:
        if name in ended:
            outcome, summary, duration = ended[name]
            look = text.tone(outcome)
            note = f"{text.seconds(duration)} · {summary}" if summary else text.seconds(duration)
            steps.append(CheckStep(str(name), look.tone, look.icon, look.word, note))
        elif working:
            steps.append(CheckStep(str(name), "busy", "spin", "Running", "at work"))
            working = False
        else:
            note = "waiting" if going else "not run"
            icon = "clock" if going else "dash"
            steps.append(CheckStep(str(name), "quiet", icon, note.capitalize(), note))
    return tuple(steps)
