"""What a check works on: one strategy's content, and the bench it is checked with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.checks.backtests import Task, Wishes, resolve_tasks
from bot.checks.content import Content, content_key
from bot.checks.policies import Policies
from components.ports import NO_TURN, Executor, MarketData, Turn
from components.schema.definition.check import DefinitionCheck, check_definition
from components.schema.results.report import Change
from components.schema.results.values import CheckName, Finding

DEFINITIONS = ("strategy.yaml", "strategy.yml", "strategy.json")
CODE = "strategy.py"


@dataclass(frozen=True)
class Subject:
    """One strategy's content as read from git.

    Attributes:
        files: relative path -> bytes of the strategy's folder.
        findings: what Safe Tools found while reading it.
        base_tree, base_files: the deployed version's folder, empty where there is none.
        base_commit: the base that it was merged with, for the record.
    """

    name: str
    path: str
    change: Change
    tree: str
    files: Mapping[str, bytes]
    findings: tuple[Finding, ...] = ()
    base_tree: str = ""
    base_commit: str = ""
    base_files: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Bench:
    """What checks need: policies, data, somewhere to run; and the ids of both for the key.

    Attributes:
        turn: whose its jobs are, where jobs wait for a worker.
        until: last day of the bars that are looked at (ISO); "": all there are.
    """

    policies: Policies
    data: MarketData
    executor: Executor
    engine: str
    image: str
    causality: str
    turn: Turn = NO_TURN
    until: str = ""


@dataclass(frozen=True)
class Prepared:
    """A subject's definition as checked, the backtests that it asks for, and its content key."""

    definition: DefinitionCheck
    tasks: tuple[Task, ...]
    task_findings: tuple[Finding, ...]
    key: str

    @property
    def version(self) -> str:
        """The version in the definition, "" where it cannot be read."""
        return self.definition.definition.version if self.definition.definition else ""


def prepare(subject: Subject, bench: Bench) -> Prepared:
    """Read the definition and find out what a verdict on this content would depend on."""
    definition = read_definition(subject, bench.policies)
    tasks, findings = _tasks(definition, subject, bench)
    return Prepared(definition, tasks, findings, content_key(_content(subject, tasks, bench)))


def read_definition(subject: Subject, policies: Policies) -> DefinitionCheck:
    """Check the definition file of a strategy's folder; a missing one is a finding."""
    name = next((n for n in DEFINITIONS if n in subject.files), None)
    if name is None:
        finding = Finding(
            check=CheckName.SCHEMA,
            rule="definition-missing",
            file=subject.path,
            message=f"{subject.path} has no strategy.yaml",
            hint="add one: name, description, and what the checks need; see examples/strategies",
        )
        return DefinitionCheck(definition=None, findings=(finding,), rules="")
    return check_definition(
        subject.files[name],
        f"{subject.path}/{name}",
        folder=subject.name,
        has_code=CODE in subject.files,
        policy=policies.schema,
    )


def _tasks(
    definition: DefinitionCheck, subject: Subject, bench: Bench
) -> tuple[tuple[Task, ...], tuple[Finding, ...]]:
    if definition.definition is None:
        return (), ()
    return resolve_tasks(
        definition.definition,
        bench.policies.risk,
        bench.data,
        causality=bench.causality,
        wishes=Wishes(end=bench.until),
        files=subject.files,
    )


def _content(subject: Subject, tasks: Sequence[Task], bench: Bench) -> Content:
    return Content(
        strategy=subject.name,
        tree=subject.tree,
        base_tree=subject.base_tree,
        policy_hash=bench.policies.hash,
        engine=bench.engine,
        image=bench.image,
        causality=bench.causality,
        data={f"{t.symbol}_{t.interval}": t.data_hash for t in tasks},
    )
