"""The base of all values that travel between the parts."""

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """Base of all values: frozen, unknown fields refused, NaN and infinity written as null."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="null")
