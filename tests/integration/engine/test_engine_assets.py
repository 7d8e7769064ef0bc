"""Data files in the strategy's folder: `self.asset("levels.csv")`, and nothing in them is run."""

import io
import pickle

import numpy as np
import pytest

from components.schema.results.values import Status
from components.validator import check_code
from tests.engine_support import run, write_data

STRATEGY = """
from backtesting import Strategy
class Levels(Strategy):
    def init(self):
        self.level = {level}
    def next(self):
        if self.data.Close[-1] > self.level and not self.position:
            self.buy()
"""
SPAN = {"start": "2004-08-19", "end": "2005-02-19"}


def arrays(**values):
    out = io.BytesIO()
    np.savez(out, **values)
    return out.getvalue()


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_data(tmp_path_factory.mktemp("data"))


@pytest.mark.parametrize("causality", ["streamed", "audited"])
@pytest.mark.parametrize(
    ("name", "content", "level"),
    [
        ("levels.csv", b"name,level\na,120\n", 'self.asset("levels.csv").level[0]'),
        ("levels.json", b'{"a": [1, 120]}', 'self.asset("levels.json")["a"][1]'),
        ("model/w.npz", arrays(w=np.array([120.0])), 'self.asset("model/w.npz")["w"][0]'),
    ],
)
def test_data_file_of_the_folder_is_read(data, name, content, level, causality):
    source = STRATEGY.format(level=level)
    ours = run(source, data, files={name: content}, causality=causality, **SPAN)
    same = run(STRATEGY.format(level="120"), data, causality=causality, **SPAN)
    assert ours.status is Status.PASSED, ours.message
    assert ours.trades == same.trades != ()


def test_change_of_what_was_read_is_not_seen_by_the_next_init(data):
    level = 'self.asset("l.json").pop() if len(self.asset("l.json")) == 2 else 1 / 0'
    ours = run(STRATEGY.format(level=level), data, files={"l.json": b"[1, 120]"}, **SPAN)
    assert ours.status is Status.PASSED, ours.message


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("w.npz", arrays(w=np.array([object()], dtype=object)), "allow_pickle=False"),
        ("../../etc/passwd.csv", b"", "there is no data file"),
        ("/etc/passwd", b"", "there is no data file"),
        ("w.pkl", pickle.dumps(1), "there is no data file 'w.pkl'"),
    ],
)
def test_pickles_and_files_outside_of_the_folder_are_refused(data, name, content, words):
    files = {} if name.startswith((".", "/")) else {name: content}
    ours = run(STRATEGY.format(level=f"self.asset({name!r})"), data, files=files, **SPAN)
    assert ours.status is Status.FAILED
    assert words in ours.message


def test_use_of_a_data_file_is_a_warning_of_the_code_check(code_policy):
    source = STRATEGY.format(level='self.asset("l.csv").x[0]').encode()
    found = check_code({"strategy.py": source}, policy=code_policy).findings
    assert [(f.rule, f.severity) for f in found if f.rule.startswith("asset")] == [
        ("asset-unseen", "warning")
    ]
    assert not [f for f in found if f.severity == "error"]


@pytest.fixture
def code_policy(request):
    from components.schema.policies.code import CodePolicy
    from components.schema.policies.file import load_policy

    return load_policy(request.config.rootpath / "policies" / "code.yaml", CodePolicy)
