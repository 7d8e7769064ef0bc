"""The play: each act does what a person would do, and says whether it ended as it should."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.demo.acts import REPOSITORY, Acts, words
from bot.demo.life import after_the_deploy
from bot.demo.market import ComingBars
from bot.demo.stage import EXAMPLES
from components.schema.results.report import Report
from components.schema.results.values import CheckName, Verdict
from components.state.tables.records import Run


@dataclass(frozen=True)
class Bad:
    """A proposal that must fail: the branch, its strategy, and where it must be caught."""

    branch: str
    strategy: str
    what: str
    stage: CheckName
    rule: str = ""


BAD = (
    Bad("broken-definition", "gap_fade", "a broken definition", CheckName.SCHEMA),
    Bad("dangerous-code", "data_collector", "dangerous code", CheckName.CODE),
    Bad("future-bars", "oracle", "future bars", CheckName.LOOKAHEAD, "lookahead"),
    Bad("breaks-gate", "overtrader", "a broken risk gate", CheckName.POLICY),
)
ENDLESS = Bad(
    "endless-loop", "patient_trader", "an endless loop", CheckName.SANDBOX_TEST, "timeout"
)


class Play(Acts):
    """The acts of the demo on the examples' strategies, in their order."""

    def run(self, market: ComingBars) -> None:
        """Everything, in order; an act that fails does not stop the others.

        Args:
            market: the daemon's data folder; its last bars are still to come.
        """
        heads = self._push_all()
        self._power_cut(heads[ENDLESS.branch])
        self._sound(heads["add-sma-cross"])
        for bad in BAD:
            self._bad(bad, heads[bad.branch])
        self._deploy("1.0.0", "add-sma-cross")
        self._improve()
        self._deploy("1.1.0", "improve-sma-cross")
        after_the_deploy(self, market)
        self._refused()

    # --- pushing -------------------------------------------------------------------------------

    def _push_all(self) -> dict[str, str]:
        heads = {}
        with self.act("push six branches with plain git", "taken") as act:
            heads[ENDLESS.branch] = self._push_bad(ENDLESS)
            heads["add-sma-cross"] = self._push(
                "add-sma-cross",
                "Add a crossing of moving averages",
                lambda: self.stage.author.put(
                    EXAMPLES / "strategies" / "sma_cross", "strategies/sma_cross"
                ),
            )
            for bad in BAD:
                heads[bad.branch] = self._push_bad(bad)
            act(f"{len(heads)} pushed", ok=True)
        return heads

    def _push_bad(self, bad: Bad) -> str:
        source = EXAMPLES / "proposals" / bad.branch
        return self._push(
            bad.branch, f"Try {bad.strategy}", lambda: self.stage.author.put(source, ".")
        )

    def _push(self, branch: str, message: str, change: Callable[[], None]) -> str:
        self.stage.author.start(branch)
        change()
        return self.stage.author.push(branch, message)

    # --- verdicts ------------------------------------------------------------------------------

    def _sound(self, head: str) -> None:
        with self.act("a sound strategy: sma_cross 1.0.0", "passed, metrics, a chart") as act:
            run, report = self.finished("add-sma-cross", head)
            note = self.stage.git("notes", "--ref=algoops", "show", head)
            strategy = report.strategies[0]
            shown = "xychart-beta" in note and "Sharpe" in note
            metrics = strategy.results[0].metrics if strategy.results else None
            told = (
                f"{report.verdict}: {metrics.trades} trades, return {metrics.return_pct:.0f} %,"
                f" Sharpe {metrics.sharpe or 0:.2f}"
                if metrics is not None
                else f"{report.verdict} ({report.summary})"
            )
            act(told, ok=run.verdict is Verdict.PASSED and shown)

    def _bad(self, bad: Bad, head: str) -> None:
        with self.act(f"{bad.what}: {bad.strategy}", f"failed at {bad.stage}") as act:
            run, report = self.finished(bad.branch, head)
            act(*_judge(bad, run, report))

    def _power_cut(self, head: str) -> None:
        """SIGKILL in the middle of the endless loop's run; it must finish exactly once."""
        with self.act(
            "kill -9 in the middle of a run: patient_trader", "one run, finished: timeout"
        ) as act:
            self.wait(lambda: self._is_in_sandbox(head), "the endless loop was not started")
            self.stage.daemon.kill()
            self.stage.daemon.start()
            run, report = self.finished(ENDLESS.branch, head)
            runs = self._runs(ENDLESS.branch)
            told, ok = _judge(ENDLESS, run, report)
            act(f"{len(runs)} run, started {run.starts} times: {told}", ok=ok and len(runs) == 1)

    def _is_in_sandbox(self, head: str) -> bool:
        run = self.store.runs.latest(REPOSITORY, f"branch/{ENDLESS.branch}", head=head)
        if run is None:
            return False
        done = {c.name for c in self.store.runs.checks(run.id)}
        return CheckName.CODE in done

    # --- deploys -------------------------------------------------------------------------------

    def _deploy(self, version: str, branch: str) -> None:
        with self.act(f"deploy sma_cross {version}", "merge commit and tag") as act:
            done = self.stage.algoops("deploy", "sma_cross", "--ref", branch)
            tag = f"sma_cross/v{version}"
            tip = self.stage.git("rev-parse", "main")
            parents = self.stage.git("rev-list", "--parents", "-n1", "main").split()[1:]
            landed = done.returncode == 0
            tagged = self.stage.git("rev-parse", f"{tag}^{{commit}}") if landed else ""
            ok = landed and len(parents) == 2 and tagged == tip  # noqa: PLR2004  # a merge
            act(f"merge {tip[:10]}, tag {tag}" if ok else words(done.stderr), ok=ok)

    def _improve(self) -> None:
        with self.act("an improved sma_cross, 1.1.0", "passed, compared with 1.0.0") as act:
            source = EXAMPLES / "proposals" / "improve-sma-cross"
            head = self._push(
                "improve-sma-cross",
                "Let the averages be slower",
                lambda: self.stage.author.put(source, "."),
            )
            run, report = self.finished("improve-sma-cross", head)
            compared = report.strategies[0].base_metrics is not None
            act(
                f"{report.verdict}: {report.summary}",
                ok=run.verdict is Verdict.PASSED and compared,
            )

    def _refused(self) -> None:
        with self.act("deploy 1.1.0 once more", "refused: it is held") as act:
            head = self._push(
                "once-more",
                "Bring 1.1.0 back",
                lambda: self.stage.author.take("sma_cross/v1.1.0", "strategies/sma_cross"),
            )
            self.finished("once-more", head)
            before = self.stage.git("rev-parse", "main")
            done = self.stage.algoops("deploy", "sma_cross", "--ref", "once-more")
            unmoved = before == self.stage.git("rev-parse", "main")
            ok = done.returncode == 1 and "held" in done.stderr and unmoved
            act(words(done.stderr or done.stdout), ok=ok)

    def _runs(self, branch: str) -> list[Run]:
        return self.store.runs.list(repository=REPOSITORY, proposal=f"branch/{branch}")


def _judge(bad: Bad, run: Run, report: Report) -> tuple[str, bool]:
    """What a bad proposal came to, and whether it was caught where it must be."""
    strategy = report.strategies[0]
    findings = [f for c in strategy.checks if c.name is bad.stage for f in c.findings]
    ran = {c.name for c in strategy.checks}
    caught = run.verdict is Verdict.FAILED and strategy.stage is bad.stage
    named = not bad.rule or any(f.rule == bad.rule for f in findings)
    never_ran = bad.stage is not CheckName.CODE or CheckName.SANDBOX_TEST not in ran
    if not findings:
        return f"{report.verdict} at {strategy.stage}", False
    first = next((f for f in findings if f.rule == bad.rule), findings[0])
    parts = (first.file, first.line, first.column)
    where = ":".join(str(part) for part in parts if part) + ": " if first.line else ""
    return f"{report.verdict}: {where}{first.message}", caught and named and never_ran
