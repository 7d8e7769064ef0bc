"""The two ways: the tools over MCP, and the command line's text; each counts what goes over it."""

import json
import os
import shlex
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.agents.size import tokens
from bot.demo.author import clean_environment
from bot.demo.stage import Stage
from components.git_patch.notes import read_note
from components.git_patch.repository import Repository

WAIT_S = 300.0


@dataclass
class Count:
    """What one brief took: calls, bytes that a model writes and reads, and tokens of both."""

    calls: int = 0
    written: int = 0
    read: int = 0
    tokens: int = 0
    largest: int = 0

    def add(self, asked: str, answer: str) -> str:
        """Count one call; returns the answer."""
        self.calls += 1
        self.written += len(asked.encode())
        self.read += len(answer.encode())
        self.tokens += tokens(asked) + tokens(answer)
        self.largest = max(self.largest, tokens(answer))
        return answer


class Side(ABC):
    """What a brief may ask for. Files are written by other means, the same on both sides."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.count = Count()

    def write(self, name: str, files: Mapping[str, str]) -> None:
        """Put a strategy's files into the working folder, in place of what is there."""
        folder = self._folder(name)
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
        for file, text in files.items():
            (folder / file).write_text(text)

    def improve(self, name: str) -> None:
        """Slow a strategy of the base down."""
        file = self._folder(name) / "strategy.yaml"
        text = self.stage.git("show", f"main:strategies/{name}/strategy.yaml") + "\n"
        text = text.replace("default: 30", "default: 40").replace("1.0.0", "1.1.0", 1)
        file.write_text(text)

    def _folder(self, name: str) -> Path:
        return self.stage.author.folder / "strategies" / name

    @abstractmethod
    def check(self, name: str) -> str:
        """All checks of a folder."""

    @abstractmethod
    def rule(self, rule: str) -> str:
        """What a rule says."""

    @abstractmethod
    def topic(self, topic: str) -> str:
        """What holds about a topic."""

    @abstractmethod
    def submit(self, name: str) -> str:
        """Propose a folder."""

    @abstractmethod
    def verdict(self, name: str) -> str:
        """Wait for the verdict."""

    @abstractmethod
    def compare(self, name: str) -> str:
        """The figures beside the deployed ones."""

    @abstractmethod
    def best(self) -> str:
        """What is deployed, the best first."""

    @abstractmethod
    def bar(self, name: str) -> str:
        """The tries, and what passes."""


class OverMcp(Side):
    """The tools; `portal` runs the SDK's client."""

    def __init__(self, stage: Stage, portal: Any, client: Any) -> None:
        super().__init__(stage)
        self._portal, self._client = portal, client

    def _call(self, tool: str, **arguments: Any) -> str:
        answer = self._portal.call(self._client.call_tool, tool, arguments)
        text = "".join(part.text for part in answer.content)
        return self.count.add(json.dumps({"name": tool, "arguments": arguments}), text)

    def check(self, name: str) -> str:
        return self._call("check", folder=f"strategies/{name}")

    def rule(self, rule: str) -> str:
        return self._call("rules", topic=rule)

    def topic(self, topic: str) -> str:
        return self._call("rules", topic=topic)

    def submit(self, name: str) -> str:
        return self._call("submit", folder=f"strategies/{name}")

    def verdict(self, name: str) -> str:
        return self._call("wait", branch=name, seconds=300)

    def compare(self, name: str) -> str:
        return self._call("compare", branch=name)

    def best(self) -> str:
        return self._call("leaderboard")

    def bar(self, name: str) -> str:
        return self._call("budget", branch=name)


class OverText(Side):
    """A shell: `algoops`, git, and AGENTS.md, as somebody would who knows them well."""

    def _run(self, command: str) -> str:
        done = subprocess.run(
            command,
            # why: people and agents type such lines into a shell; they are written in this folder
            shell=True,
            cwd=self.stage.author.folder,
            env={
                **clean_environment(),
                "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        return self.count.add(command, done.stdout + done.stderr)

    def _algoops(self, *words: str) -> str:
        config = os.path.relpath(self.stage.config, self.stage.author.folder)
        return self._run(shlex.join(["algoops", *words, "--config", config]))

    def check(self, name: str) -> str:
        return self._algoops("check", f"strategies/{name}")

    def rule(self, rule: str) -> str:
        return self._run(f"grep -e '^- {rule}' AGENTS.md")

    def topic(self, topic: str) -> str:  # noqa: ARG002  # the file is read whole
        return self._run("cat AGENTS.md")

    def submit(self, name: str) -> str:
        return self._run(
            f"git switch -q -C text/{name} origin/main && git add strategies/{name} && "
            f"git commit -q -m 'Add {name}' && git push -q -f origin HEAD:refs/heads/text/{name}"
        )

    def verdict(self, name: str) -> str:
        self._until_noted(name)
        return self._run(
            "git fetch -q origin '+refs/notes/*:refs/notes/*' && "
            f"git log -1 --notes=algoops text/{name}"
        )

    def _until_noted(self, name: str) -> None:
        """The waiting is not counted: a lucky model looks once, when the note is there."""
        end = time.monotonic() + WAIT_S
        with Repository(self.stage.repository) as repository:
            commit = repository.resolve(f"refs/heads/text/{name}") or ""
            while not read_note(repository, "refs/notes/algoops", commit):
                if time.monotonic() > end:
                    raise AssertionError(f"no note on {name}")
                time.sleep(0.2)  # why: another process is at work; there is a deadline

    def compare(self, name: str) -> str:
        return self.verdict(name)

    def best(self) -> str:
        return self._algoops("status", "--sort", "sharpe", "--format", "json")

    def bar(self, name: str) -> str:
        return self.verdict(name)
