"""Market data that changes while a strategy is checked on it."""

from dataclasses import replace
from threading import Event

import pytest

from bot.checks.strategy import Asked, Subject, check_strategy
from components.engine.market_data import FolderData
from components.errors import TransientError
from components.schema.results.report import Change
from tests.engine_support import ROOT

SAMPLES = ROOT / "examples" / "data"


class _Changes:
    """The real executor; before its first job somebody replaces a file of bars."""

    def __init__(self, real, change):
        self._real, self._change = real, [change]

    def submit(self, job, *others, **more):
        if self._change:
            self._change.pop()()
        return self._real.submit(job, *others, **more)


@pytest.fixture
def subject():
    folder = ROOT / "examples" / "strategies" / "sma_cross"
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    return Subject("sma_cross", "strategies/sma_cross", Change.ADDED, "1" * 40, files)


def test_no_verdict_belongs_to_bars_that_were_replaced_under_it(world, subject, tmp_path):
    for path in SAMPLES.glob("*.csv"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    spx = tmp_path / "SPX_1d.csv"
    lines = spx.read_text().splitlines(keepends=True)

    def change():
        spx.write_text("".join(lines[:-1]))

    executor = _Changes(world.bench.executor, change)
    bench = replace(world.bench, data=FolderData(tmp_path), executor=executor)
    asked = Asked(lambda _key: None, lambda *_: None, Event())
    with pytest.raises(TransientError, match=r"sma_cross changed while it was checked \(it is"):
        check_strategy(subject, bench, asked)
