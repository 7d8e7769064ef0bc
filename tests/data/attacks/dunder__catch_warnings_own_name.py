import warnings
class A:
    def __init__(self):
        self._module = None
warnings.catch_warnings()._module
