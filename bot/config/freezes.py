"""`freeze` in config.yaml: times in which nothing is deployed."""

from collections.abc import Callable, Mapping
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationInfo, field_validator

from bot.config.source import Section
from components.errors import UserError
from components.windows import Cron, CronWindow, span


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, LookupError, OSError) as error:
        raise UserError(f"{name[:40]!r} is no time zone such as UTC or America/New_York") from error


_READERS: Mapping[str, Callable[[str], object]] = {"cron": Cron.read, "lasts": span, "zone": _zone}


class FreezeSettings(Section):
    """One freeze: it begins as `cron` says (in `zone`) and lasts `for` so long."""

    cron: str
    lasts: Annotated[str, Field(alias="for")]
    reason: Annotated[str, Field(min_length=1, max_length=200)]
    zone: str = "UTC"

    @field_validator("cron", "lasts", "zone")
    @classmethod
    def _can_be_read(cls, text: str, info: ValidationInfo) -> str:
        try:
            _READERS[str(info.field_name)](text)
        except UserError as error:
            raise ValueError(str(error)) from error
        return text

    @property
    def window(self) -> CronWindow:
        """The same as a value that tells when it is open."""
        return CronWindow(Cron.read(self.cron), span(self.lasts), _zone(self.zone), self.reason)
