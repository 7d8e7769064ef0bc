"""What is logged: no secrets, and never between the results on stdout."""

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


@pytest.mark.parametrize("command", ["check", "backtest", "sandbox", "doctor"])
def test_command_that_logs_keeps_it_off_its_results(command):
    done = subprocess.run(
        [sys.executable, "-c", LOGS.format(command=command)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == ""
    assert "loud" in done.stderr
    assert "quiet" not in done.stderr
    assert "hush" not in done.stderr
