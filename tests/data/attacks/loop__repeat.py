import itertools as it
for i in it.repeat(0):
    x = i
