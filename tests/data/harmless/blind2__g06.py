from backtesting import Strategy
class Node:
    __slots__ = ("value", "next", "_prev")
    def __init__(self, value, next=None):
        self.value, self.next, self._prev = value, next, None
class LinkedList:
    def __init__(self): self.head = self._tail = None; self.size = 0
    def append(self, v):
        node = Node(v)
        if self.head is None: self.head = node
        else:
            self._tail.next = node
            node._prev = self._tail
        self._tail = node; self.size += 1
    def __iter__(self):
        n = self.head
        while n:
            yield n.value
            n = n.next
    def __reversed__(self):
        n = self._tail
        while n is not None:
            yield n.value
            n = n._prev
class S(Strategy):
    def init(self): self.l = LinkedList()
    def next(self):
        self.l.append(self.data.Close[-1])
        if self.l.size > 2 and next(reversed(self.l)) > next(iter(self.l)): self.buy()
