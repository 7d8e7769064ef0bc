"""What is logged: no secrets, and never between the results on stdout."""

import contextlib
import io
import subprocess
import sys

import pytest

from bot.config.logs import HIDDEN, hide_secrets


@pytest.mark.parametrize("key", ["token", "api_token", "webhook_secret", "Authorization"])
def test_value_under_a_secret_key_is_hidden(key):
    assert hide_secrets(None, "info", {key: "value"}) == {key: HIDDEN}


@pytest.mark.parametrize(
    "text",
    [
        "push failed with ghp_abcdefABCDEF0123456789",
        "github_pat_11ABC_def refused",
        "fetch https://user:secret@example.invalid/x.git",
    ],
)
def test_text_that_holds_a_secret_is_cleaned(text):
    shown = hide_secrets(None, "info", {"why": text})["why"]
    assert HIDDEN in shown
    for secret in ("ghp_abc", "github_pat_11", "secret@"):
        assert secret not in shown


def test_plain_text_stays():
    assert hide_secrets(None, "info", {"why": "all is well"}) == {"why": "all is well"}


LOGS = """
from bot import cli
cli.load(["{command}"])
import structlog
log = structlog.get_logger()
log.info("quiet")
log.warning("loud", token="hush")
"""


def _as_process(script):
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return done.stdout, done.stderr


def _in_process(script):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        exec(script, {})
    return out.getvalue(), err.getvalue()


@pytest.mark.parametrize(
    ("command", "run"),
    [
        ("check", _as_process),
        ("sandbox", _as_process),
        ("backtest", _in_process),
        ("doctor", _in_process),
    ],
)
def test_command_that_logs_keeps_it_off_its_results(command, run):
    out, err = run(LOGS.format(command=command))
    assert out == ""
    assert "loud" in err
    assert "quiet" not in err
    assert "hush" not in err
