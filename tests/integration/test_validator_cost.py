"""A hostile file costs little: each is judged in a process of its own that may use little."""

import json

import pytest

from tests.warm_support import Command

LIMIT_MB = 150
"""Above what the process has loaded."""
CPU_S = 5
"""Ten times what is promised: a slow machine may be that slow, an explosion is far beyond."""

CHILD = """
import json, re, resource, sys, time
from pathlib import Path
from components.schema.policies.code import CodePolicy
from components.schema.policies.file import load_policy
from components.validator import check_source
def memory_mb(what):
    return int(re.search(what + r":\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024
policy = load_policy(Path(sys.argv[3]), CodePolicy)
check_source(b"import os", policy=policy)
content = Path(sys.argv[1]).read_bytes()
resource.setrlimit(resource.RLIMIT_CPU, (int(sys.argv[2]) + 60, int(sys.argv[2]) + 60))
before, start = memory_mb("VmRSS"), time.process_time()
safe = check_source(content, policy=policy).safe
print(json.dumps({
    "safe": safe,
    "cpu_s": time.process_time() - start,
    "peak_mb": memory_mb("VmHWM") - before,
}))
"""
N = 131_000
HOSTILE = {
    "statements": b"a;" * (N // 2),
    "lines": b"a\n" * (N // 2),
    "tuple": b"a," * (N // 2),
    "fields_of_one_fstring": b'f"' + b"{a}" * (N // 3) + b'"',
    "strings": b'"" ' * (N // 3),
    "assignments": b"a=" * (N // 2) + b"a",
    "attribute_chain": b"a" + b".a" * (N // 2),
    "sum": b"a" + b"+a" * (N // 2),
    "calls": b"a" + b"()" * (N // 2),
    "comparisons": b"a" + b"<a" * (N // 2),
    "unary": b"~" * N + b"a",
    "lambdas": b"lambda:" * (N // 7) + b"a",
    "elifs": b"if a:b\n" + b"elif a:b\n" * (N // 9),
    "decorators": b"@a\n" * (N // 3) + b"def f():0",
    "imports": b"import os\n" * (N // 10),
    "findings": b"eval;" * (N // 5),
    "dunders": b"a.__b__;" * (N // 8),
    "aliases": b"".join(b"a%d=a%d\n" % (i + 1, i) for i in range(9_000)),
    "alias_web": b"import numpy as a0\n"
    + b"".join(b"a%d=a%d\na%d=a0\n" % (i + 1, i, i) for i in range(4_000)),
    "same_name": b"import numpy as a\n" + b"a=a\n" * 12_000,
    "texts": b"t='a'\n" * 9_000 + b"t.format()\n" * 3_000,
    "products": b"x=" + b"*".join([b"9"] * 900) + b"\n",
    "products_many": (b"x=" + b"*".join([b"9"] * 80) + b"\n") * 200,
    "loops": b"".join(b" " * i + b"while 1:\n" for i in range(90)) + b" " * 90 + b"pass\n",
    "classes": b"".join(b"class A%d(A%d): pass\n" % (i + 1, i) for i in range(3_000)),
    "classes_in_a_circle": b"from backtesting import Strategy\nclass A(Strategy): pass\n"
    b"class B(A): pass\nclass A(B): pass\n",
    "notebook_lines": b"from backtesting import Backtest, Strategy\nclass S(Strategy): pass\n"
    + b"a=bt\n" * 24_000
    + b"bt=Backtest()\n",
    "notebook_imports": b"class S(Strategy): pass\nimport yfinance as a\n" + b"a=a\n" * 12_000,
    "private": b"class A:\n def f(self):\n" + b"  self._a=1;self._b\n" * 3_000,
    "aggregations": b"x={}\n" + b"x['a']='mean'\n" * 2_000 + b"d.agg(x)\n" * 500,
    "annotations": b"def f(" + b",".join(b"a%d:'b(c)'" % i for i in range(3_000)) + b"):0",
    "brackets": b"(" * N,
    "nul": b"\0" * N,
    "big_integer": b"x=0x" + b"f" * (N - 10),
    "open_quotes": b"'''" + b'"""' * (N // 3),
    "quotes_and_backslashes": b"'\\" * (N // 2),
    "comments_in_brackets": b"([{#\n" * (N // 5),
    "unicode": "ä".encode() * (N // 2),
    "lookalikes": "\uff41 ".encode() * (N // 4),
    "huge": b"x" * 10_000_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_file_costs_little_time_and_memory(name, tmp_path, request):
    file = tmp_path / "strategy.py"
    file.write_bytes(HOSTILE[name])
    policy = request.config.rootpath / "policies/code.yaml"
    done = Command(file, CPU_S, policy, code=CHILD).finish()
    assert done.returncode == 0, done.stderr[-500:]
    cost = json.loads(done.stdout)
    assert cost["cpu_s"] < CPU_S
    assert cost["peak_mb"] < LIMIT_MB
