"""What running jobs say: bounded, printable, and never anybody's trouble."""

import structlog
from hypothesis import given
from hypothesis import strategies as st

from components.executor import voice
from components.executor.voice import Voice, hand_over, one_line, overheard, speaking
from components.ports import OutputLine
from components.sandbox.session.output import LINE_CAP, LINES_A_CHUNK, Lines
from components.texts import harmless


def said(text, source="stdout"):
    return OutputLine(source, text)


def test_flood_of_lines_is_cut_and_counted(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(voice.time, "monotonic", lambda: clock[0])
    heard = []
    speaker = Voice(heard.append)
    for number in range(1_000):
        speaker.say(said(str(number)))
    assert len(heard) == voice.LINES_AT_ONCE
    clock[0] = 1.0
    speaker.say(said("later"))
    assert [h.text for h in heard[-2:]] == ["950 lines are not shown", "later"]


def test_job_that_talks_for_ever_is_silent_in_the_end(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(voice.time, "monotonic", lambda: clock[0])
    heard = []
    speaker = Voice(heard.append)
    for number in range(2 * voice.LINES_A_JOB):
        clock[0] = float(number)
        speaker.say(said("still here"))
    assert len(heard) == voice.LINES_A_JOB


@given(st.text())
def test_any_text_becomes_one_printable_line(text):
    line = one_line(text)
    assert "\n" not in line
    assert harmless(line, keep="") == line
    assert len(line) <= voice.TEXT_CAP


def test_escape_sequences_do_nothing_to_a_terminal():
    assert one_line("\x1b[2Jgone\r\nforged") == "\ufffd[2Jgone\ufffd\ufffdforged"


def test_listener_that_breaks_is_logged_and_harms_nobody():
    def broken(_said):
        raise RuntimeError("no")

    with structlog.testing.capture_logs() as logs:
        hand_over(broken, said("x"))
    assert [entry["event"] for entry in logs] == ["job_output_not_taken"]


def test_log_lines_of_a_jobs_thread_are_said_of_it_and_of_no_other():
    heard = []
    with speaking(heard.append):
        overheard(None, "warning", {"event": "image-kept", "image": "a:1"})
    overheard(None, "warning", {"event": "later"})
    assert heard == [OutputLine("worker", "image-kept image=a:1")]


@given(st.lists(st.binary(max_size=40)))
def test_lines_come_whole_however_they_are_cut(chunks):
    heard = []
    lines = Lines("stdout", heard.append)
    for chunk in chunks:
        lines.add(chunk)
    lines.end()
    whole = b"".join(chunks).split(b"\n")
    told = [h.text for h in heard]
    assert told == [w.decode(errors="replace") for w in (whole if whole[-1] else whole[:-1])]


def test_flood_in_one_read_tells_its_last_lines():
    heard = []
    Lines("stderr", heard.append).add(b"".join(b"%d\n" % n for n in range(5_000)))
    assert [h.text for h in heard] == [str(n) for n in range(5_000 - LINES_A_CHUNK, 5_000)]


def test_line_without_end_is_cut():
    heard = []
    lines = Lines("stdout", heard.append)
    lines.add(b"x" * 10_000)
    lines.end()
    assert [h.text for h in heard] == ["x" * LINE_CAP]
