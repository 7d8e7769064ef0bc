"""Where settings come from, a file and the environment over it, and what is wrong with them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from components.errors import ConfigError
from components.schema.documents.explain import dotted, fields_at, near, path_of, rule_and_allowed
from components.schema.documents.reader import Document, read_document
from components.schema.results.values import CheckName

ENV_PREFIX = "ALGOOPS_"


Keys = tuple[str | int, ...]
"""Where a setting stands, from the top."""


class Section(BaseModel):
    """Settings that belong together: frozen, and a key that there is not is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True)
class SettingsSource:
    """Settings as they were written.

    Attributes:
        value: what the file says, with what the environment says over it.
        document: the file with the places of its values; None where there is none.
        variables: which environment variable set a value, by its keys.
    """

    value: dict[str, Any]
    document: Document | None
    variables: Mapping[tuple[str, ...], str]

    def explain(self, error: ValidationError, model: type[BaseModel]) -> str:
        """Every problem in one text, each with its place. Values are never shown: some are secret.

        Args:
            error: what `model` raised about `value`.
            model: the settings, for the names that are allowed.
        """
        items = error.errors(include_url=False)
        return "; ".join(f"{self._place(item)}{self._problem(item, model)}" for item in items)

    def _place(self, item: ErrorDetails) -> str:
        path = path_of(item, self.value)
        return self.place(path[:-1] if item["type"] == "missing" else path) or "settings: "

    def place(self, path: Keys) -> str:
        """Where a setting stands, for the beginning of a message: `config.yaml:7: `.

        The nearest that is written, where it is not; "" where there is no file.
        """
        for keys, variable in self.variables.items():
            if path == keys:
                return f"{variable} in the environment: "
        if self.document is None:
            return ""
        span = self.document.span(path, key=True)
        return f"{self.document.file}:{span[0] if span else 1}: "

    def secret(self, section: Keys, key: str, file: Path) -> str:
        """The text of a file that a setting names, without blanks around it.

        Raises:
            ConfigError: it can't be read; says where the setting stands.
        """
        path = (*section, key)
        what = f"{self.place(path)}`{dotted(path)}`: "
        try:
            return file.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ConfigError(f"{what}cannot read {file}: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise ConfigError(f"{what}{file} is not text") from error

    def _problem(self, item: ErrorDetails, model: type[BaseModel]) -> str:
        path = path_of(item, self.value)
        name, kind = dotted(path), item["type"]
        if kind == "missing":
            return f"`{name}` is missing"
        if kind == "extra_forbidden":
            fields = sorted(fields_at(model, path[:-1]))
            guess = near(str(path[-1]), fields) or f"there are: {', '.join(fields)}"
            return f"`{name}` is no setting ({guess})"
        if kind == "value_error":
            said = str(item.get("ctx", {}).get("error", item["msg"]))
            return f"`{name}`: {said}" if path else said
        if item["input"] is None:
            return f"`{name}` is empty: give it a value, or remove the line"
        return f"`{name}` must be {rule_and_allowed(item)[1]}"


@contextmanager
def placed(where: str) -> Iterator[None]:
    """A ConfigError says first where the setting stands that it is about."""
    try:
        yield
    except ConfigError as error:
        raise ConfigError(f"{where}{Exception.__str__(error)}", hint=error.hint) from error


def read_source(
    path: Path | None, env: Mapping[str, str], model: type[BaseModel]
) -> SettingsSource:
    """The file, where there is one, and the environment over it.

    Raises:
        ConfigError: the file is missing or not YAML, it says a key twice, or a variable is wrong.
    """
    document = _read(path) if path is not None else None
    value = dict(document.value or {}) if document is not None else {}
    variables = {}
    for name, text in sorted(env.items()):
        keys = _keys(name, model)
        if keys:
            _put(value, keys, text if keys == ("api_token",) else _parsed(name, text))
            variables[keys] = name
    return SettingsSource(value, document, variables)


def _read(path: Path) -> Document:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from error
    document = read_document(data, str(path), check=CheckName.POLICY)
    if document.findings:
        first = document.findings[0]
        hint = first.hint if first.rule != "yaml-syntax" else ""
        raise ConfigError(f"{path}:{first.line or 1}: {first.message}", hint=hint)
    if document.value is not None and not isinstance(document.value, dict):
        raise ConfigError(
            f"{path} must hold settings (key: value), found {type(document.value).__name__}"
        )
    return document


def _keys(name: str, model: type[BaseModel]) -> tuple[str, ...]:
    """The keys that a variable sets; none where it is not about settings."""
    if not name.startswith(ENV_PREFIX):
        return ()
    keys = tuple(name.removeprefix(ENV_PREFIX).lower().split("__"))
    if keys[0] in model.model_fields:
        return keys
    if len(keys) > 1:
        guess = near(keys[0], model.model_fields)
        raise ConfigError(f"{name} in the environment names no setting", hint=guess)
    return ()


def _parsed(name: str, text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(
            f"{name} in the environment is not valid YAML", hint="put text into quotes"
        ) from error


def _put(value: dict[str, Any], keys: tuple[str, ...], setting: Any) -> None:
    target = value
    for key in keys[:-1]:
        child = target.get(key)
        target[key] = dict(child) if isinstance(child, dict) else {}
        target = target[key]
    target[keys[-1]] = setting
