"""Pages of a list, by number from 1."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated, Self
from urllib.parse import urlencode

from fastapi import Query

ROWS = 50
Number = Annotated[int, Query(ge=1, le=1_000_000)]


def links(path: str, **fixed: str) -> Callable[[int], str]:
    """Number of a page -> its address, with these parameters where they are not empty."""
    kept = {key: value for key, value in fixed.items() if value}
    return lambda number: f"{path}?{urlencode({**kept, 'page': number})}"


@dataclass(frozen=True)
class Page:
    """One page of `size` rows; `total` counts all rows as far as they are known."""

    number: int
    size: int
    total: int

    @classmethod
    def of(cls, number: int, size: int, total: int) -> Self:
        """A page of a list whose length is known; one past the end becomes the last."""
        pages = max(1, -(-total // size))
        return cls(min(number, pages), size, total)

    @classmethod
    def unknown(cls, number: int, size: int) -> Self:
        """A page of a list that is too long to be counted; see `ending`."""
        return cls(number, size, 0)

    def ending(self, found: int) -> Self:
        """This page, knowing how many rows were found when asked for one more than fit."""
        return replace(self, total=self.offset + found)

    @property
    def offset(self) -> int:
        """How many rows come before this page."""
        return (self.number - 1) * self.size

    @property
    def pages(self) -> int:
        """How many pages there are, as far as is known."""
        return max(1, -(-self.total // self.size))

    @property
    def first(self) -> int:
        """Number of the page's first row, from 1; 0 for an empty list."""
        return min(self.offset + 1, self.total)

    @property
    def last(self) -> int:
        """Number of its last row."""
        return min(self.offset + self.size, self.total)
