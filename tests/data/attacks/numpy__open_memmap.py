from numpy.lib.format import open_memmap
open_memmap("/tmp/x")
