"""Windows of time by cron lines: when they are open, and what is no cron line."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config.settings import load
from components.errors import ConfigError, UserError
from components.windows import Cron, CronWindow, open_window, span

UTC_ZONE = ZoneInfo("UTC")


def window(cron, lasts, zone="UTC", reason="why"):
    return CronWindow(Cron.read(cron), span(lasts), ZoneInfo(zone), reason)


def at(text):
    return datetime.fromisoformat(f"{text}+00:00")


@pytest.mark.parametrize(
    ("moment", "end"),
    [
        ("2026-11-27T19:59", None),
        ("2026-11-27T20:00", "2026-11-30T08:00"),
        ("2026-11-30T07:59:59", "2026-11-30T08:00"),
        ("2026-11-30T08:00", None),
    ],
)
def test_weekend_is_open_from_friday_evening_to_monday_morning(moment, end):
    found = window("0 20 * * fri", "60h").end(at(moment))
    assert found == (at(end) if end else None)


@pytest.mark.parametrize("day", ["0", "7", "sun", "SUN", "7-7", "*/7"])
def test_zero_and_seven_are_sunday_as_in_cron(day):
    sunday = window(f"0 0 * * {day}", "1h")
    assert sunday.end(at("2026-11-29T00:30"))
    assert not sunday.end(at("2026-11-30T00:30"))


def test_two_restricted_days_open_it_on_either_as_in_cron():
    either = window("0 0 1 * mon", "1d")
    assert either.end(at("2026-12-01T12:00"))  # the first, a Tuesday
    assert either.end(at("2026-12-07T12:00"))  # a Monday
    assert not either.end(at("2026-12-02T12:00"))


def test_window_keeps_the_hours_of_its_zone_through_the_change_of_clocks():
    session = window("30 9 * * mon-fri", "390m", "America/New_York")
    assert session.end(at("2026-10-30T13:30")) == at("2026-10-30T20:00")
    assert session.end(at("2026-11-02T13:30")) is None
    assert session.end(at("2026-11-02T14:30")) == at("2026-11-02T21:00")


def test_windows_that_follow_each_other_end_together():
    night, day = window("0 20 * * *", "12h", reason="night"), window("0 8 * * sat", "2h")
    assert open_window((night, day), at("2026-11-28T01:00")) == (at("2026-11-28T10:00"), "night")
    assert open_window((night, day), at("2026-11-27T12:00")) is None
    assert open_window((), at("2026-11-27T12:00")) is None


@pytest.mark.parametrize(
    "line",
    [
        "",
        "0 0 * *",
        "0 0 * * * *",
        "60 0 * * *",
        "0 24 * * *",
        "0 0 0 * *",
        "0 0 * 13 *",
        "0 0 * * 8",
        "0 0 * * fri-mon",
        "0 0 * * *-5",
        "*/0 0 * * *",
        "0 0 L * *",
        "0 0 1, * *",
        "@daily",
        "\u0660 0 * * *",
    ],
)
def test_line_that_cron_would_not_take_is_refused(line):
    with pytest.raises(UserError, match="cron line"):
        Cron.read(line)


@pytest.mark.parametrize("text", ["", "0h", "1", "1w", "-1h", "93d", "1.5h", "99999d", "\u0663h"])
def test_span_that_nobody_can_read_is_refused(text):
    with pytest.raises(UserError, match="span of time"):
        span(text)


PARTS = st.sampled_from(["*", "*/3", "1", "1-5", "1-5/2", "2,4", "3-4,6"])


@given(st.tuples(*[PARTS] * 5), st.integers(0, 400_000), st.integers(1, 4000))
def test_window_is_open_exactly_for_its_length_after_each_minute_that_cron_names(
    fields, offset, lasts
):
    """Against a reader of cron that looks at one minute after the other."""
    cron = Cron.read(" ".join(fields))
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=offset)
    found = CronWindow(cron, timedelta(minutes=lasts), UTC_ZONE, "x").end(now)
    before = (now - timedelta(minutes=n) for n in range(lasts))
    begin = next((m for m in before if _begins(cron, m)), None)
    assert found == (begin + timedelta(minutes=lasts) if begin else None)


def _begins(cron, moment):
    days = [moment.day in cron.month_days, moment.isoweekday() % 7 in cron.week_days]
    return (
        moment.minute in cron.minutes
        and moment.hour in cron.hours
        and moment.month in cron.months
        and (any(days) if cron.either_day else all(days))
    )


@pytest.mark.parametrize(
    ("freeze", "said"),
    [
        ("{cron: '0 20 * * 9', for: 60h, reason: x}", "cron line"),
        ("{cron: '0 20 * * 5', for: long, reason: x}", "span of time"),
        ("{cron: '0 20 * * 5', for: 60h, reason: x, zone: Mars/Base}", "time zone"),
        ("{cron: '0 20 * * 5', for: 60h}", "reason` is missing"),
        ("{cron: '0 20 * * 5', fro: 60h, reason: x}", "did you mean `for`"),
    ],
)
def test_freeze_that_cannot_be_read_is_refused_with_its_place(tmp_path, freeze, said):
    file = tmp_path / "config.yaml"
    file.write_text(f"repositories:\n  - name: local\n    freeze: [{freeze}]\n")
    with pytest.raises(ConfigError, match=f"{file}:3: .*freeze.*{said}"):
        load(file, env={})
