from __future__ import annotations

from collections import deque
from typing import Any, Callable, Generic, Iterable, Iterator, Literal, NamedTuple, Optional, Protocol, TypeVar, Union, cast, overload

from backtesting import Strategy

T = TypeVar("T", bound="Comparable")
Mode = Literal["open", "close", "exec"]


class Comparable(Protocol):
    def __lt__(self, other: Any) -> bool: ...


class Level(NamedTuple):
    price: float
    kind: Mode = "open"


class Ring(Generic[T]):
    __slots__ = ("_items", "_size")

    def __init__(self, size: int) -> None:
        self._size = size
        self._items: deque[T] = deque(maxlen=size)

    def push(self, item: T) -> None:
        self._items.append(item)

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[T]:
        return iter(self._items)

    def __getitem__(self, i: int) -> T:
        return self._items[i]

    def best(self, key: Optional[Callable[[T], float]] = None) -> Union[T, None]:
        return max(self._items, key=key, default=None)


class S(Strategy):
    def init(self) -> None:
        self.levels: Ring[Level] = Ring(10)

    def next(self) -> None:
        level = Level(price=cast(float, self.data.Close[-1]))
        self.levels.push(level._replace(kind="close"))
        if len(self.levels) == 10 and level.price > self.levels[0].price:
            self.buy()
