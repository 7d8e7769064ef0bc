import warnings
warnings.catch_warnings()._module.__builtins__["eval"]("1")
