"""What the database takes, and what retention would free: told without changing anything."""

from components.schema.results.values import Verdict

DAY = 86_400
BODY = '{"strategies":[{"name":"a","version":"1","verdict":"passed","results":[%s]}]}'


def finished(store, number, results):
    run = store.runs.start("main", f"branch/b{number}", "h", "b", "check")
    store.runs.finish(run.id, Verdict.PASSED, BODY % results)


def test_what_retention_would_free_is_what_it_frees(store, time):
    shared = ",".join(map(str, range(5_000)))
    for number in range(4):
        finished(store, number, shared)
    store.verdicts.put("k", "a", "1", Verdict.PASSED, BODY % ",".join(map(str, range(3_000))))
    time.advance(40 * DAY)
    finished(store, 9, shared)
    told = store.freeable(30, 30)
    before = store._db.value(KEPT)
    assert set(told) == {"reports of 4 runs", "reports of 1 verdicts"}
    assert store.freeable(30, 30) == told
    store.prune(30)
    assert before - store._db.value(KEPT) == sum(told.values())
    assert set(store.freeable(30, 30).values()) == {0}


KEPT = (
    "SELECT (SELECT sum(length(packed)) FROM documents) + (SELECT sum(length(packed)) FROM bodies)"
)


def test_tables_together_are_the_file(store):
    for number in range(50):
        finished(store, number, f'"{"x" * 2_000}{number}"')
    sizes = store.table_bytes()
    assert sizes["bodies"] > 0
    with store._db.transaction():
        pages = store._db.value(
            "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
        )
    schema = 2 * 4096
    assert 0 <= pages - sum(sizes.values()) <= 20 * schema
