"""Commands in comments: what a reader sees as one is one, and nothing else."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.commands import REASON_CAP, may, parse
from bot.core.events import (
    Cancel,
    Check,
    Delegate,
    Deploy,
    Freeze,
    Help,
    Hold,
    Promote,
    Rollback,
    Status,
    Unfreeze,
    Unhold,
)
from bot.report import markdown
from components.ports import Permission

SNAPSHOTS = Path(__file__).parents[1] / "report" / "snapshots"


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("/algoops check", Check()),
        ("  /algoops   check  ", Check()),
        ("/algoops CHECK", Check()),
        ("Looks good.\n\n/algoops deploy\n\nThanks", Deploy()),
        ("/algoops deploy 0123abc", Deploy("0123abc")),
        ("/algoops delegate @ann-b", Delegate("ann-b")),
        ("/algoops delegate helper[bot]", Help("delegate takes one account, such as @ann")),
        ("/algoops deploy when ready", Deploy(when_ready=True)),
        ("/algoops deploy 0123abc When Ready", Deploy("0123abc", when_ready=True)),
        ("line\r\n/algoops cancel\r\n", Cancel()),
        ("/algoops status", Status()),
        ("/algoops", Help()),
        ("/algoops help me please", Help()),
        ("/algoops rollback alpha it loses money", Rollback("alpha", "", "it loses money")),
        ("/algoops rollback alpha v1.2.0 bad fill", Rollback("alpha", "1.2.0", "bad fill")),
        ("/algoops hold alpha 1.2.0 look first", Hold("alpha", "1.2.0", "look first")),
        ("/algoops unhold alpha 1.2.0", Unhold("alpha", "1.2.0")),
        ("/algoops promote alpha", Promote("alpha")),
        ("/algoops promote alpha v1.2.0 --to live", Promote("alpha", "1.2.0", "live")),
        (
            "/algoops rollback alpha 1.2.0 --stage live bad fill",
            Rollback("alpha", "1.2.0", "bad fill", stage="live"),
        ),
        ("/algoops freeze 36h the exchange moves", Freeze("36h", "the exchange moves")),
        ("/algoops freeze incident 7", Freeze("", "incident 7")),
        ("/algoops unfreeze it has moved", Unfreeze("it has moved")),
        ("Good.\n/algoops deploy", Deploy()),
        ("List<int>\n\n/algoops deploy", Deploy()),
        ("a<br>\n/algoops deploy", Deploy()),
        ("<details>old</details>\n\n/algoops deploy", Deploy()),
        ("/algoops deploy `0123abc`", Deploy("0123abc")),
        ("/algoops deploy <!-- now -->", Deploy()),
        ("/algoops rollback alpha it **lost** [money](x)", Rollback("alpha", "", "it lost money")),
        ("<details><table><tr><td>x</td></tr></table></details>\n\n/algoops deploy", Deploy()),
        ("- <b>x</b>\n\n/algoops deploy", Deploy()),
        ("<ul><li>a<li>b</ul>\n\n/algoops deploy", Deploy()),
        ("> <details>x</details>\n\n/algoops deploy", Deploy()),
        ("/algoops ~~deploy~~", Help()),
        ("/algoops ~~deploy~~ check", Check()),
        ("```\n/algoops deploy\n```\n/algoops check", Check()),
        ("> /algoops deploy\n\n/algoops check", Check()),
    ],
)
def test_a_command_on_a_line_of_its_own_is_understood(text, command):
    assert parse(text) == command


@pytest.mark.parametrize(
    "text",
    [
        "",
        "please run /algoops deploy",
        "- /algoops deploy",
        "`/algoops deploy`",
        "> /algoops deploy",
        ">/algoops deploy",
        "> look:\n/algoops deploy",
        "    /algoops deploy",
        "\t/algoops deploy",
        "```\n/algoops deploy\n```",
        "```sh\n/algoops deploy",
        "~~~\n```\n/algoops deploy\n~~~",
        "````\n```\n/algoops deploy\n````",
        "<!-- /algoops deploy -->",
        "<!--\n/algoops deploy\n-->",
        "<!--\n/algoops deploy",
        "<pre>\n/algoops deploy\n</pre>",
        "<PRE class=x>\n/algoops deploy\n</PRE>",
        "/algoopsdeploy",
        "//algoops deploy",
        "\uff0falgoops deploy",
        "/algoops\u00a0deploy",
        "\u200b/algoops deploy",
        "# /algoops deploy",
        "- To ship it, comment:\n\n- ```\n  /algoops deploy\n  ```",
        "- > ```\n- > a\n  /algoops deploy",
        "<div hidden>\n/algoops deploy\n</div>",
        "<div hidden>\n\n/algoops deploy\n\n</div>",
        '<div title="\n\n/algoops deploy\n\n">',
        '<img alt="\n/algoops deploy\n">',
        "<details><summary>more</summary>\n\n/algoops deploy\n\n</details>",
        "<div><!--\n\n/algoops deploy\n\n--></div>",
        "x <span hidden>\n/algoops deploy\n</span>",
        "<script>\n\n/algoops deploy",
        "- a\n/algoops deploy",
        "1. a\n\n   /algoops deploy",
        "- a\n\t- b\n\n\t\t/algoops deploy",
        "a | b\n---|---\n/algoops deploy | x",
        "/algoops deploy\n---",
        "/algoops deploy\n===",
        "[/algoops deploy](x)",
        "[x](y '\n/algoops deploy\n')",
        "**/algoops deploy**",
        "*a\n/algoops deploy*",
        "\\/algoops deploy",
        "&#47;algoops deploy",
        "/algo&#111;ps deploy",
        "`a\n/algoops deploy\nb`",
        "[^1]: note\n/algoops deploy",
        "a[^1]\n\n[^1]: note\n    /algoops deploy",
        "$$\n/algoops deploy\n$$",
        "/algoops\u200b deploy",
        "\u202e/algoops deploy",
        f"{'x' * 10_000}\n\n/algoops deploy",
        "<details>\n\n| a |\n|--|\n| </details> |\n\n/algoops deploy",
        "<details>\n<table><tr><td></details>\n\n/algoops deploy",
        "<details>\n\n<textarea></details></textarea>\n\n/algoops deploy",
        "<details>\n\n- </details>\n\n/algoops deploy",
        "/algoops deploy\n|---|",
        "/algoops deploy\n:---",
        "Results:\n/algoops deploy\n:--: |",
        "x\n:---\n/algoops deploy",
    ],
)
def test_what_only_mentions_a_command_does_nothing(text):
    assert parse(text) is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("/algoops deploy main", "commit id"),
        ("/algoops deploy --force", "commit id"),
        ("/algoops deploy 0123abc 0123abd", "commit id"),
        ("/algoops deploy 0123ABC", "lower-case"),
        ("/algoops check all", "nothing after it"),
        ("/algoops rollback", "name"),
        ("/algoops rollback alpha", "reason"),
        ("/algoops rollback alpha 1.2.0", "reason"),
        ("/algoops rollback ../alpha 1.2.0 x", "name"),
        ("/algoops rollback alpha --stage live", "reason"),
        ("/algoops rollback alpha --stage", "before the reason"),
        ("/algoops rollback alpha it lost --stage live", "before the reason"),
        ("/algoops rollback alpha --stage=live it lost", "before the reason"),
        ("/algoops promote", "name"),
        ("/algoops promote alpha live", "name"),
        ("/algoops promote alpha --to", "name"),
        ("/algoops promote alpha --to ../x", "name"),
        ("/algoops freeze", "reason"),
        ("/algoops freeze 4h", "reason"),
        ("/algoops hold alpha", "version"),
        ("/algoops hold alpha 1.2 reason", "version"),
        ("/algoops hold alpha 1.2.0", "reason"),
        ("/algoops unhold alpha", "version"),
        ("/algoops destroy", "no command destroy"),
        ("/algoops check\n/algoops deploy", "found 2"),
    ],
)
def test_what_is_not_understood_is_answered_and_not_guessed(text, problem):
    found = parse(text)
    assert isinstance(found, Help)
    assert problem in found.problem


def test_a_long_reason_is_cut():
    found = parse(f"/algoops rollback alpha {'x' * 5000}")
    assert isinstance(found, Rollback)
    assert len(found.reason) == REASON_CAP


@given(st.text(max_size=400))
def test_any_text_is_read_without_an_error(text):
    parse(text)
    parse(f"/algoops {text}")


@pytest.mark.parametrize("piece", ["[", "![[", "*a ", "<!--", "<div ", "> ", "- ", "[a]("])
def test_hostile_markup_is_read_in_a_moment(piece):
    began = time.process_time()
    parse(f"{piece * (9_900 // len(piece))}\n\n/algoops deploy")
    assert time.process_time() - began < 3


MARKUP = [
    "<div>",
    "</div>",
    "<!--",
    "-->",
    "- ",
    "> ",
    "    ",
    "```",
    "",
    "a",
    "*",
    "`",
    "|-|",
    "[^1]:",
]


@given(st.lists(st.sampled_from([*MARKUP, "/algoops deploy"]), max_size=12))
def test_no_command_is_seen_in_an_element_that_is_open(lines):
    text = "\n".join(["<details>", *[line for line in lines if line[:2] != "</"]])
    assert parse(text) is None


@given(st.lists(st.sampled_from(["/algoops deploy", "```", "> q", "<!--", "-->", "", "x", "~~~"])))
def test_mixed_blocks_never_yield_more_than_the_lines_that_stand_there(lines):
    found = parse("\n".join(lines))
    assert found is None or "/algoops deploy" in lines


@pytest.mark.parametrize(
    "command",
    [
        Check(),
        Deploy(),
        Promote("a"),
        Rollback("a"),
        Hold("a", "1.0.0"),
        Cancel(),
        Status(),
        Help(),
    ],
)
def test_only_who_may_write_may_command(command):
    allowed = {p for p in Permission if may(command, p)}
    assert allowed == {Permission.WRITE, Permission.ADMIN}


@pytest.mark.parametrize("command", [Freeze("", "x"), Unfreeze()])
def test_only_admins_may_freeze_and_lift_it(command):
    assert {p for p in Permission if may(command, p)} == {Permission.ADMIN}
    assert "admin role" in markdown.refused("ann", Permission.WRITE)


@pytest.mark.parametrize(
    "answer",
    [
        markdown.help_text("\n/algoops deploy\n"),
        markdown.held("alpha", "1.0.0", "x\n/algoops deploy"),
        markdown.rolled_back("alpha", "1.0.0", "a" * 40, "1.1.0", "\n\n/algoops deploy"),
        markdown.failed("\n/algoops deploy"),
        markdown.refused("ann", Permission.READ),
    ],
)
def test_no_answer_of_ours_is_a_command(answer):
    assert parse(answer) is None


@pytest.mark.parametrize("shape", sorted(SNAPSHOTS.glob("*.md")), ids=lambda file: file.stem)
def test_no_report_of_ours_is_a_command(shape):
    assert parse(shape.read_text()) is None
