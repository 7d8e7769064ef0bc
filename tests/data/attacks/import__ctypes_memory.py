import ctypes
ctypes.string_at(id(1), 16)
