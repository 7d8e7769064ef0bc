"""`algoops validate code`: exit codes and formats, run as a user runs it."""

import json

import pytest

from bot.checks.code import judge_folder
from bot.checks.folders import folder_subject
from bot.checks.policies import load_policies
from bot.checks.subject import read_definition
from bot.report.findings import to_json
from tests.cli_support import as_process, in_process


def algoops(root, *args, stdin=b"", run=in_process):
    return run("validate", "code", *args, stdin=stdin, cwd=root)


@pytest.fixture
def root(request):
    return request.config.rootpath


def test_harmless_file_exits_0_and_names_what_was_checked(root):
    done = algoops(root, "tests/data/harmless/sma_cross.py", "--format", "json", run=as_process)
    document = json.loads(done.stdout)
    assert done.returncode == 0
    assert (document["status"], document["safe"], document["findings"]) == ("validated", True, [])
    assert "imports" in document["checks_passed"]


def test_attack_on_standard_input_exits_1(root):
    done = algoops(root, "-", "--format", "json", stdin=b"import os\n", run=as_process)
    document = json.loads(done.stdout)
    assert done.returncode == 1
    assert (document["status"], document["safe"]) == ("rejected", False)
    assert "import-dangerous" in {f["rule"] for f in document["findings"]}
    assert "imports" not in document["checks_passed"]


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"x = \x00", b"def f(:\n", b"(" * 5_000])
def test_bytes_that_are_no_python_exit_1_not_2(root, content):
    assert algoops(root, "-", stdin=content).returncode == 1


def test_missing_file_exits_2(root):
    done = algoops(root, "no/such/file.py")
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr


def test_no_strict_lets_an_unknown_module_pass_with_a_warning(root):
    assert algoops(root, "-", stdin=b"import scipy\n").returncode == 1
    done = algoops(root, "-", "--no-strict", stdin=b"import scipy\n")
    assert done.returncode == 0
    assert b"import-unknown" in done.stdout


def test_sarif_and_github_carry_the_same_findings(root):
    file = "tests/data/attacks/dunder__subclasses.py"
    sarif = json.loads(algoops(root, file, "--format", "sarif").stdout)
    lines = algoops(root, file, "--format", "github").stdout.decode().splitlines()
    results = sarif["runs"][0]["results"]
    assert len(results) == len(lines) > 0
    assert results[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == file
    assert lines[0].startswith(f"::error file={file},line=1")


def test_helpers_that_the_file_imports_are_judged_with_it(root, tmp_path):
    (tmp_path / "strategy.py").write_text("from .helpers import x\n")
    (tmp_path / "helpers.py").write_text("import os\nx = 1\n")
    (tmp_path / "unrelated.py").write_text("import ctypes\n")
    done = algoops(root, tmp_path / "strategy.py", "--format", "json")
    files = {f["file"] for f in json.loads(done.stdout)["findings"] if f["severity"] == "error"}
    assert done.returncode == 1
    assert files == {str(tmp_path / "helpers.py")}


HELPED = b"from backtesting import Strategy\nfrom helpers.levels import half\nimport subprocess\n"


@pytest.mark.parametrize("init", [True, False])
def test_folder_is_judged_as_check_judges_it(root, tmp_path, init):
    folder = tmp_path / "helped"
    (folder / "helpers").mkdir(parents=True)
    (folder / "strategy.py").write_bytes(HELPED)
    (folder / "strategy.yaml").write_text("name: helped\ndescription: d\nparameters: {n: 1}\n")
    (folder / "helpers" / "levels.py").write_bytes(b"import os\nfrom .more import half\n")
    (folder / "helpers" / "more.py").write_bytes(b"half = 0.5\n")
    (folder / "unused.py").write_bytes(b"import ctypes\n")
    (folder / "evil.so").write_bytes(b"")
    if init:
        (folder / "helpers" / "__init__.py").write_bytes(b"")
    said = json.loads(algoops(root, folder, "--format", "json").stdout)["findings"]
    subject, policies = folder_subject(folder), load_policies(root / "policies")
    checked = judge_folder(subject, read_definition(subject, policies), policies.code)
    assert said == to_json(checked.findings)
    refused = {f["file"].removeprefix(f"{folder}/") for f in said if f["severity"] == "error"}
    assert refused == {"strategy.py", "helpers/levels.py", "unused.py", "evil.so"}


def test_folder_of_strategies_is_judged_whole(root):
    done = algoops(root, "examples/strategies", "--format", "json")
    document = json.loads(done.stdout)
    assert (done.returncode, document["status"]) == (0, "validated")


def test_file_is_judged_with_the_packages_that_it_imports(root, tmp_path):
    (tmp_path / "strategy.py").write_text("from .signals import up\nfrom helpers.levels import x\n")
    for folder, name, text in (
        ("signals", "__init__", "from .trend import up\n"),
        ("signals", "trend", "import os\nup = 1\n"),
        ("helpers", "levels", "import sys\nx = 1\n"),
    ):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / f"{name}.py").write_text(text)
    document = json.loads(algoops(root, tmp_path / "strategy.py", "--format", "json").stdout)
    files = {f["file"] for f in document["findings"] if f["severity"] == "error"}
    assert files == {str(tmp_path / name) for name in ("signals/trend.py", "helpers/levels.py")}


def test_file_with_an_odd_name_is_judged_by_its_content(root, tmp_path):
    path = tmp_path / "my strategy (2).py"
    path.write_bytes(b"from backtesting import Strategy\n")
    assert algoops(root, path).returncode == 0
