"""PURE: AGENTS.md and .mcp.json for a watched repository, from the texts of `rules`."""

import json
from collections.abc import Mapping

from bot.agents import rules
from bot.checks.policies import Policies

GUIDE, SERVERS = "AGENTS.md", ".mcp.json"
_TOOLS = """\
The server `algoops` (`.mcp.json`) has these tools; `algoops check FOLDER` on the command line does
what `check` does. Install it with `pip install 'algoops[agents]'`.
"""


def files(policies: Policies, root: str = "strategies", url: str = "") -> Mapping[str, str]:
    """Both files by name.

    Args:
        policies: those that proposals are judged by.
        root: folder of the strategies.
        url: where the bot is reached from elsewhere; "" where it is not.
    """
    guide = _guide(policies).replace("strategies/NAME", f"{root}/NAME")
    return {GUIDE: guide, SERVERS: json.dumps(_servers(url), indent=2) + "\n"}


def _guide(policies: Policies) -> str:
    modules = ", ".join(f"`{name}`" for name in policies.code.modules)
    parts = [
        "# Strategies, checked by AlgoOps",
        "Made by `algoops init` from the rules and policies of the bot; yours to change.",
        _section("How to work", rules.work(policies)),
        _TOOLS.strip(),
        _section("A strategy's folder", rules.folder(policies)),
        _section("Fields of strategy.yaml", rules.definition(policies)),
        _section("What results must be", rules.gates(policies)),
        f"## What may be imported\n\n{modules}.",
        _section("Rules for strategy.py", rules.code(policies)),
        _section("Rules for strategy.yaml", rules.schema(policies)),
    ]
    return "\n\n".join(parts) + "\n"


def _section(title: str, lines: list[str]) -> str:
    return "\n".join([f"## {title}", "", *(f"- {line}" for line in lines)])


def _servers(url: str) -> dict[str, object]:
    here = {"command": "algoops", "args": ["mcp"]}
    if not url:
        return {"mcpServers": {"algoops": here}}
    headers = {"Authorization": "Bearer ${ALGOOPS_TOKEN}"}
    bot = {"type": "http", "url": f"{url.rstrip('/')}/mcp", "headers": headers}
    return {"mcpServers": {"algoops": here, "algoops-bot": bot}}
