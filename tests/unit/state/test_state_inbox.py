from components.state import Store


def test_second_delivery_of_a_key_is_not_taken(store):
    assert store.inbox.receive("d-1", "push", "main", {"a": 1})
    assert not store.inbox.receive("d-1", "push", "main", {"a": 2})
    assert [event.payload for event in store.inbox.pending()] == [{"a": 1}]


def test_event_is_there_for_another_connection_before_receive_returns(store):
    store.inbox.receive("d-1", "push", "main", {})
    with Store(store.path) as other:
        assert other.inbox.pending(1)[0].key == "d-1"


def test_event_is_settled_once_and_tells_its_outcome(store):
    store.inbox.receive("d-1", "push", "main", {})
    assert store.inbox.result("d-1") is None
    assert store.inbox.settle(1, "landed")
    assert not store.inbox.settle(1, "again")
    assert store.inbox.result("d-1") == "landed"
    assert store.inbox.pending() == []


def test_empty_outcome_is_a_result_too(store):
    store.inbox.receive("d-1", "push", "main", {})
    store.inbox.settle(1)
    assert store.inbox.result("d-1") == ""
    assert store.inbox.result("never") is None


def test_pending_events_come_oldest_first_and_are_counted(store, time):
    assert store.inbox.oldest_age_s() == 0.0
    for number in range(3):
        store.inbox.receive(f"d-{number}", "push", "main", {})
        time.advance(10)
    assert [event.key for event in store.inbox.pending(2)] == ["d-0", "d-1"]
    assert (store.inbox.count(), store.inbox.oldest_age_s()) == (3, 30.0)


def test_hostile_payload_is_kept_as_it_came(store):
    payload = {"a": "\ud800", "b": float("inf"), "c": "x\x00y", "d": 2**80}
    assert store.inbox.receive("d\ud800", "push", "main", payload)
    event = store.inbox.pending()[0]
    assert event.payload == {"a": "\ud800", "b": None, "c": "x\x00y", "d": 2**80}
    assert event.key == "d?"
