import heapq as h
h.__builtins__
