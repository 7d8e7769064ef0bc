"""What running jobs say: kept for the pages of their run while it is at work, and bounded."""

import structlog

from bot.core.broadcast import Broadcast
from bot.core.job_output import LINES_A_RUN, JobOutput
from bot.core.notices import RunSpoke
from components.ports import OutputLine


def test_words_of_a_run_are_kept_by_strategy_and_those_who_watch_are_told():
    told, words, progress = [], JobOutput(), Broadcast()
    progress.subscribe(told.append)
    hear = words.listener(7, progress)
    with structlog.testing.capture_logs() as logs:
        hear("sma/SPX", OutputLine("stdout", "hello"))
        hear("rsi/SPX", OutputLine("stderr", "ouch", worker="tcp://10.0.0.2:4000"))
        hear("sma/SPX", OutputLine("progress", "10 answers"))
        hear("sma/SPX", OutputLine("progress", "20 answers"))
    assert words.of(7) == {
        "sma": ("sma/SPX: stdout: hello", "sma/SPX: 20 answers"),
        "rsi": ("rsi/SPX: stderr: ouch",),
    }
    assert told == [RunSpoke(7)]  # once a second is enough: what is told holds no content
    assert [(entry["job"], entry["text"]) for entry in logs] == [
        ("sma/SPX", "hello"),
        ("rsi/SPX", "ouch"),
    ]


def test_talkative_run_keeps_its_last_lines():
    words = JobOutput()
    hear = words.listener(1, Broadcast())
    for number in range(3 * LINES_A_RUN):
        hear("s/SPX", OutputLine("stdout", str(number)))
    lines = words.of(1)["s"]
    assert len(lines) == LINES_A_RUN
    assert lines[-1] == f"s/SPX: stdout: {3 * LINES_A_RUN - 1}"


def test_words_after_the_end_of_a_run_are_nobodys():
    words = JobOutput()
    hear = words.listener(1, Broadcast())
    words.forget(1)
    hear("s/SPX", OutputLine("stdout", "late"))
    assert words.of(1) == {}
