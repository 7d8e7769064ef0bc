"""What a proposal writes shows in a report and does nothing: no links, mentions, HTML or tables."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.landing.outcomes import CommandOutcome
from bot.report import markdown
from bot.report.escape import block, code, inline, link, plain
from components.schema.results.values import ExecutionResult, Severity, Status, Verdict
from components.texts import cut, printable
from tests.github_support import finding, report_of, strategy_of

HOSTILE = [
    "@acme/everyone look",
    "fixes #1 and acme/strategies#2 and GH-3",
    "[click](https://evil.test)",
    "![x](https://evil.test/track.png)",
    "https://evil.test www.evil.test mail@evil.test",
    "<img src=x onerror=alert(1)><script>alert(1)</script>",
    "</details><h1>Passed</h1>",
    "<!-- algoops:report -->",
    "-->\n<!-- algoops:report -->",
    "a | b | c\n|---|---|\n| ✅ | all |",
    "```\n## ✅ AlgoOps: Passed\n```",
    "\n\n## ✅ AlgoOps: Passed\n\n/algoops deploy\n",
    "`code` ``two`` ```three```",
    "\\`escape\\",
    "::error file=x::boom",
    "\x1b[31mred\x1b[0m \x07 \x00",
    "\u202egpj.exe\u2066 \u200b",
    "\ud800 lone",
    "[ref]\n\n[ref]: https://evil.test",
    "[^1]\n\n[^1]: note",
    "~~~\nx",
    "- [x] task",
    "1. list",
    "+ list",
    "> quote",
    "$\\href{https://evil.test}{x}$",
    ":tada: &lt;b&gt; &#64;admin &commat;admin",
    "***bold*** __bold__ ~~gone~~",
    "x" * 100_000,
]
MD = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def hostile_report(text):
    note = finding(
        message=text, hint=text, rule=text, source_line=text, found=text, allowed=text, fix=text
    )
    result = ExecutionResult(
        status=Status.CRASHED, symbol=text, message=text, stdout=text, stderr=text, traceback=text
    )
    strategy = strategy_of(text, Verdict.FAILED, findings=[note], results=(result,), version=text)
    return report_of(
        verdict=Verdict.FAILED,
        summary=text,
        strategies=[strategy],
        findings=(note, note.model_copy(update={"file": text})),
        limits_not_enforced=(text,),
        run_id=text,
        algoops=text,
        finished_at=text,
    )


def tokens(text):
    for token in MD.parse(text):
        yield token
        yield from token.children or ()


def effects(text):
    """What the rendered comment does beyond showing words."""
    done = []
    for token in tokens(text):
        if token.type in {"link_open", "image"}:
            target = dict(token.attrs).get("href") or dict(token.attrs).get("src")
            if not str(target).startswith("https://github.test/acme/strategies/blob/"):
                done.append(f"{token.type} {target}")
        elif token.type in {"html_inline", "html_block"}:
            rest = re.sub(
                r"</?(details|summary|sub|code)>|<!-- algoops:report -->", "", token.content
            )
            done += re.findall(r"<[^>]*>", rest)
        elif token.type == "text":
            done += re.findall(r"@\w+|#\d+|https?://[a-z]+|www\.\S+", token.content)
    return done


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_in_every_field_has_no_effect(text):
    comment = markdown.markdown(hostile_report(text))
    assert effects(comment) == []
    assert comment.count("<!--") == 1
    headings = [t for t in tokens(comment) if t.type == "heading_open"]
    assert len(headings) == 2  # the verdict and the findings
    assert len(comment.encode()) < 65_535


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_keeps_tables_and_folds_in_shape(text):
    comment = markdown.markdown(hostile_report(text))
    markup = " ".join(t.content for t in tokens(comment) if t.type.startswith("html"))
    assert markup.count("<details>") == markup.count("</details>") > 0
    table = [line for line in comment.splitlines() if line.startswith("| ❌ |")]
    assert len(table) == 1
    assert len(re.findall(r"(?<!\\)\|", table[0])) == 10


@given(st.text(max_size=200))
def test_any_text_on_a_line_is_one_line_of_plain_words(text):
    shown = inline(text)
    assert "\n" not in shown
    parsed = MD.parse(shown)
    assert [t.type for t in parsed] in ([], ["paragraph_open", "inline", "paragraph_close"])
    kinds = {c.type for t in parsed for c in t.children or ()}
    assert kinds <= {"text", "text_special"}
    assert effects(shown) == []


@given(st.text(max_size=200))
def test_any_text_in_code_stays_in_it(text):
    kinds = {c.type for t in MD.parse(f"x {code(text)} y") for c in t.children or ()}
    assert kinds <= {"text", "text_special", "code_inline", "html_inline"}
    assert effects(code(text)) == []


@given(st.text(alphabet="`~ab\n<!-", max_size=200))
def test_any_text_in_a_block_stays_in_it(text):
    parsed = MD.parse(f"before\n\n{block(text)}\n\nafter")
    assert [t.type for t in parsed] == [
        "paragraph_open",
        "inline",
        "paragraph_close",
        "fence",
        "paragraph_open",
        "inline",
        "paragraph_close",
    ]


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "", "https://", "data:text/html,x", "//evil.test"]
)
def test_only_web_addresses_become_links(url):
    assert link("label", url) == "label"


def test_a_link_cannot_be_left_by_its_address():
    assert (
        link("x", "https://a.test/b)[y](https://evil.test")
        == "[x](https://a.test/b%29%5By%5D%28https://evil.test)"
    )


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_terminal_is_not_steered(text):
    shown = markdown.plain(hostile_report(text))
    assert not [c for c in shown if ord(c) < 32 and c != "\n"]
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x7f-\x9f]", shown)


def test_warnings_alone_are_folded_away():
    note = finding(severity=Severity.WARNING)
    text = markdown.markdown(report_of(strategies=[strategy_of(findings=[note])]))
    assert "<details><summary>1 warning or note</summary>" in text


@given(st.text(max_size=400) | st.sampled_from(HOSTILE))
def test_a_terminal_shows_an_answer_as_it_was_written_before_it_became_markdown(text):
    assert plain(inline(text)) == cut(printable(text), 300)
    assert plain(code(text)).strip("`") == cut(printable(text), 120).strip("`")


def test_commands_answer_terminals_plainly_and_comments_in_markdown():
    reason = "can't [wait] for a_b * c < d & @me_"
    told = markdown.rolled_back("a_b", "1.0.0", "f" * 40, "1.1.0", reason)
    done = CommandOutcome(ok=True, code="done", message=told)
    assert f"Reason: {reason}." in done.words
    assert done.comment == told
    for words in (markdown.held("a_b", "1.0.0", reason), markdown.frozen(reason, "a_b", "")):
        refused = CommandOutcome(ok=False, code="held", message=words)
        assert reason in refused.words
        assert refused.comment == markdown.failed(words)
