import timeit
timeit.timeit("import os")
