import functools
functools.__builtins__["eval"]("1")
