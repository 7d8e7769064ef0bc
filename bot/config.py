"""config.yaml (+ ALGOOPS_* environment) -> frozen Settings. Unknown keys are errors."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from components.errors import ConfigError

DEFAULT_FILE = "config.yaml"
PROJECT = Path(__file__).resolve().parent.parent
ENV_PREFIX = "ALGOOPS_"


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DataSettings(_Section):
    """Where market data is: a folder of `{SYMBOL}_{INTERVAL}.csv|.parquet`."""

    dir: Path = Path("examples/data")


class StateSettings(_Section):
    """Where the bot keeps its own things: database, mirrors, reports."""

    dir: Path = Path("data")


class SandboxSettings(_Section):
    """Which wall to use; `auto` takes Docker where an engine answers, else bubblewrap."""

    backend: Literal["auto", "docker", "bubblewrap"] = "auto"
    image: str = "algoops-sandbox"
    warm: Annotated[int, Field(ge=0, le=64)] = 2
    runtime: str = ""
    isolation: Literal["job", "strategy"] = "job"


class EngineSettings(_Section):
    """How causality is enforced."""

    causality: Literal["streamed", "audited"] = "streamed"


class ExecutorSettings(_Section):
    """Where jobs run; `workers` 0 means one per core."""

    kind: Literal["local", "dask"] = "local"
    address: str = ""
    workers: Annotated[int, Field(ge=0, le=256)] = 0


class GitHubSettings(_Section):
    """How to reach GitHub: a token, or an App with its key file."""

    repository: str
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
    poll_s: Annotated[float, Field(ge=1)] = 60.0


class SigningSettings(_Section):
    """How merge commits and tags are signed: an OpenPGP key id, or an SSH key's file."""

    key: str
    format: Literal["openpgp", "ssh"] = "ssh"
    program: str = ""


class ProposalSettings(_Section):
    """Which proposals are checked without being asked."""

    check_drafts: bool = True
    check_forks: bool = True
    approved_label: str = "algoops-approved"


_FOLDER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")


class RepositorySettings(_Section):
    """One watched repository. `github` where it lives there, else a local bare repository.

    `policies` is a folder of the repository: what its base branch has there of schema.yaml,
    code.yaml and risk.yaml holds instead of the operator's.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$")] = "local"
    forge: Literal["local", "github"] = "local"
    path: Path = Path("data/strategies.git")
    base: str = "main"
    strategies: str = "strategies"
    policies: str = ""
    proposals: ProposalSettings = ProposalSettings()
    signing: SigningSettings | None = None
    github: GitHubSettings | None = None

    @model_validator(mode="after")
    def _policies_stand_beside_the_strategies(self) -> "RepositorySettings":
        inside = f"{self.policies}/".startswith(f"{self.strategies}/")
        if self.policies and (inside or not _FOLDER.fullmatch(self.policies)):
            raise ValueError("policies: a folder of the repository, outside of its strategies")
        return self

    @model_validator(mode="after")
    def _github_has_its_block(self) -> "RepositorySettings":
        if self.forge == "github" and self.github is None:
            raise ValueError("forge: github needs a `github:` block with `repository: owner/name`")
        return self


class TokenSettings(_Section):
    """One API token: SHA-256 (hex) of the secret, and what its holder may do."""

    name: str
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    role: Literal["reader", "deployer"] = "reader"


class ServerSettings(_Section):
    """The HTTP server; anything but a loopback host needs a token."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8321
    public_url: str = ""
    tokens: tuple[TokenSettings, ...] = ()


class ScheduleSettings(_Section):
    """How often the clock ticks, and how often deployed strategies are checked again; seconds."""

    tick_s: Annotated[float, Field(gt=0)] = 30.0
    recheck_s: Annotated[float, Field(gt=0)] = 86_400.0


class Settings(_Section):
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
    git_binary: str = "git"
    api_token: SecretStr = SecretStr("")

    @model_validator(mode="after")
    def _names_are_unique(self) -> "Settings":
        names = [r.name for r in self.repositories]
        if len(set(names)) != len(names):
            raise ValueError(f"repositories need different names, found {names}")
        return self


def load(path: Path | None = None, env: Mapping[str, str] = os.environ) -> Settings:
    """Read the configuration: the file, then the environment over it.

    Args:
        path: the file; None takes ./config.yaml where there is one, else built-in defaults.
        env: `ALGOOPS_SECTION__KEY=value` overrides (two underscores between levels).

    Returns:
        Settings with absolute paths.

    Raises:
        ConfigError: file missing, not YAML, unknown key or bad value; names file and key.
    """
    chosen = path if path is not None else _default_file()
    document = _read(chosen) if chosen is not None else {}
    if chosen is None:
        document = {"state": {"dir": str(_state_home(env))}}
    root = chosen.parent.resolve() if chosen is not None else PROJECT
    try:
        settings = Settings.model_validate(_overlay(document, env))
    except ValidationError as error:
        raise ConfigError(_explain(error, chosen)) from error
    return _absolute(settings, root)


def _state_home(env: Mapping[str, str]) -> Path:
    """Without a configuration file the bot's own things go where such things go."""
    home = env.get("XDG_STATE_HOME") or str(
        Path(env.get("HOME", "~")).expanduser() / ".local/state"
    )
    return Path(home) / "algoops"


def _default_file() -> Path | None:
    return Path(DEFAULT_FILE) if Path(DEFAULT_FILE).is_file() else None


def _read(path: Path) -> dict[str, Any]:
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid YAML: {error}") from error
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise ConfigError(
            f"{path} must hold settings (key: value), found {type(document).__name__}"
        )
    return document


def _overlay(document: dict[str, Any], env: Mapping[str, str]) -> dict[str, Any]:
    merged = dict(document)
    for name, text in sorted(env.items()):
        if not name.startswith(ENV_PREFIX):
            continue
        keys = name.removeprefix(ENV_PREFIX).lower().split("__")
        if keys[0] not in Settings.model_fields:
            continue
        target = merged
        for key in keys[:-1]:
            child = target.get(key)
            target[key] = dict(child) if isinstance(child, dict) else {}
            target = target[key]
        target[keys[-1]] = text if keys == ["api_token"] else yaml.safe_load(text)
    return merged


def _explain(error: ValidationError, path: Path | None) -> str:
    lines = [
        f"{'.'.join(str(p) for p in item['loc']) or '(top level)'}: {item['msg']}"
        for item in error.errors(include_input=False, include_url=False)
    ]
    return f"{path or 'settings'}: " + "; ".join(lines)


def _absolute(settings: Settings, root: Path) -> Settings:
    return settings.model_copy(
        update={
            "data": DataSettings(dir=root / settings.data.dir),
            "state": StateSettings(dir=root / settings.state.dir),
            "policies": root / settings.policies,
            "repositories": tuple(
                r.model_copy(update={"path": root / r.path, "github": _github(r.github, root)})
                for r in settings.repositories
            ),
        }
    )


def _github(github: GitHubSettings | None, root: Path) -> GitHubSettings | None:
    """The block with its key's path absolute and the secrets of its files read."""
    if github is None:
        return None
    update: dict[str, Any] = {
        key: SecretStr(_secret(root / file))
        for key, file in (
            ("token", github.token_file),
            ("webhook_secret", github.webhook_secret_file),
        )
        if file is not None and not getattr(github, key).get_secret_value()
    }
    if github.private_key_file is not None:
        update["private_key_file"] = root / github.private_key_file
    return github.model_copy(update=update)


def _secret(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read the secret in {file}: {error}") from error
