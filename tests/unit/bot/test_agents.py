"""What the tools for agents say and how long it may be, without a server."""

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.agents import rules
from bot.agents.door import own_branch
from bot.agents.places import HOUR_S, Hourly, Places
from bot.agents.size import MAX_TOKENS, ROOM, bounded, fitted, page_of, tokens
from bot.checks.policies import load_policies
from bot.config.settings import PROJECT, ServerSettings, Settings, TokenSettings
from components.engine.evidence.ratios import deflated, sharpe_needed
from components.errors import TransientError, UserError
from components.schema.catalogue import RULES as SCHEMA_RULES
from components.schema.results.evidence import Moments
from components.validator.registry.rules import RULES
from tests.agents_support import in_a_loop

TEXTS = st.text(max_size=3_000)


@given(TEXTS, st.integers(0, 40))
def test_a_long_text_is_cut_to_what_an_answer_may_hold_and_says_so(text, times):
    long = text * times
    cut = fitted(long)
    assert tokens(cut) <= MAX_TOKENS
    assert cut == long or "left out" in cut


JSON = st.recursive(
    st.none() | st.integers() | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from("abcd"), inner),
)


def texts_in(document):
    if isinstance(document, dict | list):
        inner = document.values() if isinstance(document, dict) else document
        return [text for one in inner for text in texts_in(one)]
    return [document] if isinstance(document, str) else []


@given(JSON, st.integers(1, 40))
def test_the_texts_of_any_answer_fit_together_and_a_short_one_is_as_it_was(document, times):
    many = {"content": [document] * times, "isError": False}
    found = bounded(many)
    assert (found.keys(), found["isError"]) == (many.keys(), False)
    longer = [len(text.encode()) for text in texts_in(found) if len(text.encode()) > 100]
    assert sum(longer) <= ROOM
    assert sum(len(text.encode()) for text in texts_in(many)) > ROOM or found == many


@given(st.lists(TEXTS, max_size=40), TEXTS, TEXTS)
def test_pages_hold_every_item_once_and_none_is_too_long(items, head, again):
    numbered = [f"<{place}>{item}" for place, item in enumerate(items)]
    pages = []
    for page in range(1, len(items) + 3):
        text = page_of(numbered, page, "more(page={page})", head, again=again)
        assert tokens(text) <= MAX_TOKENS
        pages.append(text)
        if f"ask more(page={page + 1})" not in text.rsplit("\n", 1)[-1]:
            break
    whole = "\n".join(pages)
    assert all(whole.count(f"<{place}>") >= 1 for place in range(len(items)))
    assert "There is no page" in page_of(numbered, len(pages) + 1, "", head)


@pytest.fixture(scope="module")
def policies():
    return load_policies(PROJECT / "policies")


def test_each_topic_and_rule_is_told_within_the_bound(policies):
    for topic in ("", *rules.TOPICS, *RULES, *SCHEMA_RULES):
        page, text = 1, "more: ask"
        while "more: ask" in text:
            text = rules.answer(topic, page, policies)
            assert tokens(text) <= MAX_TOKENS
            assert topic in text
            page += 1


def test_a_topic_that_is_none_is_refused_with_those_there_are(policies):
    with pytest.raises(UserError, match="no topic or rule 'deploy'"):
        rules.answer("deploy", 1, policies)


@pytest.mark.parametrize("branch", ["x", "agents/ada/x", "refs/heads/agents/ada/x", "main"])
def test_a_branch_is_always_the_authors_own(branch):
    assert own_branch("ada", branch) == f"agents/ada/{branch.rpartition('/')[2]}"


@pytest.mark.parametrize(
    "branch",
    ["agents/bob/x", "agents/ada/../bob/x", "refs/notes/algoops", "feature/x", "", "a b", "x..y",
     "agents/ada2/x", "agents/ADA/x", "-x\n", "x.lock", "refs/heads/main/x", "a" * 2000, "a" * 251],
)  # fmt: skip
def test_a_branch_of_somebody_else_or_no_branch_is_refused(branch):
    with pytest.raises(UserError):
        own_branch("ada", branch)


def test_one_author_can_not_take_all_places():
    places = Places(3, 2)
    with places.taken("ada"), places.taken("ada"):
        with pytest.raises(TransientError, match="2 requests of yours"), places.taken("ada"):
            pass
        with places.taken("bob"), pytest.raises(TransientError), places.taken("cy"):
            pass
    with places.taken("ada"):
        pass


@given(
    st.integers(100, 10_000),
    st.floats(-1, 1),
    st.floats(2, 20),
    st.floats(-0.5, 0.5),
    st.floats(1, 5_000),
    st.floats(0.05, 0.99),
)
def test_the_bar_is_the_lowest_ratio_that_is_sure_enough(bars, skew, kurt, auto, count, wanted):
    found = Moments(
        observations=bars, sharpe=0.01, skewness=skew, kurtosis=kurt, autocorrelation=auto
    )
    bar = sharpe_needed(found, count, wanted)
    at = lambda ratio: deflated(found.model_copy(update={"sharpe": ratio}), count)  # noqa: E731
    if bar is None:
        assert at(1.0) < wanted
    else:
        assert at(bar) >= wanted
        assert bar < 1e-6 or at(bar - 1e-6) <= wanted


def _token(**fields):
    return TokenSettings.model_validate({"sha256": "0" * 64, "role": "author", **fields})


@pytest.mark.parametrize("name", ["", "a/b", "../x", "a b", "x" * 41, "-a", "ä"])
def test_an_author_whose_name_can_not_be_in_a_branch_is_refused_at_start(name):
    with pytest.raises(ValueError, match="name: an author's"):
        _token(name=name)


def test_an_author_of_a_repository_that_is_not_there_is_refused_at_start():
    with pytest.raises(ValueError, match="no repository nowhere"):
        Settings.model_validate({"server": {"tokens": [_token(name="ada", repository="nowhere")]}})


@pytest.mark.parametrize("other", [{"name": "Ada"}, {"name": "ada", "repository": "other"}])
def test_two_tokens_of_one_author_with_two_names_or_repositories_are_refused_at_start(other):
    other = {"role": "author", "sha256": "1" * 64, **other}
    first = {"role": "author", "sha256": "0" * 64, "name": "ada"}
    with pytest.raises(ValueError, match="are one author's name"):
        ServerSettings.model_validate({"tokens": [first, other]})
    both = ServerSettings.model_validate({"tokens": [first, {**first, "sha256": "1" * 64}]})
    assert len(both.tokens) == 2


def test_a_place_is_given_back_when_its_request_is_cancelled():
    places = Places(1, 1)

    async def vanish():
        with anyio.move_on_after(0):
            with places.taken("ada"):
                await anyio.sleep_forever()
        with places.taken("ada"):
            return True

    assert in_a_loop(vanish)


def test_who_has_had_enough_checks_within_an_hour_is_told_when_the_next_may_begin():
    now = [1_000.0]
    hourly = Hourly(lambda: now[0])
    hourly.begin(2)
    now[0] += 600
    hourly.begin(2)
    with pytest.raises(TransientError, match=r"2 checks within an hour.*in 51 minutes"):
        hourly.begin(2)
    hourly.begin(3)
    now[0] += HOUR_S - 600
    with pytest.raises(TransientError, match=r"in 11 minutes"):
        hourly.begin(2)
    now[0] += 601
    hourly.begin(2)
