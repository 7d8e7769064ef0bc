import json
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.server import body
from bot.server.errors import ApiError

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda children: (
        st.lists(children, max_size=4) | st.dictionaries(st.text(), children, max_size=4)
    ),
    max_leaves=20,
)


@contextmanager
def suppress_refusal():
    try:
        yield
    except ApiError as error:
        if error.status != 400 or error.body.code not in {"invalid_json", "too_deep"}:
            raise


def refused(raw: bytes) -> ApiError:
    with pytest.raises(ApiError) as caught:
        body.parse(raw)
    return caught.value


@given(json_values)
def test_any_json_document_is_read_as_it_was_written(value):
    assert body.parse(json.dumps(value).encode()) == value


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_with_400(raw):
    with suppress_refusal():
        body.parse(raw)


@pytest.mark.parametrize("opening", ["[", '{"a":'])
@pytest.mark.parametrize("depth", [65, 1_000, 200_000])
def test_deep_json_is_refused_however_deep(opening, depth):
    closing = "]" if opening == "[" else "}"
    raw = opening * depth + "1" + closing * depth
    assert refused(raw.encode()).body.code == "too_deep"


def test_json_nested_to_the_limit_is_read():
    assert body.parse(b"[" * body.MAX_DEPTH + b"]" * body.MAX_DEPTH)


@pytest.mark.parametrize("raw", [b"NaN", b"[Infinity]", b'{"a": -Infinity}'])
def test_numbers_that_json_does_not_have_are_refused(raw):
    error = refused(raw)
    assert error.body.code == "invalid_json"
    assert "not a number of JSON" in error.body.error


def test_a_number_of_ten_thousand_digits_is_refused():
    assert refused(b"9" * 10_000).body.code == "invalid_json"


def test_a_syntax_error_says_where():
    assert "line 2, column 1" in refused(b'{"a": 1,\n').body.error


def test_latin_1_bytes_are_refused():
    assert "UTF-8" in refused(b'"\xe9"').body.error
