import pytest

from bot.core.requests import NotReady
from bot.server.backend import NotFound
from bot.server.errors import from_expected, problem
from components.errors import AlgoOpsError
from components.state import Lifecycle
from components.state.db.errors import IllegalMove, StateFull, StateUnreadable, VersionTaken
from components.texts import scrub


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cannot open /var/lib/algoops/algoops.db: denied", "cannot open algoops.db: denied"),
        ("(/srv/a/b.yaml)", "(b.yaml)"),
        (
            "ask /healthz or https://bot.example/runs/7",
            "ask /healthz or https://bot.example/runs/7",
        ),
        ("strategies/a/strategy.py stays", "strategies/a/strategy.py stays"),
        ("branch feature/x/y stays", "branch feature/x/y stays"),
        ("", ""),
    ],
)
def test_folders_of_this_machine_are_taken_out_and_nothing_else(text, expected):
    assert scrub(text) == expected


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (NotFound("no strategy x"), 404, "not_found"),
        (NotReady("x is failed", current_status="failed"), 409, "not_ready"),
        (IllegalMove("x", Lifecycle.FAILED, Lifecycle.DEPLOYED), 409, "not_ready"),
        (VersionTaken("1.0.0 was deployed"), 409, "version_taken"),
        (StateFull("no room to write /var/lib/a/b.db"), 503, "unavailable"),
        (StateUnreadable("cannot open /var/lib/a/b.db"), 503, "operator_needed"),
        (AlgoOpsError("of no known kind"), 500, "internal"),
    ],
)
def test_expected_errors_become_their_answers(error, status, code):
    answer = from_expected(error)
    assert (answer.status, answer.body.code) == (status, code)
    assert "/var/lib" not in answer.body.model_dump_json()


def test_long_texts_are_cut():
    answer = problem(400, "refused", "x" * 10_000, hint="y" * 10_000)
    assert len(answer.body.model_dump_json()) < 5_000
