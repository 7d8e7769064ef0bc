"""The composite action's own script, run as a runner runs it, on a repository as users have one."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.warm_support import warm

ROOT = Path(__file__).parents[3]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
SCRIPT = next(s["run"] for s in ACTION["runs"]["steps"] if s.get("id") == "check")
INSTALL = next(s["run"] for s in ACTION["runs"]["steps"] if s.get("name") == "Install AlgoOps")
CACHE = next(s["run"] for s in ACTION["runs"]["steps"] if s.get("id") == "cache")


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    folder = tmp_path_factory.mktemp("example") / "repository"
    script = ROOT / ".github/example-repository.sh"
    subprocess.run([script, folder, "dangerous-code"], check=True, capture_output=True)
    return folder


class Job:
    def __init__(self, folder, repository):
        self.temp = folder / "temp"
        self.temp.mkdir()
        self.output, self.summary = folder / "output", folder / "summary"
        self.repository = repository

    def run(self, *, anew=False, **inputs):
        """Run the script; `algoops` comes from the warm process unless it is to start `anew`."""
        installed = self.temp / "algoops-venv/bin/algoops"
        line = [] if anew else [warm().install(installed)]
        defaults = {
            f"INPUT_{k.upper().replace('-', '_')}": v["default"]
            for k, v in ACTION["inputs"].items()
        }
        env = {
            **defaults,
            "PULL_BASE": "",
            "PULL_HEAD": "",
            "INPUT_REPOSITORY": str(self.repository),
            "RUNNER_TEMP": str(self.temp),
            "GITHUB_OUTPUT": str(self.output),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "ALGOOPS_STATE__DIR": str(self.temp / "state"),
            "ALGOOPS_SANDBOX__BACKEND": "bubblewrap",
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(self.temp),
            **inputs,
        }
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", SCRIPT],
            env=env,
            pass_fds=line,
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def outputs(self):
        return dict(line.split("=", 1) for line in self.output.read_text().splitlines())


@pytest.fixture
def job(tmp_path, repository):
    return Job(tmp_path, repository)


def test_a_dangerous_proposal_fails_the_job_with_lines_summary_and_sarif(job):
    done = job.run(anew=True, INPUT_HEAD="proposal")
    assert done.returncode == 1, done.stderr
    assert "::error file=strategies/data_collector/strategy.py,line=3" in done.stdout
    assert job.outputs["verdict"] == "failed"
    assert "AlgoOps: Failed" in job.summary.read_text()
    assert json.loads(Path(job.outputs["sarif"]).read_text())["runs"][0]["results"]
    assert json.loads(Path(job.outputs["report"]).read_text())["verdict"] == "failed"


def test_a_pull_request_names_base_and_head_itself(job, repository):
    def commit(ref):
        asked = ["git", "-C", repository, "rev-parse", ref]
        return subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()

    done = job.run(PULL_BASE=commit("main"), PULL_HEAD=commit("proposal"), INPUT_FAIL_ON="error")
    assert done.returncode == 0, done.stderr
    assert job.outputs["verdict"] == "failed"


def test_a_second_check_of_a_job_has_nothing_of_the_first(job):
    reports = []
    for head in ("proposal", "main"):
        job.output.unlink(missing_ok=True)
        job.run(INPUT_HEAD=head)
        reports.append(Path(job.outputs["report"]))
    assert [json.loads(r.read_text())["verdict"] for r in reports] == ["failed", "neutral"]


def test_a_proposal_cannot_bring_its_own_venv(job, tmp_path):
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    (checkout / "venv.py").write_text("open('ran', 'w')\n")
    making = next(line for line in INSTALL.splitlines() if "-m venv" in line)
    subprocess.run(
        ["bash", "-c", f"{making} --without-pip"],
        cwd=checkout,
        env={"RUNNER_TEMP": str(job.temp), "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"},
        check=True,
    )
    assert not (checkout / "ran").exists()
    assert (job.temp / "algoops-venv/bin/python").exists()


def cache_key(folder, action):
    output = folder / "output"
    subprocess.run(
        ["bash", "-c", CACHE],
        cwd=folder,
        env={
            "GITHUB_ACTION_PATH": str(action),
            "GITHUB_OUTPUT": str(output),
            "RUNNER_OS": "Linux",
            "RUNNER_ARCH": "X64",
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        },
        check=True,
    )
    return output.read_text().splitlines()[-1].removeprefix("key=")


def test_a_changed_lock_never_restores_the_packages_of_the_old_one(tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    for folder in (old, new):
        folder.mkdir()
        (folder / "requirements.lock").write_text(f"a==1 # {folder.name}")
        (folder / "hashlib.py").write_text("raise SystemExit('a module of the proposal')")
    assert cache_key(old, old) == cache_key(new, old)
    assert cache_key(old, old) != cache_key(new, new)


def test_nothing_changed_is_neutral(job):
    done = job.run(INPUT_HEAD="main")
    assert done.returncode == 0, done.stderr
    assert job.outputs["verdict"] == "neutral"


def test_a_proposal_cannot_bring_its_own_policy(job, repository, tmp_path):
    copy = tmp_path / "copy"
    subprocess.run(["git", "clone", "--quiet", repository, copy], check=True)
    (copy / "policies/code.yaml").write_text("everything: allowed\n")
    (copy / "config.yaml").write_text("policies: nowhere\n")
    git = ["git", "-C", copy, "-c", "user.name=e", "-c", "user.email=e@x"]
    subprocess.run([*git, "commit", "--quiet", "--all", "--message", "Be kind"], check=True)
    job.repository = copy
    done = job.run(INPUT_BASE="origin/main")
    assert done.returncode == 1, done.stderr
    assert job.outputs["verdict"] == "failed"


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"INPUT_FAIL_ON": "sometimes"}, "fail-on must be"),
        ({"INPUT_BASE": "nowhere"}, "there is no commit nowhere"),
        ({"INPUT_BASE": "--upload-pack=x"}, "there is no commit"),
        ({"INPUT_CONFIG": "missing.yaml"}, "missing.yaml"),
        ({"INPUT_PATHS": "--force"}, "--force"),
    ],
)
def test_wrong_inputs_are_said_and_never_pass(job, inputs, words):
    done = job.run(**{"INPUT_HEAD": "proposal", **inputs})
    assert done.returncode == 2
    assert words in done.stderr
