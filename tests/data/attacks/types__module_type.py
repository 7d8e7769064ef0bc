import types
types.ModuleType("x")
