"""After downtime: ask GitHub to send again the webhook deliveries that did not arrive."""

from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import Any

from components.forge.github_client import Client

PAGES = 5
REDELIVERIES = 3
"""What fails that often is refused, not lost."""
PER_PAGE = 100
_OK = range(200, 300)


@dataclass(frozen=True)
class Sweep:
    """What a sweep did: deliveries looked at, and sent again."""

    seen: int
    redelivered: int


def sweep(client: Client, path: str, since: str, done: frozenset[str] = frozenset()) -> Sweep:
    """Redeliver what failed.

    Args:
        client: may administrate the hook (a token with `admin:repo_hook`, or the App itself).
        path: `/repos/O/N/hooks/ID/deliveries` or `/app/hook/deliveries`.
        since: ISO time of GitHub's clock; older deliveries are left alone.
        done: delivery GUIDs that were received after all (the inbox knows).
    """
    listed = _deliveries(client, path, since)
    arrived = {d["guid"] for d in listed if d["status_code"] in _OK} | done
    tries = Counter(d["guid"] for d in listed)
    again = 0
    asked: set[str] = set()
    for delivery in reversed(listed):  # the oldest first, as they happened
        guid = delivery["guid"]
        if guid in arrived or guid in asked or tries[guid] > REDELIVERIES:
            continue
        asked.add(guid)
        client.post(f"{path}/{delivery['id']}/attempts", {}, repeatable=True)
        again += 1
    return Sweep(len(listed), again)


def find_hook(client: Client, repository: str, url: str) -> int | None:
    """The id of the repository's hook that sends to `url`; None where there is none.

    Raises:
        Refused: the token may not see hooks.
    """
    for hook in client.get(f"/repos/{repository}/hooks", per_page=PER_PAGE):
        if hook["config"].get("url", "").rstrip("/") == url.rstrip("/"):
            return int(hook["id"])
    return None


def _deliveries(client: Client, path: str, since: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for page in islice(client.each_page(path), PAGES):
        found += [d for d in page if d["delivered_at"] >= since]
        if not page or page[-1]["delivered_at"] < since:
            break
    return found
