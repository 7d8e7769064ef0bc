"""Three years of the examples' bars: for tests of what becomes of a verdict, not of how it comes."""

import shutil
from pathlib import Path

from bot.config.settings import PROJECT

FIRST, COUNT = 2_250, 800
"""From 2007-12-13 to 2011-02-15: `sma_cross` earns enough in them, and its improved version too."""

FEWEST = 'metric: trades, op: ">=", value: '


def few_bars(folder: Path, first: int = FIRST, count: int = COUNT) -> dict[str, object]:
    """Write bars and policies beside a configuration; what it says of them.

    A check of `sma_cross` on two symbols of 5,031 bars takes some five CPU seconds more.
    """
    bars, risk = folder / "bars", folder / "policies" / "risk.yaml"
    bars.mkdir()
    for file in (PROJECT / "examples" / "data").glob("*.csv"):
        head, *rows = file.read_text().splitlines(keepends=True)
        (bars / file.name).write_text("".join([head, *rows[first : first + count]]))
    if not risk.exists():
        shutil.copytree(PROJECT / "policies", risk.parent)
    text = risk.read_text()
    assert f"{FEWEST}10" in text
    risk.write_text(text.replace(f"{FEWEST}10", f"{FEWEST}2"))
    return {"data": {"dir": bars.name}, "policies": risk.parent.name}
