"""Agents for tests: the SDK's own client on a server in this process, or on one elsewhere."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import anyio
import yaml

from bot.agents.size import MAX_TOKENS, tokens
from bot.demo.stage import EXAMPLES

SECRETS = {"ada": "ada's secret, long enough", "bob": "bob's secret, long enough"}
EXAMPLE = EXAMPLES / "strategies" / "golden_cross_rules"


def with_authors(config):
    """A configuration with a token for each author, and a deployer's."""
    document = yaml.safe_load(config.read_text())
    document["server"]["tokens"] = [
        {"name": name, "role": "author", "sha256": hashlib.sha256(secret.encode()).hexdigest()}
        for name, secret in SECRETS.items()
    ]
    config.write_text(yaml.safe_dump(document))
    return config


def files_of(name, *, version="1.0.0", **changed):
    """An example strategy's files under another name; `changed` words are replaced."""
    text = (EXAMPLE / "strategy.yaml").read_text().replace("golden_cross_rules", name)
    text = text.replace("version: 1.0.0", f"version: {version}")
    for old, new in changed.items():
        assert old in text
        text = text.replace(old, new)
    return {"strategy.yaml": text}


class Agent:
    """One connected client; each answer is held against the bound on its size."""

    def __init__(self, client):
        self.client = client

    async def __call__(self, tool, **arguments):
        answer = await self.client.call_tool(tool, arguments)
        text = "".join(part.text for part in answer.content)
        assert tokens(text) <= MAX_TOKENS, (tool, arguments, tokens(text))
        assert answer.structured_content is None, "nothing is told twice"
        return ("refused: " if answer.is_error else "") + text


def run(server, talk, *arguments):
    """Let an agent talk to a server, a transport or whatever else the client takes."""

    from mcp import Client  # takes a second: for those tests alone that talk

    async def main():
        async with Client(server) as client:
            return await talk(Agent(client), *arguments)

    return in_a_loop(main)


def in_a_loop(main):
    """What a coroutine function returns, run in a thread of its own: a browser's loop may run here."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(anyio.run, main).result()


@asynccontextmanager
async def over_http(url, secret, mode="auto"):
    """A client with an author's token; `mode="legacy"` is one of 2025, which shakes hands first."""
    import httpx2
    from mcp import Client
    from mcp.client.streamable_http import streamable_http_client

    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=120) as http,
        Client(streamable_http_client(f"{url}/mcp", http_client=http), mode=mode) as client,
    ):
        yield Agent(client)
