"""`algoops schema` and `algoops validate schema|config` as commands, some as real processes."""

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from backtesting import Backtest

from components.sandbox.guest.rules.strategy import build_strategy
from components.schema.definition.check import check_definition, validate_mapping
from components.schema.policies.schema import SchemaPolicy
from tests.cli_support import as_process, in_process

ROOT = Path(__file__).parents[3]
VALID = """name: dip
description: buys dips
indicators: {rsi: {type: RSI, timeperiod: 14}}
entry_rules: [rsi < 30]
exit_rules: [rsi > 60]
"""


def algoops(*arguments, stdin="", cwd=ROOT, run=in_process):
    return run(*arguments, stdin=stdin.encode(), cwd=cwd)


def test_valid_definition_on_standard_input_exits_0():
    done = algoops("validate", "schema", "-", stdin=VALID, run=as_process)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"valid definition" in done.stdout


def test_faulty_definition_shows_line_caret_and_hint_and_exits_1(tmp_path):
    file = tmp_path / "strategy.yaml"
    file.write_text(VALID.replace("[rsi < 30]", "\n  - rsj[1] < 30\n  - rsi < 30"))
    done = algoops("validate", "schema", str(file))
    lines = done.stdout.decode().splitlines()
    assert done.returncode == 1
    assert lines[0].startswith(f"{file}:5:5: error: entry_rules[0]: `rsj` is not")
    assert lines[0].endswith("[unknown-name]")
    assert lines[1:4] == ["      - rsj[1] < 30", "        ^^^", "    hint: did you mean `rsi`?"]


def test_json_format_is_one_document_and_nothing_else(tmp_path):
    file = tmp_path / "strategy.json"
    file.write_text('{"name": "x"}')
    done = algoops("validate", "schema", str(file), "--format", "json")
    document = json.loads(done.stdout)
    assert done.returncode == 1
    assert document["status"] == "failed"
    assert [f["rule"] for f in document["findings"]] == ["missing-field"]


def test_strategy_in_its_folder_is_bound_to_the_folder(tmp_path):
    folder = tmp_path / "strategies" / "other"
    folder.mkdir(parents=True)
    (folder / "strategy.yaml").write_text(VALID)
    done = algoops("validate", "schema", str(folder / "strategy.yaml"), "--format", "json")
    assert [f["rule"] for f in json.loads(done.stdout)["findings"]] == ["folder-name"]


def test_policy_of_the_configuration_is_asked(tmp_path):
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies/schema.yaml").write_text("required: [author]\n")
    (tmp_path / "config.yaml").write_text("policies: policies\n")
    done = algoops("validate", "schema", "-", "--format", "json", stdin=VALID, cwd=tmp_path)
    assert [f["message"] for f in json.loads(done.stdout)["findings"]] == [
        "`author` is required here"
    ]


def test_broken_policy_is_an_operators_error_that_names_it_and_exits_2(tmp_path):
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies/schema.yaml").write_text("requird: [author]\n")
    (tmp_path / "config.yaml").write_text("policies: policies\n")
    done = algoops("validate", "schema", "-", stdin=VALID, cwd=tmp_path)
    assert done.returncode == 2
    assert b"schema.yaml:1:1: `requird` is not a field (did you mean `required`?)" in done.stderr


def test_endless_file_is_refused_by_its_size():
    done = algoops("validate", "schema", "/dev/zero", "--format", "json")
    assert done.returncode == 1
    assert [f["rule"] for f in json.loads(done.stdout)["findings"]] == ["too-large"]


@pytest.mark.parametrize("what", ["schema", "config"])
def test_file_that_is_not_there_exits_2(what):
    done = algoops("validate", what, "nowhere.yaml", run=as_process)
    assert done.returncode == 2
    assert b"nowhere.yaml" in done.stderr


def test_config_is_validated_with_warnings_and_exits_0():
    done = algoops("validate", "config", "-", "--format", "json", stdin="margin: 0.05\n")
    assert done.returncode == 0
    rules = [f["rule"] for f in json.loads(done.stdout)["findings"]]
    assert sorted(rules) == ["no-commission", "thin-margin"]


def test_faulty_config_exits_1():
    done = algoops("validate", "config", "-", stdin="margn: 0.05\n")
    assert done.returncode == 1
    assert b"did you mean `margin`?" in done.stdout


def test_hostile_text_reaches_no_terminal(tmp_path):
    done = algoops("validate", "schema", "-", stdin='name: "\\e]0;owned\\a\\e[31m"\n"[bold]x": 1\n')
    assert done.returncode == 1
    assert b"\x1b" not in done.stdout
    assert b"\x07" not in done.stdout
    assert b"[bold]x" in done.stdout


@pytest.mark.parametrize(
    ("option", "has"),
    [
        ((), "entry_rules"),
        (("--report",), "strategies"),
        (("--backtest-config",), "margin"),
        (("--result",), "metrics"),
    ],
)
def test_schema_is_printed_as_one_json_document(option, has):
    done = algoops("schema", *option)
    assert done.returncode == 0
    assert has in json.loads(done.stdout)["properties"]


def test_schema_beside_the_examples_is_the_printed_one():
    done = algoops("schema", run=as_process)
    assert (ROOT / "examples/strategy.schema.json").read_bytes() == done.stdout


OLD = {
    "title": "Dip",
    "steps": [
        {"order": 1, "action": "buy", "condition": "RSI(14) is below 30", "exit": "RSI(14) > 60"}
    ],
}


def test_migrated_document_passes_validation(tmp_path):
    old, new = tmp_path / "old.json", tmp_path / "new.yaml"
    old.write_text(json.dumps(OLD))
    assert algoops("schema", "migrate", str(old), "--output", str(new)).returncode == 0
    assert algoops("validate", "schema", str(new)).returncode == 0


def test_migration_lists_what_it_left_out_on_stderr_and_exits_1():
    document = {**OLD, "mood": "good"}
    done = algoops("schema", "migrate", "-", stdin=json.dumps(document))
    assert done.returncode == 1
    assert b"not converted: mood: 'good'" in done.stderr
    assert b"entry_rules" in done.stdout


def test_document_that_is_no_version_1_exits_2():
    done = algoops("schema", "migrate", "-", stdin=VALID, run=as_process)
    assert done.returncode == 2
    assert b"no list of `steps`" in done.stderr
    assert done.stdout == b""


EVERYTHING = """name: everything
description: every part of the rule language and every limit at once
parameters: {n: {default: 20, min: 5, max: 50}, careful: true}
indicators:
  bands: {type: BBANDS, length: $n, std: 1.5}
  rsi: {type: RSI, timeperiod: 5}
  smooth: {type: EMA, source: rsi, timeperiod: 3}
entry_rules:
  - close < bands.lower or crossover(smooth, 30)
  - careful and not falling(close, 4)
  - "short: close > bands.upper and barssince(smooth < 40) > 5"
exit_rules:
  - close > bands.middle and close > highest(high, 3)[-1]
  - "short: smooth < 50"
position_sizing: {method: equity_fraction, value: 0.3}
risk_limits:
  {stop_loss_pct: 6, take_profit_pct: 8, trailing_stop_pct: 5, max_positions: 3, max_drawdown_pct: 9}
"""
EXAMPLES = ("golden_cross_rules", "rsi_pullback")


def definition_of(name: str) -> str:
    if name in EXAMPLES:
        return (ROOT / "examples/strategies" / name / "strategy.yaml").read_text(encoding="utf-8")
    return EVERYTHING


@pytest.mark.parametrize("causality", ["streamed", "audited"])
@pytest.mark.parametrize("name", [*EXAMPLES, "everything"])
def test_rules_trade_in_the_sandbox_as_they_do_under_plain_backtesting(name, causality, tmp_path):
    text = definition_of(name)
    checked = check_definition(
        text.encode(), "strategy.yaml", folder=name, has_code=False, policy=SchemaPolicy()
    )
    assert checked.findings == ()
    frame = pd.read_csv(ROOT / "examples/data/SPX_1d.csv", index_col=0, parse_dates=True)
    plain = Backtest(
        frame.loc["2008-01-01":"2012-12-31"],
        build_strategy(checked.rules),
        cash=50_000,
        commission=0.001,
        spread=0.0005,
        finalize_trades=True,
    ).run()
    config = {
        "initial_capital": 50_000,
        "commission": 0.001,
        "slippage": 0.0005,
        "start": "2008-01-01",
        "end": "2012-12-31",
    }
    (tmp_path / "backtest.json").write_text(json.dumps(config))
    settings = {
        "engine": {"causality": causality},
        "data": {"dir": str(ROOT / "examples/data")},
        "executor": {"workers": 1},
        "sandbox": {"warm": 0},
    }
    (tmp_path / "config.yaml").write_text(json.dumps(settings))
    folder = tmp_path / "strategies" / name
    folder.mkdir(parents=True)
    (folder / "strategy.yaml").write_text(text)
    done = algoops(
        "backtest", str(folder), "--backtest-config", str(tmp_path / "backtest.json"),
        "--symbol", "SPX", "--format", "json", "--config", str(tmp_path / "config.yaml"),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    trades = json.loads(done.stdout)["trades"]
    expected = plain["_trades"]
    assert [(t["entry_bar"], t["exit_bar"], t["size"]) for t in trades] == [
        (row.EntryBar, row.ExitBar, row.Size) for row in expected.itertuples()
    ]
    assert len(trades) >= 2
    assert json.loads(done.stdout)["metrics"]["equity_final"] == pytest.approx(
        plain["Equity Final [$]"], abs=1e-9
    )


def test_reading_definitions_loads_no_market_library():
    code = (
        "import sys\n"
        "from components.schema.definition.check import validate_mapping\n"
        "import components.schema.jsonschema, components.schema.migrate.steps\n"
        "validate_mapping({'name': 'x'})\n"
        "heavy = {'pandas', 'numpy', 'talib', 'backtesting', 'bokeh'} & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, timeout=120, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr


def test_same_body_and_file_have_the_same_findings():
    body = {"name": "x", "description": "", "framework": "rules", "entry_rules": ["clsoe > 1"]}
    by_file = check_definition(
        json.dumps(body).encode(), "s.json", folder=None, has_code=None, policy=SchemaPolicy()
    )
    by_body = validate_mapping(body)
    said = [[(f.rule, f.message) for f in checked.findings] for checked in (by_file, by_body)]
    assert sorted(said[0]) == sorted(said[1])
