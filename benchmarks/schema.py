"""How fast definitions are read: whole checks a second, one cold command, bombs refused.

Run as `python -m benchmarks.schema [--json FILE]`. Figures are the best of several rounds, in one
process and thread; CPU time inside the process (a busy machine doesn't change it), wall time for
whole processes.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import yaml

from components.schema.definition.check import check_definition, validate_mapping
from components.schema.documents.reader import read_document
from components.schema.documents.writer import to_yaml
from components.schema.jsonschema import Published, json_schema
from components.schema.policies.schema import SchemaPolicy

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 5
POLICY = SchemaPolicy()
DEFINITION = {
    "name": "golden_cross",
    "description": "Long while the fast average is above the slow one.",
    "version": "1.0.0",
    "schema_version": "2.0.0",
    "framework": "rules",
    "symbol": "SPX",
    "interval": "1d",
    "parameters": {
        "fast": {"default": 50, "min": 10, "max": 100, "step": 5},
        "slow": {"default": 200, "min": 100, "max": 300, "step": 10},
        "oversold": 35,
    },
    "indicators": {
        "sma_fast": {"type": "SMA", "source": "close", "timeperiod": "$fast"},
        "sma_slow": {"type": "SMA", "source": "close", "timeperiod": "$slow"},
        "rsi": {"type": "RSI", "timeperiod": 14},
        "macd": {"type": "MACD"},
    },
    "entry_rules": [
        "crossover(sma_fast, sma_slow) or (close > sma_slow and rsi < oversold)",
        "macd.hist > macd.hist[-1]",
    ],
    "exit_rules": ["crossunder(sma_fast, sma_slow) or close < lowest(low, 20)[-1]"],
    "position_sizing": {"method": "equity_fraction", "value": 0.95},
    "risk_limits": {"stop_loss_pct": 10},
    "tags": ["trend", "long"],
}
YAML = to_yaml(DEFINITION).encode()
JSON = json.dumps(DEFINITION).encode()
FAULTY = YAML.replace(b"rsi <", b"rsj <").replace(b"version", b"verzion")
BOMB = b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (65 + i, 65 + i, b",".join([b"*%c" % (64 + i) if i else b"*a"] * 9))
    for i in range(8)
)


def check(data: bytes, file: str) -> None:
    """One whole check, as the bot does it for a strategy without code."""
    check_definition(data, file, folder="golden_cross", has_code=False, policy=POLICY)


SHAPE = jsonschema.Draft202012Validator(json_schema(Published.DEFINITION))

CASES: dict[str, Callable[[], object]] = {
    "check a YAML definition": lambda: check(YAML, "strategy.yaml"),
    "check a JSON definition": lambda: check(JSON, "strategy.json"),
    "check decoded values (HTTP)": lambda: validate_mapping(DEFINITION),
    "check a faulty definition": lambda: check(FAULTY, "strategy.yaml"),
    "read the YAML alone": lambda: read_document(YAML, "strategy.yaml"),
    "instead: PyYAML alone, nothing checked": lambda: yaml.safe_load(YAML),
    "instead: PyYAML and JSON Schema, no rules": lambda: SHAPE.validate(yaml.safe_load(YAML)),
    "refuse a billion laughs": lambda: read_document(BOMB, "strategy.yaml"),
    "refuse 256 KiB of brackets": lambda: read_document(b"[" * 262_144, "strategy.yaml"),
    "read 250 KiB of one text": lambda: read_document(b"a: " + b"x" * 250_000, "strategy.yaml"),
}


def per_call(work: Callable[[], object]) -> float:
    """Seconds of CPU of one call: the best round of enough calls to take about a tenth."""
    begun = time.process_time()
    work()
    count = max(1, int(0.1 / max(time.process_time() - begun, 1e-5)))
    best = float("inf")
    for _ in range(ROUNDS):
        begun = time.process_time()
        for _ in range(count):
            work()
        best = min(best, (time.process_time() - begun) / count)
    return best


def cold(arguments: list[str], stdin: bytes = b"") -> float:
    """Seconds of a whole process: interpreter, imports, work; the best of three."""
    best = float("inf")
    for _ in range(3):
        begun = time.perf_counter()
        subprocess.run(arguments, input=stdin, capture_output=True, check=False)
        best = min(best, time.perf_counter() - begun)
    return best


def processes() -> dict[str, float]:
    """Whole processes: what of a cold check is start-up, and what is the check."""
    code = (
        "import sys; from components.schema.definition.check import check_definition;"
        "from components.schema.policies.schema import SchemaPolicy;"
        "check_definition(sys.stdin.buffer.read(), 's.yaml', folder=None, has_code=False,"
        " policy=SchemaPolicy())"
    )
    algoops = str(Path(sys.executable).with_name("algoops"))
    return {
        "process: python": cold([sys.executable, "-c", "pass"]),
        "process: the schema modules and one check": cold([sys.executable, "-c", code], YAML),
        "process: algoops --help": cold([algoops, "--help"]),
        "process: algoops validate schema -": cold([algoops, "validate", "schema", "-"], YAML),
    }


def main() -> None:
    """Print the table; write it as JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    figures = {name: per_call(work) for name, work in CASES.items()} | processes()
    for name, seconds in figures.items():
        print(f"{name:45} {seconds * 1000:10.3f} ms {1 / seconds:12,.0f} /s")
    if options.json:
        rows = {name: {"seconds": seconds} for name, seconds in figures.items()}
        options.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
