"""One repository's way to GitHub's REST API: errors by what to do, a call budget, retries, ETags.

PyGithub carries the requests and the authentication; its own pauses and retries are off, because
they block a thread without saying so. Here a short wait is slept (outside the lock), a long one
is a `TransientError` that names its seconds, so that other repositories go on.
"""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
from github import Github
from github.Auth import AppInstallationAuth, Auth
from github.GithubException import GithubException, RateLimitExceededException

from components.errors import TransientError, UserError
from components.forge.github_answers import (
    NOT_FOUND,
    NOT_MODIFIED,
    UNAUTHORISED,
    UNPROCESSABLE,
    Answer,
    Budget,
    Refused,
    decoded,
    error_of,
    graphql_error,
    later,
    taken,
)

PER_PAGE = 100
API_VERSION = "2022-11-28"
TRIES = 4
SLEPT_AT_MOST_S = 5.0
FRESH_TOKEN_S = 0.5
MOVED_TO = frozenset({307, 308})
TIMEOUT_S = 20
RESERVE = 20
"""Calls kept back for answering people: below it, reading for polling's sake waits."""
PAGES_AT_MOST = 50


@dataclass
class Client:
    """Requests to one GitHub, safe to use from several threads.

    Attributes:
        budget: shared by everything that uses the same account.
        calls: requests made so far, retries included.
        outcomes: how they ended: ok, refused (no sense in asking again), failed (or to wait).
    """

    base_url: str
    auth: Auth | None
    budget: Budget = field(default_factory=Budget)
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    calls: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._github = Github(
            auth=self.auth,
            base_url=self.base_url.rstrip("/"),
            timeout=TIMEOUT_S,
            per_page=PER_PAGE,
            retry=None,
            seconds_between_requests=0,
            seconds_between_writes=0,
            user_agent="algoops",
        )
        self._is_installation = isinstance(self.auth, AppInstallationAuth)
        self._lock = threading.Lock()
        self._known: dict[str, Answer] = {}

    def get(self, path: str, **parameters: str | int) -> Any:
        """The JSON at `path`."""
        return self._ask("GET", _url(path, parameters), None, repeatable=True).data

    def post(self, path: str, body: Mapping[str, Any], *, repeatable: bool = False) -> Any:
        """Create something. `repeatable` where doing it twice does no harm: then it is retried."""
        return self._ask("POST", path, body, repeatable=repeatable).data

    def patch(self, path: str, body: Mapping[str, Any]) -> Any:
        """Change something."""
        return self._ask("PATCH", path, body, repeatable=True).data

    def put(self, path: str, body: Mapping[str, Any], *, repeatable: bool = False) -> Any:
        """Do something that GitHub models as a PUT."""
        return self._ask("PUT", path, body, repeatable=repeatable).data

    def graphql(self, query: str, variables: Mapping[str, Any]) -> Any:
        """The `data` of a GraphQL answer: what REST does not offer.

        Raises:
            Refused: GitHub answered with errors; `said` is their text.
        """
        asked = {"query": query, "variables": dict(variables)}
        url = self._github.requester.graphql_url
        found = self._ask("POST", url, asked, repeatable=False).data
        if isinstance(found, dict) and found.get("errors"):
            raise graphql_error(found["errors"])
        return taken(found, "data")

    def delete(self, path: str) -> None:
        """Remove something; what is gone already is fine."""
        try:
            self._ask("DELETE", path, None, repeatable=True)
        except Refused as refused:
            if refused.status not in {NOT_FOUND, UNPROCESSABLE}:
                raise

    def headers(self, path: str) -> Mapping[str, str]:
        """The headers of the answer to a GET."""
        return self._ask("GET", path, None, repeatable=True).headers

    def pages(self, path: str, **parameters: str | int) -> list[Any]:
        """All items of a list, page by page, asked conditionally: unchanged pages cost no quota.

        Raises:
            TransientError: the budget is down to what is reserved for answering people.
        """
        items: list[Any] = []
        for page in self.each_page(path, **parameters):
            items.extend(page)
        return items

    def each_page(self, path: str, **parameters: str | int) -> Iterator[list[Any]]:
        """The pages of a list, each asked for when it is needed; see `pages`."""
        url = _url(path, {**parameters, "per_page": PER_PAGE})
        for _ in range(PAGES_AT_MOST):
            answer = self._conditional(url)
            if not isinstance(answer.data, list):
                raise TransientError(f"GitHub's answer to GET {path} is no list")
            yield answer.data
            query = _next(answer.headers.get("link", ""))
            if not query:
                return
            url = f"{path}?{query}"  # the address may be another one than ours, behind a proxy

    def close(self) -> None:
        """Close the connections. Idempotent."""
        self._github.close()

    def _conditional(self, url: str) -> Answer:
        wait = self.budget.wait_s(self.clock(), reserve=RESERVE)
        if wait > 0:
            raise later("GitHub's call budget is nearly spent", wait)
        known = self._known.get(url)
        headers = {"If-None-Match": known.headers["etag"]} if known else {}
        answer = self._ask("GET", url, None, repeatable=True, headers=headers)
        if answer.status == NOT_MODIFIED and known:
            return known
        if answer.headers.get("etag"):
            self._remember(url, answer)
        return answer

    def _remember(self, url: str, answer: Answer) -> None:
        self._known.pop(url, None)
        self._known[url] = answer
        while len(self._known) > 4 * PAGES_AT_MOST:
            self._known.pop(next(iter(self._known)), None)

    def _ask(
        self,
        verb: str,
        url: str,
        body: Mapping[str, Any] | None,
        *,
        repeatable: bool,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        for attempt in range(1, TRIES + 1):
            try:
                return self._once(verb, url, body, headers or {})
            except TransientError as error:
                wait = error.retry_after_s
                if wait is None:
                    wait = random.uniform(0.2, 0.5) * 2**attempt  # noqa: S311  # jitter
                    again = repeatable
                else:
                    again = True  # GitHub said that it did nothing
                if attempt == TRIES or not again or wait > SLEPT_AT_MOST_S:
                    raise
            except Refused as refused:
                if refused.status != UNAUTHORISED or attempt == TRIES or not self._is_installation:
                    raise
                wait = FRESH_TOKEN_S * attempt  # not every server of GitHub's knows it at once
            self.sleep(wait)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _once(
        self, verb: str, url: str, body: Mapping[str, Any] | None, headers: Mapping[str, str]
    ) -> Answer:
        wait = self.budget.wait_s(self.clock())
        if wait > 0:
            raise later("GitHub asked us to wait", wait)
        try:
            answer = self._send(verb, url, body, headers)
            if answer.status in MOVED_TO:  # renamed or transferred: PyGithub follows a 301 alone
                answer = self._send(verb, self._elsewhere(answer), body, headers)
            self.budget.learn(answer.headers)
            if answer.status >= 400:  # noqa: PLR2004  # where HTTP's errors begin
                raise error_of(verb, url, answer, self.budget, self.clock())
        except (TransientError, UserError) as error:
            self._count("failed" if isinstance(error, TransientError) else "refused")
            raise
        self._count("ok")
        return answer

    def _elsewhere(self, answer: Answer) -> str:
        """Where a redirect points to, on the same GitHub: the secret goes nowhere else."""
        here, there = urlsplit(self.base_url), urlsplit(answer.headers.get("location", ""))
        if (here.scheme, here.netloc) != (there.scheme, there.netloc):
            raise UserError(
                "GitHub redirects to another host", hint="is base_url the address of its API?"
            )
        path = there.path.removeprefix(here.path.rstrip("/"))
        return f"{path}?{there.query}" if there.query else path

    def _count(self, outcome: str) -> None:
        with self._lock:
            self.outcomes[outcome] += 1

    def _send(
        self, verb: str, url: str, body: Mapping[str, Any] | None, headers: Mapping[str, str]
    ) -> Answer:
        asked = {
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": API_VERSION,
            **headers,
        }
        try:
            # PyGithub keeps the request in progress on its one connection: one at a time.
            with self._lock:
                self.calls += 1
                status, found, text = self._github.requester.requestJson(
                    verb, url, headers=asked, input=None if body is None else dict(body)
                )
        except requests.RequestException as error:
            raise TransientError(f"GitHub did not answer: {type(error).__name__}") from error
        except GithubException as error:  # only the renewal of an App's token raises these
            if error.status >= 500 or isinstance(error, RateLimitExceededException):  # noqa: PLR2004
                raise TransientError(f"GitHub gave no App token: {error.status}") from error
            raise _bad_settings(error) from error
        except (RuntimeError, AssertionError, ValueError) as error:
            raise _bad_settings(error) from error
        return Answer(status, found, decoded(status, text))


def _bad_settings(error: Exception) -> UserError:
    return UserError(
        f"GitHub refused the credentials or the address: {type(error).__name__}",
        hint="check base_url, token, app_id, installation_id and the private key",
    )


def _url(path: str, parameters: Mapping[str, str | int]) -> str:
    return f"{path}?{urlencode(parameters)}" if parameters else path


def _next(link: str) -> str:
    """The query of the next page, "" on the last."""
    for part in link.split(","):
        address, _, relation = part.partition(";")
        if 'rel="next"' in relation:
            return urlsplit(address.strip().strip("<>")).query
    return ""
