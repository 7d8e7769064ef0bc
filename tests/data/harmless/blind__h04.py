from __future__ import annotations
import typing as t
from dataclasses import dataclass, field
from enum import Enum
from backtesting import Strategy

class State(str, Enum):
    IDLE = "idle"
    ARMED = "armed"
    def __str__(self): return self.value

@dataclass
class Machine:
    state: State = State.IDLE
    log: list[tuple[int, State]] = field(default_factory=list)
    transitions: t.ClassVar[dict[State, set[State]]] = {State.IDLE: {State.ARMED}, State.ARMED: {State.IDLE}}
    def go(self, to: State, bar: int) -> Machine:
        if to not in self.transitions[self.state]:
            raise RuntimeError(f"illegal {self.state} -> {to}")
        self.state = to
        self.log.append((bar, to))
        return self

class Fsm(Strategy):
    def init(self): self.m = Machine()
    def next(self):
        i = len(self.data)
        if self.m.state is State.IDLE and self.data.Volume[-1] > self.data.Volume[-2]:
            self.m.go(State.ARMED, i)
        elif self.m.state == State.ARMED:
            self.buy(); self.m.go(State.IDLE, i)
