from types import FunctionType
FunctionType
