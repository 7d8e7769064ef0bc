from dataclasses import inspect
inspect.currentframe()
