"""`algoops sweep` and `algoops worker` as commands, in a real sandbox."""

import itertools
import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from executor_support import CONFIG, PROJECT

from bot.config.settings import load
from bot.sweep.grid import Kept
from components.state import DATABASE, Store
from components.state.tables.tries import Of
from tests.cli_support import as_process, in_process

pytestmark = pytest.mark.usefixtures("forked_workers")
SMA = str(PROJECT / "examples" / "strategies" / "sma_cross")


@pytest.fixture
def algoops(tmp_path):
    text = CONFIG.replace("POLICIES", str(PROJECT / "policies"))
    (tmp_path / "config.yaml").write_text(
        text.replace("nowhere", str(PROJECT / "examples" / "data"))
        + "executor: {kind: local, workers: 1}\n"
    )

    def call(*arguments, run=in_process):
        done = run(*arguments, "--config", tmp_path / "config.yaml")
        done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()
        return done

    return call


def test_sweep_draws_ranks_warns_and_goes_on_where_it_was(algoops, tmp_path):
    asked = ("sweep", SMA, "--set", "slow=150,200", "--start", "2005-01-01")
    first = algoops(*asked, "--set", "fast=20", "--format", "json", run=as_process)
    assert (first.returncode, first.stderr) == (0, "")
    document = json.loads(first.stdout)
    assert (document["reused"], len(document["cells"])) == (0, 2)
    ranked = [c["metrics"]["sharpe"] for c in document["cells"]]
    assert document["best"]["metrics"]["sharpe"] == max(ranked)
    assert 0 <= document["deflated_sharpe"]["probability"] <= 1
    assert "not counted as tries" in document["counted"]
    load_state(tmp_path).close()
    picture = tmp_path / "heat.png"
    more = algoops(*asked, "--set", "fast=20,30", "--plot", str(picture), run=as_process)
    assert more.returncode == 0
    assert "4 passed; 2 known before" in more.stdout
    assert "trials" in more.stdout
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert "its tries are counted for local" in more.stdout
    with load_state(tmp_path) as store:  # what was known before had no ledger to go into
        assert store.tries.family(Of("local", "sma_cross", "SPX", "1d"), "data").tries == 2
        assert store.tries.verify() is None


@pytest.mark.parametrize(
    ("name", "values"), [("rotation", "hold=1,2"), ("trend_rules", "slow=150,200")]
)
def test_sweep_of_a_portfolio_counts_each_set_as_a_try_of_all_its_symbols(
    algoops, tmp_path, name, values
):
    load_state(tmp_path).close()
    folder = PROJECT / "examples/portfolio" / name
    done = algoops("sweep", folder, "--set", values, "--start", "2016-01-01", "--format", "json")
    document = json.loads(done.stdout)
    assert (done.returncode, document["symbol"]) == (0, "IXIC+SPX")
    cells = [cell["metrics"] for cell in document["cells"]]
    assert len({cell["return_pct"] for cell in cells}) == len(cells) == 2
    with load_state(tmp_path) as store:
        assert store.tries.family(Of("local", name, "IXIC+SPX", "1d"), "data").tries == 2


def load_state(folder):
    """The database that the daemon of this configuration has."""
    return Store(load(folder / "config.yaml", env={}).state.dir / DATABASE)


def test_sweep_into_a_log_tells_each_tenth_and_ctrl_c_says_how_to_go_on(algoops, monkeypatch):
    add = Kept.add

    def add_and_press_ctrl_c(kept, cell):
        add(kept, cell)
        if pressed and next(pressed) == 5:
            raise KeyboardInterrupt

    asked = ("sweep", SMA, "--set", "fast=11:20:1", "--set", "slow=150", "--start", "2015-01-01")
    monkeypatch.setattr(Kept, "add", add_and_press_ctrl_c)
    pressed = itertools.count(1)
    stopped = algoops(*asked)
    assert stopped.returncode != 0
    assert "Stopped: 5 of 10 results are kept in" in stopped.stderr
    assert "The same command goes on from there." in stopped.stderr
    pressed = None
    more = algoops(*asked)
    assert more.returncode == 0
    assert "Sweeping: 10 of 10\n" in more.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--set", "fsat=1:5:1"), "`fsat` is not a parameter"),
        (("--set", "fast=1000"), "fast"),
        (("--set", "fast=5:1:1"), "first <= last"),
        (("--set", "fast=20", "--by", "luck"), "--by 'luck' is no metric"),
        (("--set", "fast=20", "--plot", "map.gif"), ".png or .svg"),
    ],
)
def test_sweep_asked_for_wrongly_says_what_to_change(algoops, arguments, said):
    ended = algoops("sweep", SMA, *arguments)
    assert ended.returncode == 2
    assert said in ended.stderr
    assert "bug" not in ended.stderr


def test_worker_refuses_what_is_no_address(algoops):
    ended = algoops("worker", "127.0.0.1:8786", run=as_process)
    assert ended.returncode == 2
    assert "write it as tcp://HOST:8786" in ended.stderr


PEEKS = """
from backtesting import Strategy

class Peeks(Strategy):
    ahead = 1
    def init(self):
        close = self.data.Close.s
        self.later = self.I(lambda: close.shift(-self.ahead), name="later")
    def next(self):
        if self.later[-1] > self.data.Close[-1] and not self.position:
            self.buy()
        elif self.later[-1] < self.data.Close[-1]:
            self.position.close()
"""


def test_large_sweep_of_a_strategy_that_sees_the_future_names_no_best_cell(algoops, tmp_path):
    (tmp_path / "peeks.py").write_text(PEEKS)
    asked = ("sweep", tmp_path / "peeks.py", "--symbol", "SPX", "--start", "2017-01-01")
    ended = algoops(*asked, "--set", "ahead=1:12:1", "--format", "json")
    document = json.loads(ended.stdout)
    assert (ended.returncode, document["best"]) == (1, None)
    looked_at = [cell for cell in document["cells"] if cell["confirmed"]]
    assert len(looked_at) == 10
    assert all("uses future bars" in cell["message"] for cell in looked_at)


def test_large_sweep_ranks_all_cells_and_runs_the_best_again_bar_by_bar(algoops):
    asked = ("sweep", SMA, "--symbol", "SPX", "--set", "slow=150:210:10", "--set", "fast=20,30")
    ended = algoops(*asked, "--start", "2014-01-01", "--format", "json")
    document = json.loads(ended.stdout)
    confirmed = [cell["confirmed"] for cell in document["cells"]]
    assert (ended.returncode, sum(confirmed), len(confirmed)) == (0, 10, 14)
    ranks = [cell["metrics"]["sharpe"] for cell in document["cells"] if not cell["confirmed"]]
    assert document["best"]["confirmed"]
    assert document["best"]["metrics"]["sharpe"] >= max(ranks)
    again = algoops(*asked, "--start", "2014-01-01")
    assert "24 known before" in again.stdout
    assert "the best 10 were run again bar by bar" in again.stdout
