"""`algoops new`: notebooks and scripts as people write them, and files that are neither."""

import ast
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from bot.cli import app, load
from bot.cli.notebook import drafted, said_by
from bot.config.settings import PROJECT
from components.errors import UserError
from components.schema.definition.check import check_definition
from components.schema.documents.reader import read_document
from components.schema.policies.schema import SchemaPolicy
from components.schema.results.values import CheckName
from components.validator.analysis.notebook import runnable

EXAMPLES = PROJECT / "examples" / "first_hour"
CLASS = "class One(Strategy):\n    n = 5\n    share = 0.5\n    name = 'x'\n    _own = 3\n    on = True\n"
load(["new"])


def notebook(*cells, **more):
    made = [{"cell_type": "code", "source": cell.splitlines(keepends=True)} for cell in cells]
    return json.dumps({"cells": made, "nbformat": 4, **more}).encode()


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "400")
    return lambda *words: CliRunner().invoke(app, ["new", *map(str, words)])


def made(run, tmp_path, content, *words, name="one"):
    source = tmp_path / "mine.ipynb"
    source.write_bytes(content)
    done = run(name, "--from", source, *words)
    assert done.exit_code == 0, done.output
    folder = tmp_path / "strategies" / name
    definition = (folder / "strategy.yaml").read_bytes()
    checked = check_definition(
        definition, "strategy.yaml", folder=name, has_code=True, policy=SchemaPolicy()
    )
    assert checked.definition is not None, checked.findings
    value = read_document(definition, "strategy.yaml", check=CheckName.SCHEMA).value
    return value, (folder / "strategy.py").read_text(), done.output


@pytest.mark.parametrize(
    ("name", "words", "bars", "backtest"),
    [
        ("ma_trend", (), ("MSFT", "1d"), {"initial_capital": 100_000, "commission": 0.002}),
        (
            "rsi_reversal",
            ("--symbol", "EURUSD", "--interval", "1h"),
            ("EURUSD", "1h"),
            {"initial_capital": 50_000, "commission": 0.0001, "exclusive_orders": True},
        ),
        (
            "breakout",
            ("--symbol", "BTC/USDT", "--interval", "240m"),
            ("BTC-USDT", "240m"),
            {
                "initial_capital": 10_000,
                "commission": {"fixed": 0, "pct": 0.001},
                "unit": 1e-8,
            },
        ),
    ],
)
def test_notebook_is_a_strategy_with_its_symbol_costs_and_parameters(
    name, words, bars, backtest, run, tmp_path
):
    content = (EXAMPLES / f"{name}.ipynb").read_bytes()
    definition, code, _ = made(run, tmp_path, content, *words, name=name)
    assert (definition["symbol"], definition["interval"]) == bars
    assert definition["backtest"] == backtest
    assert len(definition["parameters"]) >= 2
    run_here = runnable({"strategy.py": code.encode()})["strategy.py"]
    left = ast.unparse(ast.parse(run_here))  # without comments
    assert "class " in left
    assert not any(word in left for word in ("download(", "read_csv(", ".plot", "sns.", "requests"))


def test_numbers_of_the_class_are_parameters_and_nothing_else_is(run, tmp_path):
    definition, _, _ = made(run, tmp_path, notebook(CLASS), "--symbol", "ACME")
    assert definition["parameters"] == {"n": 5, "share": 0.5}
    assert "backtest" not in definition


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("!pip install x\nx = 1", "# !pip install x\nx = 1"),
        ("%matplotlib inline", "# %matplotlib inline"),
        ("files = !ls", "# files = !ls"),
        ("if x:\n    %time f()", "if x:\n    pass  # %time f()"),
        ("df.head?", "# df.head?"),
        ("%%time\nx = 1", "# %%time\nx = 1"),
        ("%%bash\nrm -rf /", "# %%bash\n# rm -rf /"),
        ("this is no python", "# this is no python"),
        ('x = """\n%not magic\n"""', 'x = """\n%not magic\n"""'),
        ("x = 7 % 3\n%time x", "x = 7 % 3\n# %time x"),
    ],
)
def test_what_only_ipython_understands_is_a_comment(cell, code):
    assert drafted("x.ipynb", notebook(cell)).source == code + "\n"


def test_cell_that_is_a_comment_now_is_named(run, tmp_path):
    _, _, said = made(run, tmp_path, notebook(CLASS, "%%html\n<b>", "no python"), "--symbol", "X")
    assert "cell 2 is a comment now: %%html" in said
    assert "cell 3 is a comment now: it is no Python" in said


def test_settings_that_cannot_be_taken_over_are_named(run, tmp_path):
    cell = f"CASH = 5_000\n{CLASS}bt = Backtest(df, One, cash=CASH, commission=fee(), margin=9)\n"
    definition, _, said = made(run, tmp_path, notebook(cell), "--symbol", "ACME")
    assert definition["backtest"] == {"initial_capital": 5000}
    assert "not taken over from Backtest: commission=fee()" in said
    assert "not taken over from Backtest: margin 9" in said


def test_several_strategies_are_said_and_have_no_parameters(run, tmp_path):
    definition, _, said = made(
        run, tmp_path, notebook(CLASS, CLASS.replace("One", "Two")), "--symbol", "A", name="three"
    )
    assert "several strategies (One, Two): keep one in strategy.py" in said
    assert "parameters" not in definition


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is no Jupyter notebook"),
        (b"[]", "is no Jupyter notebook"),
        (b"[" * 100_000, "is no Jupyter notebook"),
        (b'{"cells": [{"cell_type": "code"}]}', "has no code"),
        (notebook("x = 1"), "has no class with the base Strategy"),
        (notebook("1", metadata={"kernelspec": {"language": "R"}}), "is written in R"),
        (b"\xff\xfe\x00", "is not text in UTF-8"),
        (notebook(CLASS), "which symbol does it trade? the code names none (--symbol ACME)"),
        (
            notebook(CLASS, 'yf.download(["A", "B"])'),
            "which symbol does it trade? the code names A, B",
        ),
    ],
)
def test_what_cannot_be_a_strategy_is_refused_and_nothing_is_written(content, told, run, tmp_path):
    (tmp_path / "mine.ipynb").write_bytes(content)
    done = run("one", "--from", tmp_path / "mine.ipynb")
    assert (done.exit_code, told in done.output) == (2, True), done.output
    assert not (tmp_path / "strategies").exists()


@pytest.mark.parametrize("name", ["../x", "a-b", "1x", "", "x" * 65])
def test_name_that_is_none_is_refused(name, run, tmp_path):
    (tmp_path / "mine.py").write_text(CLASS)
    assert run(name, "--from", tmp_path / "mine.py", "--symbol", "A").exit_code == 2
    assert not (tmp_path / "strategies").exists()


def test_folder_that_is_there_is_left_as_it_is(run, tmp_path):
    (tmp_path / "mine.py").write_text(CLASS)
    folder = tmp_path / "strategies" / "one"
    folder.mkdir(parents=True)
    done = run("one", "--from", tmp_path / "mine.py", "--symbol", "A")
    assert (done.exit_code, "is there already" in done.output) == (2, True)
    assert list(folder.iterdir()) == []


def test_script_is_taken_as_it_is(run, tmp_path):
    (tmp_path / "mine.py").write_text(CLASS + "if __name__ == '__main__':\n    print(1)\n")
    assert run("one", "--from", tmp_path / "mine.py", "--symbol", "A").exit_code == 0
    assert (tmp_path / "strategies/one/strategy.py").read_bytes() == (
        tmp_path / "mine.py"
    ).read_bytes()


@given(st.binary(max_size=300) | st.text(max_size=300).map(notebook))
def test_any_file_ends_in_code_or_in_one_sentence(content):
    for name in ("x.ipynb", "x.py"):
        source, said = "", name
        try:
            source = drafted(name, content).source
        except UserError as error:
            said = str(error)
        assert said.startswith(name)
        said_by(source)


@pytest.mark.parametrize("name", ["rotation", "pairs", "equal_risk"])
def test_portfolio_of_the_examples_becomes_a_folder_with_its_symbols(run, tmp_path, name):
    source = PROJECT / "examples" / "portfolio" / name / "strategy.py"
    value, code, output = made(
        run, tmp_path, notebook(source.read_text()), "--symbol", "SPX, IXIC", name=name
    )
    assert (value["framework"], value["symbols"]) == ("portfolio", ["SPX", "IXIC"])
    assert "symbol" not in value
    assert value["backtest"]["initial_capital"] == 1_000_000
    assert "PortfolioStrategy" in code
    assert "trades SPX, IXIC 1d" in output


PORTFOLIO_CODE = """
import algoops


class Held(algoops.PortfolioStrategy):
    share = 0.5

    def init(self):
        pass

    def next(self):
        pass


algoops.backtest(Held, {"AAA": a, "BBB": b}, cash=5_000, commission=0.001)
"""


def test_symbols_of_a_portfolio_are_read_from_the_data_of_its_backtest(run, tmp_path):
    value, _, _ = made(run, tmp_path, notebook(PORTFOLIO_CODE))
    assert value["symbols"] == ["AAA", "BBB"]
    assert value["backtest"] == {"initial_capital": 5000, "commission": 0.001}
    assert value["parameters"] == {"share": 0.5}


def test_portfolio_whose_symbols_nobody_names_is_asked_for_them(run, tmp_path):
    source = tmp_path / "mine.py"
    source.write_text(PORTFOLIO_CODE.partition("algoops.backtest")[0])
    done = run("held", "--from", source)
    assert done.exit_code == 2
    assert "which symbols does it trade? the code names none" in done.output
    source.write_text(CLASS)
    done = run("one", "--from", source, "--symbol", "AAA,BBB")
    assert "a backtesting.Strategy trades one symbol" in done.output
