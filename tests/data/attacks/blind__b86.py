def a(): pass
a.__kwdefaults__ = {}
