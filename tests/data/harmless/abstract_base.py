from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from contextlib import contextmanager, suppress
import copy
import warnings

from backtesting import Strategy


class Filter(ABC):
    @abstractmethod
    def __call__(self, data) -> bool:
        raise NotImplementedError

    def __and__(self, other):
        return Both(self, other)


class Both(Filter):
    def __init__(self, *parts):
        self._parts = parts

    def __call__(self, data):
        return all(part(data) for part in self._parts)

    def __eq__(self, other):
        return isinstance(other, Both) and self._parts == other._parts

    def __hash__(self):
        return hash(self._parts)


class Above(Filter):
    def __init__(self, level):
        self._level = level

    def __call__(self, data):
        return data.Close[-1] > self._level


@contextmanager
def quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


class S(Strategy):
    def init(self):
        self.filter = Above(10) & Above(5)
        self.copy = copy.deepcopy({"a": 1})

    def next(self):
        with quiet(), suppress(IndexError):
            if self.filter(self.data):
                self.buy()
