"""Names what init() leaves otherwise at a bar once later bars are there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from components.sandbox.guest.lookahead.differences import differing
from components.sandbox.guest.replay.places import places

if TYPE_CHECKING:
    from components.sandbox.guest.replay.source import Source

MOST_NAMES = 20


def suspects(source: Source, bar: int) -> tuple[str, bool]:
    """Places that differ at `bar` with all data at hand, and whether all else is exact."""
    try:
        late = source.trial(source.load()).fresh(source.tape.length)
        full = {p.path: p.value for p in places(late, source.folder)}
        early = source.trial(source.load()).fresh(bar + 1)
        pairs = [(p.path, full.get(p.path), p.value) for p in places(early, source.folder)]
    except Exception:  # noqa: BLE001  # the author's init; the difference stands without names
        return "", True
    names = [path for path, seen, known in pairs if _other(seen, known)]
    noisy = any(_noise(seen, known) for _, seen, known in pairs)
    return ", ".join(names[:MOST_NAMES]), not (noisy and not names)


def _other(seen: Any, known: Any) -> bool:
    if isinstance(seen, np.ndarray) and isinstance(known, np.ndarray):
        if seen.ndim != known.ndim or seen.ndim == 0:
            return seen.ndim != known.ndim
        return bool(differing(seen[..., : known.shape[-1]], known).any())
    if isinstance(seen, float) and isinstance(known, float):
        return bool(differing(np.array([seen]), np.array([known])).any())
    return isinstance(known, (bool, int, str)) and seen != known


def _noise(seen: Any, known: Any) -> bool:
    if not isinstance(seen, np.ndarray) or not isinstance(known, np.ndarray) or not known.ndim:
        return False
    visible = np.asarray(seen)[..., : known.shape[-1]]
    if visible.shape != known.shape:
        return False
    if visible.dtype.kind != "f":
        return False
    return bool(((visible != known) & ~(np.isnan(visible) & np.isnan(known))).any())
