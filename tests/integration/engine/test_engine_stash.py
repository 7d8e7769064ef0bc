"""Audited: what one run leaves behind, wherever it leaves it, tells the next run nothing."""

import textwrap

import pytest
from engine_strategies import HEAD
from engine_support import run

from components.schema.results.values import Status

pytestmark = pytest.mark.filterwarnings("ignore")

ORACLE = """
class S(Strategy):
    def init(self):
        closes = [float(c) for c in self.data.Close]
        if len(closes) > len(self.recall() or []):
            self.keep(closes)

    def next(self):
        at, closes = len(self.data), self.recall()
        if at >= len(closes):
            return
        if closes[at] > closes[at - 1] and not self.position.is_long:
            self.position.close()
            self.buy(size=.9)
        elif closes[at] < closes[at - 1] and not self.position.is_short:
            self.position.close()
            self.sell(size=.9)

    def keep(self, closes):
        {keep}

    def recall(self):
        {recall}
"""
PLACES = {
    "logger": (
        "import logging; logging.getLogger('k').kept = closes",
        "import logging; return getattr(logging.getLogger('k'), 'kept', None)",
    ),
    "numpy_error_handler": (
        "np.seterrcall(lambda *a, kept=closes: kept)",
        "f = np.geterrcall(); return f('', 0) if f else None",
    ),
    "pandas_option": (
        "pd.set_option('display.encoding', ' '.join(map(str, closes)))",
        "t = pd.get_option('display.encoding').split(); return list(map(float, t)) if len(t) > 1 else None",
    ),
    "module_that_never_was": (
        "import sys; sys.modules['json.kept'] = closes",
        "import sys; return sys.modules.get('json.kept')",
    ),
    "builtin": (
        "import builtins; builtins.kept = closes",
        "import builtins; return getattr(builtins, 'kept', None)",
    ),
    "class_of_the_package": (
        "Strategy.kept = closes",
        "return getattr(Strategy, 'kept', None)",
    ),
    "environment": (
        "import os; os.environ['KEPT'] = ' '.join(map(str, closes))",
        "import os; t = os.environ.get('KEPT'); return t and list(map(float, t.split()))",
    ),
    "random_state": (
        "import random; random.kept = closes; np.random.seed(1)",
        "import random; return getattr(random, 'kept', None)",
    ),
    "context_of_decimal": (
        "import decimal; decimal.DefaultContext.Emax = 999; decimal.kept = closes",
        "import decimal; return getattr(decimal, 'kept', None)",
    ),
}
IN_FILES = {
    "file": (
        "open('/tmp/kept', 'w').write(' '.join(map(str, closes)))",
        """
import os
if os.path.exists('/tmp/kept'):
    return list(map(float, open('/tmp/kept').read().split()))
""",
    ),
    "folder_that_nobody_may_read": (
        """
import os
os.umask(0)
os.makedirs('/tmp/k/' + 'd/' * 3, exist_ok=True)
open('/tmp/k/d/kept', 'w').write(' '.join(map(str, closes)))
os.chmod('/tmp/k/d', 0)
os.chmod('/tmp/k', 0)
""",
        """
import os
if os.path.exists('/tmp/k'):
    os.chmod('/tmp/k', 0o700)
    os.chmod('/tmp/k/d', 0o700)
    return list(map(float, open('/tmp/k/d/kept').read().split()))
""",
    ),
}


def _oracle(keep, recall):
    indented = (
        textwrap.indent(textwrap.dedent(t).strip(), " " * 8).strip() for t in (keep, recall)
    )
    return HEAD + ORACLE.format(**dict(zip(("keep", "recall"), indented, strict=True)))


def _assert_caught(result):
    assert result.metrics is not None, result.traceback or result.message
    assert result.metrics.return_pct > 1_000  # it did know the next close
    assert result.status is Status.FAILED
    assert result.lookahead[0].rule == "lookahead"
    assert "trades otherwise" in result.message
    assert result.looked_at == ""


@pytest.mark.parametrize("place", PLACES)
def test_future_kept_in_a_library_is_found_when_audited(place, market):
    _assert_caught(run(_oracle(*PLACES[place]), market, end="2006-06-30", causality="audited"))


@pytest.mark.parametrize("place", IN_FILES)
def test_future_kept_in_a_file_of_the_sandbox_is_found_when_audited(place, market, wall):
    oracle = _oracle(*IN_FILES[place])
    _assert_caught(run(oracle, market, end="2006-06-30", causality="audited", sandbox=wall))


def test_process_left_behind_for_the_next_run_is_gone(market, wall):
    keep = """
import os, socket
if not hasattr(os, 'kept') and os.fork() == 0:
    try:
        s = socket.socket(socket.AF_UNIX)
        s.bind(chr(0) + 'kept')
        s.listen(9)
        while True:
            c, _ = s.accept()
            c.sendall(' '.join(map(str, closes)).encode())
            c.close()
    finally: os._exit(0)
os.kept = self.held = closes
"""
    recall = """
import socket
with socket.socket(socket.AF_UNIX) as s:
    try: s.connect(chr(0) + 'kept')
    except OSError: return getattr(self, 'held', None)
    return list(map(float, s.makefile().read().split()))
"""
    how = {"end": "2004-12-31", "causality": "audited", "sandbox": wall}
    result = run(_oracle(keep, recall), market, **how)
    assert result.status is Status.FAILED
    assert result.lookahead[0].rule == "lookahead", result.message


def test_streamed_oracle_gains_nothing_from_what_it_keeps(market):
    result = run(_oracle(*PLACES["logger"]), market, end="2006-06-30")
    assert result.metrics.return_pct < 200  # with all bars at hand: millions


def test_what_replays_print_is_not_in_the_log(market, wall):
    source = HEAD + (
        "class S(Strategy):\n"
        "    def init(self): print('once')\n"
        "    def next(self):\n"
        "        if len(self.data) % 50 == 9: self.buy(size=1)\n"
    )
    result = run(source, market, end="2005-06-30", causality="audited", sandbox=wall)
    assert (result.status, result.stdout) == (Status.PASSED, "once\n")
    assert "orders are the same where later bars are withheld" in result.looked_at
