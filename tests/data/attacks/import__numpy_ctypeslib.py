from numpy import ctypeslib
ctypeslib.load_library("libc", "/lib")
