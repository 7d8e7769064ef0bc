from importlib.machinery import SourceFileLoader
SourceFileLoader("x", "/tmp/x.py").load_module()
