__builtins__ = {}
