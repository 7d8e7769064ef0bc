"""The ways onto a cluster that the documentation shows: they start workers that do work."""

import importlib.util
import shlex
import sys
from pathlib import Path

import pytest
import typer
import yaml
from dask_jobqueue.local import LocalCluster

sys.path.insert(0, str(Path(__file__).parents[2]))

from executor_support import PROJECT, SPEC, descendants, eventually, script, write_config

from bot.cli.worker import register
from components.executor.dask import DaskExecutor

CLUSTER = PROJECT / "examples" / "cluster"


def understood(words):
    """The options which `algoops worker` takes from a command line; a wrong one raises."""
    app = typer.Typer()
    register(app)
    return typer.main.get_command(app).make_context("worker", list(words)).params


def slurm():
    spec = importlib.util.spec_from_file_location("slurm", CLUSTER / "slurm.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.cluster


def containers(document):
    """All containers anywhere in a manifest."""
    if isinstance(document, dict):
        yield from document.get("containers", ())
        document = list(document.values())
    if isinstance(document, list):
        for part in document:
            yield from containers(part)


def test_slurm_script_starts_our_worker_with_words_that_it_knows():
    with slurm()() as cluster:
        (line,) = [
            line for line in cluster.job_script().splitlines() if " algoops_app worker " in line
        ]
        words = shlex.split(line)
        assert words[:4] == [sys.executable, "-m", "algoops_app", "worker"]
        found = understood(words[4:])
    assert found["address"].startswith("tcp://")
    assert (found["slots"], found["death_timeout"]) == (4, 300.0)
    assert found["config"] == Path("/srv/algoops/config.yaml")


def test_job_queue_cluster_runs_jobs_on_our_workers(tmp_path):
    with LocalCluster(
        cores=1,
        memory="1GB",
        processes=1,
        worker_command="algoops_app worker",
        worker_extra_args=["--config", str(write_config(tmp_path))],
        python=sys.executable,
        death_timeout=30,
        scheduler_options={"dashboard": False, "host": "127.0.0.1"},
    ) as cluster:
        executor = DaskExecutor(SPEC, cluster.scheduler_address)
        try:
            waiting = executor.submit(script("print(6 * 7)"))
            cluster.scale(1)
            assert waiting.result(60).stdout == "42\n"
        finally:
            executor.close()
    eventually(lambda: not [c for c in descendants(1) if str(tmp_path) in command_of(c)])


def command_of(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


@pytest.mark.parametrize("name", ["daskcluster.yaml", "kubernetes.yaml"])
def test_manifest_starts_our_worker_with_words_that_it_knows(name):
    documents = list(yaml.safe_load_all((CLUSTER / name).read_text()))
    (worker,) = [c for c in containers(documents) if c["name"] == "worker"]
    assert [*worker["command"], worker["args"][0]] == ["algoops", "worker"]
    assert understood(worker["args"][1:])["slots"] == 2


def test_worker_that_finds_no_scheduler_in_time_ends_and_says_so(tmp_path):
    import subprocess

    command = [
        sys.executable,
        "-m",
        "algoops_app",
        "worker",
        "tcp://127.0.0.1:9",
        "--death-timeout",
        "1",
    ]
    done = subprocess.run(
        [*command, "--config", str(write_config(tmp_path))],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "no scheduler at tcp://127.0.0.1:9 for 1 s" in done.stderr
