"""How much it takes a model to write a strategy: over MCP, and by the text of the command line.

`python -m benchmarks.agents [NAME ...]`: a script solves each brief in both ways, on a real daemon
with a sandbox; 1 where an outcome is not the right one. Figures go to build/benchmarks/agents.json.
A token is counted as three bytes, as in bot/agents/size.py.
"""

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from anyio.from_thread import start_blocking_portal
from mcp import Client
from mcp.client.stdio import StdioServerParameters

from benchmarks.agents.briefs import BRIEFS, Brief
from benchmarks.agents.sides import Count, OverMcp, OverText, Side
from bot.agents.guide import files
from bot.agents.size import MAX_TOKENS, tokens
from bot.checks.policies import load_policies
from bot.config.settings import PROJECT
from bot.demo.stage import Stage, set_stage

OUT = PROJECT / "build" / "benchmarks" / "agents.json"


def main(wanted: list[str]) -> int:
    """Solve the briefs; 1 when an outcome is wrong."""
    os.environ.update(ALGOOPS_SANDBOX__BACKEND="bubblewrap", ALGOOPS_EXECUTOR__WORKERS="1")
    chosen = [b for b in BRIEFS if not wanted or b.name in wanted]
    with tempfile.TemporaryDirectory() as folder:
        stage = set_stage(Path(folder) / "stage", 0, on_base=("rsi_reversion", "sma_cross"))
        guide = files(load_policies(stage.folder / "policies"))["AGENTS.md"]
        (stage.author.folder / "AGENTS.md").write_text(guide)
        stage.daemon.start()
        try:
            with _client(stage) as (portal, client):
                listed = portal.call(client.list_tools)
                print(f"tools: {tokens(listed.model_dump_json(exclude_none=True)):,} tokens once")
                print(f"AGENTS.md: {tokens(guide):,} tokens once")
                rows = [_solved(brief, stage, portal, client) for brief in chosen]
        finally:
            stage.daemon.stop()
    _tell(rows)
    return 0 if all(row["right"] for row in rows) else 1


@contextmanager
def _client(stage: Stage) -> Iterator[tuple[Any, Any]]:
    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "bot", "mcp", "--author", "ada", "--config", str(stage.config)],
        cwd=stage.author.folder,
        env={"PYTHONPATH": str(PROJECT), **_settings()},
    )
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(Client(server)) as client,
    ):
        yield portal, client


def _settings() -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if k.startswith("ALGOOPS_")}


def _solved(brief: Brief, stage: Stage, portal: Any, client: Any) -> dict[str, Any]:
    sides: list[tuple[str, Side]] = [
        ("mcp", OverMcp(stage, portal, client)),
        ("text", OverText(stage)),
    ]
    row: dict[str, Any] = {"name": brief.name, "ask": brief.ask, "right": True}
    for (way, side), right in zip(sides, brief.right, strict=True):
        said = brief.solve(side, brief.name)
        if right not in said:
            print(f"{brief.name} {way}: {right!r} is not in:\n{said}")
            row["right"] = False
        row[way] = asdict(side.count)
    _line(row)
    return row


def _line(row: dict[str, Any]) -> None:
    ways = [
        f"{c['calls']:2} calls {c['written']:6,} + {c['read']:6,} bytes {c['tokens']:6,} tokens"
        for c in (row["mcp"], row["text"])
    ]
    print(f"{row['name']:16} {' | '.join(ways)}{'' if row['right'] else '  WRONG'}", flush=True)


def _tell(rows: list[dict[str, Any]]) -> None:
    for way in ("mcp", "text"):
        whole = Count(
            *(sum(r[way][k] for r in rows) for k in ("calls", "written", "read", "tokens"))
        )
        whole.largest = max(r[way]["largest"] for r in rows)
        print(f"{way}: {asdict(whole)}")
        if way == "mcp" and whole.largest > MAX_TOKENS:
            sys.exit(f"an answer has {whole.largest} tokens")
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(rows, indent=2))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
