from heapq import __builtins__ as b
b["eval"]("1")
