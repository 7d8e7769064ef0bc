"""config.yaml (+ ALGOOPS_* environment) -> frozen Settings. Unknown keys are errors."""

import os
import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Field,
    PrivateAttr,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

from bot.config.freezes import FreezeSettings
from bot.config.orders import OrdersSettings
from bot.config.places import default_file, state_home
from bot.config.source import Section, SettingsSource, read_source
from bot.config.stages import StageSettings, stages_problem
from components.engine.data.place import DataPlace, RemotePlace, folder_or_url
from components.errors import ConfigError, UserError
from components.safe_tools.names import ref_problem, safe_relative_path

PROJECT = Path(__file__).resolve().parents[2]


class DataSettings(Section):
    """Where market data is: a folder of `{SYMBOL}_{INTERVAL}.csv|.parquet`, or a URL of Parquet.

    `poll_s` is how long a listing of a URL's files is used before it is made anew.
    """

    dir: Annotated[Path | str, BeforeValidator(folder_or_url)] = Path("examples/data")
    poll_s: Annotated[float, Field(ge=1)] = 60.0


class StateSettings(Section):
    """Where the bot keeps its own things: database, mirrors, reports."""

    dir: Path = Path("data")


class SandboxSettings(Section):
    """The sandbox backend; `auto` takes Docker where an engine answers, else bubblewrap."""

    backend: Literal["auto", "docker", "bubblewrap"] = "auto"
    image: str = "algoops-sandbox"
    warm: Annotated[int, Field(ge=0, le=64)] = 2
    runtime: str = ""
    isolation: Literal["job", "strategy"] = "strategy"


class EngineSettings(Section):
    """How causality is enforced."""

    causality: Literal["streamed", "audited"] = "streamed"


class ExecutorSettings(Section):
    """Where jobs run; `workers` 0 means one per core."""

    kind: Literal["local", "dask"] = "local"
    address: str = ""
    workers: Annotated[int, Field(ge=0, le=256)] = 0


class GitHubSettings(Section):
    """How to reach GitHub: a token, or an App with its key file.

    `dashboard`: one issue of the bot's own says what is live, ready, held, failing and drifted.
    """

    repository: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$")]
    base_url: str = "https://api.github.com"
    token: SecretStr = SecretStr("")
    token_file: Path | None = None
    app_id: str = ""
    installation_id: int | None = None
    private_key_file: Path | None = None
    webhook_secret: SecretStr = SecretStr("")
    webhook_secret_file: Path | None = None
    clone_url: str = ""
    deploy_by: Literal["merge", "push"] = "merge"
    dashboard: bool = False
    poll_s: Annotated[float, Field(ge=1)] = 60.0


class SigningSettings(Section):
    """How merge commits and tags are signed: an OpenPGP key id, or an SSH key's file.

    `reports`: an SSH key also signs each run's report.
    """

    key: str
    format: Literal["openpgp", "ssh"] = "ssh"
    program: str = ""
    reports: bool = False

    @model_validator(mode="after")
    def _reports_take_an_ssh_key(self) -> "SigningSettings":
        if self.reports and self.format != "ssh":
            raise ValueError("reports: only an SSH key signs reports (`format: ssh`)")
        return self


Kind = Literal["agent", "person"]
"""Of an author."""


class ProposalSettings(Section):
    """Which proposals are checked without being asked, and what programs may ask for.

    `bots`: GitHub's bot accounts that are heard, with the commands that they may give. `agents`:
    other accounts (or names of commits' authors) that are programs'. `checks_an_hour`: how many
    checks one author has within an hour, by the kind of the author; further ones wait.
    """

    check_drafts: bool = True
    check_forks: bool = True
    approved_label: str = "algoops-approved"
    bots: dict[
        Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,100}\[bot\]$")],
        tuple[Literal["check", "status", "cancel"], ...],
    ] = Field(default_factory=dict)
    agents: tuple[str, ...] = ()
    checks_an_hour: dict[Kind, Annotated[int, Field(ge=1)]] = Field(default_factory=dict)


class DeploySettings(Section):
    """What a deploy needs beside its checks: approvals by people, by the kind of the author."""

    approvals: dict[Kind, Annotated[int, Field(ge=0, le=10)]] = Field(default_factory=dict)


_AUTHOR = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_FOLDER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")


class RepositorySettings(Section):
    """One watched repository. `github` where it lives there, else a local bare repository.

    `policies` is a folder of the repository: what its base branch has there of schema.yaml,
    code.yaml and risk.yaml holds instead of the operator's. `policy_changes` says who lands a
    proposal that changes them: a second person with the admin role, or (refuse) nobody. `weight`
    is its share of the sandbox's time beside other repositories that wait. `freeze`: when nothing
    is deployed there. `stages`: where versions go after their deploy.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$")] = "local"
    forge: Literal["local", "github"] = "local"
    path: Path = Path("data/strategies.git")
    base: str = "main"
    strategies: str = "strategies"
    policies: str = ""
    policy_changes: Literal["admin", "refuse"] = "admin"
    weight: Annotated[int, Field(ge=1, le=100)] = 1
    freeze: tuple[FreezeSettings, ...] = ()
    stages: tuple[StageSettings, ...] = ()
    proposals: ProposalSettings = ProposalSettings()
    deploy: DeploySettings = DeploySettings()
    signing: SigningSettings | None = None
    github: GitHubSettings | None = None

    @field_validator("base")
    @classmethod
    def _base_is_a_branch(cls, base: str) -> str:
        if problem := ref_problem(f"refs/heads/{base}"):
            raise ValueError(f"a branch such as main: {problem}")
        return base

    @field_validator("strategies")
    @classmethod
    def _strategies_is_a_folder(cls, folder: str) -> str:
        try:
            return safe_relative_path(folder)
        except UserError as error:
            raise ValueError(f"a folder inside the repository: {error}") from error

    @model_validator(mode="after")
    def _policies_stand_beside_the_strategies(self) -> "RepositorySettings":
        inside = f"{self.policies}/".startswith(f"{self.strategies}/")
        if self.policies and (inside or not _FOLDER.fullmatch(self.policies)):
            raise ValueError("policies: a folder of the repository, outside of its strategies")
        return self

    @model_validator(mode="after")
    def _stages_are_told_apart(self) -> "RepositorySettings":
        if problem := stages_problem(self.stages, self.base):
            raise ValueError(problem)
        return self

    @model_validator(mode="after")
    def _github_has_its_block(self) -> "RepositorySettings":
        if self.forge == "github" and self.github is None:
            raise ValueError("forge: github needs a `github:` block with `repository: owner/name`")
        return self


class TokenSettings(Section):
    """One API token: SHA-256 (hex) of the secret, and what its holder may do.

    An author's opens `/mcp` and nothing else: own branches of one repository (the first, where
    `repository` names none).
    """

    name: str
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    role: Literal["reader", "deployer", "admin", "author"] = "reader"
    repository: str = ""

    @model_validator(mode="after")
    def _an_author_can_name_branches(self) -> "TokenSettings":
        if self.role == "author" and not _AUTHOR.fullmatch(self.name):
            raise ValueError("name: an author's has up to 40 letters, digits, - and _")
        if self.repository and self.role != "author":
            raise ValueError("repository: only an author's token is bound to one")
        return self


class ServerSettings(Section):
    """The HTTP server; anything but a loopback host needs a token."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8321
    public_url: str = ""
    tokens: tuple[TokenSettings, ...] = ()

    @field_validator("public_url")
    @classmethod
    def _people_can_follow_it(cls, url: str) -> str:
        if url and not url.startswith(("http://", "https://")):
            raise ValueError("an address such as https://algoops.example.com")
        return url

    @model_validator(mode="after")
    def _an_author_has_one_name_and_one_repository(self) -> "ServerSettings":
        known: dict[str, TokenSettings] = {}
        for token in (t for t in self.tokens if t.role == "author"):
            first = known.setdefault(token.name.casefold(), token)
            if (first.name, first.repository) != (token.name, token.repository):
                raise ValueError(
                    f"tokens: {first.name} and {token.name} are one author's name: write it alike "
                    "with one repository, or name another author"
                )
        return self


class ScheduleSettings(Section):
    """How often the clock ticks, and how often deployed strategies are checked again; seconds."""

    tick_s: Annotated[float, Field(gt=0)] = 30.0
    recheck_s: Annotated[float, Field(gt=0)] = 86_400.0


class RetentionSettings(Section):
    """How many days of what can be made again are kept; see docs/operations.md, Growth.

    Attributes:
        runs_days: reports of runs, results of backtests, finished jobs and events.
        verdicts_days: reports of contents that were never deployed and are in no open proposal.
        reports_days: report files of a local repository's branches that are gone.
    """

    runs_days: Annotated[float, Field(ge=1)] = 14.0
    verdicts_days: Annotated[float, Field(ge=1)] = 14.0
    reports_days: Annotated[float, Field(ge=1)] = 2.0


class Settings(Section):
    """The whole configuration; relative paths are relative to the configuration file."""

    repositories: tuple[RepositorySettings, ...] = (RepositorySettings(),)
    data: DataSettings = DataSettings()
    state: StateSettings = StateSettings()
    policies: Path = Path("policies")
    sandbox: SandboxSettings = SandboxSettings()
    engine: EngineSettings = EngineSettings()
    executor: ExecutorSettings = ExecutorSettings()
    server: ServerSettings = ServerSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    orders: OrdersSettings = OrdersSettings()
    retention: RetentionSettings = RetentionSettings()
    git_binary: str = "git"
    api_token: SecretStr = SecretStr("")
    _source: SettingsSource | None = PrivateAttr(default=None)

    def place(self, *keys: str | int) -> str:
        """Where a setting stands; see `SettingsSource.place`."""
        return self._source.place(keys) if self._source is not None else ""

    @property
    def empty(self) -> bool:
        """Whether the file says nothing."""
        return self._source is None or not (self._source.document and self._source.document.value)

    @property
    def market_data(self) -> DataPlace:
        """Where market data is read from."""
        where = self.data.dir
        if isinstance(where, Path):
            return where
        return RemotePlace(where, self.state.dir / "cache" / "market-data", self.data.poll_s)

    @model_validator(mode="after")
    def _repositories_are_told_apart(self) -> "Settings":
        names = [r.name for r in self.repositories]
        if not names:
            raise ValueError("`repositories` is empty: name at least one")
        if len(set(names)) != len(names):
            raise ValueError(f"repositories need different names, found {', '.join(names)}")
        unknown = {t.repository for t in self.server.tokens} - {"", *names}
        if unknown:
            raise ValueError(f"server.tokens: there is no repository {', '.join(sorted(unknown))}")
        paths = [str(r.path) for r in self.repositories if r.forge == "local"]
        if len(set(paths)) != len(paths):
            raise ValueError(f"local repositories need different paths, found {', '.join(paths)}")
        return self


def load(path: Path | None = None, env: Mapping[str, str] = os.environ) -> Settings:
    """Read the configuration: the file, then the environment over it.

    Args:
        path: the file; None takes config.yaml here, or above here in the same repository, else
            built-in defaults.
        env: `ALGOOPS_SECTION__KEY=value` overrides (two underscores between levels).

    Returns:
        Settings with absolute paths.

    Raises:
        ConfigError: file missing, not YAML, unknown key or bad value; names file and key.
    """
    chosen = path if path is not None else default_file()
    source = read_source(chosen, env, Settings)
    try:
        settings = Settings.model_validate(source.value)
    except ValidationError as error:
        raise ConfigError(source.explain(error, Settings)) from error
    settings._source = source  # noqa: SLF001  # its own, not to be given from outside
    if chosen is not None:
        return _absolute(settings, chosen.parent.resolve(), source)
    if "dir" not in source.value.get("state", {}):
        settings = settings.model_copy(update={"state": StateSettings(dir=state_home(env))})
    return _absolute(settings, PROJECT, source)


def _absolute(settings: Settings, root: Path, source: SettingsSource) -> Settings:
    return settings.model_copy(
        update={
            "data": settings.data.model_copy(update={"dir": _rooted(settings.data.dir, root)}),
            "state": StateSettings(dir=root / settings.state.dir),
            "policies": root / settings.policies,
            "orders": settings.orders.with_secret(root, source.secret),
            "repositories": tuple(
                r.model_copy(
                    update={"path": root / r.path, "github": _github(r.github, root, read)}
                )
                for place, r in enumerate(settings.repositories)
                for read in [partial(source.secret, ("repositories", place, "github"))]
            ),
        }
    )


def _rooted(where: Path | str, root: Path) -> Path | str:
    return root / where if isinstance(where, Path) else where


def _github(
    github: GitHubSettings | None, root: Path, read: Callable[[str, Path], str]
) -> GitHubSettings | None:
    """The block with the paths that are read again absolute, and the secrets of its files read."""
    if github is None:
        return None
    update: dict[str, Any] = {
        key: SecretStr(read(f"{key}_file", root / file))
        for key, file in (
            ("token", github.token_file),
            ("webhook_secret", github.webhook_secret_file),
        )
        if file is not None and not getattr(github, key).get_secret_value()
    }
    for key in ("private_key_file", "webhook_secret_file", "token_file"):
        if (file := getattr(github, key)) is not None:
            update[key] = root / file
    if github.token.get_secret_value():  # what is said goes before the file
        update["token_file"] = None
    return github.model_copy(update=update)
