"""The models of strategy.yaml, Canonical Schema v2: what each field is, by itself.

What depends on several fields at once (a parameter's default within its range, the rules) is
checked in `crosscheck` and `rules`, so that one file shows all of its problems together.
"""

import keyword
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Discriminator, Field, StringConstraints, Tag

from components.schema.definition.backtest import BacktestConfig
from components.schema.results.values import Value
from components.schema.types import (
    INTERVAL_PATTERN,
    NAME_PATTERN,
    PERIOD_PATTERN,
    SEMVER_PATTERN,
    Count,
    Flag,
    Integer,
    IsoDate,
    Number,
    ShortText,
    Symbol,
    Text,
    Timestamp,
)

SCHEMA_VERSION = "2.0.0"

PORTFOLIO = "portfolio"
"""The framework of one strategy over all of its symbols."""


def _not_keyword(name: str) -> str:
    if keyword.iskeyword(name):
        raise ValueError(f"`{name}` is a word of the Python language")
    return name


Name = Annotated[
    str,
    StringConstraints(strict=True, min_length=1, max_length=100, pattern=NAME_PATTERN),
    AfterValidator(_not_keyword),
    Field(json_schema_extra={"not": {"enum": sorted(keyword.kwlist)}}),
]


def _kind(value: Any) -> str | None:
    """Which branch of a union a plain value belongs to; None: none of them."""
    if isinstance(value, bool):
        return "flag"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "number"
    if isinstance(value, str):
        return "text"
    if isinstance(value, list | tuple):
        return "list"
    return "spec" if isinstance(value, dict | ParameterSpec) else None


Scalar = Annotated[
    Annotated[Flag, Tag("flag")]
    | Annotated[Integer, Tag("integer")]
    | Annotated[Number, Tag("number")]
    | Annotated[ShortText, Tag("text")],
    Discriminator(_kind),
]
ScalarValue = bool | int | float | str


class ParameterSpec(Value):
    """A parameter with its default and what it may be set to."""

    default: Scalar = Field(description="Value where nothing else is asked for.")
    min: Number | None = Field(None, description="Smallest value allowed.")
    max: Number | None = Field(None, description="Largest value allowed.")
    step: Annotated[Number, Field(gt=0)] | None = Field(
        None, description="Distance between values when a range is searched."
    )
    choices: tuple[Scalar, ...] | None = Field(
        None, min_length=1, max_length=100, description="The only values allowed."
    )
    description: ShortText = Field("", description="What it does, for people.")


Source = Annotated[
    Annotated[ShortText, Tag("text")]
    | Annotated[tuple[ShortText, ...], Tag("list"), Field(min_length=1, max_length=4)],
    Discriminator(_kind),
]


class IndicatorSpec(Value):
    """An indicator: a TA-Lib function, what it is computed on, and its parameters.

    Parameters stand beside `type` and `source`, or under `params`: numbers, names of moving
    averages (`matype: EMA`), or `$name` for a parameter of the strategy.
    """

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Scalar]

    type: Annotated[str, StringConstraints(strict=True, min_length=1, max_length=60)] = Field(
        description="TA-Lib function (RSI, SMA, ...); one output of several as MACD.signal."
    )
    source: Source | None = Field(
        None,
        description="open, high, low, close, volume or another indicator; a list of two "
        "for functions of two series.",
    )
    params: dict[ShortText, Scalar] = Field(
        {}, max_length=16, description="The function's parameters."
    )


class PositionSizing(Value):
    """How large an entry is.

    `equity_fraction`: a share of equity (0.5 is half); `fixed_units`: whole units;
    `risk_percent`: so many units that hitting the stop loses this percentage of equity.
    """

    method: Literal["equity_fraction", "fixed_units", "risk_percent"]
    value: Annotated[Number, Field(gt=0)]


Percent = Annotated[Number, Field(gt=0, lt=100)]


class RiskLimits(Value):
    """Stops and caps; percentages as written (5 is 5 %)."""

    stop_loss_pct: Percent | None = Field(
        None, description="Exit when the price is this many percent worse than at the entry signal."
    )
    take_profit_pct: Annotated[Number, Field(gt=0)] | None = Field(
        None,
        description="Exit when the price is this many percent better than at the entry signal.",
    )
    trailing_stop_pct: Percent | None = Field(
        None, description="A stop that follows the closing price at this distance in percent."
    )
    max_positions: Count | None = Field(
        None,
        description="Trades open at once on one side; 1 where not given. Of a portfolio those of "
        "all its symbols together; where not given one for each.",
    )
    max_drawdown_pct: Percent | None = Field(
        None,
        description="Close everything and stop trading when equity is this far below its peak.",
    )


Parameter = Annotated[
    Annotated[Flag, Tag("flag")]
    | Annotated[Integer, Tag("integer")]
    | Annotated[Number, Tag("number")]
    | Annotated[ShortText, Tag("text")]
    | Annotated[ParameterSpec, Tag("spec")],
    Discriminator(_kind),
]
Rule = Annotated[str, StringConstraints(strict=True, max_length=1000)]
Rules = Annotated[tuple[Rule, ...], Field(max_length=50)]


class StrategyDefinition(Value):
    """A strategy's definition, Canonical Schema v2."""

    name: Name = Field(description="The strategy's name; in a repository also its folder's.")
    description: Text = Field(description="What it does and why it should work.")
    version: Annotated[
        str, StringConstraints(strict=True, pattern=SEMVER_PATTERN, max_length=60)
    ] = Field("1.0.0", description="Semantic version; deployed content of a version never changes.")
    schema_version: Literal["2.0.0"] = Field("2.0.0", description="Version of this format.")
    framework: Literal["backtesting.py", "rules", "portfolio"] | None = Field(
        None,
        description="What trades: strategy.py, or the rules; by default rules without code. "
        "portfolio: strategy.py has an algoops.PortfolioStrategy over all `symbols`; without one "
        "the rules trade each of them, with one account.",
    )
    symbol: Symbol | None = Field(None, description="The symbol traded.")
    symbols: Annotated[tuple[Symbol, ...], Field(max_length=100)] = Field(
        (), description="Several symbols, each backtested alone, or of a portfolio together."
    )
    universe: ShortText | None = Field(
        None,
        description="Of a portfolio instead of `symbols`: a CSV file in this folder that says "
        "which symbols could be bought when (symbol,from,to).",
    )
    interval: Annotated[str, StringConstraints(strict=True, pattern=INTERVAL_PATTERN)] | None = (
        Field(None, description="Length of a bar, such as 1d or 1h.")
    )
    period: Annotated[str, StringConstraints(strict=True, pattern=PERIOD_PATTERN)] | None = Field(
        None, description="How far back from the data's end, such as 5y; or `start` and `end`."
    )
    start: IsoDate | None = Field(None, description="First day, YYYY-MM-DD.")
    end: IsoDate | None = Field(None, description="Last day, YYYY-MM-DD.")
    parameters: Annotated[dict[Name, Parameter], Field(max_length=100)] = Field(
        {}, description="Values that rules, indicators and code use by name."
    )
    indicators: Annotated[dict[Name, IndicatorSpec | None], Field(max_length=100)] = Field(
        {}, description="Indicators by name; null is the TA-Lib function of that name."
    )
    entry_rules: Rules = Field(
        (), description="All must hold to enter; `long:` (default) or `short:` in front."
    )
    exit_rules: Rules = Field((), description="All of a side must hold to leave.")
    position_sizing: PositionSizing | None = Field(None, description="How large an entry is.")
    risk_limits: RiskLimits = Field(RiskLimits(), description="Stops and caps.")
    tags: Annotated[tuple[ShortText, ...], Field(max_length=32)] = Field(
        (), description="Words to find it by."
    )
    author: ShortText | None = Field(None, description="Who is responsible.")
    created_at: Timestamp | None = Field(None, description="When it was first written.")
    updated_at: Timestamp | None = Field(None, description="When it was last changed.")
    backtest: BacktestConfig | None = Field(
        None, description="Backtest settings; policy sets floors that these can't lower."
    )


def parameter_values(definition: StrategyDefinition) -> dict[str, ScalarValue]:
    """The values that override the strategy's class attributes: each parameter's default."""
    return {
        name: value.default if isinstance(value, ParameterSpec) else value
        for name, value in definition.parameters.items()
    }
