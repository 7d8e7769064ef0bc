"""Long parts of reports are kept once, come back byte for byte, and go when nobody needs them."""

import json
import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.schema.results.values import Verdict
from components.state import Store
from components.state.db.errors import StateCorrupt
from components.state.tables.bodies import Bodies

DAY = 86_400
RESULTS = json.dumps([{"curve": random.Random(1).choices(range(10_000), k=2_000)}])


def of_strategy(name="RSI", results=RESULTS, luck=""):
    return f'{{"name":"{name}","version":"1","verdict":"passed","content_key":"{name}","luck":"{luck}","results":{results}}}'


def report(*strategies):
    return f'{{"strategies":[{",".join(strategies)}]}}'


def finished(store, text, proposal="branch/one", kind="check"):
    run = store.runs.start("main", proposal, "h", "b", kind, attempt=str(random.random()))
    store.runs.finish(run.id, Verdict.PASSED, text)
    return run.id


def bodies(store):
    return store._db.value("SELECT count(*) FROM bodies")


def test_verdict_and_all_runs_that_tell_it_share_one_body(store):
    store.verdicts.put("RSI", "RSI", "1", Verdict.PASSED, of_strategy())
    texts = [report(of_strategy(luck=str(n)), of_strategy("MACD", "[]")) for n in range(5)]
    runs = [finished(store, text) for text in texts]
    assert bodies(store) == 1
    assert [store.runs.get(number).report for number in runs] == texts
    assert store.runs.latest("main", "branch/one").report == texts[-1]
    assert store.verdicts.get("RSI") == of_strategy()
    assert store._db.value("SELECT sum(length(packed)) FROM documents") < 1_500


def test_body_goes_with_its_last_user_and_not_before(store, time):
    store.verdicts.put("RSI", "RSI", "1", Verdict.PASSED, of_strategy())
    finished(store, report(of_strategy()))
    time.advance(40 * DAY)
    assert store.prune(30, 60)["reports"] == 1
    assert bodies(store) == 1
    assert store.verdicts.get("RSI") == of_strategy()
    time.advance(40 * DAY)
    assert store.prune(30, 60)["verdicts"] == 1
    assert bodies(store) == 0
    assert store.verdicts.get("RSI") is None
    assert store.runs.get(1).report == ""
    store.verdicts.put("RSI", "RSI", "1", Verdict.PASSED, of_strategy())
    assert store.verdicts.get("RSI") == of_strategy()


def test_new_verdict_of_the_same_content_leaves_the_older_run_its_own_results(store):
    other = RESULTS.replace("1", "2")
    store.verdicts.put("RSI", "RSI", "1", Verdict.PASSED, of_strategy())
    number = finished(store, report(of_strategy()))
    store.verdicts.put("RSI", "RSI", "1", Verdict.PASSED, of_strategy(results=other))
    assert store.runs.get(number).report == report(of_strategy())
    assert store.verdicts.get("RSI") == of_strategy(results=other)
    store.verdicts.forget("RSI")
    assert bodies(store) == 1


def test_what_a_deployment_stands_on_and_what_is_proposed_outlives_retention(store, life, time):
    life.deploy("1.0.0")
    version = store.versions.landed("main", "RSI", "1.0.0")
    with store.transaction():
        store._db.execute("UPDATE versions SET content_key = 'RSI', tree = 'tree'")
        store._db.execute(
            "INSERT INTO book_returns VALUES ('main', 'RSI', 'tree', 'SPX', '1d', 'f', 1, 1, x'00', '')"
        )
        store._db.execute(
            "INSERT INTO book_returns VALUES ('main', 'RSI', 'old', 'SPX', '1d', 'f', 1, 1, x'00', '')"
        )
    for key in ("RSI", "old"):
        store.verdicts.put(key, "RSI", "1", Verdict.PASSED, of_strategy(key))
    led, other = finished(store, report(of_strategy())), finished(store, report(of_strategy("old")))
    scheduled = finished(store, report(of_strategy()), "base/main", "recheck")
    before = store.audit.head().count
    time.advance(400 * DAY)
    removed = store.prune(30)
    assert (removed["reports"], removed["verdicts"], removed["book"]) == (2, 1, 1)
    assert store.runs.get(led).report == report(of_strategy())
    assert [store.runs.get(n).report for n in (other, scheduled)] == ["", ""]
    assert store.verdicts.get("RSI") == of_strategy()
    assert store.verdicts.get("old") is None
    assert len(store.book.of("main", "RSI", "tree")) == 1
    assert version is not None
    assert (store.audit.head().count, store.audit.verify()) == (before, None)


def test_damaged_or_missing_body_is_told_and_never_taken_for_a_report(store):
    number = finished(store, report(of_strategy()))
    for packed in (zlib.compress(b"[]"), b"x"):
        with store.transaction():
            store._db.execute("UPDATE bodies SET packed = ?", (packed,))
        with pytest.raises(StateCorrupt, match=f"run:{number} is damaged"):
            store.runs.get(number)
    with store.transaction():
        store._db.execute("DELETE FROM body_uses")
        store._db.execute("DELETE FROM bodies")
    with pytest.raises(StateCorrupt, match="is missing"):
        store.runs.get(number)


TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["results", "a"]), inner),
    max_leaves=20,
)


@pytest.fixture(scope="module")
def one_store(tmp_path_factory):
    with Store(tmp_path_factory.mktemp("bodies") / "algoops.db") as made:
        yield made


@given(document=JSON, spaced=st.booleans(), plain=st.booleans(), more=TEXT)
def test_any_document_comes_back_byte_for_byte(one_store, document, spaced, plain, more):
    big = [document, "x" * 1_500]
    text = json.dumps(
        {"results": big, "b": [{"results": big}, document, more]},
        ensure_ascii=plain,
        separators=(", ", ": ") if spaced else (",", ":"),
    )
    for whole in (text, more, text[: len(text) // 2]):
        with one_store.transaction():
            Bodies(one_store._db).put("run:1", whole)
        assert Bodies(one_store._db).get("run:1") == whole
