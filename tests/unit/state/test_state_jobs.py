import threading

from components.state import Store


def put(store, key, repository="main", kind="check", **more):
    return store.jobs.enqueue(kind, key, repository, {"key": key}, **more)


def drain(store, count, **more):
    return [job.key for _ in range(count) if (job := store.jobs.lease("w", 60, **more))]


def test_newer_request_takes_the_place_of_the_waiting_one(store):
    first = store.jobs.enqueue("check", "pr/1", "main", {"head": "a"}, priority=5)
    again = store.jobs.enqueue("check", "pr/1", "main", {"head": "b"})
    assert first == again
    job = store.jobs.lease("w", 60)
    assert (job.payload, job.priority, job.replaced) == ({"head": "b"}, 5, 1)
    assert store.jobs.lease("w", 60) is None


def test_same_key_is_not_worked_on_twice_at_once(store):
    put(store, "pr/1")
    job = store.jobs.lease("w1", 60)
    newer = put(store, "pr/1")
    assert newer != job.id
    assert store.jobs.lease("w2", 60) is None
    assert store.jobs.complete(job.id, "w1")
    assert store.jobs.lease("w2", 60).id == newer


def test_higher_priority_goes_first_then_the_older(store):
    put(store, "a")
    put(store, "b", priority=1)
    put(store, "c")
    assert drain(store, 3) == ["b", "a", "c"]


def test_busy_repository_does_not_starve_the_others(store):
    for number in range(10):
        put(store, f"big-{number}", "big")
    put(store, "small-0", "small")
    put(store, "tiny-0", "tiny")
    assert drain(store, 4) == ["big-0", "small-0", "tiny-0", "big-1"]


def test_repositories_take_turns_when_one_worker_does_all(store):
    for number in range(3):
        put(store, f"a-{number}", "a")
        put(store, f"b-{number}", "b")
    order = []
    while job := store.jobs.lease("w", 60):
        order.append(job.key)
        store.jobs.complete(job.id, "w")
    assert order == ["a-0", "b-0", "a-1", "b-1", "a-2", "b-2"]


def test_only_the_wanted_kinds_are_leased(store):
    put(store, "x", kind="deploy")
    put(store, "y")
    put(store, "z", "other")
    assert store.jobs.lease("w", 60, kinds=["nothing"]) is None
    assert store.jobs.lease("w", 60, kinds=[]) is None
    assert store.jobs.lease("w", 60, kinds=["deploy", "nothing"]).key == "x"
    assert store.jobs.lease("w", 60, kinds=["check"]).key == "y"


def test_job_for_later_waits_for_its_time(store, time):
    put(store, "a", not_before="2026-01-31T09:00:30.000Z")
    assert store.jobs.lease("w", 60) is None
    time.advance(30)
    assert store.jobs.lease("w", 60).key == "a"


def test_clock_that_is_set_back_does_not_hold_jobs_up(store, time):
    put(store, "a")
    time.advance(-3600)
    job = store.jobs.lease("w", 60)
    assert job.key == "a"
    store.jobs.reclaim(everything=True)
    time.advance(-3600)
    assert store.jobs.lease("w", 60).key == "a"


def test_lease_that_ran_out_returns_and_the_old_worker_learns_it(store, time):
    put(store, "a")
    job = store.jobs.lease("crashed", 10)
    time.advance(11)
    again = store.jobs.lease("alive", 10)
    assert (again.id, again.attempts) == (job.id, 2)
    assert not store.jobs.heartbeat(job.id, "crashed", 10)
    assert not store.jobs.complete(job.id, "crashed")
    assert not store.jobs.retry(job.id, "crashed", 0, "x")
    assert not store.jobs.fail(job.id, "crashed", "x")
    assert store.jobs.complete(job.id, "alive")


def test_lease_that_ran_out_of_a_job_at_work_is_not_given_away(store, time):
    put(store, "a")
    job = store.jobs.lease("w", 10)
    time.advance(3600)
    assert store.jobs.reclaim(at_work={job.id}) == 0
    assert store.jobs.lease("other", 10, at_work={job.id}) is None
    assert store.jobs.heartbeat(job.id, "w", 10)
    assert store.jobs.complete(job.id, "w")


def test_heartbeat_keeps_the_lease(store, time):
    put(store, "a")
    job = store.jobs.lease("w", 10)
    for _ in range(5):
        time.advance(8)
        assert store.jobs.heartbeat(job.id, "w", 10)
        assert store.jobs.lease("other", 10) is None
    assert store.jobs.complete(job.id, "w")


def test_job_that_kills_its_workers_is_given_up_and_recorded(store, time):
    number = put(store, "poison", max_attempts=2)
    for _ in range(2):
        assert store.jobs.lease("w", 10)
        time.advance(11)
    assert store.jobs.lease("w", 10) is None
    job = store.jobs.get(number)
    assert (job.status, job.attempts) == ("failed", 2)
    assert "stopped without reporting a result" in job.error
    assert store.audit.list(event="job.failed")[0].details["key"] == "poison"


def test_retry_waits_and_the_last_one_fails(store, time):
    number = put(store, "a", max_attempts=2)
    store.jobs.lease("w", 60)
    assert store.jobs.retry(number, "w", 30, "no sandbox")
    assert store.jobs.lease("w", 60) is None
    time.advance(30)
    assert store.jobs.lease("w", 60).error == "no sandbox"
    assert store.jobs.retry(number, "w", 30, "still no sandbox")
    job = store.jobs.get(number)
    assert (job.status, job.error) == ("failed", "still no sandbox")


def test_retry_gives_way_to_a_newer_request(store):
    number = put(store, "a")
    store.jobs.lease("w", 60)
    newer = put(store, "a")
    assert store.jobs.retry(number, "w", 0, "x")
    assert store.jobs.get(number).status == "cancelled"
    assert store.jobs.lease("w", 60).id == newer


def test_failed_job_is_recorded_and_not_leased_again(store):
    number = put(store, "a")
    store.jobs.lease("w", 60)
    assert store.jobs.fail(number, "w", "broken for good")
    assert store.jobs.get(number).error == "broken for good"
    assert store.jobs.lease("w", 60) is None


def test_cancelled_job_is_told_to_its_worker(store):
    number = put(store, "a")
    store.jobs.lease("w", 60)
    put(store, "a")
    put(store, "a", "other")
    assert store.jobs.cancel("check", "a", "main") == 2
    assert not store.jobs.heartbeat(number, "w", 60)
    assert not store.jobs.complete(number, "w")
    assert store.jobs.cancel("check", "a") == 1
    assert store.jobs.cancel("check", "a") == 0


def test_daemon_that_starts_takes_all_leases_back_at_once(store):
    put(store, "a")
    store.jobs.lease("dead", 3600)
    assert store.jobs.reclaim() == 0
    assert store.jobs.reclaim(everything=True) == 1
    assert store.jobs.lease("alive", 60).key == "a"


def test_depth_counts_what_waits_and_what_is_worked_on(store):
    assert store.jobs.depth() == {"queued": 0, "leased": 0}
    put(store, "a")
    put(store, "b")
    store.jobs.lease("w", 60)
    assert store.jobs.depth() == {"queued": 1, "leased": 1}


def test_many_threads_take_each_job_exactly_once(path):
    with Store(path) as store:
        for number in range(60):
            put(store, str(number), f"r{number % 4}")
        taken, lock = [], threading.Lock()

        def work(name):
            while job := store.jobs.lease(name, 60):
                with lock:
                    taken.append(job.id)
                assert store.jobs.complete(job.id, name)

        threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(taken) == list(range(1, 61))


def test_what_somebody_asked_is_kept_when_the_clock_asks_for_the_same(store):
    store.jobs.enqueue("check", "p", "r", {"proposal": "p", "force": True})
    store.jobs.enqueue("check", "p", "r", {"proposal": "p"})
    assert store.jobs.lease("w", 60).payload == {"proposal": "p", "force": True}


def test_what_somebody_asked_of_a_lost_job_goes_to_the_newer_one(store):
    store.jobs.enqueue("check", "p", "r", {"proposal": "p", "force": True})
    store.jobs.lease("w", 60)
    store.jobs.enqueue("check", "p", "r", {"proposal": "p"})
    store.jobs.reclaim(everything=True)
    assert store.jobs.lease("w", 60).payload == {"proposal": "p", "force": True}


def test_work_outlives_more_restarts_than_it_may_fail_but_not_any_number(store):
    store.jobs.enqueue("command", "c", "r", {}, max_attempts=3)
    leases = 0
    while store.jobs.lease("w", 60) is not None:
        leases += 1
        store.jobs.reclaim(everything=True)
    assert leases == 10
