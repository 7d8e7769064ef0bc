try:
    import ctypes
except ImportError:
    ctypes = None
