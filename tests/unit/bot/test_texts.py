"""Whatever comes from outside is shown harmless and short, wherever it is shown."""

import io
import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cli.common import _HarmlessConsole
from bot.config.logs import VALUE_CAP, hide_secrets
from bot.report.templates import shown
from bot.server.render import inline
from components.protocol.wire import Fault
from components.sandbox.session import faults
from components.sandbox.session.output import Tail
from components.texts import cut, harmless, inert, printable

ROOT = Path(__file__).parents[3]
HOSTILE = "\x1b]0;owned\x07\x1b[2J\x9b31m \u202ecba\u202c a\u200bb \x00 \ud800 \r\x7f\u2028end"
OBEYED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


@given(st.text(st.characters()))
def test_nothing_that_is_obeyed_is_left_and_everything_can_be_encoded(text):
    for clean in (printable(text), printable(text, lines=True), harmless(text)):
        assert not OBEYED.search(clean)
        clean.encode()
    assert len(harmless(text)) == len(text)
    assert harmless(harmless(text)) == harmless(text)
    assert len(cut(text, 10)) <= 10


@pytest.mark.parametrize(
    "text", ["plain", "Umlaute äöü", "日本語", "a\tb\nc", "emoji 🙂", "a\u00a0b"]
)
def test_text_of_any_language_stays_as_it_is(text):
    assert harmless(text) == text


def test_console_prints_its_own_styles_and_no_one_elses():
    console = _HarmlessConsole(file=io.StringIO(), force_terminal=True, color_system="standard")
    console.print(HOSTILE, style="red", markup=False)
    console.out(HOSTILE, highlight=False)
    printed = console.file.getvalue()
    assert "owned" in printed
    assert not OBEYED.search(re.sub(r"\x1b\[[0-9;]*m", "", printed))


def test_log_line_is_harmless_and_capped():
    event = hide_secrets(None, "info", {"event": HOSTILE, "why": "x" * 1_000_000})
    assert not OBEYED.search(event["event"])
    assert len(event["why"]) <= VALUE_CAP


def test_page_shows_no_hidden_characters():
    assert not OBEYED.search(shown(HOSTILE))
    assert not OBEYED.search(inline(f"`{HOSTILE}`"))


def test_fault_of_a_guest_is_capped_and_harmless_when_it_comes_in():
    sent = Fault("E: " + "A" * 500_000, HOSTILE.replace("\ud800", "") + "B" * 500_000, "\x1bfile")
    fault = faults.read(msgspec.msgpack.encode(sent))
    assert len(fault.error) <= faults.ERROR_CAP
    assert len(fault.traceback) < 10_000
    assert not OBEYED.search(fault.error + fault.traceback + fault.file)


def test_output_of_a_guest_is_harmless():
    tail = Tail(1_000)
    tail.add(b"\x1b[31mred\x00\xff\n\tindented\n")
    assert not OBEYED.search(tail.text())
    assert tail.text().endswith("\n\tindented\n")


def test_there_is_one_place_that_makes_text_harmless():
    uses = {
        str(path.relative_to(ROOT))
        for folder in ("bot", "components")
        for path in (ROOT / folder).rglob("*.py")
        if ".isprintable()" in path.read_text()
    }
    others = {
        "bot/server/sign_in.py",  # refuses a target
        "components/git_patch/texts.py",  # git's own rules for a name
        "components/safe_tools/names.py",  # refuses names, and spells them out byte by byte
    }
    assert uses - others == {"components/texts.py"}


COMMANDS = (
    "::stop-commands::x\n  ::add-mask::a\n\u00a0::error::b\nsee ##[add-matcher]c\na::b ## [d]"
)


def obeyed_by_a_runner(text):
    lines = [line.lstrip() for line in re.sub(r"\x1b\[[0-9;]*m", "", text).splitlines()]
    return [line for line in lines if line.startswith("::") or "##[" in line]


def test_output_in_a_ci_job_holds_no_command_of_an_author():
    assert len(obeyed_by_a_runner(COMMANDS)) == 4
    clean = inert(COMMANDS)
    assert not obeyed_by_a_runner(clean)
    assert len(clean) == len(COMMANDS)
    assert clean.splitlines()[-1] == "a::b ## [d]"


@given(st.text(st.sampled_from(":#[a \n\t")), st.integers(1, 12))
def test_no_line_is_a_command_wherever_the_console_breaks_it(text, width):
    console = _HarmlessConsole(file=io.StringIO(), width=width)
    console.print(text, markup=False)
    assert not obeyed_by_a_runner(console.file.getvalue())


def test_log_line_with_a_workflow_command_is_no_command():
    event = hide_secrets(None, "", {"reason": "it said\n::stop-commands::x"})
    assert not obeyed_by_a_runner(event["reason"])
