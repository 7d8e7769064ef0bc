"""`orders` in config.yaml: who is told what deployed strategies want next."""

from collections.abc import Callable
from pathlib import Path
from typing import Self

from pydantic import SecretStr, field_validator, model_validator

from bot.config.source import Keys, Section


class WebhookSettings(Section):
    """Where orders are sent, signed with the secret (HMAC-SHA-256)."""

    url: str
    secret: SecretStr = SecretStr("")
    secret_file: Path | None = None

    @field_validator("url")
    @classmethod
    def _url_is_http(cls, url: str) -> str:
        if not url.startswith(("http://", "https://")):
            raise ValueError("an address such as https://execution.example.com/orders")
        return url

    @model_validator(mode="after")
    def _has_a_secret(self) -> Self:
        if not self.secret.get_secret_value() and self.secret_file is None:
            raise ValueError("a secret, or secret_file: the receiver knows our messages by it")
        return self


class OrdersSettings(Section):
    """Who is told."""

    webhook: WebhookSettings | None = None

    def with_secret(self, root: Path, read: Callable[[Keys, str, Path], str]) -> Self:
        """The block with the secret of its file read; see `SettingsSource.secret`."""
        hook = self.webhook
        if hook is None or hook.secret_file is None or hook.secret.get_secret_value():
            return self
        secret = SecretStr(read(("orders", "webhook"), "secret_file", root / hook.secret_file))
        return self.model_copy(update={"webhook": hook.model_copy(update={"secret": secret})})
