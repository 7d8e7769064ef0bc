import math as m
m.__dict__.get("__builtins__")
