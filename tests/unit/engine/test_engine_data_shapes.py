"""The same bars as many sources write them: all are read as the same bars."""

import datetime as dt

import pandas as pd
import pytest

from components.engine.data.imports.convert import Wanted, imported
from components.errors import UserError

DAYS = [dt.datetime.fromisoformat(f"2024-01-{day}") for day in range(10, 30)]
BARS = [
    (day, 1000.5 + n, 1010.25 + n, 990.0, 1001.0 + n, 500 + 10 * n) for n, day in enumerate(DAYS)
]
YAHOO = ("Date", "Close", "High", "Low", "Open", "Volume")


def table(header, line, bars=BARS):
    return "\n".join([*([header] if header else []), *(line(*bar) for bar in bars)]) + "\n"


def german(value):
    return f"{value:,.2f}".translate(str.maketrans(",.", ".,"))


def epoch(day, unit=1):
    return int(day.replace(tzinfo=dt.UTC).timestamp()) * unit


def plain(t, *values):
    return ",".join([f"{t:%Y-%m-%d}", *map(str, values)])


def semicolons(t, o, h, low, c, v):
    return ";".join([f"{t:%d.%m.%Y}", *map(german, (o, h, low, c)), str(v)])


def named(*names):
    return table(";".join(names), semicolons)


SHAPES = {
    "Excel in German": named("Datum", "Eröffnung", "Hoch", "Tief", "Schluss", "Volumen"),
    "Excel in French": named("Date", "Ouverture", "Plus haut", "Plus bas", "Clôture", "Volume"),
    "Excel in Spanish": named("Fecha", "Apertura", "Máximo", "Mínimo", "Cierre", "Volumen"),
    "Excel in Italian": named("Data", "Apertura", "Massimo", "Minimo", "Chiusura", "Volume"),
    "Stooq in Polish": table("Data,Otwarcie,Najwyższy,Najniższy,Zamknięcie,Wolumen", plain),
    "investing.com in German": table(
        '"Datum","Zuletzt","Eröffn.","Hoch","Tief","Vol.","+/- %"',
        lambda t, o, h, low, c, v: (
            f'"{t:%d.%m.%Y}","{german(c)}","{german(o)}","{german(h)}","{german(low)}",'
            f'"{german(v / 1000)}K","0,1%"'
        ),
        BARS[::-1],
    ),
    "thousands with thin spaces": table(
        "Date;Ouv.;Plus Haut;Plus Bas;Dernier;Vol.",
        lambda t, *values: ";".join(
            [
                f"{t:%d/%m/%Y}",
                *(f"{v:,.2f}".replace(",", "\u202f").replace(".", ",") for v in values),
            ]
        ),
    ),
    "Nasdaq with dollars": table(
        "Date,Close/Last,Volume,Open,High,Low",
        lambda t, o, h, low, c, v: f"{t:%m/%d/%Y},${c},{v},${o},${h},${low}",
        BARS[::-1],
    ),
    "Barchart with a footer": table(
        "Time,Open,High,Low,Last,Change,%Chg,Volume",
        lambda t, o, h, low, c, v: f"{t:%m/%d/%Y},{o},{h},{low},{c},0.1,+0.1%,{v}",
        BARS[::-1],
    )
    + '"Downloaded from Barchart.com as of 02-09-2024 03:05am CST"\n',
    "yfinance without its index": ",".join(YAHOO)
    + table(
        "\n,ACME,ACME,ACME,ACME,ACME",
        lambda t, o, h, low, c, v: f"{t:%Y-%m-%d},{c},{h},{low},{o},{v}",
    ),
    "pandas' own column names": table("0,1,2,3,4,5", plain),
    "pandas' own names and index": ",0,1,2,3,4,5\n"
    + "".join(f"{n},{plain(*bar)}\n" for n, bar in enumerate(BARS)),
    "Interactive Brokers": table(
        "date,open,high,low,close,volume,barCount,average",
        lambda t, o, h, low, c, v: f"{t:%Y%m%d  %H:%M:%S},{o},{h},{low},{c},{v},3,{o}",
    ),
    "copied from Yahoo's page": table(
        "Date\tOpen\tHigh\tLow\tClose\tAdj Close\tVolume",
        lambda t, o, h, low, c, v: (
            f"{t:%b} {t.day}, {t.year}\t{o:,.2f}\t{h:,.2f}\t{low:,.2f}\t{c:,.2f}\t{c:,.2f}\t{v}"
        ),
        BARS[::-1],
    ),
}
SHAPES["MetaStock"] = table(
    "<TICKER>,<DTYYYYMMDD>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>",
    lambda t, *v: ",".join(map(str, ("ACME", f"{t:%Y%m%d}", f"{t:%H%M%S}", *v))),
)
UTC_SHAPES = {
    "Polygon": table(
        "ticker,volume,open,close,high,low,window_start,transactions",
        lambda t, o, h, low, c, v: f"ACME,{v},{o},{c},{h},{low},{epoch(t, 10**9)},1",
    ),
    "Databento": table(
        "ts_event,rtype,instrument_id,open,high,low,close,volume,symbol",
        lambda t, *v: ",".join(map(str, (f"{t:%Y-%m-%dT%H:%M:%S}.000000000Z", 34, 15, *v, "ACME"))),
    ),
    "Dukascopy's UTC": table(
        "UTC,Open,High,Low,Close,Volume",
        lambda t, o, h, low, c, v: f"{t:%d.%m.%Y %H:%M:%S}.000 UTC,{o},{h},{low},{c},{v}",
    ),
    "zone behind the time": table(
        "date,open,high,low,close,volume",
        lambda t, o, h, low, c, v: f"{t:%Y%m%d %H:%M:%S} Etc/UTC,{o},{h},{low},{c},{v}",
    ),
    "ccxt rows as pandas names them": table(
        "0,1,2,3,4,5", lambda t, *v: ",".join(map(str, (epoch(t, 1000), *v)))
    ),
    "the same with its index": ",0,1,2,3,4,5\n"
    + "".join(f"{n},{epoch(t, 1000)}.0,{o},{h},{low},{c},{v}\n" for n, (t, o, h, low, c, v) in enumerate(BARS)),
    "Kraken's seconds": table("", lambda t, *v: ",".join(map(str, (epoch(t), *v, 17)))),
}  # fmt: skip


def read(tmp_path, text, **wanted):
    path = tmp_path / "x.csv"
    path.write_text(text, encoding="utf-8")
    (one,) = imported(path, Wanted(symbol="ACME", **wanted))
    return one


def rows(frame):
    return [(row[0].to_pydatetime(), *row[1:]) for row in frame.itertuples()]


@pytest.mark.parametrize("shape", SHAPES)
def test_export_is_read_as_the_bars_that_it_holds(shape, tmp_path):
    one = read(tmp_path, SHAPES[shape])
    assert one.interval == "1d"
    assert rows(one.frame) == BARS


@pytest.mark.parametrize("shape", UTC_SHAPES)
def test_export_in_utc_is_read_as_the_bars_that_it_holds(shape, tmp_path):
    frame = read(tmp_path, UTC_SHAPES[shape]).frame
    assert pd.Timestamp(frame.index[0]).utcoffset() == dt.timedelta()
    assert rows(frame.tz_localize(None)) == BARS


def test_time_with_a_zone_that_has_seasons_keeps_it(tmp_path):
    text = table(
        "date,open,high,low,close",
        lambda t, o, h, low, c, _: f"{t:%Y%m%d %H:%M:%S} US/Eastern,{o},{h},{low},{c}",
    )
    assert str(read(tmp_path, text).frame.index.tz) == "US/Eastern"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be"])
def test_column_names_with_accents_are_read_in_every_encoding(encoding, tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(SHAPES["Excel in German"], encoding=encoding)
    (one,) = imported(path, Wanted(symbol="ACME"))
    assert rows(one.frame) == BARS


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (table("日期,开盘,最高,最低,收盘,成交量", plain), "unknown names: 日期.*name them Date"),
        (table("Date,Open,High,Low,Close,Volume", plain)[:-5], "last line is cut off: it has no V"),
        (
            table("Date,Open,High,Low,Close,Volume", plain)[:-12],
            "last line is cut off: it has no V",
        ),
    ],
)
def test_what_is_missing_is_named(text, told, tmp_path):
    with pytest.raises(UserError, match=told):
        read(tmp_path, text)
