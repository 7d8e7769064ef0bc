"""The page of the book and its API: the same figures, and what is left out."""

import re

import numpy as np

from bot.report.book import HEAT
from components.state.tables.book import KeptReturns
from components.state.tables.tries import Returns


def deployed(store, repository, name, seed=None):
    store.deployments.record(
        repository, name, "1.0.0", kind="deploy", commit=name, actor="ada", tree=f"t-{name}"
    )
    if seed is not None:
        walk = np.random.default_rng(seed).normal(0.001, 0.02, 600).astype("<f4")
        kept = KeptReturns("SPX", "1d", Returns(name, 604_800, 1500, walk.tobytes()))
        store.book.keep(repository, name, f"t-{name}", [kept])


def test_page_and_api_show_the_same_book_and_what_is_left_out(bot, client):
    repository = bot.settings.repositories[0].name
    for name, seed in (("alpha", 1), ("beta", 1), ("gamma", 2), ("fresh", None)):
        deployed(bot.store, repository, name, seed)
    book = client.get("/api/v1/book").json()["books"][0]
    assert book["names"] == ["alpha", "beta", "gamma"]
    assert book["correlations"][0][1] == 1
    assert 1.8 < book["bets"] < 2.1
    page = client.get("/book", headers={"accept": "text/html"}).text
    assert f'<span class="value">{book["bets"]:.2f}</span>' in page
    assert f"deepest drawdown {book['drawdown_pct']:.1f} %" in page
    assert '<td class="num alike-5">1.00</td>' in page
    for share in book["contributions_pct"]:
        assert f"{share:.1f}\N{NO-BREAK SPACE}%" in page
    assert "fresh is left out: its returns are not kept yet" in page
    assert "style=" not in page
    axis = re.findall(r'<text x="48" y="[\d.]+%">([^<]+)</text>', page)
    assert any(word.endswith(" %") for word in axis)
    assert any(word.isdecimal() for word in axis)
    assert f"<span>{book['start']}</span>" in page


def test_a_book_of_many_shows_those_that_are_most_alike_and_says_so(bot, client):
    repository = bot.settings.repositories[0].name
    for number in range(HEAT + 6):
        deployed(bot.store, repository, f"alone_{number}", number)
    for name in ("twin_a", "twin_b"):
        deployed(bot.store, repository, name, 1_000)
    page = client.get("/book", headers={"accept": "text/html"}).text
    assert f"The {HEAT} of {HEAT + 8} strategies that are most correlated" in page
    heat = page[page.index('class="slim heat"') : page.index("Contributions")]
    assert heat.count('scope="row"') == HEAT
    assert "twin_a" in heat
    assert "twin_b" in heat
    assert len(client.get("/api/v1/book").json()["books"][0]["correlations"]) == HEAT + 8


def test_a_book_of_nothing_says_so(client):
    assert client.get("/api/v1/book").json()["books"][0]["why"] == "nothing is deployed"
    assert "Nothing is deployed." in client.get("/book", headers={"accept": "text/html"}).text
